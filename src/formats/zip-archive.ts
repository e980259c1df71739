/** The members of a zip archive, each read whole: stored, deflated or, as Inspect writes its logs, packed with zstd. */
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { zstdDecompressSync } from 'node:zlib';
import { rawBytes } from './utf8.ts';

/** A member longer than this (bytes, unpacked) is refused, as a record of JSON is: it must fit in memory. */
const longestMember = 64 * 1024 * 1024;
/** Members of one archive: a log of Inspect has one a sample. */
const mostMembers = 200_000;
const zstd = 93;

/** Whether a file begins as zip archives do; an empty one begins with its end, and is none. */
export async function isZip(file: string): Promise<boolean> {
  return (await rawBytes(file, 4)).toString('latin1') === 'PK\x03\x04';
}

export class ZipArchive {
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#zip = zip;
    this.#entries = entries;
  }

  /** Of two members of one name the later counts, as where a log was written again. Throws when the archive is damaged or cut off. */
  static async open(file: string): Promise<ZipArchive> {
    const damaged = (error: Error): never => {
      throw new Error(`the archive is damaged or cut off: ${error.message}`, { cause: error });
    };
    const zip = await openPromise(file, { lazyEntries: true, autoClose: false }).catch(damaged);
    if (zip.entryCount > mostMembers) {
      zip.close();
      throw new Error(`it has more than ${mostMembers} members: unpack it, and take what is needed`);
    }
    try {
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
      return new ZipArchive(zip, entries);
    } catch (error) {
      zip.close();
      return damaged(error as Error);
    }
  }

  /** In the archive's order. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  close(): void {
    this.#zip.close();
  }

  /** A member's text; throws when there is none of this name, or when it is damaged, encrypted, too long or packed in another way. */
  async text(name: string): Promise<string> {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`${name}: it is not in the archive`);
    try {
      return (await this.#bytes(entry)).toString('utf8');
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    }
  }

  async #bytes(entry: Entry): Promise<Buffer> {
    const { uncompressedSize, compressedSize, compressionMethod } = entry;
    if (Math.max(uncompressedSize, compressedSize) > longestMember)
      throw new Error(`longer than ${longestMember} bytes`);
    const isZstd = compressionMethod === zstd;
    const stream = await this.#zip.openReadStreamPromise(entry, isZstd ? { decodeFileData: false } : undefined);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (!isZstd) return bytes;
    const unpacked = zstdDecompressSync(bytes, { maxOutputLength: Math.max(uncompressedSize, 1) });
    if (unpacked.length !== uncompressedSize)
      throw new Error(`${unpacked.length} bytes unpacked, and ${uncompressedSize} were packed`);
    return unpacked;
  }
}
