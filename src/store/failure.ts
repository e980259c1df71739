/** Errors that are the store's own: a full disk, a file that may not be written, a damaged or a removed one. */
import Database from 'better-sqlite3';
import { StoreReplaced } from './place.ts';

/** What SQLite says of a row that it cannot take: the row's fault. */
const rowFaults = /^SQLITE_(?:CONSTRAINT|TOOBIG|MISMATCH|RANGE)/u;

/** True where the store failed; false where what it was given was wrong. */
export const isStoreFailure = (error: unknown): error is Error =>
  error instanceof StoreReplaced || (error instanceof Database.SqliteError && !rowFaults.test(error.code));
