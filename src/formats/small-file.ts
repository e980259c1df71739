/** Files that are read whole. */
import { open } from 'node:fs/promises';

/** Bytes. The tokenizer.json of a vocabulary of 260,000 is half as long. */
const longest = 64 * 1024 * 1024;

/** A file's bytes. Throws when it is longer than files that are read whole may be, before it is read. */
export async function readSmall(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    if ((await handle.stat()).size > longest)
      throw new Error(
        `${file} is longer than ${longest} bytes, and nothing of its kind is: take the one that belongs there`,
      );
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
