/** Files that are written under another name until they are whole, and whose process was killed before. */
import type { Stats } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** After this long without a write, nobody writes an unfinished file any more, in ms. */
const abandonedMs = 3_600_000;

export const isAbandoned = (file: Stats): boolean => file.isFile() && Date.now() - file.mtimeMs > abandonedMs;

/** Removes the abandoned of a folder's files whose names say that they are unfinished. */
export async function removeAbandoned(folder: string, isUnfinished: (name: string) => boolean): Promise<void> {
  for (const name of (await readdir(folder)).filter(isUnfinished)) {
    const file = join(folder, name);
    // Another process may have removed it meanwhile.
    const there = await lstat(file).catch(() => null);
    if (there && isAbandoned(there)) await rm(file, { force: true });
  }
}
