/** A store that may not be written to. SQLite writes beside a store even to read it, so that a copy of it is read. */
import Database from 'better-sqlite3';
import { accessSync, chmodSync, constants, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { errorText } from '../domain/error-text.ts';
import { copyDatabase } from './copy.ts';
import { existing } from './place.ts';

/** How often a file that is written meanwhile is copied until it was not. */
const mostTries = 5;

/** What a write says. */
export class StoreReadOnly extends Error {
  override readonly name = 'StoreReadOnly';

  constructor(file: string, why: string) {
    super(
      `not saved: the store ${file} is read-only (${why}). Back Up Store, or rollout-lab backup --db FILE --out COPY, writes it to a folder of your own, where you can go on; ` +
        'or give yourself the right to write to it and its folder.',
    );
  }
}

/** Why a store that is there may not be written to; null where it may. */
export function whyReadOnly(file: string): string | null {
  const store = existing(file);
  if (!existsSync(store)) return null;
  for (const path of [dirname(store), store]) {
    try {
      accessSync(path, constants.W_OK);
    } catch (error) {
      const isMount = error instanceof Error && 'code' in error && error.code === 'EROFS';
      return isMount ? 'its disk is mounted read-only' : `you may not write to ${path}`;
    }
  }
  return null;
}

/** A copy of a store as it is now, in a folder of its own that is the caller's to remove. Takes seconds per 100 MiB. */
export function privateCopy(file: string): string {
  const store = existing(file);
  const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-read-only-'));
  try {
    const copy = join(folder, basename(store));
    if (!copyOpen(store, copy)) copyClosed(store, copy);
    return copy;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(
      `the store ${file} is read-only, and the copy in ${tmpdir()} that is read in its place cannot be made: ${errorText(error)}`,
      { cause: error },
    );
  }
}

/** One that others have open is copied under SQLite's locks. False where SQLite cannot read it. */
function copyOpen(store: string, copy: string): boolean {
  if (!existsSync(`${store}-shm`)) return false;
  let reader: Database.Database | null = null;
  try {
    reader = new Database(store, { readonly: true });
    reader.pragma('user_version');
  } catch {
    reader?.close();
    return false;
  }
  try {
    copyDatabase(reader, copy);
    return true;
  } finally {
    reader.close();
  }
}

/** One that nobody has open, with the log that it was left with. */
function copyClosed(store: string, copy: string): void {
  const ends = ['', '-wal'];
  const stamps = (): string =>
    JSON.stringify(
      ends.map((end) => {
        const stat = statSync(`${store}${end}`, { throwIfNoEntry: false });
        return stat && [stat.ino, stat.size, stat.mtimeMs];
      }),
    );
  for (let tries = 1; ; tries += 1) {
    const before = stamps();
    for (const end of ends) {
      rmSync(`${copy}${end}`, { force: true });
      if (!existsSync(`${store}${end}`)) continue;
      copyFileSync(`${store}${end}`, `${copy}${end}`);
      // A copy has its original's mode.
      chmodSync(`${copy}${end}`, 0o600);
    }
    if (stamps() === before) return;
    if (tries === mostTries) throw new Error('another program writes to it all the time');
  }
}
