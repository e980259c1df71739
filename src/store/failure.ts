/** Errors that are the store's own: a full disk, a file that may not be written, a damaged or a removed one. */
import Database from 'better-sqlite3';
import { networkOf } from './network.ts';
import { StoreReplaced } from './place.ts';
import { StoreReadOnly } from './read-only.ts';

/** What SQLite says when what it reads is none of what it wrote. */
const damageFaults = /^SQLITE_(?:CORRUPT|NOTADB|IOERR_SHORT_READ)/u;

interface DamageTold {
  cause?: unknown;
  /** What follows from it, as a sentence without its stop. */
  effect?: string;
}

/** A store whose file is damaged: with its path, and the way back. */
export class StoreDamaged extends Error {
  override readonly name = 'StoreDamaged';

  constructor(file: string, fault: string, { cause, effect = 'Nothing more is written to it' }: DamageTold = {}) {
    super(
      `the store ${file} is damaged (${fault}). ${effect}. The command “Rollout Lab: Restore Store…”, or rollout-lab restore --db FILE, ` +
        'keeps the damaged file and goes on with a backup and all later edits.',
      { cause },
    );
  }
}

/** True where the file is there and SQLite may not write beside it, which it does to read, too. */
export const isUnwritable = (error: unknown): error is Error =>
  error instanceof Database.SqliteError && /^SQLITE_(?:CANTOPEN|READONLY)/u.test(error.code);

export const unwritableError = (file: string, cause: Error): Error =>
  new Error(
    `the store ${file} cannot be opened (${cause.message}): its folder may not be written to, and SQLite keeps its log there. Copy the store to a folder of your own, or give yourself the right to write there.`,
    { cause },
  );

/** Why a file cannot be opened whose folder locks no files, null of other errors. Servers without locks answer as if another program had one. */
export function unlockableError(file: string, error: unknown): Error | null {
  if (!(error instanceof Database.SqliteError)) return null;
  const network = error.code.startsWith('SQLITE_BUSY') ? networkOf(file) : null;
  const isSure = /^SQLITE_(?:IOERR_(?:LOCK|RDLOCK|UNLOCK|CHECKRESERVEDLOCK|SHM\w+)|PROTOCOL)/u.test(error.code);
  if (network === null && !isSure) return null;
  const why = isSure
    ? 'its folder locks no files, as some network folders do not'
    : `another program holds it, or its network folder (${network}) locks no files`;
  return new Error(
    `the store ${file} cannot be opened (${error.code}): ${why}. Without locks two processes would damage it. ` +
      'Put it on a disk of this machine, and name that in rolloutLab.store, or with --db.',
    { cause: error },
  );
}

/** True where the file is damaged, or is no database. */
export const isDamage = (error: unknown): error is Error =>
  error instanceof Database.SqliteError && damageFaults.test(error.code);

/** What SQLite says of a row that it cannot take: the row's fault. */
const rowFaults = /^SQLITE_(?:CONSTRAINT|TOOBIG|MISMATCH|RANGE)/u;

/** True where the store failed; false where what it was given was wrong. */
export const isStoreFailure = (error: unknown): error is Error =>
  error instanceof StoreReplaced ||
  error instanceof StoreDamaged ||
  error instanceof StoreReadOnly ||
  (error instanceof Database.SqliteError && !rowFaults.test(error.code));
