/** The columns of the table of prompts. Pure. */
import type { ShownPrompt } from '../../src/protocol/table.ts';
import { column, figure, type Column } from './columns.ts';

const fixed: readonly Column<ShownPrompt>[] = [
  column('question', 360, ({ question }) => question),
  column('dataset', 120, ({ dataset }) => dataset),
  column('stage', 100, ({ stage }) => stage ?? ''),
  column('split', 80, ({ split }) => split),
  figure('rollouts', 80, ({ rollouts }) => rollouts, 0),
  figure('pass', 90, ({ pass }) => pass, 2, 'pass rate'),
  figure('mean', 100, ({ mean }) => mean, 2, 'mean reward'),
  figure('spread', 90, ({ spread }) => spread, 2),
  column('vanishing', 110, vanishingText),
];

/** "yes" of its only group, "2 of 3" of several; nothing where none is. */
function vanishingText({ vanishing, groups }: ShownPrompt): string {
  if (vanishing === 0) return '';
  return groups === 1 ? 'yes' : `${vanishing} of ${groups}`;
}

/** All, with the pass rate of each of these versions of policies. */
export function promptColumns(policies: readonly string[]): Column<ShownPrompt>[] {
  const byPolicy = policies.map((name) =>
    figure<ShownPrompt>(`pass.${name}`, 130, ({ passBy }) => passBy[name] ?? null, 2, `pass: ${name}`),
  );
  return [...fixed, ...byPolicy];
}
