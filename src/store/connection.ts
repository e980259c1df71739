/** One connection to the store's file: opening, prepared statements, transactions. */
import Database from 'better-sqlite3';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { migrate } from './migrate.ts';
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

type Value = string | number | bigint | Buffer | null;
export type Values = readonly Value[] | Record<string, Value>;

export class Connection {
  readonly database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();

  private constructor(database: Database.Database) {
    this.database = database;
  }

  /**
   * Opens `file`, made with its folder when missing, and brings it to this version's schema. Throws when it is not a
   * store, is not as Rollout Lab made it, or was written by a newer version.
   */
  static open(file: string): Connection {
    mkdirSync(dirname(file), { recursive: true });
    const database = new Database(file, { timeout: busyTimeout });
    try {
      // A stranger's file, until its schema is known to be ours. The driver has put on SQLite's defensive mode already.
      database.pragma('trusted_schema = OFF');
      database.pragma('cell_size_check = ON');
      migrate(database, migrations);
      database.pragma('foreign_keys = ON');
      database.pragma('synchronous = NORMAL');
      return new Connection(database);
    } catch (error) {
      database.close();
      if (error instanceof Database.SqliteError && error.code === 'SQLITE_NOTADB') {
        throw new Error(
          `${file} is not a Rollout Lab store: it is no SQLite file. Move it away, or name another file.`,
          { cause: error },
        );
      }
      if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CORRUPT')) {
        throw new Error(`${file} is damaged (${error.message}). Open a backup of it.`, { cause: error });
      }
      throw error;
    }
  }

  close(): void {
    this.database.close();
  }

  all<Row>(sql: string, values: Values = []): Row[] {
    return this.#prepare(sql).all(values) as Row[];
  }

  get<Row>(sql: string, values: Values = []): Row | undefined {
    return this.#prepare(sql).get(values) as Row | undefined;
  }

  run(sql: string, values: Values = []): Database.RunResult {
    return this.#prepare(sql).run(values);
  }

  /** Runs `work` in one write transaction, taking the write lock at once so that it cannot fail half-way for want of it. */
  transaction<Result>(work: () => Result): Result {
    return this.database.inTransaction ? work() : this.database.transaction(work).immediate();
  }

  /** A transaction that is on the disk when this returns: what a person typed must outlive a power cut. */
  durable<Result>(work: () => Result): Result {
    this.database.pragma('synchronous = FULL');
    try {
      return this.transaction(work);
    } finally {
      this.database.pragma('synchronous = NORMAL');
    }
  }

  #prepare(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.database.prepare(sql)));
    return statement;
  }
}
