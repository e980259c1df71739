/** Media that a table holds as bytes, and how they become files: named by their content, so that one is written once. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { writeWhole } from './whole-file.ts';

/** A file within a row, by the name that the row's values have for it. */
export interface EmbeddedFile {
  name: string;
  bytes: Uint8Array;
}

/** How files begin, in latin1, by their extension; the first that fits. */
const signatures: readonly { extension: string; begins: RegExp }[] = [
  { extension: 'mov', begins: /^.{4}ftypqt {2}/su },
  { extension: 'm4a', begins: /^.{4}ftypM4A /su },
  { extension: 'mp4', begins: /^.{4}ftyp/su },
  { extension: 'mkv', begins: /^.E\xdf\xa3.{0,60}matroska/su },
  { extension: 'webm', begins: /^.E\xdf\xa3/su },
  { extension: 'avi', begins: /^RIFF.{4}AVI /su },
  { extension: 'wav', begins: /^(?:RIFF|RF64).{4}WAVE/su },
  { extension: 'webp', begins: /^RIFF.{4}WEBP/su },
  { extension: 'flac', begins: /^fLaC/u },
  { extension: 'ogg', begins: /^OggS/u },
  { extension: 'mp3', begins: /^(?:ID3|\xff[\xf2-\xf3\xfa-\xfb])/u },
  { extension: 'png', begins: /^\x89PNG\r\n/u },
  { extension: 'jpg', begins: /^\xff\xd8\xff/u },
  { extension: 'gif', begins: /^GIF8/u },
];
/** Kept of a name whose bytes begin in another way. */
const others = ['ts', 'mpg', 'mpeg', 'm4v', '3gp', 'flv', 'wmv', 'aac', 'opus', 'aiff', 'bmp'];
const known = new Set([...signatures.map(({ extension }) => extension), ...others, 'jpeg']);

/** Null where neither the bytes nor the name are those of a video, a sound or a picture. */
function extensionOf({ name, bytes }: EmbeddedFile): string | null {
  const head = Buffer.from(bytes.subarray(0, 80)).toString('latin1');
  const told = extname(name).slice(1).toLowerCase();
  return signatures.find(({ begins }) => begins.test(head))?.extension ?? (known.has(told) ? told : null);
}

/** "3f….mp4", by which bytes without a name are known. */
export function contentName(file: EmbeddedFile): string {
  const hash = createHash('sha256').update(file.bytes).digest('hex').slice(0, 32);
  const extension = extensionOf(file);
  return extension === null ? hash : `${hash}.${extension}`;
}

/**
 * Writes the file into `folder`, made when missing, unless it is there, and returns its path; null where it is no video, sound or picture.
 * Throws when it cannot be written, or something else lies in its place.
 */
export async function extract(file: EmbeddedFile, folder: string): Promise<string | null> {
  if (extensionOf(file) === null) return null;
  const path = join(folder, contentName(file));
  const unwritten = (error: unknown): never => {
    const { message } = error as Error;
    throw new Error(`its media cannot be written to ${folder}: choose another folder (${message})`, { cause: error });
  };
  const there = await readFile(path).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : unwritten(error),
  );
  if (there && !there.equals(file.bytes))
    throw new Error(`${path} is there, and is another file: choose another folder`);
  if (!there) {
    await mkdir(folder, { recursive: true })
      .then(() => writeWhole(path, (partial) => writeFile(partial, file.bytes)))
      .catch(unwritten);
  }
  return path;
}
