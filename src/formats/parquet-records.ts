/** The rows of a parquet file, one row group in memory at a time. */
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, type Compressors } from 'hyparquet';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { RawRecord } from './json-records.ts';

/** hyparquet reads snappy by itself; Node knows the others that pandas and pyarrow write. */
const compressors: Compressors = {
  GZIP: (input) => gunzipSync(input),
  BROTLI: (input) => brotliDecompressSync(input),
  ZSTD: (input) => zstdDecompressSync(input),
};

/** Yields every row. Throws when the file is no parquet file or is damaged. */
export async function* parquetRecords(path: string): AsyncGenerator<RawRecord> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    const rows = await parquetReadObjects({ file, metadata, compressors, rowStart: start, rowEnd: end });
    for (const [i, value] of rows.entries()) yield { line: start + i + 1, value };
    start = end;
  }
}
