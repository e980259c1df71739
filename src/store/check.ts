/** Whether a store's file is as it should be. Nothing in it is changed. */
import Database from 'better-sqlite3';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { errorText } from '../domain/error-text.ts';
import { backupsOf, existing, type Backup } from './backups.ts';
import { rowFaults } from './checksums.ts';
import { addFunctions } from './functions.ts';
import { isUnwritable, unwritableError } from './failure.ts';
import { journalOf, readJournal } from './journal.ts';
import { migrations } from './schema.ts';
import { Store } from './store.ts';

/** How many faults of one kind are told. */
const mostTold = 5;

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

function contentFaults(file: string): string[] {
  // Of a damaged file not even the log is written back: read only, until it is known to be whole.
  const database = new Database(file, { readonly: true });
  try {
    const faults = (database.pragma(`integrity_check(${mostTold})`) as { integrity_check: string }[])
      .map((row) => row.integrity_check)
      .filter((fault) => fault !== 'ok');
    if (faults.length > 0) return faults;
    faults.push(...peopleFaults(database));
    const references = database.pragma('foreign_key_check') as { table: string; parent: string }[];
    for (const [table, rows] of Map.groupBy(references, (row) => row.table))
      faults.push(`${rows.length} rows of ${table} name a row of ${rows[0].parent} that is not there`);
    return faults.length > 0 ? faults : ['prompt_text', 'rollout_text'].flatMap((index) => searchFault(file, index));
  } finally {
    database.close();
  }
}

/** Rows of people that are not as they were saved. A store of an older version has no checksums yet. */
export function peopleFaults(database: Database.Database): string[] {
  if (database.pragma('user_version', { simple: true }) !== migrations.length) return [];
  addFunctions(database);
  const faults = rowFaults(database);
  const more = faults.length - mostTold;
  return [
    ...faults.slice(0, mostTold),
    ...(more > 0 ? [`${more} more rows that people wrote are not as they were saved`] : []),
  ];
}

/** The index of words beside the texts that it is of. */
function searchFault(file: string, index: string): string[] {
  const database = new Database(file, { fileMustExist: true });
  try {
    database.transaction(() => {
      database.exec(`INSERT INTO ${index} (${index}, rank) VALUES ('integrity-check', 1)`);
    })();
    return [];
  } catch (error) {
    return [`the search index ${index} does not have what its texts say (${errorText(error)})`];
  } finally {
    database.close();
  }
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
