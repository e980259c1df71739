/** The thread that makes suggestions, with a connection of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorText } from '../../domain/error-text.ts';
import { Store } from '../../store/store.ts';
import type { SuggestJob, SuggestNews } from './client.ts';
import { makeSuggestions } from './suggest.ts';

const port = parentPort!;
const { store: file, ...options } = workerData as SuggestJob;
const tell = (news: SuggestNews): void => port.postMessage(news);

void work();

async function work(): Promise<void> {
  let store: Store | undefined;
  try {
    store = Store.open(file);
    const report = await makeSuggestions(store, {
      ...options,
      onProgress: (text) => tell({ kind: 'progress', text }),
    });
    tell({ kind: 'done', report });
  } catch (error) {
    tell({ kind: 'failed', message: errorText(error) });
  } finally {
    store?.close();
    port.close();
  }
}
