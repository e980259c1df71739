/** The rows of a parquet file, one row group in memory at a time. */
import { asyncBufferFromFile, parquetReadObjects, parquetSchema, type Compressors } from 'hyparquet';
import { decompressLz4, decompressLz4Raw } from 'hyparquet-compressors';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { contentName, type EmbeddedFile } from './embedded-media.ts';
import type { Numbered } from './json-records.ts';
import { damaged, ParquetBounds } from './parquet-bounds.ts';
import { firstBytes } from './utf8.ts';

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

/** A row, and the table's columns in their order. */
export interface ParquetRecord extends Numbered {
  value: Record<string, unknown>;
  files: readonly EmbeddedFile[];
  columns: readonly ParquetColumn[];
}

export interface ParquetColumn {
  name: string;
  isFloat: boolean;
}

/**
 * Yields every row as one of JSON comes: its integers are numbers while they can be, and media that it holds are files beside it, whose names
 * its values have. Throws when the file is no parquet file, is damaged, or would unpack to more than it may (parquet-bounds.ts).
 */
export async function* parquetRecords(path: string): AsyncGenerator<ParquetRecord> {
  const file = await asyncBufferFromFile(path);
  const { metadata, bounds } = await ParquetBounds.open(file, compressors).catch(plainly);
  const elements = parquetSchema(metadata).children.map(({ element }) => element);
  const columns = elements.map(({ name, type }) => ({ name, isFloat: type === 'DOUBLE' || type === 'FLOAT' }));
  const decimals = elements.filter((element) => element.converted_type === 'DECIMAL');
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    await bounds.check(group).catch(plainly);
    const options = { file, metadata, compressors, rowStart: start, rowEnd: end, utf8: false };
    const rows = await parquetReadObjects(options).catch(plainly);
    for (const [i, row] of rows.entries()) {
      for (const { name, scale } of decimals) {
        // hyparquet multiplies by a power of ten that binary does not have: 0.3 comes as 0.30000000000000004.
        if (typeof row[name] === 'number') row[name] = Number(row[name].toFixed(scale));
      }
      const plain = new PlainRow();
      const value = plain.of(row) as Record<string, unknown>;
      bounds.row(plain.size);
      yield { line: start + i + 1, value, files: plain.files, columns };
    }
    start = end;
  }
}

/** How many rows the file's end tells of; null of one that is no parquet file. Throws where that is damaged. */
export async function parquetRowCount(path: string): Promise<number | null> {
  if (!isParquet(await firstBytes(path))) return null;
  const { metadata } = await ParquetBounds.open(await asyncBufferFromFile(path), compressors).catch(plainly);
  return Number(metadata.num_rows);
}

/** What JavaScript says of places outside of a buffer says nothing to people. */
function plainly(error: Error): never {
  throw error instanceof RangeError || error instanceof TypeError ? damaged(error.message) : error;
}

/** A row as one of JSON comes. */
class PlainRow {
  /** The media in it, each of a name of its own. */
  readonly files: EmbeddedFile[] = [];
  /** What it comes to, about (bytes). */
  size = 0;

  /** 64 bits come as a bigint, which JSON and most readers have no word for; one that a number cannot hold, as ids are, is its digits. */
  of(value: unknown): unknown {
    this.size += 8;
    if (typeof value === 'string') this.size += value.length;
    if (typeof value === 'bigint') return String(Number(value)) === String(value) ? Number(value) : String(value);
    if (Array.isArray(value)) return value.map((one) => this.of(one));
    if (value instanceof Uint8Array) {
      this.size += value.length;
      // Text that its writer did not call text.
      return Buffer.from(value).toString('utf8');
    }
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
    if (isMedia(value)) return this.#nameOf(value);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.of(one)]));
  }

  /** What has a name is known by it, but for a second one of that name in a row; other bytes by their content. */
  #nameOf({ bytes, path }: MediaCell): string | null {
    if (bytes === null) return path;
    this.size += bytes.length;
    const taken = this.files.some(({ name }) => name === path);
    const name = path && !taken ? path : contentName({ name: path ?? '', bytes });
    this.files.push({ name, bytes });
    return name;
  }
}

interface MediaCell {
  bytes: Uint8Array | null;
  path: string | null;
}

/** A cell of `datasets`' Video, Audio or Image columns: the file itself, and its name. */
function isMedia(value: object): value is MediaCell {
  return Object.keys(value).length === 2 && 'bytes' in value && 'path' in value;
}
