/** Work on a store in a thread of its own: what crosses, and the caller's side. work-thread.ts is the other. */
import { Worker } from 'node:worker_threads';
import { receivedError, type SentError } from './sent-error.ts';

/**
 * What a thread may hold of what it needs for a moment. Left to itself it takes room for far more before it looks through it: an export came to
 * 334 MiB instead of 185, an import to 260 instead of 144, in 0.9 of the processor time (docs/scale.md).
 */
const maxYoungGenerationSizeMb = 12;

/** One kind of work, as both sides know it. All of it crosses by structured clone. */
export interface Work {
  job: unknown;
  progress: unknown;
  result: unknown;
}

/** What the thread is given; `store` is the file, null of work without one. */
export interface Given<W extends Work> {
  store: string | null;
  job: W['job'];
}

/** What the thread tells; a result or a failure is the last of it. */
export type News<W extends Work> =
  | { kind: 'progress'; progress: W['progress'] }
  | { kind: 'done'; result: W['result'] }
  | { kind: 'failed'; error: SentError };

interface Follow<W extends Work> {
  signal?: AbortSignal;
  onProgress?: (progress: W['progress']) => void;
  /** On an abort the thread is ended at once: for work that looks up too seldom and leaves nothing half done. Else it is asked to stop. */
  endAtOnce?: true;
}

/**
 * Runs the work whose bundle is `workerPath` and returns its result. Rejects with the work's failure, and after an abort with the
 * signal's reason once the thread has stopped.
 */
export async function runInWorker<W extends Work>(
  workerPath: string,
  given: Given<W>,
  { signal, onProgress, endAtOnce }: Follow<W>,
): Promise<W['result']> {
  signal?.throwIfAborted();
  const worker = new Worker(workerPath, { workerData: given, resourceLimits: { maxYoungGenerationSizeMb } });
  const abort = (): void => (endAtOnce ? void worker.terminate() : worker.postMessage('cancel'));
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await new Promise<W['result']>((resolve, reject) => {
      const fail = (error: Error): void => reject(signal?.aborted ? (signal.reason as Error) : error);
      worker.on('message', (news: News<W>) => {
        if (news.kind === 'progress') onProgress?.(news.progress);
        else if (news.kind === 'done') resolve(news.result);
        else fail(receivedError(news.error));
      });
      worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
      worker.on('exit', () => fail(new Error('its thread ended without a result')));
    });
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
