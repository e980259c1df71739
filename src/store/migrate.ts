/** Brings a store's file to this version's schema; what is not exactly a store of ours is left as it is. */
import Database from 'better-sqlite3';
import { copyDatabase } from './copy.ts';
import { addFunctions } from './functions.ts';

/** How long the lock is waited for, in ms: another process may be copying and rewriting a big store. */
const migrationTimeout = 600_000;

/** How many differences an error names. */
const mostNamed = 3;

/** Told, in words, what is done to an old store that holds data, before it is done: on a big one each may take minutes. */
export type MigrationNews = (doing: string) => void;

/**
 * Brings a file to the newest version in one transaction, after copying a file that holds data to `<file>.v<version>.bak`. Of several
 * processes one does it, and the others wait. Throws, before anything is written, when the file, called `name`, is newer than this
 * program, is another program's, or has another schema than its version had.
 */
export function migrate(
  database: Database.Database,
  steps: readonly string[],
  { name = database.name, tell }: { name?: string; tell?: MigrationNews } = {},
): void {
  addFunctions(database);
  const found = versionOf(database, steps, name);
  enterWal(database);
  if (found === steps.length) return;
  if (found > 0) tell?.('waiting until nobody else writes to it');
  const timeout = database.pragma('busy_timeout', { simple: true }) as number;
  database.pragma(`busy_timeout = ${migrationTimeout}`);
  database
    .transaction(() => {
      const version = versionOf(database, steps, name);
      if (version === steps.length) return;
      if (version > 0) {
        tell?.('copying it first');
        backUp(database.name, version);
      }
      for (const [i, step] of steps.entries()) {
        if (i < version) continue;
        if (version > 0) tell?.(`step ${i - version + 1} of ${steps.length - version}`);
        database.exec(step);
      }
      database.pragma(`user_version = ${steps.length}`);
    })
    .immediate();
  database.pragma(`busy_timeout = ${timeout}`);
}

/** The connection with the lock cannot copy; what another one reads is what was there before. */
function backUp(file: string, version: number): void {
  const reader = new Database(file, { readonly: true });
  try {
    copyDatabase(reader, `${file}.v${version}.bak`);
  } finally {
    reader.close();
  }
}

/** How many migrations the file has had. Throws when it is not as they left it. */
function versionOf(database: Database.Database, steps: readonly string[], name: string): number {
  const [version, found] = database.transaction(
    () => [database.pragma('user_version', { simple: true }) as number, schemaOf(database)] as const,
  )();
  if (version > steps.length) {
    throw new Error(
      `${name} was written by a newer Rollout Lab (schema ${version}, this one knows ${steps.length}): update the extension.`,
    );
  }
  const expected = schemaAfter(steps.slice(0, version));
  if (found.length > 0 && !found.some(({ name }) => expected.some((part) => part.name === name))) {
    throw new Error(`${name} is another program's database, not a Rollout Lab store. Name another file.`);
  }
  const differences = differencesOf(expected, found);
  if (differences.length > 0) {
    const more = differences.length > mostNamed ? ` and ${differences.length - mostNamed} more` : '';
    throw new Error(
      `${name} is not as Rollout Lab made it, and was not opened: ${differences.slice(0, mostNamed).join(', ')}${more}. ` +
        'Do not trust it if it came from someone else. If it is yours, take back what another program changed in it, or open a backup.',
    );
  }
  return version;
}

/** A part of a database: a table, an index, a view or a trigger. */
interface Part {
  type: string;
  name: string;
  table: string;
  sql: string | null;
}

/** All parts but SQLite's own statistics, which are anyone's to add with ANALYZE. */
function schemaOf(database: Database.Database): Part[] {
  return database
    .prepare(
      `SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema WHERE sql IS NULL OR sql NOT IN
         ('CREATE TABLE sqlite_stat1(tbl,idx,stat)', 'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)')`,
    )
    .all() as Part[];
}

/** What migrations make of an empty file. */
function schemaAfter(steps: readonly string[]): Part[] {
  const reference = new Database(':memory:');
  try {
    addFunctions(reference);
    for (const step of steps) reference.exec(step);
    return schemaOf(reference);
  } finally {
    reference.close();
  }
}

/** In words. A trigger may share its name with a table, so that a name alone tells no part from another. */
function differencesOf(expected: readonly Part[], found: readonly Part[]): string[] {
  const keyOf = ({ type, name }: Part): string => `${type} ${name}`;
  const missing = new Map(expected.map((part) => [keyOf(part), part]));
  const differences: string[] = [];
  for (const part of found) {
    const twin = missing.get(keyOf(part));
    missing.delete(keyOf(part));
    if (!twin) differences.push(`the ${part.type} “${part.name.slice(0, 60)}” is not part of a store`);
    else if (part.table !== twin.table || part.sql !== twin.sql)
      differences.push(`the ${part.type} “${part.name}” is another one`);
  }
  for (const { type, name } of missing.values()) differences.push(`the ${type} “${name}” is missing`);
  return differences;
}

/** Switching to WAL does not wait for a lock as other statements do, so it is tried for a while. */
function enterWal(database: Database.Database): void {
  for (const deadline = Date.now() + 10_000; ;) {
    try {
      database.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') || Date.now() > deadline)
        throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}
