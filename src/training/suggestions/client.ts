/** Suggestions made in a thread of their own: learning takes seconds. */
import { runInWorker } from '../../store/in-worker.ts';
import type { SuggestOptions, SuggestReport } from './suggest.ts';

export interface SuggestWork {
  job: SuggestOptions['suggester'];
  progress: string;
  result: SuggestReport;
}

/**
 * `makeSuggestions` on the store in the file `store`; `workerPath` is dist/suggest-worker.cjs. An abort ends the thread at once and
 * rejects with the signal's reason: what was stored stays, and half a page is not stored.
 */
export function suggestInWorker(
  { store, suggester }: Pick<SuggestOptions, 'suggester'> & { store: string },
  follow: Pick<SuggestOptions, 'signal' | 'onProgress'>,
  workerPath: string,
): Promise<SuggestReport> {
  return runInWorker<SuggestWork>(workerPath, { store, job: suggester }, { ...follow, endAtOnce: true });
}
