/** Where an open store lies: its folder, and whether its path still leads to it. */
import { existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** The folder of a workspace's store, which holds nothing but ours. */
export const storeFolder = '.rollout-lab';

/** The file beside a new store that asks the first window on it to welcome its person. */
export const welcomeMark = 'welcome';

/** The project of a store in this folder: of `PROJECT/.rollout-lab` it is PROJECT, else the folder itself. */
export const projectFolder = (folder: string): string => (basename(folder) === storeFolder ? dirname(folder) : folder);

/** The nearest folder of a project that this one is, or lies in; null where there is none. */
export function projectAround(folder: string): string | null {
  const [here, above] = [resolve(folder), dirname(resolve(folder))];
  if (existsSync(join(here, storeFolder))) return here;
  return above === here ? null : projectAround(above);
}

/** Where a store's file truly lies, or would. */
export function existing(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return resolve(file);
  }
}

/** A store was removed, moved or replaced while it was open: what is written to it now is in no file that its path names. */
export class StoreReplaced extends Error {
  override readonly name = 'StoreReplaced';
}

/** Makes the folder of a store. Our own keeps itself out of Git, so that no `git clean` takes the labels along. */
export function makeFolder(file: string): void {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true });
  if (basename(folder) !== storeFolder) return;
  try {
    writeFileSync(join(folder, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** The three files of an open store. To lose the log alone loses what was written since, too. */
export class Place {
  readonly #marks = new Map<string, string>();

  /** Remembers which file `path` leads to. One that is gone by now is lost for good. */
  mark(path: string): void {
    this.#marks.set(path, markOf(path) ?? 'gone');
  }

  /** The first of the remembered files that is another one now, or gone; null while all are in place. */
  lost(): string | null {
    for (const [path, mark] of this.#marks) if (markOf(path) !== mark) return path;
    return null;
  }
}

/** What tells a file from every other that ever had its path, null when there is none. */
function markOf(path: string): string | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stat) return null;
  // Windows lets nobody remove a file that SQLite has open, and on FAT its number may change meanwhile.
  return process.platform === 'win32' ? 'there' : `${stat.dev}:${stat.ino}`;
}
