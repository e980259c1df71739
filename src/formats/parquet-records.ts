/** The rows of a parquet file, one row group in memory at a time. */
import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type Compressors,
} from 'hyparquet';
import { decompressLz4, decompressLz4Raw } from 'hyparquet-compressors';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { contentName, type EmbeddedFile } from './embedded-media.ts';
import type { RawRecord } from './json-records.ts';

/**
 * hyparquet reads snappy by itself; Node knows the others that pandas and pyarrow write, but for LZ4. None unpacks to more than the page
 * says that it holds.
 */
const compressors: Compressors = {
  GZIP: (input, length) => gunzipSync(input, atMost(length)),
  BROTLI: (input, length) => brotliDecompressSync(input, atMost(length)),
  ZSTD: (input, length) => zstdDecompressSync(input, atMost(length)),
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
};

/** Node takes no bound of 0, which a page of nulls has. */
const atMost = (length: number): { maxOutputLength: number } => ({ maxOutputLength: Math.max(length, 1) });

/** Whether a file begins as parquet files do. */
export const isParquet = (head: Buffer): boolean => head.subarray(0, 4).toString('latin1') === 'PAR1';

/** Some rows of a table that follow one another. */
export interface RowGroup {
  /** How many rows stand before it. */
  start: number;
  /** In the table's order. */
  columns: { name: string; isFloat: boolean }[];
  rows: Record<string, unknown>[];
  /** Of each row, the media that it holds; its values have their names. */
  files: EmbeddedFile[][];
}

/** Yields every row as one of JSON comes: its integers are numbers while they can be. Throws when the file is no parquet file or is damaged. */
export async function* parquetRecords(path: string): AsyncGenerator<RawRecord> {
  for await (const { start, rows, files } of parquetRowGroups(path)) {
    for (const [i, value] of rows.entries()) yield { line: start + i + 1, value, files: files[i] };
  }
}

/** Yields the row groups, with values as in `parquetRecords`. */
export async function* parquetRowGroups(path: string): AsyncGenerator<RowGroup> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const elements = parquetSchema(metadata).children.map(({ element }) => element);
  const columns = elements.map(({ name, type }) => ({ name, isFloat: type === 'DOUBLE' || type === 'FLOAT' }));
  const decimals = elements.filter((element) => element.converted_type === 'DECIMAL');
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    const rows = await parquetReadObjects({ file, metadata, compressors, rowStart: start, rowEnd: end, utf8: false });
    for (const row of rows) {
      for (const { name, scale } of decimals) {
        // hyparquet multiplies by a power of ten that binary does not have: 0.3 comes as 0.30000000000000004.
        if (typeof row[name] === 'number') row[name] = Number(row[name].toFixed(scale));
      }
    }
    const files = rows.map((): EmbeddedFile[] => []);
    yield { start, columns, files, rows: rows.map((row, i) => plain(row, files[i]) as Record<string, unknown>) };
    start = end;
  }
}

/** 64 bits come as a bigint, which JSON and most readers have no word for; one that a number cannot hold, as ids are, is its digits. */
function plain(value: unknown, files: EmbeddedFile[]): unknown {
  if (typeof value === 'bigint') return String(Number(value)) === String(value) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map((one) => plain(one, files));
  // Text that its writer did not call text.
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  if (isMedia(value)) return nameOf(value, files);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one, files)]));
}

interface MediaCell {
  bytes: Uint8Array | null;
  path: string | null;
}

/** A cell of `datasets`' Video, Audio or Image columns: the file itself, and its name. */
function isMedia(value: object): value is MediaCell {
  return Object.keys(value).length === 2 && 'bytes' in value && 'path' in value;
}

/** What has a name is known by it, but for a second one of that name in a row; other bytes by their content. */
function nameOf({ bytes, path }: MediaCell, files: EmbeddedFile[]): string | null {
  if (bytes === null) return path;
  const taken = files.some(({ name }) => name === path);
  const name = path && !taken ? path : contentName({ name: path ?? '', bytes });
  files.push({ name, bytes });
  return name;
}
