import type { NameField } from '../domain/query-fields.ts';
import { printQuery } from '../domain/rollout-query.ts';
import type { RunRow } from '../store/store.ts';
import type { RolloutNode } from './rollout-node.ts';

/** The query line of a row of the trees; null of anything else. */
export function queryOfNode(target: unknown, runs: readonly Pick<RunRow, 'name'>[]): string | null {
  const node = target as RolloutNode | RunRow | undefined;
  if (node === undefined) return null;
  const named = (field: NameField, name: string): string =>
    printQuery([{ not: false, kind: 'names', field, names: [name] }]);
  if ('kind' in node) {
    if (node.kind === 'dataset') return named('dataset', node.dataset);
    return node.kind === 'run' ? runLine(node.runId, node.name) : null;
  }
  return 'config' in node ? runLine(node.id, node.name) : null;

  function runLine(id: string, name: string): string {
    const isClear = runs.filter((run) => run.name === name).length < 2 && !name.endsWith('*');
    return named('run', isClear ? name : id);
  }
}
