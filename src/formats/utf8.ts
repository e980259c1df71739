/**
 * A text file's bytes as UTF-8, a chunk at a time: unpacked where it is packed with gzip or zstd, and rewritten where it is UTF-16.
 * What it is packed with and written in is known by its first bytes, whatever its name. Never holds more than a few chunks, however much
 * a small file unpacks to; how long a record may be is its reader's to say.
 */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip, createZstdDecompress } from 'node:zlib';

export type Packing = 'gzip' | 'zstd';

/** A text that cannot be read to its end: what came before this was thrown is good. */
export class DamagedText extends Error {}

/** A name without the ending by which packed files are called. */
export const unpackedName = (name: string): string => name.replace(/\.(?:gz|gzip|zst|zstd)$/iu, '');

/** What a file is packed with; null when it is not. Throws on packings that are known and not read. */
export async function packingOf(file: string): Promise<Packing | null> {
  const head = (await rawBytes(file, 6)).toString('latin1');
  if (head.startsWith('\x1f\x8b')) return 'gzip';
  // The second is a frame that decoders skip, with which parallel zstd begins.
  if (head.startsWith('(\xb5/\xfd') || (/^[P-_]/u.test(head) && head.startsWith('*M\x18', 1))) return 'zstd';
  const [other] = others.find(([, mark]) => head.startsWith(mark)) ?? [];
  if (other) throw new Error(`packed with ${other}, and gzip and zstd alone are unpacked here: unpack it first`);
  return null;
}

/** The first bytes of the file as it is. */
export async function rawBytes(file: string, length: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

const others = [
  ['bzip2', 'BZh'],
  ['xz', '\xfd7zXZ\0'],
  ['zip', 'PK\x03\x04'],
  ['7-Zip', '7z\xbc\xaf\x27\x1c'],
  ['LZ4', '\x04\x22\x4d\x18'],
];

/** Yields the text's bytes. Throws DamagedText where the packing is damaged or ends too soon. */
export async function* utf8Chunks(file: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | null | undefined;
  const decoded = (chunk?: Buffer): Buffer => {
    try {
      return Buffer.from(decoder!.decode(chunk, { stream: chunk !== undefined }));
    } catch (error) {
      throw new DamagedText('a pair of bytes that is not UTF-16', { cause: error });
    }
  };
  for await (const chunk of unpacked(file, signal)) {
    if (decoder === undefined) decoder = decoderOf(chunk);
    yield decoder ? decoded(chunk) : chunk;
  }
  if (decoder) yield decoded();
}

/** Bytes of a file's beginning by which it is known. */
export const headLength = 64 * 1024;

/** The first bytes of the text: `length` of them where it is so long. */
export async function firstBytes(file: string, length = headLength): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let missing = length;
  for await (const chunk of utf8Chunks(file)) {
    chunks.push(chunk);
    missing -= chunk.length;
    if (missing <= 0) break;
  }
  return Buffer.concat(chunks).subarray(0, length);
}

async function* unpacked(file: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const packing = await packingOf(file);
  if (packing === null) yield* createReadStream(file, { signal }) as AsyncIterable<Buffer>;
  else if (packing === 'gzip') yield* through(createGunzip(), file, 0, signal);
  else {
    // Node's decoder drops what stands behind a frame in the chunk that ends it, and files of many frames are usual.
    const { size } = await stat(file);
    for (let start = 0; start < size;) {
      const frames = createZstdDecompress();
      yield* through(frames, file, start, signal);
      if (frames.bytesWritten === 0) throw new DamagedText(`zstd: nothing can be read from byte ${start} on`);
      start += frames.bytesWritten;
    }
  }
}

async function* through(
  decoder: ReturnType<typeof createGunzip>,
  file: string,
  start: number,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  // Its failure is thrown where the decoder is read.
  pipeline(createReadStream(file, { start, signal }), decoder, () => {});
  try {
    yield* decoder as AsyncIterable<Buffer>;
  } catch (error) {
    signal?.throwIfAborted();
    throw new DamagedText(`the packed file is damaged or cut off: ${(error as Error).message}`, { cause: error });
  }
}

/** UTF-16, by its byte-order mark or, without one, by the zeros beside its first two characters, which are ASCII in all that is read here. */
function decoderOf([a, b, c, d]: Buffer): TextDecoder | null {
  if ((a === 0xff && b === 0xfe) || (a > 0 && b === 0 && c > 0 && d === 0))
    return new TextDecoder('utf-16le', { fatal: true });
  if ((a === 0xfe && b === 0xff) || (a === 0 && b > 0 && c === 0 && d > 0))
    return new TextDecoder('utf-16be', { fatal: true });
  return null;
}
