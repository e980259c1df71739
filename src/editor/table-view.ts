/** What the Rollouts table shows, read of the store: rollouts, or prompts, by their row numbers. */
import { spreadFields } from '../domain/query-fields.ts';
import type { Viewer } from '../domain/review.ts';
import type { ShownHistogram, ShownPrompt, ShownRow, TableChoice } from '../protocol/table.ts';
import type { StoreClient } from '../store/client.ts';
import type { TableQuery } from '../store/store.ts';
import { shownOf } from './table-row.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** What the table shows, as row numbers of the store. */
export interface TableOrder {
  /** Another one with every view, after a reload of the window too. */
  turn: number;
  /** The store that it is of. */
  store: WorkspaceStore;
  line: string;
  shows: TableChoice['shows'];
  /** Rows in the store when it was read. */
  total: number;
  /** The first rows, and all of them once they are read. */
  first: Int32Array;
  numbers: Promise<Int32Array>;
}

/** The order of what is shown. */
export const sortOf = ({ shows, sort, promptSort }: TableChoice): TableChoice['sort'] =>
  shows === 'prompts' ? promptSort : sort;

/** Whose first pass is blind; null of nobody. */
export const blindFor = ({ annotator, blindFirstPass }: Viewer): string | null => (blindFirstPass ? annotator : null);

export const queryOf = (choice: TableChoice, by: Viewer): TableQuery => ({
  ...{ line: choice.line, sort: sortOf(choice), blindFor: blindFor(by) },
});

/**
 * How the numbers of the rollouts that a query keeps spread: reward, length (in tokens where some has them), pass rate and iteration. Each is
 * asked for by itself, and all that are known are told after each, so that whoever asks for something else in between waits for one alone.
 */
export async function* readSpreads(reader: StoreClient, query: TableQuery): AsyncGenerator<ShownHistogram[]> {
  const known: ShownHistogram[] = [];
  for (const field of spreadFields) {
    if (field === 'characters' && known.some((one) => one.field === 'tokens')) continue;
    const spread = await reader.table.spread(query, field);
    if (spread) known.push(spread);
    yield [...known];
  }
}

export async function readRollouts(client: StoreClient, numbers: Int32Array, by: Viewer): Promise<(ShownRow | null)[]> {
  if (numbers.length === 0) return [];
  return (await client.table.rows([...numbers])).map((row) => row && shownOf(row, by));
}

export async function readPrompts(client: StoreClient, numbers: Int32Array): Promise<(ShownPrompt | null)[]> {
  return numbers.length === 0 ? [] : client.promptTable.rows([...numbers]);
}
