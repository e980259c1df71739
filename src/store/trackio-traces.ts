/** The traces of a Trackio project: another program's SQLite file, which is only ever read. */
import Database from 'better-sqlite3';

export interface TrackioTrace {
  /** From 1, in the order in which they were logged. */
  row: number;
  run_id: string;
  run_name: string;
  step: number;
  key: string;
  timestamp: string;
  /** JSON; null where the two are longer than may be read. */
  messages: string | null;
  metadata: string | null;
}

/** Whether a file is SQLite's and has the table that Trackio keeps traces in. A view of that name is none: it may have rows without end. */
export function hasTraces(file: string): boolean {
  return reading(file, (database) => {
    const found = database.prepare(`SELECT count(*) FROM pragma_table_info('traces') WHERE name IN (${columns})`);
    const kind = database.prepare(`SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = 'traces'`);
    return kind.pluck().get() === 'table' && found.pluck().get() === columns.split(',').length;
  });
}

/** Yields the traces. `longest` is in bytes. Throws an Error, none of the store's own, when the file is damaged or in use. */
export function* trackioTraces(file: string, longest: number): Generator<TrackioTrace> {
  const database = opened(file);
  try {
    const part = (name: string): string =>
      `CASE WHEN octet_length(messages) + octet_length(metadata) <= :longest THEN CAST(${name} AS TEXT) END AS ${name}`;
    const rows = database.prepare<{ longest: number }, TrackioTrace>(
      `SELECT row_number() OVER (ORDER BY rowid) AS row, run_id, run_name, step, key, timestamp, ${part('messages')}, ${part('metadata')}
       FROM traces ORDER BY rowid`,
    );
    yield* rows.iterate({ longest });
  } catch (error) {
    throw foreign(error);
  } finally {
    database.close();
  }
}

const columns = `'run_id', 'run_name', 'step', 'key', 'timestamp', 'messages', 'metadata'`;

function opened(file: string): Database.Database {
  const database = new Database(file, { readonly: true, fileMustExist: true });
  // A stranger's file.
  database.pragma('trusted_schema = OFF');
  database.pragma('cell_size_check = ON');
  return database;
}

function reading<Result>(file: string, work: (database: Database.Database) => Result): Result {
  try {
    const database = opened(file);
    try {
      return work(database);
    } finally {
      database.close();
    }
  } catch (error) {
    throw foreign(error);
  }
}

/** An error of SQLite's own would count as one of the store. */
const foreign = (error: unknown): Error =>
  new Error(`the database cannot be read: ${(error as Error).message}`, { cause: error });
