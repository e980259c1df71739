/** Evaluations that a command names, and tables that it writes. */
import { resolve } from 'node:path';
import { readerNames, usualReaders, type ReaderName } from '../evaluation/score.ts';
import { tableFormats, tablesText, type Table } from '../evaluation/table.ts';
import { writeWhole } from '../formats/whole-file.ts';
import type { EvaluationRow, Store } from '../store/store.ts';
import { UsageError, type Arguments } from './command.ts';

export const readerOption = { rule: { type: 'string', multiple: true } } as const;
export const tableOptions = { format: { type: 'string' }, out: { type: 'string' } } as const;
export const tableUsage = `[--format ${tableFormats.join('|')}] [--out FILE]`;
export const readersText = readerNames.join(', ');

/** The readers that --rule names, else the usual ones of a dataset. */
export function readersOf(options: Arguments, dataset: string | null): ReaderName[] {
  const named = options.texts('rule');
  const strange = named.find((name) => !readerNames.some((reader) => reader === name));
  if (strange !== undefined) throw new UsageError(`--rule must be one of ${readersText}, not “${strange}”`);
  return named.length === 0 ? usualReaders(dataset) : readerNames.filter((name) => named.includes(name));
}

/** By its id, or by its name where one alone has it. */
export function evaluationNamed(store: Store, named: string): EvaluationRow {
  const all = store.evaluations.all();
  const found = all.filter(({ id, name }) => id === named || name === named);
  if (found.length === 1) return found[0];
  const ids = (found.length > 0 ? found : all).map(({ id, name, policy }) => `${id} (${name}, ${policy})`);
  throw new Error(
    found.length > 1
      ? `${found.length} evaluations are called ${named}: name one by its id: ${ids.join(', ')}`
      : `there is no evaluation ${named} in this store; it has ${ids.join(', ') || 'none'}`,
  );
}

/** Tables as --format has them, Markdown unless said; where --out names a file, they are in it, whole or not at all. */
export async function writtenTables(options: Arguments, tables: readonly Table[]): Promise<Written> {
  const text = tablesText(tables, options.oneOf('format', tableFormats) ?? 'markdown');
  const out = options.text('out');
  if (out === undefined) return { text, out: null };
  await writeWhole(resolve(out), text);
  return { text, out: resolve(out) };
}

export interface Written {
  text: string;
  /** The file that it was written to. */
  out: string | null;
}

export const writtenText = ({ text, out }: Written): string => (out === null ? text.trimEnd() : `Wrote ${out}`);
