/** Suggestions made in a thread of their own: learning takes seconds. */
import { Worker } from 'node:worker_threads';
import type { SuggestOptions, SuggestReport } from './suggest.ts';

/** What crosses to the worker; `store` is the file. */
export interface SuggestJob extends Pick<SuggestOptions, 'suggester'> {
  store: string;
}

export type SuggestNews =
  { kind: 'progress'; text: string } | { kind: 'done'; report: SuggestReport } | { kind: 'failed'; message: string };

/**
 * `makeSuggestions` on the job's store; `workerPath` is dist/suggest-worker.cjs. An abort ends the thread at once and rejects with
 * the signal's reason: what was stored stays, and half a page is not stored.
 */
export async function suggestInWorker(
  job: SuggestJob,
  { signal, onProgress }: Pick<SuggestOptions, 'signal' | 'onProgress'>,
  workerPath: string,
): Promise<SuggestReport> {
  signal?.throwIfAborted();
  const worker = new Worker(workerPath, { workerData: job });
  const abort = (): void => void worker.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await new Promise<SuggestReport>((resolve, reject) => {
      worker.on('message', (news: SuggestNews) => {
        if (news.kind === 'progress') onProgress?.(news.text);
        else if (news.kind === 'done') resolve(news.report);
        else reject(new Error(news.message));
      });
      worker.on('error', (error) => reject(error instanceof Error ? error : new Error(String(error))));
      worker.on('exit', () =>
        reject(signal?.aborted ? (signal.reason as Error) : new Error('the suggestions ended without a report')),
      );
    });
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
