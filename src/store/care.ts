/** What looks after a store's file as a whole, each in a thread of its own. */
import type { StoreCheck } from './check.ts';
import { runInWorker } from './in-worker.ts';
import type { Restored } from './restore.ts';

export interface CheckWork {
  job: { kind: 'check' };
  progress: never;
  result: StoreCheck;
}

export interface RestoreWork {
  job: { kind: 'restore'; from: string | null };
  progress: never;
  result: Restored;
}

/** `checkStore` in a thread; `workerPath` is dist/care-worker.cjs. */
export const checkInWorker = (store: string, workerPath: string): Promise<StoreCheck> =>
  runInWorker<CheckWork>(workerPath, { store, job: { kind: 'check' } }, {});

/** `restoreStore` in a thread. */
export const restoreInWorker = (store: string, from: string | null, workerPath: string): Promise<Restored> =>
  runInWorker<RestoreWork>(workerPath, { store, job: { kind: 'restore', from } }, {});
