/** Backups of a store that are made by themselves: `backups/` beside it, at most one a day. */
import Database from 'better-sqlite3';
import { mkdirSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { basename, dirname, join, parse } from 'node:path';
import { copyDatabase, CopyUnsound } from './copy.ts';
import { datedFile } from './dated-file.ts';
import { isDamage, StoreDamaged } from './failure.ts';
import { contentFaults } from './faults.ts';
import { existing } from './place.ts';

/** One goes after this long, unless it is the newest, in ms. */
const oldest = 90 * 86_400_000;

/** At least this long lies between two, in ms. */
const between = 86_400_000;

export interface Backup {
  path: string;
  /** When it was made, ISO 8601. */
  at: string;
  bytes: number;
}

/** All copies of the store in `file` that lie where they are made, newest first: by themselves, by a person, and before migrations. */
export function backupsOf(file: string): Backup[] {
  const store = existing(file);
  const { dir, name, ext } = parse(store);
  const isCopy = (path: string): boolean => {
    const other = basename(path);
    if (other.startsWith(`${name}${ext}.v`) && other.endsWith('.bak')) return true;
    return (
      other.startsWith(name) && other.endsWith(ext) && dated.test(other.slice(name.length, -ext.length || undefined))
    );
  };
  return [...filesIn(dir), ...filesIn(join(dir, 'backups'))].filter(isCopy).map(backupOf).sort(newestFirst);
}

const dated = /^(?:-backup)?-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/u;

/**
 * Makes a backup, unless the newest is younger than a day or nothing was written since, and takes away those beyond the `keep` newest and those
 * older than 90 days, the newest never. Returns its path, null where none was due. Takes seconds per 100 MiB. Throws where the disk has no room
 * for two more, and StoreDamaged where what would be kept is damaged: every backup that was made before stays then.
 */
export function backUpWhenDue(database: Database.Database, keep: number): string | null {
  if (keep < 1) return null;
  const file = existing(database.name);
  const [newest] = automatic(file).map(backupOf).sort(newestFirst);
  const changed = Math.max(...[file, `${file}-wal`].map(writtenAt));
  const last = newest ? Date.parse(newest.at) : 0;
  if (Date.now() - last < between || changed <= last) return null;
  const folder = join(dirname(file), 'backups');
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < 2 * statSync(file).size)
    throw new Error(`no backup was made: the disk of ${folder} has no room for two more copies of the store`);
  const copy = datedFile(join(folder, basename(file)), 'backup');
  try {
    // The copy is looked through, not the store: that keeps nobody who writes waiting, and its indexes are made from its rows.
    copyDatabase(database, copy, contentFaults);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : null;
    if (!(cause instanceof CopyUnsound) && !isDamage(cause) && !isContentFault(cause)) throw error;
    throw new StoreDamaged(file, cause.message, {
      cause,
      effect: 'No backup of it was made, and all earlier ones stay',
    });
  }
  const made = automatic(file).map(backupOf).sort(newestFirst);
  for (const [i, { path, at }] of made.entries())
    if (i >= keep || (i > 0 && Date.now() - Date.parse(at) > oldest)) rmSync(path, { force: true });
  return copy;
}

/** What SQLite says where it reads all that it wrote, and a row is none that a table or an index may have. */
const isContentFault = (error: unknown): error is Error =>
  error instanceof Database.SqliteError && /^SQLITE_(?:ERROR|CONSTRAINT|MISMATCH|TOOBIG)/u.test(error.code);

/** Opening a store makes an empty log: nothing was written then. */
function writtenAt(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && stat.size > 0 ? stat.mtimeMs : 0;
}

/** The files of the backups that were made by themselves. */
function automatic(file: string): string[] {
  const { name, ext } = parse(file);
  return filesIn(join(dirname(file), 'backups')).filter((path) => {
    const other = basename(path);
    // One that a person gave another name is theirs.
    return (
      other.startsWith(`${name}-backup-`) &&
      other.endsWith(ext) &&
      dated.test(other.slice(name.length, -ext.length || undefined))
    );
  });
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    // There is none yet.
    return [];
  }
}

function backupOf(path: string): Backup {
  const { mtime, size } = statSync(path);
  return { path, at: mtime.toISOString(), bytes: size };
}

const newestFirst = (one: Backup, other: Backup): number => other.at.localeCompare(one.at);
