/** The rows of a parquet file, one row group in memory at a time. */
import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type Compressors,
} from 'hyparquet';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { RawRecord } from './json-records.ts';

/** hyparquet reads snappy by itself; Node knows the others that pandas and pyarrow write. */
const compressors: Compressors = {
  GZIP: (input) => gunzipSync(input),
  BROTLI: (input) => brotliDecompressSync(input),
  ZSTD: (input) => zstdDecompressSync(input),
};

/** Whether a file begins as parquet files do. */
export const isParquet = (head: Buffer): boolean => head.subarray(0, 4).toString('latin1') === 'PAR1';

/** Some rows of a table that follow one another. */
export interface RowGroup {
  /** How many rows stand before it. */
  start: number;
  /** In the table's order. */
  columns: { name: string; isFloat: boolean }[];
  rows: Record<string, unknown>[];
}

/** Yields every row, as JSON would have it: its integers are numbers. Throws when the file is no parquet file or is damaged. */
export async function* parquetRecords(path: string): AsyncGenerator<RawRecord> {
  for await (const { start, rows } of parquetRowGroups(path)) {
    for (const [i, value] of rows.entries()) yield { line: start + i + 1, value };
  }
}

/** Yields the row groups, with values as in `parquetRecords`. */
export async function* parquetRowGroups(path: string): AsyncGenerator<RowGroup> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const columns = parquetSchema(metadata).children.map(({ element }) => ({
    name: element.name,
    isFloat: element.type === 'DOUBLE' || element.type === 'FLOAT',
  }));
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    const rows = await parquetReadObjects({ file, metadata, compressors, rowStart: start, rowEnd: end });
    yield { start, columns, rows: rows.map((row) => plain(row) as Record<string, unknown>) };
    start = end;
  }
}

/** 64 bits come as a bigint, which JSON and most readers have no word for. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}
