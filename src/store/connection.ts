/** One connection to the store's file: opening, prepared statements, transactions. */
import Database from 'better-sqlite3';
import { existsSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { textHash, type Edit, type NewEdit } from '../domain/edit.ts';
import { addChecksums } from './checksums.ts';
import { isDamage, isUnwritable, StoreDamaged, unlockableError, unwritableError } from './failure.ts';
import { Journal } from './journal.ts';
import { migrate, type MigrationNews } from './migrate.ts';
import { existing, makeFolder, Place, StoreReplaced } from './place.ts';
import { privateCopy, StoreReadOnly, whyReadOnly } from './read-only.ts';
import { migrations } from './schema.ts';

/** How long a statement waits for another process's write, in ms. */
const busyTimeout = 15_000;

/** The version of SQLite in this process. */
export function sqliteVersion(): string {
  const memory = new Database(':memory:');
  const version = memory.prepare('SELECT sqlite_version()').pluck().get() as string;
  memory.close();
  return version;
}

export type Value = string | number | bigint | Buffer | null;
export type Values = readonly Value[] | Record<string, Value>;

export class Connection {
  /** Of a read-only store, a copy of it. */
  readonly database: Database.Database;
  /** The store's own file. */
  readonly file: string;
  /** Why nothing can be written to it; null where it can. */
  readonly readOnly: string | null;
  readonly #place: Place;
  readonly #statements = new Map<string, Database.Statement>();
  /** None of a store in memory. */
  readonly journal: Journal | null;
  /** Whether it was closed by all who had it open before this opening; false also while others have it open. */
  readonly wasClosed: boolean;
  /** What people did in the transaction that goes on. */
  #edits: Edit[] = [];
  #isDurable = false;
  #isJournalled = true;
  #damage: StoreDamaged | null = null;
  /** What people did so far: with it a journal begins where there is none yet. */
  editsBefore: () => Iterable<Edit> = () => [];

  private constructor(
    database: Database.Database,
    at: { file: string; readOnly: string | null; place: Place; wasClosed: boolean },
  ) {
    this.database = database;
    this.file = at.file;
    this.readOnly = at.readOnly;
    this.#place = at.place;
    this.wasClosed = at.wasClosed;
    this.journal = database.memory ? null : new Journal(realpathSync(at.file));
  }

  /**
   * Opens `file`, made with its folder when missing, and brings it to this version's schema. Where it may not be written to, that is a copy,
   * which stays as the store is now. Throws when it is not a store, is not as Rollout Lab made it, or was written by a newer version.
   */
  static open(file: string, tell?: MigrationNews): Connection {
    const readOnly = whyReadOnly(file);
    if (readOnly === null) makeFolder(file);
    const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
    const wasClosed = log ? log.size === 0 : !existsSync(`${file}-shm`);
    const opened = readOnly === null ? file : privateCopy(file);
    const place = new Place();
    let database: Database.Database | null = null;
    try {
      database = new Database(opened, { timeout: busyTimeout });
      if (!database.memory && readOnly === null) place.mark(file);
      // A stranger's file, until its schema is known to be ours. The driver has put on SQLite's defensive mode already.
      database.pragma('trusted_schema = OFF');
      database.pragma('cell_size_check = ON');
      migrate(database, migrations, { name: file, tell });
      if (readOnly !== null) {
        database.pragma('journal_mode = DELETE');
        // What is open needs no name: so nothing is left of it, however this process ends. Windows removes nothing that is open.
        if (process.platform !== 'win32') removeCopy(opened);
      }
      // The first read after a switch to WAL makes the log.
      database.pragma('user_version');
      if (database.pragma('journal_mode', { simple: true }) === 'wal')
        for (const end of ['-wal', '-shm']) place.mark(`${realpathSync(file)}${end}`);
      if (readOnly === null) addChecksums(database);
      database.pragma('foreign_keys = ON');
      database.pragma('synchronous = NORMAL');
      return new Connection(database, { file, readOnly, place, wasClosed });
    } catch (error) {
      database?.close();
      if (readOnly !== null) removeCopy(opened);
      if (error instanceof Database.SqliteError && error.code === 'SQLITE_NOTADB') {
        throw new Error(
          `${file} is not a Rollout Lab store: it is not an SQLite file. Move it away, or name another file.`,
          { cause: error },
        );
      }
      if (isDamage(error)) throw new StoreDamaged(file, error.message, { cause: error });
      throw unlockableError(existing(file), error) ?? (isUnwritable(error) ? unwritableError(file, error) : error);
    }
  }

  /** The last one to close leaves one file. */
  close(): void {
    if (this.database.open && this.#damage === null && this.readOnly === null) {
      this.database.pragma('busy_timeout = 0');
      try {
        this.database.pragma('wal_checkpoint(TRUNCATE)');
      } catch {
        // The log stays, and is read at the next opening.
      }
    }
    this.database.close();
    if (this.readOnly !== null) removeCopy(this.database.name);
  }

  all<Row>(sql: string, values: Values = []): Row[] {
    return this.#told(() => this.#prepare(sql).all(values)) as Row[];
  }

  get<Row>(sql: string, values: Values = []): Row | undefined {
    return this.#told(() => this.#prepare(sql).get(values)) as Row | undefined;
  }

  /** The values of every row, without their names. */
  lists<Row extends readonly Value[]>(sql: string, values: Values = []): Row[] {
    const statement = this.#prepare(sql).raw();
    try {
      return this.#told(() => statement.all(values)) as Row[];
    } finally {
      // The same statement may be asked for whole rows.
      statement.raw(false);
    }
  }

  /** The first value of every row. */
  values<One extends Value>(sql: string, values: Values = []): One[] {
    const statement = this.#prepare(sql).pluck();
    try {
      return this.#told(() => statement.all(values)) as One[];
    } finally {
      statement.pluck(false);
    }
  }

  /** Throws StoreReplaced and StoreReadOnly, as the transactions do. */
  run(sql: string, values: Values = []): Database.RunResult {
    return this.#kept(() => this.#prepare(sql).run(values));
  }

  /**
   * Runs `work` in one write transaction, taking the write lock at once so that it cannot fail half-way for want of it. Throws
   * StoreReplaced when what was written is not in the file that the store's path names.
   */
  transaction<Result>(work: () => Result): Result {
    return this.#kept(() =>
      this.database.inTransaction ? work() : this.database.transaction(() => this.#journalled(work)).immediate(),
    );
  }

  /** A transaction that is on the disk when this returns: what a person typed must outlive a power cut. */
  durable<Result>(work: () => Result): Result {
    this.database.pragma('synchronous = FULL');
    this.#isDurable = true;
    try {
      return this.transaction(work);
    } finally {
      this.#isDurable = false;
      this.database.pragma('synchronous = NORMAL');
    }
  }

  /** Has what somebody does to the rollout in row `n` in the journal before the transaction that it is a part of ends. */
  note(n: number, edit: NewEdit): void {
    const { id, completion } = this.get<{ id: string; completion: string }>(
      'SELECT id, completion FROM rollouts WHERE n = ?',
      [n],
    )!;
    this.noteEdit({ ...edit, rollout: id, text: textHash(completion) });
  }

  /** The same of an edit as the journal has it. */
  noteEdit(edit: Edit): void {
    this.#edits.push(edit);
  }

  /** Does what the journal has already. */
  unjournalled<Result>(work: () => Result): Result {
    this.#isJournalled = false;
    try {
      return work();
    } finally {
      this.#isJournalled = true;
    }
  }

  /** The journal is written before the store: what is in the store is in both. */
  #journalled<Result>(work: () => Result): Result {
    this.#edits = [];
    const result = work();
    if (this.#edits.length === 0 || !this.journal || !this.#isJournalled) return result;
    // The first edit of a store from before there were journals brings along what people did until then.
    if (this.journal.isMissing) this.journal.begin(this.editsBefore());
    else this.journal.add(this.#edits, this.#isDurable);
    return result;
  }

  /** Whether the store's path still leads to what this connection reads and writes. */
  get isInPlace(): boolean {
    return this.#place.lost() === null;
  }

  /** Looked at before, so that nothing more gets into a store that was moved, and after, so that what is acknowledged is kept. */
  #kept<Result>(write: () => Result): Result {
    if (this.readOnly !== null) throw new StoreReadOnly(this.file, this.readOnly);
    if (this.database.inTransaction) return this.#told(write);
    this.checkPlace();
    const result = this.#told(write);
    this.checkPlace();
    return result;
  }

  /** Every page is looked at. Returns what is damaged, null when nothing is; from then on nothing more is written. */
  quickCheck(): StoreDamaged | null {
    const fault = this.#told(() => this.database.pragma('quick_check(1)', { simple: true }) as string);
    if (fault !== 'ok') this.#refuse(new StoreDamaged(this.file, fault));
    return this.#damage;
  }

  #told<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (isDamage(error)) throw this.#refuse(new StoreDamaged(this.file, error.message, { cause: error }));
      if (this.#damage && error instanceof Database.SqliteError && error.code.startsWith('SQLITE_READONLY'))
        throw this.#damage;
      throw error;
    }
  }

  /** What is whole can still be read. */
  #refuse(damage: StoreDamaged): StoreDamaged {
    this.#damage ??= damage;
    this.database.pragma('query_only = ON');
    return this.#damage;
  }

  /** Throws StoreReplaced. */
  checkPlace(): void {
    const lost = this.#place.lost();
    if (lost === null) return;
    throw new StoreReplaced(
      `not saved: ${lost} was removed or replaced while the store was open. Back Up Store still writes all that the store held to a new file.`,
    );
  }

  #prepare(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.database.prepare(sql)));
    return statement;
  }
}

const removeCopy = (copy: string): void => rmSync(dirname(copy), { recursive: true, force: true });
