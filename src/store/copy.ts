/** Copies of a database that are whole, or not there. */
import Database from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorText } from '../domain/error-text.ts';
import { isAbandoned } from './abandoned.ts';

/** How the name of an unfinished copy ends, after what tells it from others. */
const unfinished = /\.[0-9a-f-]{36}\.unfinished-copy$/u;

/** What was copied is damaged: the message says where. */
export class CopyUnsound extends Error {
  override readonly name = 'CopyUnsound';
}

/**
 * Writes all that `database` holds to `path`, in place of what is there, and has it on the disk when this returns. Blocks for
 * seconds per 100 MiB, whatever others write meanwhile. When it throws, or its process is killed, `path` is as it was. It throws also where
 * `faultsIn` names any of the copy.
 */
export function copyDatabase(
  database: Database.Database,
  path: string,
  faultsIn: (copy: string) => readonly string[] = pageFaults,
): void {
  const folder = dirname(path);
  removeAbandoned(folder);
  const partial = `${path}.${randomUUID()}.unfinished-copy`;
  try {
    database.prepare('VACUUM INTO ?').run(partial);
    const [fault] = faultsIn(partial);
    if (fault !== undefined) throw new CopyUnsound(fault);
    sync(partial, 'r+');
    renameSync(partial, path);
  } catch (error) {
    remove(partial);
    const reason = errorText(error);
    throw new Error(`the store cannot be copied to ${path}: ${reason}`, { cause: error });
  }
  // Windows has no handle of a folder to flush.
  if (process.platform !== 'win32') sync(folder, 'r');
}

/** What killed processes left. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder).filter((name) => unfinished.test(name))) {
    const file = join(folder, name);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat && isAbandoned(stat)) remove(file);
  }
}

/** With the log that SQLite writes it by. */
function remove(unfinishedCopy: string): void {
  for (const end of ['', '-journal']) rmSync(`${unfinishedCopy}${end}`, { force: true });
}

function pageFaults(file: string): string[] {
  const copy = new Database(file, { readonly: true });
  try {
    const fault = copy.pragma('quick_check(1)', { simple: true }) as string;
    return fault === 'ok' ? [] : [fault];
  } finally {
    copy.close();
  }
}

function sync(path: string, flags: string): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
