/** The thread that looks after a store's file; it opens the store itself only where the file allows it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CheckWork, RestoreWork } from './care.ts';
import { checkStore } from './check.ts';
import type { Given, News } from './in-worker.ts';
import { restoreStore } from './restore.ts';
import { sentError } from './sent-error.ts';

const { store, job } = workerData as Given<CheckWork | RestoreWork>;
const tell = (news: News<CheckWork | RestoreWork>): void => parentPort!.postMessage(news);
try {
  tell({ kind: 'done', result: job.kind === 'check' ? checkStore(store!) : restoreStore(store!, job.from) });
} catch (error) {
  tell({ kind: 'failed', error: sentError(error) });
}
