/** The rows of a parquet file, a slice of a row group in memory at a time. */
import { parquetReadObjects, parquetSchema, type AsyncBuffer, type Compressors } from 'hyparquet';
import { decompressLz4, decompressLz4Raw } from 'hyparquet-compressors';
import { open, stat } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { contentName, type EmbeddedFile } from './embedded-media.ts';
import type { Numbered } from './json-records.ts';
import { damaged, ParquetBounds, type Pages } from './parquet-bounds.ts';
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

/** What rows unpack to that are read at once (bytes), as values and as what is made of them a multiple of it. */
const unpackedAtOnce = 8 * 2 ** 20;

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
  const file = await bufferOf(path);
  const { metadata, bounds } = await ParquetBounds.open(file, compressors).catch(plainly);
  const elements = parquetSchema(metadata).children.map(({ element }) => element);
  const columns = elements.map(({ name, type }) => ({ name, isFloat: type === 'DOUBLE' || type === 'FLOAT' }));
  const decimals = elements.filter((element) => element.converted_type === 'DECIMAL');
  let line = 0;
  for (const group of metadata.row_groups) {
    const pages = await bounds.check(group).catch(plainly);
    const read = {
      ...{ file, metadata: { ...metadata, row_groups: [group] }, compressors, utf8: false },
      ...(pages && { pageLocationsByGroup: [pages.locations] }),
    };
    for (const [rowStart, rowEnd] of slicesOf(Number(group.num_rows), pages))
      for (const row of await parquetReadObjects({ ...read, rowStart, rowEnd }).catch(plainly)) {
        for (const { name, scale } of decimals) {
          // hyparquet multiplies by a power of ten that binary does not have: 0.3 comes as 0.30000000000000004.
          if (typeof row[name] === 'number') row[name] = Number(row[name].toFixed(scale));
        }
        const plain = new PlainRow();
        const value = plain.of(row) as Record<string, unknown>;
        bounds.row(plain.size);
        line += 1;
        yield { line, value, files: plain.files, columns };
      }
  }
}

/**
 * Which rows of a group of `rows` are read at once, by their places in it: so many as unpack to `unpackedAtOnce`, from where a page of the widest
 * column begins, so that none of its pages is read twice. All of them where nothing tells where pages are.
 */
function* slicesOf(rows: number, pages: Pages | null): Generator<[start: number, end: number]> {
  let start = 0;
  for (const { first_row_index } of pages?.widest.pages ?? []) {
    const begin = Number(first_row_index);
    if ((begin - start) * pages!.size < unpackedAtOnce * rows) continue;
    yield [start, begin];
    start = begin;
  }
  yield [start, rows];
}

/** hyparquet's own has what it reads twice, in pieces and as a whole. */
async function bufferOf(path: string): Promise<AsyncBuffer> {
  const { size } = await stat(path);
  const slice = async (start: number, end = size): Promise<ArrayBuffer> => {
    const bytes = new Uint8Array(end - start);
    const file = await open(path);
    try {
      for (let done = 0; done < bytes.length;) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, start + done);
        if (bytesRead === 0) throw damaged('it has become shorter');
        done += bytesRead;
      }
    } finally {
      await file.close();
    }
    return bytes.buffer;
  };
  return { byteLength: size, slice };
}

/** How many rows the file's end tells of; null of one that is no parquet file. Throws where that is damaged. */
export async function parquetRowCount(path: string): Promise<number | null> {
  if (!isParquet(await firstBytes(path))) return null;
  const { metadata } = await ParquetBounds.open(await bufferOf(path), compressors).catch(plainly);
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
