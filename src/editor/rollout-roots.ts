/** The topmost rows of a store: its datasets, and the runs that made rollouts. */
import type { StoreClient } from '../store/client.ts';
import type { Filter, PromptQuery } from '../store/store.ts';
import type { StoreNumbers } from './rollout-label.ts';
import type { RootRow } from './rollout-node.ts';

export interface Roots {
  /** Those that the filter leaves. */
  rows: RootRow[];
  holds: StoreNumbers;
}

export async function readRoots(client: StoreClient, filter: Filter | undefined): Promise<Roots> {
  const [datasets, runs] = await Promise.all([client.prompts.datasets(), client.runs.all()]);
  const any = async (query: PromptQuery): Promise<boolean> =>
    (await client.prompts.page({ ...query, filter, limit: 1 })).rows.length > 0;
  const found = await Promise.all(datasets.map(({ dataset }) => any({ dataset })));
  const grown = await Promise.all(runs.map(({ id }) => any({ runId: id })));
  const sum = (of: 'prompts' | 'rollouts'): number => datasets.reduce((total, one) => total + one[of], 0);
  return {
    rows: [
      ...datasets
        .filter((_, i) => found[i])
        .map((row): RootRow => ({ kind: 'dataset', id: `dataset ${row.dataset}`, parent: null, ...row })),
      ...runs
        .filter((_, i) => grown[i])
        .map(({ id, name }): RootRow => ({ kind: 'run', id: `run ${id}`, parent: null, runId: id, name })),
    ],
    holds: {
      prompts: sum('prompts'),
      rollouts: sum('rollouts'),
      kept: filter ? (await client.prompts.kept(filter)).kept : null,
    },
  };
}
