/** The way back from a damaged or lost store: a backup of it, with the edits that its journal has beyond that. */
import Database from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorText } from '../domain/error-text.ts';
import { backupsOf } from './backups.ts';
import { checkStore } from './check.ts';
import { copyDatabase } from './copy.ts';
import { datedFile } from './dated-file.ts';
import { peopleFaults } from './faults.ts';
import { journalOf } from './journal.ts';
import { existing } from './place.ts';
import { RunLocks } from './run-locks.ts';
import { Store } from './store.ts';

export interface Restored {
  file: string;
  /** The backup that it is now; null where the store itself was sound and stayed. */
  from: string | null;
  /** What was there before, under its new name; null where nothing was, or it stayed. */
  kept: string | null;
  /** Edits that came back from the journal. */
  edits: number;
  /** Lines of the journal that could not, and why. */
  left: { line: number; reason: string }[];
}

/**
 * Brings the store in `file` back: a sound one gets the edits that it has lost; in place of a damaged or missing one, or where `from` names
 * it, comes a backup with all later edits. What was there keeps all its bytes under a name of its own. Nobody may have the store open.
 * Throws, leaving everything as it was, when there is no sound backup, or a process has a run of the store that a backup would replace.
 */
export function restoreStore(file: string, from: string | null): Restored {
  const store = existing(file);
  if (from === null && checkStore(store).faults.length === 0) {
    const { edits, left } = bringBack(store, store);
    return { file: store, from: null, kept: null, edits, left };
  }
  const held = new RunLocks(store).firstHeld();
  if (held !== null)
    throw new Error(`a process writes the run or the evaluation ${held} into ${store}: stop it, then restore again`);
  const partial = `${store}.${randomUUID()}.unfinished-copy`;
  try {
    const source = from ?? newestSound(store);
    copyBackup(source, partial);
    const { edits, left } = bringBack(partial, store);
    const aside = datedFile(store, 'damaged');
    if (existsSync(aside)) throw new Error(`${aside} is there already: try again in a second`);
    const kept = existsSync(store) ? aside : null;
    // Its log and what is beside it go first: they are of the old file alone.
    const moves = ['-wal', '-shm', ''].filter((end) => existsSync(`${store}${end}`));
    rename([...moves.map((end): Move => [`${store}${end}`, `${aside}${end}`]), [partial, store]]);
    return { file: store, from: source, kept, edits, left };
  } finally {
    // And the copy that is made before an older one is brought up to date.
    const folder = dirname(partial);
    for (const left of readdirSync(folder).filter((name) => name.startsWith(basename(partial))))
      rmSync(join(folder, left));
  }
}

type Move = [from: string, to: string];

/** All of them, or none: on some systems a file that is open cannot be moved. */
function rename(moves: readonly Move[]): void {
  const done: Move[] = [];
  try {
    for (const [from, to] of moves) {
      renameSync(from, to);
      done.unshift([from, to]);
    }
  } catch (error) {
    for (const [from, to] of done) renameSync(to, from);
    throw error;
  }
}

/** Brings the edits that the journal of `store` has into `target`. */
function bringBack(target: string, store: string): Pick<Restored, 'edits' | 'left'> {
  const opened = Store.open(target);
  try {
    return opened.edits.bringBack(journalOf(store));
  } finally {
    opened.close();
  }
}

function newestSound(store: string): string {
  const backups = backupsOf(store);
  const sound = backups.find(({ path }) => isSound(path));
  if (sound) return sound.path;
  throw new Error(
    `${store} has ${backups.length === 0 ? 'no backup' : 'no backup that is whole'} beside it. Move it away, import your dumps into a new store of this name, ` +
      `then restore again: the edits in ${journalOf(store)} come back onto the rollouts. Or name a copy of the store that lies elsewhere.`,
  );
}

/** An empty file is a whole database, too. */
const isStore = (copy: Database.Database): boolean => copy.pragma('user_version', { simple: true }) !== 0;

function isSound(path: string): boolean {
  try {
    const copy = new Database(path, { readonly: true });
    try {
      return (
        isStore(copy) && copy.pragma('quick_check(1)', { simple: true }) === 'ok' && peopleFaults(copy).length === 0
      );
    } finally {
      copy.close();
    }
  } catch {
    return false;
  }
}

function copyBackup(source: string, target: string): void {
  if (!existsSync(source)) throw new Error(`there is no backup ${source}`);
  try {
    const backup = new Database(source, { readonly: true });
    try {
      if (!isStore(backup)) throw new Error('it is no store');
      copyDatabase(backup, target);
    } finally {
      backup.close();
    }
  } catch (error) {
    throw new Error(`the backup ${source} cannot be read: ${errorText(error)}. Name another one.`, { cause: error });
  }
}
