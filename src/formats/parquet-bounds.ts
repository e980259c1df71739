/**
 * What a parquet file may unpack to. hyparquet believes what a file says of itself and makes room for it at once, so each part of a file is
 * looked at here before it gets there: its footer, then of each row group the header of every page and the runs within it. All numbers of
 * the format are from https://github.com/apache/parquet-format (parquet.thrift, Encodings.md).
 */
import {
  parquetMetadataAsync,
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  type OffsetIndex,
  type RowGroup,
} from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { checkStruct, varint } from './thrift-check.ts';

const mebibyte = 2 ** 20;
/** How many times its size a file may unpack to: what deflate can do at best. */
const ratio = 1000;
/** What any file may unpack to (bytes), and its rows come to: those of one dictionary repeat its texts. */
const leastUnpacked = 64 * mebibyte;
const leastRows = 256 * mebibyte;
/** What one row group may unpack to: of a column with one page all of it is in memory. */
const longestGroup = 2048 * mebibyte;
const longestFooter = 16 * mebibyte;
/** Of a page's header: longer ones are none. And what is read of a column at once, if no page of it is longer. */
const longestHeader = mebibyte;
const readAtOnce = 4 * mebibyte;
const mostColumns = 1000;
const deepest = 32;
/** What a value takes in memory, whatever it is: a place in an array. */
const place = 8;
/** Values by which a run may go past its page's end: writers fill the last one up. */
const filling = 512;

const cure = 'if the file is yours, write it in smaller row groups, or its rows as JSONL';

/** A column as the schema has it. */
interface Leaf {
  repetition: number;
  definition: number;
  isFlat: boolean;
  type: string | undefined;
  width: number;
}

type Page = ReturnType<typeof parquetHeader>;
type Location = OffsetIndex['page_locations'][number];

/** Where the pages of a row group are that begin with a row, each with those that go on with its last row, by the columns' paths. */
export interface Pages {
  locations: Record<string, Location[]>;
  /** What the column unpacks to that unpacks to most, its pages, and what all of them do (bytes). */
  widest: { size: number; pages: readonly Location[] };
  size: number;
}

export class ParquetBounds {
  readonly #file: AsyncBuffer;
  readonly #compressors: Compressors;
  readonly #leaves: ReadonlyMap<string, Leaf>;
  #unpacked = 0;
  #rows = 0;

  private constructor(file: AsyncBuffer, compressors: Compressors, leaves: ReadonlyMap<string, Leaf>) {
    this.#file = file;
    this.#compressors = compressors;
    this.#leaves = leaves;
  }

  /** What a file says of itself. Throws where it is damaged or larger than it may be. */
  static async open(
    file: AsyncBuffer,
    compressors: Compressors,
  ): Promise<{ metadata: FileMetaData; bounds: ParquetBounds }> {
    const size = file.byteLength;
    const end = new DataView(await file.slice(Math.max(size - 8, 0), size));
    const length = end.byteLength < 8 ? Infinity : end.getUint32(0, true);
    if (length > size - 8) throw damaged('its footer is cut off');
    if (length > longestFooter) throw new Error(`its footer is longer than ${longestFooter} bytes: ${cure}`);
    checkStruct({ view: new DataView(await file.slice(size - 8 - length, size - 8)), offset: 0 });
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    return { metadata, bounds: new ParquetBounds(file, compressors, leavesOf(metadata)) };
  }

  /** Finds the pages of a row group; null where what one says of its rows does not add up. Throws where the group is damaged, or would unpack to more than it may. */
  async check({ columns, num_rows }: RowGroup): Promise<Pages | null> {
    const rows = Number(num_rows);
    const before = this.#unpacked;
    const locations: Pages['locations'] = {};
    let widest: Pages['widest'] = { size: 0, pages: [] };
    let isLocated = true;
    const seen = new Set<string>();
    for (const { meta_data: column } of columns) {
      if (!column) throw damaged('a column’s description is missing');
      const name = column.path_in_schema.join('.');
      const leaf = this.#leaves.get(name);
      // hyparquet would leave a second one’s failure for nobody to hear of.
      if (!leaf || seen.has(name)) throw damaged(`the column ${name} is ${leaf ? 'there twice' : 'not in its schema'}`);
      seen.add(name);
      const start = Number(column.dictionary_page_offset || column.data_page_offset);
      const end = start + Number(column.total_compressed_size);
      if (!(start >= 0 && end >= start && end <= this.#file.byteLength))
        throw damaged(`the column ${name} lies outside the file`);
      const chunk = new Chunk(this.#file, end);
      const pages: Location[] = [];
      const unpacked = this.#unpacked;
      let values = 0;
      let begun = 0;
      for (let offset = start; offset < end - 1 && !(leaf.isFlat && values >= rows);) {
        const reader = readerOf(await chunk.at(offset, longestHeader));
        checkStruct({ ...reader });
        const page = parquetHeader(reader);
        const count = headerOf(page)?.num_values ?? NaN;
        const { compressed_page_size: packed, uncompressed_page_size: size } = page;
        if (!(count >= 0 && packed >= 0 && size >= 0)) throw damaged(`a page of the column ${name} has no size`);
        this.#unpack(size + count * place, before);
        const bytes = (await chunk.at(offset + reader.offset, packed)).subarray(0, packed);
        if (bytes.length < packed) throw damaged(`a page of the column ${name} is cut off`);
        const { size: grown, rows: held, goesOn } = this.#held(page, bytes, column.codec, leaf);
        this.#unpack(grown, before);
        const length = reader.offset + packed;
        offset += length;
        if (page.type === 'DICTIONARY_PAGE') continue;
        const last = pages.at(-1);
        if (goesOn && last) last.compressed_page_size += length;
        else
          pages.push({
            ...{ offset: BigInt(offset - length), compressed_page_size: length, first_row_index: BigInt(begun) },
          });
        values += count;
        begun += held;
      }
      if (values < rows) throw damaged(`the column ${name} has ${values} values for ${rows} rows`);
      locations[name] = pages;
      isLocated &&= begun === rows;
      if (this.#unpacked - unpacked >= widest.size) widest = { size: this.#unpacked - unpacked, pages };
    }
    if (rows > 0 && columns.length === 0) throw damaged(`it has ${rows} rows without a column`);
    return isLocated ? { locations, widest, size: this.#unpacked - before } : null;
  }

  /** Counts what a row came to (bytes); throws when all of them are more than they may be. */
  row(size: number): void {
    this.#rows += size;
    const most = Math.max(leastRows, ratio * this.#file.byteLength);
    if (this.#rows > most) throw new Error(`its rows repeat themselves to more than ${most} bytes: ${cure}`);
  }

  #unpack(size: number, before: number): void {
    this.#unpacked += size;
    const most = Math.max(leastUnpacked, ratio * this.#file.byteLength);
    if (this.#unpacked > most)
      throw new Error(`it unpacks to more than ${most} bytes, and is ${this.#file.byteLength} long: ${cure}`);
    if (this.#unpacked - before > longestGroup)
      throw new Error(`a row group unpacks to more than ${longestGroup} bytes: ${cure}`);
  }

  /** What a page's encoding makes beyond its bytes, and which rows begin in it. Throws where a run is longer than its page says. */
  #held(page: Page, bytes: Uint8Array, codec: Parameters<typeof decompressPage>[2], leaf: Leaf): Held {
    const unpack = (packed: Uint8Array, size: number): Uint8Array =>
      size === 0 ? packed : decompressPage(packed, size, codec, this.#compressors);
    const { data_page_header: one, data_page_header_v2: two, uncompressed_page_size: size } = page;
    if (page.type === 'DATA_PAGE' && one) {
      const body = readerOf(unpack(bytes, size));
      const begun = { ...body };
      if (leaf.repetition > 0) checkLevels(body, leaf.repetition, one.num_values);
      const repeated = leaf.repetition > 0 ? levelsOf(begun, leaf.repetition, one.num_values) : [];
      const rows = leaf.repetition > 0 ? repeated.filter((level) => level === 0).length : one.num_values;
      let values = one.num_values;
      if (leaf.definition > 0) {
        const start = { ...body };
        checkLevels(body, leaf.definition, values);
        if (one.encoding === 'DELTA_BYTE_ARRAY')
          values = levelsOf(start, leaf.definition, values).filter((level) => level === leaf.definition).length;
      }
      const grown = grownBy(body, one.encoding, values, leaf, leaf.type === 'BOOLEAN');
      return { size: grown, rows, goesOn: repeated.length > 0 && repeated[0] !== 0 };
    }
    if (page.type !== 'DATA_PAGE_V2' || !two) return { size: 0, rows: 0, goesOn: false };
    const { repetition_levels_byte_length: first, definition_levels_byte_length: second } = two;
    const levels = first + second;
    if (!(first >= 0 && second >= 0 && levels <= Math.min(bytes.length, size)))
      throw damaged('a page’s levels are cut off');
    if (leaf.repetition > 0) checkRuns(readerOf(bytes.subarray(0, first)), widthOf(leaf.repetition), two.num_values);
    if (leaf.definition > 0)
      checkRuns(readerOf(bytes.subarray(first, levels)), widthOf(leaf.definition), two.num_values);
    const packed = bytes.subarray(levels);
    const body = readerOf(two.is_compressed === false ? packed : unpack(packed, size - levels));
    const grown = grownBy(body, two.encoding, two.num_values - two.num_nulls, leaf, two.encoding === 'RLE');
    return { size: grown, rows: two.num_rows, goesOn: false };
  }
}

/** What a page comes to beyond its bytes, how many rows begin in it, and whether it begins with more of the one before. */
interface Held {
  size: number;
  rows: number;
  goesOn: boolean;
}

/** The bytes of a column, some at a time. */
class Chunk {
  readonly #file: AsyncBuffer;
  readonly #end: number;
  #start = 0;
  #bytes = new Uint8Array();

  constructor(file: AsyncBuffer, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** What is there from `offset` on: so many bytes or more, fewer where the column ends before. */
  async at(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.#start || Math.min(offset + length, this.#end) > this.#start + this.#bytes.length) {
      this.#start = offset;
      const end = Math.min(offset + Math.max(length, readAtOnce), this.#end);
      this.#bytes = new Uint8Array(await this.#file.slice(offset, end));
    }
    return this.#bytes.subarray(offset - this.#start);
  }
}

/** What a page says of itself by its kind, which alone counts. */
function headerOf(page: Page): { num_values: number } | undefined {
  if (page.type === 'DATA_PAGE') return page.data_page_header;
  return page.type === 'DATA_PAGE_V2' ? page.data_page_header_v2 : page.dictionary_page_header;
}

export const damaged = (what: string): Error => new Error(`the parquet file is damaged or cut off: ${what}`);

/** The columns by their paths. */
function leavesOf({ schema }: FileMetaData): Map<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  let next = 0;
  const walk = (above: readonly string[] | null, repetition: number, definition: number): void => {
    const element = schema.at(next);
    if (!element) throw damaged('its schema is cut off');
    next += 1;
    const path = above ? [...above, element.name] : [];
    if (path.length > deepest) throw new Error(`its columns are nested more than ${deepest} deep: ${cure}`);
    const repeated = repetition + Number(element.repetition_type === 'REPEATED');
    const defined = definition + Number(above !== null && element.repetition_type !== 'REQUIRED');
    const children = element.num_children ?? 0;
    for (let i = 0; i < children; i += 1) walk(path, repeated, defined);
    if (children > 0 || !above) return;
    const name = path.join('.');
    if (leaves.has(name)) throw damaged(`two columns are named ${name}`);
    leaves.set(name, {
      ...{ repetition: repeated, definition: defined, isFlat: path.length === 1 && repeated === 0 },
      ...{ type: element.type, width: element.type_length ?? place },
    });
    if (leaves.size > mostColumns)
      throw new Error(`it has more than ${mostColumns} columns: leave out what is not needed`);
  };
  walk(null, 0, 0);
  return leaves;
}

interface Reader {
  view: DataView<ArrayBuffer>;
  offset: number;
}

const readerOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Reader => ({
  view: new DataView(buffer as ArrayBuffer, byteOffset, byteLength),
  offset: 0,
});

/** The bits of a level. */
const widthOf = (level: number): number => 32 - Math.clz32(level);

/** Levels of the first kind of page, which say how long they are. */
function checkLevels(reader: Reader, most: number, count: number): void {
  const start = reader.offset + 4;
  const end = start + reader.view.getUint32(reader.offset, true);
  if (end > reader.view.byteLength) throw damaged('a page’s levels are cut off');
  const { buffer, byteOffset } = reader.view;
  checkRuns(readerOf(new Uint8Array(buffer, byteOffset + start, end - start)), widthOf(most), count);
  reader.offset = end;
}

/** Levels of the first kind of page, once they are checked. */
function levelsOf(reader: Reader, most: number, count: number): number[] {
  const levels = new Array<number>(count);
  readRleBitPackedHybrid(reader, widthOf(most), levels);
  return levels.slice(0, count);
}

/** Throws where a run of the hybrid encoding is longer than `count`: hyparquet writes the whole run out. */
function checkRuns(reader: Reader, width: number, count: number): void {
  for (let seen = 0; seen < count && reader.offset < reader.view.byteLength;) {
    const header = varint(reader);
    const isPacked = header % 2 === 1;
    const run = Math.floor(header / 2) * (isPacked ? 8 : 1);
    if (run > count - seen + filling) throw damaged(`a run of ${run} values in a page of ${count}`);
    seen += run;
    reader.offset += isPacked ? (run / 8) * width : Math.ceil(width / 8);
  }
}

/** What an encoding makes beyond a page's bytes. `isSized` where the runs say how many bytes they take. */
function grownBy(reader: Reader, encoding: string, count: number, leaf: Leaf, isSized: boolean): number {
  if (count <= 0) return 0;
  if (encoding === 'BYTE_STREAM_SPLIT') return count * leaf.width;
  if (encoding === 'RLE' || encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') {
    if (isSized) reader.offset += 4;
    checkRuns(reader, isSized ? 1 : reader.view.getUint8(reader.offset++), count);
  } else if (encoding === 'DELTA_BINARY_PACKED') {
    varint(reader);
    if (varint(reader) > reader.view.byteLength) throw damaged('a block of numbers is longer than its page');
  } else if (encoding === 'DELTA_BYTE_ARRAY') {
    // Each value begins with a part of the one before it.
    const lengths = new Int32Array(count);
    deltaBinaryUnpack(reader, count, lengths);
    return lengths.reduce((sum, length) => sum + Math.max(length, 0), 0);
  }
  return 0;
}
