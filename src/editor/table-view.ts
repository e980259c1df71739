/** What the Rollouts table shows, read of the store: rollouts, or prompts, by their row numbers. */
import type { Viewer } from '../domain/review.ts';
import type { ShownPrompt, ShownRow, TableChoice } from '../protocol/table.ts';
import type { StoreClient } from '../store/client.ts';
import type { PromptTableView } from '../store/store.ts';
import { shownOf } from './table-row.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** The order of what is shown. */
export const sortOf = ({ shows, sort, promptSort }: TableChoice): TableChoice['sort'] =>
  shows === 'prompts' ? promptSort : sort;

/** Whose first pass is blind; null of nobody. */
export const blindFor = ({ annotator, blindFirstPass }: Viewer): string | null => (blindFirstPass ? annotator : null);

/** What a choice keeps, in its order; nothing where there is no store. */
export async function readView(store: WorkspaceStore, choice: TableChoice, by: Viewer): Promise<PromptTableView> {
  const query = { line: choice.line, sort: sortOf(choice), blindFor: blindFor(by) };
  if (!(await store.existing())) return { numbers: new Int32Array(), total: 0, histograms: [], policies: [] };
  if (choice.shows === 'prompts') return store.apart((own) => own.promptTable.view(query));
  return { ...(await store.apart((own) => own.table.view(query))), policies: [] };
}

export async function readRollouts(client: StoreClient, numbers: Int32Array, by: Viewer): Promise<(ShownRow | null)[]> {
  if (numbers.length === 0) return [];
  return (await client.table.rows([...numbers])).map((row) => row && shownOf(row, by));
}

export async function readPrompts(client: StoreClient, numbers: Int32Array): Promise<(ShownPrompt | null)[]> {
  return numbers.length === 0 ? [] : client.promptTable.rows([...numbers]);
}
