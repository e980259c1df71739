/** The thread's side of in-worker.ts: a connection of its own, so that long work keeps no label waiting. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { errorText } from '../domain/error-text.ts';
import type { Given, News, Work } from './in-worker.ts';
import { Store } from './store.ts';

export interface Told<W extends Work> {
  /** Aborted when the work is cancelled. */
  signal: AbortSignal;
  /** The same for work that reads on without a pause, in which no message would be heard. */
  stop: Pick<AbortSignal, 'throwIfAborted'>;
  onProgress: (progress: W['progress']) => void;
}

/** Does the work that this thread was started for, and ends it. */
export async function doWork<W extends Work>(
  work: (store: Store, job: W['job'], told: Told<W>) => Promise<W['result']>,
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
  let store: Store | undefined;
  try {
    store = Store.open(given.store);
    const onProgress = (progress: W['progress']): void => tell({ kind: 'progress', progress });
    tell({ kind: 'done', result: await work(store, given.job, { signal: cancel.signal, stop, onProgress }) });
  } catch (error) {
    tell({ kind: 'failed', message: errorText(error) });
  } finally {
    store?.close();
    port.close();
  }
}
