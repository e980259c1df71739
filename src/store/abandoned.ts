/** Files and folders that are written under another name until they are whole, and whose process was killed before. */
import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** After this long without a write, nobody writes an unfinished file any more, in ms. */
const abandonedMs = 3_600_000;

const isOld = ({ mtimeMs }: Stats): boolean => Date.now() - mtimeMs > abandonedMs;

export const isAbandoned = (file: Stats): boolean => file.isFile() && isOld(file);

/** Removes the abandoned of a folder's files that are unfinished, and of its folders those in which all is. */
export async function removeAbandoned(folder: string, isUnfinished: (entry: Dirent) => boolean): Promise<void> {
  for (const entry of (await readdir(folder, { withFileTypes: true })).filter(isUnfinished)) {
    const path = join(folder, entry.name);
    // Another process may have removed it meanwhile.
    const there = await lstat(path).catch(() => null);
    const isLeft = there && (entry.isDirectory() ? await isAbandonedFolder(path, there) : isAbandoned(there));
    if (isLeft) await rm(path, { recursive: true, force: true });
  }
}

/** A folder's own time tells only when files came into it. */
async function isAbandonedFolder(path: string, folder: Stats): Promise<boolean> {
  const within = await readdir(path, { recursive: true }).catch(() => []);
  const all = await Promise.all(within.map((name) => lstat(join(path, name)).catch(() => null)));
  return [folder, ...all].every((one) => one === null || isOld(one));
}
