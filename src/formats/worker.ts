/** The import's thread: a connection of its own, so that a long import keeps no label waiting. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorText } from '../domain/error-text.ts';
import { Store } from '../store/store.ts';
import type { ImportJob, ImportNews } from './client.ts';
import { importFiles } from './import.ts';

const port = parentPort!;
const { store: file, paths, options } = workerData as ImportJob;
const cancel = new AbortController();
const tell = (news: ImportNews): void => port.postMessage(news);
port.on('message', () => cancel.abort());

void work();

async function work(): Promise<void> {
  let store: Store | undefined;
  try {
    store = Store.open(file);
    const report = await importFiles(store, paths, {
      ...options,
      signal: cancel.signal,
      onProgress: (progress) => tell({ kind: 'progress', progress }),
    });
    tell({ kind: 'done', report });
  } catch (error) {
    tell({ kind: 'failed', message: errorText(error) });
  } finally {
    store?.close();
    port.close();
  }
}
