/** Whether a store's file is as it should be. Nothing in it is changed. */
import Database from 'better-sqlite3';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { errorText } from '../domain/error-text.ts';
import { backupsOf, type Backup } from './backups.ts';
import { isUnwritable, unwritableError } from './failure.ts';
import { contentFaults } from './faults.ts';
import { journalOf, readJournal } from './journal.ts';
import { existing } from './place.ts';
import { migrations } from './schema.ts';
import { Store } from './store.ts';

export interface StoreCheck {
  file: string;
  /** What is damaged, in sentences; none of a sound store. */
  faults: string[];
  /** What is whole, but should be known. */
  notes: string[];
  /** Edits that the journal has and the store has lost: `restoreStore` brings them back. */
  lost: number;
  backups: Backup[];
}

/** Looks at every page, row, reference and word of the store in `file`, and at its journal. Takes seconds per 100 MiB. */
export function checkStore(file: string): StoreCheck {
  const check: StoreCheck = { file, faults: [], notes: [], lost: 0, backups: backupsOf(file) };
  const store = existing(file);
  if (!existsSync(store)) {
    check.faults.push('the file is not there');
    return check;
  }
  const log = statSync(`${store}-wal`, { throwIfNoEntry: false });
  if (!log && existsSync(`${store}-shm`))
    check.faults.push(`its log ${store}-wal is gone, though the store was not closed: what was written last is lost`);
  const missing = log && log.size > 0 ? 0 : missingBytes(store);
  if (missing > 0) check.faults.push(`its last ${missing} bytes are gone`);
  try {
    check.faults.push(...contentFaults(store));
    if (check.faults.length === 0) lookAtEdits(check, store);
  } catch (error) {
    if (isUnwritable(error)) throw unwritableError(store, error);
    check.faults.push(errorText(error));
  }
  return check;
}

function lookAtEdits(check: StoreCheck, file: string): void {
  const journal = journalOf(file);
  if (!existsSync(journal)) {
    check.notes.push('there is no journal of edits yet: it begins with the next edit');
    return;
  }
  for (const line of readJournal(journal))
    if ('reason' in line) check.notes.push(`${journal}:${line.line}: ${line.reason}`);
  const database = new Database(file, { readonly: true });
  const version = database.pragma('user_version', { simple: true });
  database.close();
  // To open it would bring it up to date.
  if (version !== migrations.length) return;
  const store = Store.open(file);
  try {
    check.lost = store.edits.lost();
  } finally {
    store.close();
  }
}

/** By how much a file is shorter than its header says; 0 where it is whole, or is no database. */
function missingBytes(file: string): number {
  const header = Buffer.alloc(100);
  const descriptor = openSync(file, 'r');
  try {
    if (readSync(descriptor, header) < header.length) return 0;
  } finally {
    closeSync(descriptor);
  }
  if (!header.toString('latin1').startsWith('SQLite format 3\0')) return 0;
  const pageSize = header.readUInt16BE(16);
  return Math.max(0, header.readUInt32BE(28) * (pageSize === 1 ? 65_536 : pageSize) - statSync(file).size);
}
