/** The export's thread: reading a big store must not hold up the caller. */
import { parentPort, workerData } from 'node:worker_threads';
import { Store } from '../store/store.ts';
import type { ExportJob, ExportNews } from './client.ts';
import { exportLabels, exportRollouts } from './export.ts';

const port = parentPort!;
const job = workerData as ExportJob;
const tell = (news: ExportNews): void => port.postMessage(news);

void work();

async function work(): Promise<void> {
  let store: Store | undefined;
  try {
    store = Store.open(job.store);
    const count =
      job.what === 'labels'
        ? await exportLabels(store, job.out)
        : await exportRollouts(store, job.out, job.what, job.query);
    tell({ kind: 'done', count });
  } catch (error) {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  } finally {
    store?.close();
    port.close();
  }
}
