/** Evaluations scored in a thread of their own: of many replies that takes seconds. */
import { runInWorker } from '../../store/in-worker.ts';
import type { Scoring, View, Wanted } from './view.ts';

export interface ScoreWork {
  job: Wanted;
  progress: Scoring;
  result: View;
}

/** `viewOf` on the store in the file `store`; `workerPath` is dist/score-worker.cjs. An abort ends the thread at once and rejects with the signal's reason. */
export function viewInWorker(
  { store, ...job }: Wanted & { store: string },
  follow: { signal?: AbortSignal; onProgress?: (progress: Scoring) => void },
  workerPath: string,
): Promise<View> {
  return runInWorker<ScoreWork>(workerPath, { store, job }, { ...follow, endAtOnce: true });
}
