/** What reads a file: the format that knows its content, or the columns that a person has chosen for it. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { completionColumn } from './column-guess.ts';
import { columnFault, isRow, shapeOf, type ColumnMap, type ColumnOffer } from './columns.ts';
import { detectFormat, firstRecords, recordsOf } from './detect.ts';
import type { FileContext, Format } from './draft.ts';
import { datasetOf } from './file-name.ts';
import { mappedFormat } from './mapped.ts';
import { readSmall } from './small-file.ts';
import { unreadOf, type Unread } from './unread.ts';

export interface Reader {
  format: Format;
  /** Columns of `maps` by which it reads the file, which a person may choose again. */
  by?: { map: ColumnMap; offer: ColumnOffer };
}

export interface ReaderOptions {
  /** Whether a person named the file; else it lies in a folder that was named. */
  named: boolean;
  /** Columns by which it is to be read. */
  map?: ColumnMap | undefined;
  /** Columns that were chosen before, by the shape of files of no known format (`shapeOf`). */
  maps?: Readonly<Record<string, ColumnMap>>;
  signal?: AbortSignal;
}

/** What reads a file, or why nothing does. */
export async function readerOf(path: string, { named, map, maps, signal }: ReaderOptions): Promise<Reader | Unread> {
  const known = await detectFormat(path, signal);
  const isTable = known?.container === 'json' || known?.container === 'parquet';
  const held = known?.isDataset ? await heldCompletions(known, path, signal) : undefined;
  if (known && held === undefined && !(map && named && isTable)) return { format: known };
  const unread = {
    ...(await unreadOf(path, signal)),
    ...(held !== undefined && { reason: unreadCompletions(known!, held), isData: true }),
  };
  const chosen = unread.offer && (map ?? maps?.[shapeOf(unread.offer)]);
  if (!unread.offer || !chosen) return unread;
  const fault = columnFault(chosen, unread.offer);
  if (fault !== null) return { ...unread, reason: fault };
  return { format: mappedFormat(chosen), ...(!map && { by: { map: chosen, offer: unread.offer } }) };
}

/** The column of a dataset's file in which completions stand; undefined where its rows are prompts, or messages that end with the completion. */
async function heldCompletions(format: Format, file: string, signal?: AbortSignal): Promise<string | undefined> {
  for await (const record of firstRecords(await recordsOf(format, file, signal))) {
    if (!('value' in record) || !isRow(record.value)) continue;
    const { messages } = record.value;
    const last: unknown = Array.isArray(messages) ? messages.at(-1) : null;
    const column = isRow(last) && last.role === 'assistant' ? undefined : completionColumn(record.value);
    if (column !== undefined) return column;
  }
  return undefined;
}

const unreadCompletions = ({ name }: Format, column: string): string =>
  `completions stand in its column “${column}”, and as ${name} its prompts alone would be read: say which column is what, as with ` +
  `--map prompt=COLUMN,completion=${column}, or --format ${name} for the prompts alone`;

/** What a file tells of itself beside its records. */
export async function contextOf(
  file: string,
  { companion }: Format,
): Promise<Omit<FileContext, 'phases' | 'survey' | 'note'>> {
  return {
    file,
    modifiedAt: (await stat(file)).mtime.toISOString(),
    dataset: datasetOf(file),
    companion: companion === undefined ? null : await readCompanion(join(dirname(file), companion)),
  };
}

/** Null when it is not there. Throws when it is there and cannot be read. */
async function readCompanion(file: string): Promise<unknown> {
  try {
    return JSON.parse((await readSmall(file)).toString());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`${basename(file)} beside it cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
