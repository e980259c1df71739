/** A store in a folder of its own, gone when the test ends. */
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { answerCall } from '../../../src/store/call.ts';
import { makeClient, type StoreClient } from '../../../src/store/client.ts';
import { Store } from '../../../src/store/store.ts';

/** What people said, beside the labels as they are now. */
export const peopleTables = [
  'revisions',
  'reviews',
  'statuses',
  'flags',
  'status_changes',
  'tags',
  'tag_changes',
  'comment_changes',
  'judgement_changes',
  'preference_changes',
  'correction_changes',
  'correction_drafts',
];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function openStore(file = join(temporaryFolder(), 'rollouts.db')): Store {
  const store = Store.open(file);
  onTestFinished(() => store.close());
  return store;
}

/** Opens the file as any SQLite program would. */
export function raw<Result>(file: string, work: (database: Database.Database) => Result): Result {
  const database = new Database(file);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** The store as its worker thread shows it. */
export function clientOf(store: Store): StoreClient {
  return makeClient(async (call) => answerCall(store, call));
}

export { makeGroup, makePrompt } from './rows.ts';
