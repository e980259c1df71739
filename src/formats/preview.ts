/** What an import would make of a file, by its first records; nothing is written. */
import { isDeepStrictEqual } from 'node:util';
import { errorText } from '../domain/error-text.ts';
import type { Phase } from '../domain/phase.ts';
import { lineOf } from './column-guess.ts';
import { columnUse, rowsIn } from './column-use.ts';
import { columnsOf, isRow, roles, valueAt, type ColumnMap, type ColumnOffer, type Row } from './columns.ts';
import { recordsOf } from './detect.ts';
import type { Draft, FileContext, Format } from './draft.ts';
import type { RawRecord } from './json-records.ts';
import { parquetRowCount } from './parquet-records.ts';
import { contextOf, readerOf } from './reader.ts';

export interface PreviewOptions {
  /** Columns that were chosen before, by the shape of files of no known format. */
  maps: Readonly<Record<string, ColumnMap>>;
  /** The project's. */
  phases: readonly Phase[];
}

export interface PreviewColumn {
  name: string;
  /** What is imported of it, in words; empty where nothing is, null where no record tells. */
  becomes: string[] | null;
}

export interface DumpPreview {
  /** What people call the format; null of a file that is not read. */
  title: string | null;
  /** Why it is not read, and the cure. */
  reason: string | null;
  /** Whether a person who names its columns has it read. */
  isOffered: boolean;
  columns: PreviewColumn[];
  /** The first records, a cell a column, each cut to a line. */
  rows: string[][];
  /** How many records the file has; null where only reading it to the end would tell. */
  count: number | null;
  /** Records that were looked at, and what an import would take from them. */
  looked: number;
  made: { rollouts: number; prompts: number; others: number };
  /** Of those, what would be rejected. */
  rejected: { line: number; reason: string }[];
  /** What an import would tell of them. */
  notes: string[];
}

/** Records that are looked at, and those of them that are shown. */
const mostLooked = 100;
const mostShown = 10;
/** Longer ones (UTF-16 units of JSON, about) are enough earlier. */
const mostRead = 16_000_000;
/** Records of the whole dump that may tell how one of it is read. */
const mostSurveyed = 1_000;
/** Wider files have their first columns shown. */
const mostColumns = 200;
const mostTold = 50;

/** Rejects when the file is not there, or is damaged before its first record. */
export async function previewDump(
  file: string,
  { maps, phases }: PreviewOptions,
  signal?: AbortSignal,
): Promise<DumpPreview> {
  const reader = await readerOf(file, { named: true, maps, ...(signal && { signal }) });
  if ('reason' in reader) return unreadPreview(reader.reason, reader.offer);
  const { format } = reader;
  const { records, isWhole } = await firstOf(await recordsOf(format, file, signal));
  const contextWith = async (note: (text: string) => void, alone?: Row): Promise<FileContext> => ({
    ...(await contextOf(file, format)),
    phases,
    survey: await surveyed(format, file, alone, signal),
    note,
  });
  const notes = new Set<string>();
  const told = await contextWith((text) => notes.add(text));
  const rejected: DumpPreview['rejected'] = [];
  const made = { rollouts: 0, prompts: 0, others: 0 };
  for (const record of records) {
    if ('reason' in record) {
      rejected.push({ line: record.line, reason: record.reason });
      continue;
    }
    for (const draft of draftsOf(format, record.value, told, (reason) =>
      rejected.push({ line: record.line, reason }),
    )) {
      if (draft.kind !== 'prompt') made.others += Number(draft.kind !== 'nothing');
      else if (draft.rollout) made.rollouts += 1;
      else made.prompts += 1;
    }
  }
  const tables = records.flatMap((record) => ('value' in record && isRow(record.value) ? [record.value] : []));
  const rows = tables.flatMap((record) => rowsIn(record, format.within));
  const names = columnsOf(rows.slice(0, mostLooked)).slice(0, mostColumns);
  const reread = await rereading(format, tables, contextWith);
  const columns: PreviewColumn[] = [];
  for (const name of names) columns.push({ name, becomes: await columnUse(name, tables, format.within, reread) });
  // Broken ones, and those that are one text.
  const others = records.length - tables.length;
  return {
    ...{ title: format.title, reason: null, isOffered: false, columns, made },
    rows: rows.slice(0, mostShown).map((row) => names.map((name) => lineOf(valueAt(row, name)))),
    count: (await parquetRowCount(file)) ?? (isWhole ? rows.length + others : null),
    looked: rows.length + others,
    rejected: rejected.slice(0, mostTold),
    notes: [...notes].slice(0, mostTold),
  };
}

/** What the format's survey finds in the beginning of the dump; or, of the file itself, in one record of it. */
async function surveyed(format: Format, file: string, alone: Row | undefined, signal?: AbortSignal): Promise<unknown> {
  let left = mostSurveyed;
  const first = async function* (one: string): AsyncGenerator<RawRecord> {
    if (left === 0) return;
    const isAlone = alone !== undefined && one === file;
    for await (const record of isAlone ? [{ line: 1, value: alone }] : await recordsOf(format, one, signal)) {
      yield record;
      left -= 1;
      if (left === 0) return;
    }
  };
  return format.survey?.read(format.survey.of(file), async (one) => first(one), undefined);
}

/** Reads a record again, as if it stood there for the first time. */
async function rereading(
  format: Format,
  [first]: readonly Row[],
  contextWith: (note: (text: string) => void, alone?: Row) => Promise<FileContext>,
): Promise<(record: Row) => Promise<Draft[] | null>> {
  const context = await contextWith(() => undefined);
  const read = (record: Row, within: FileContext): Draft[] | null => {
    let isRead = true;
    const drafts = draftsOf(format, record, within, () => (isRead = false));
    return isRead && drafts.length > 0 ? drafts : null;
  };
  // A log's reader takes what stands there again for a repetition.
  const remembers = first !== undefined && !isDeepStrictEqual(read(first, context), read(first, context));
  return async (record) => read(record, remembers ? await contextWith(() => undefined, record) : context);
}

function unreadPreview(reason: string, offer: ColumnOffer | undefined): DumpPreview {
  const partsOf = (column: string): string[] => roles.filter((role) => offer?.guess[role]?.includes(column));
  const columns = (offer?.columns ?? []).slice(0, mostColumns);
  return {
    ...{ title: null, reason, isOffered: offer !== undefined },
    columns: columns.map((name) => ({ name, becomes: partsOf(name) })),
    rows: (offer?.rows ?? []).map((row) => columns.map((name) => row[name])),
    ...{ count: null, looked: offer?.rows.length ?? 0, made: { rollouts: 0, prompts: 0, others: 0 } },
    ...{ rejected: [], notes: [] },
  };
}

async function firstOf(records: AsyncIterable<RawRecord>): Promise<{ records: RawRecord[]; isWhole: boolean }> {
  const first: RawRecord[] = [];
  let size = 0;
  for await (const record of records) {
    if (first.length === mostLooked || size > mostRead) return { records: first, isWhole: false };
    first.push(record);
    if ('value' in record) size += JSON.stringify(record.value)?.length ?? 0;
  }
  return { records: first, isWhole: true };
}

/** What a record is read as, row by row; `fault` is told of each that is refused. */
function draftsOf(format: Format, value: unknown, context: FileContext, fault: (reason: string) => void): Draft[] {
  try {
    return (format.rows?.(value, context) ?? [value]).flatMap((row, i, rows) => {
      try {
        return [format.parse(row, context)];
      } catch (error) {
        fault(`${rows.length > 1 ? `row ${i + 1} of ${rows.length}: ` : ''}${errorText(error)}`);
        return [];
      }
    });
  } catch (error) {
    fault(errorText(error));
    return [];
  }
}
