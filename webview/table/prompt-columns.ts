/** The columns of the table of prompts. Pure. */
import { t } from '@vscode/l10n';
import type { ShownPrompt } from '../../src/protocol/table.ts';
import { column, columnsOf, figure, type Column } from './columns.ts';

/** "yes" of its only group, "2 of 3" of several; nothing where none is. */
function vanishingText({ vanishing, groups }: ShownPrompt): string {
  if (vanishing === 0) return '';
  return groups === 1 ? t('yes') : t('{0} of {1}', vanishing, groups);
}

/** All, with the pass rate of each of these versions of policies side by side. */
export function promptColumns(policies: readonly string[]): Column<ShownPrompt>[] {
  return [
    column('question', 180, ({ question }) => question, { grows: true }),
    figure('rollouts', 80, ({ rollouts }) => rollouts, 0),
    figure('pass', 90, ({ pass }) => pass, 2, t('pass rate')),
    ...policies.map((name) =>
      figure<ShownPrompt>(`pass.${name}`, 150, ({ passBy }) => passBy[name] ?? null, 2, t('pass: {0}', name)),
    ),
    figure('mean', 110, ({ mean }) => mean, 2, t('mean reward')),
    figure('spread', 80, ({ spread }) => spread, 2),
    column('vanishing', 90, vanishingText),
    column('dataset', 120, ({ dataset }) => dataset),
    column('stage', 100, ({ stage }) => stage ?? ''),
    column('split', 80, ({ split }) => split),
    figure('groups', 80, ({ groups }) => groups, 0),
    column('id', 220, ({ id }) => id, { title: t('prompt id') }),
  ];
}

/** The chosen ones that there are, in their order; unless some are chosen, all but those that tell least. */
export function shownPromptColumns(
  all: readonly Column<ShownPrompt>[],
  chosen: readonly string[] | null,
): Column<ShownPrompt>[] {
  const usual = all.map(({ name }) => name).filter((name) => name !== 'groups' && name !== 'id');
  return columnsOf(all, chosen, usual);
}
