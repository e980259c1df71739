/**
 * Proof that a run's process, or an evaluation's, lives: it holds a lock that the operating system takes from a process that ends, however it
 * ends. No clock and no process id says it. The lock is SQLite's on an empty file of its own, `locks/ID.lock` beside the store.
 */
import Database from 'better-sqlite3';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { errorText } from '../domain/error-text.ts';
import { Place } from './place.ts';
import { isRunId, refuseLinks, runFiles } from './run-files.ts';

/** How long the holder waits for those who look whether there is one, in ms: each look takes well under one. */
const lookTimeout = 5_000;

export class RunLocks {
  /** The store's file. */
  readonly #store: string;
  /** Those that this process has through this store. */
  readonly #own = new Map<string, { database: Database.Database; place: Place }>();

  constructor(store: string) {
    this.#store = store;
  }

  /** Whether a process, this one or another, has the run. One whose lock cannot be looked at counts as held: nobody takes it over. */
  isHeld(id: string): boolean {
    if (!isRunId(id)) return false;
    const { lock } = runFiles(this.#store, id);
    if (!existsSync(lock)) return false;
    try {
      refuseLinks(lock);
      const database = new Database(lock, { readonly: true, fileMustExist: true, timeout: 0 });
      try {
        database.pragma('schema_version');
        return false;
      } finally {
        database.close();
      }
    } catch (error) {
      // What is no lock is held by nobody, and neither is one that was released this moment.
      return error instanceof Database.SqliteError && error.code !== 'SQLITE_NOTADB' && existsSync(lock);
    }
  }

  /** The first run or evaluation that a process has; null where none does. */
  firstHeld(): string | null {
    const folder = join(dirname(this.#store), 'locks');
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return names.map((name) => parse(name).name).find((id) => this.isHeld(id)) ?? null;
  }

  /**
   * Takes the run for this process until `release`, or its end; false where a process has it. Called in a write transaction of the store, so
   * that no two take one at once. Throws where files cannot be locked.
   */
  take(id: string): boolean {
    if (this.isHeld(id)) return false;
    const { lock } = runFiles(this.#store, id);
    try {
      refuseLinks(lock);
      mkdirSync(dirname(lock), { recursive: true });
      // What a killed process left, or whatever it is by now.
      rmSync(lock, { force: true });
      const database = new Database(lock, { timeout: lookTimeout });
      database.pragma('journal_mode = MEMORY');
      database.exec('BEGIN EXCLUSIVE');
      const place = new Place();
      place.mark(lock);
      this.#own.set(id, { database, place });
      return true;
    } catch (error) {
      throw new Error(
        `${lock} cannot be locked (${errorText(error)}): without a lock nobody sees whether a process has the run. Put the store on a disk of this machine.`,
        { cause: error },
      );
    }
  }

  release(id: string): void {
    const own = this.#own.get(id);
    if (!own) return;
    this.#own.delete(id);
    const { database, place } = own;
    // Once it is closed, the file may be another process's. Windows removes none that is open, so there it is the other way round.
    if (process.platform !== 'win32' && place.lost() === null) remove(database.name);
    database.close();
    if (process.platform === 'win32') remove(database.name);
  }

  close(): void {
    for (const id of [...this.#own.keys()]) this.release(id);
  }
}

/** One that stays is harmless: nobody holds it. */
function remove(lock: string): void {
  try {
    rmSync(lock, { force: true });
  } catch {
    // A folder that may not be written to any more.
  }
}
