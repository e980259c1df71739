/** The thread that scores evaluations. */
import { doWork } from '../../store/work-thread.ts';
import type { ScoreWork } from './client.ts';
import { viewOf } from './view.ts';

void doWork<ScoreWork>(async (store, wanted, { onProgress }) => viewOf(store, wanted, onProgress));
