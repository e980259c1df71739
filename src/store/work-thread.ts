/** The thread's side of in-worker.ts: a connection of its own, so that long work keeps no label waiting. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Given, News, Work } from './in-worker.ts';
import { sentError } from './sent-error.ts';
import { Store } from './store.ts';

export interface Told<W extends Work> {
  /** Aborted when the work is cancelled. */
  signal: AbortSignal;
  /** The same for work that reads on without a pause, in which no message would be heard. */
  stop: Pick<AbortSignal, 'throwIfAborted'>;
  onProgress: (progress: W['progress']) => void;
}

/** Does the work on a store that this thread was started for, and ends it. */
export function doWork<W extends Work>(
  work: (store: Store, job: W['job'], told: Told<W>) => Promise<W['result']>,
): Promise<void> {
  return doJob<W>(async ({ store: file, job }, told) => {
    if (file === null) throw new Error('this work needs a store');
    const store = Store.open(file);
    try {
      return await work(store, job, told);
    } finally {
      store.close();
    }
  });
}

/** The same for work that opens no store itself. */
export async function doJob<W extends Work>(
  work: (given: Given<W>, told: Told<W>) => Promise<W['result']>,
): Promise<void> {
  const port = parentPort!;
  const given = workerData as Given<W>;
  const tell = (news: News<W>): void => port.postMessage(news);
  const cancel = new AbortController();
  port.on('message', () => cancel.abort());
  const stop = {
    throwIfAborted: () => {
      if (receiveMessageOnPort(port)) cancel.abort();
      cancel.signal.throwIfAborted();
    },
  };
  try {
    const onProgress = (progress: W['progress']): void => tell({ kind: 'progress', progress });
    tell({ kind: 'done', result: await work(given, { signal: cancel.signal, stop, onProgress }) });
  } catch (error) {
    tell({ kind: 'failed', error: sentError(error) });
  } finally {
    port.close();
  }
}
