/** The thread that makes suggestions. */
import { doWork } from '../../store/work-thread.ts';
import type { SuggestWork } from './client.ts';
import { makeSuggestions } from './suggest.ts';

void doWork<SuggestWork>(async (store, suggester, { onProgress }) => makeSuggestions(store, { suggester, onProgress }));
