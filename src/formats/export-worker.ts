/** The export's thread: reading a big store must not hold up the caller. */
import { parentPort, workerData } from 'node:worker_threads';
import { Store } from '../store/store.ts';
import type { ExportJob, ExportNews } from './client.ts';
import { defaultWeights, exportAgreement, exportLabels, exportRollouts, exportTraining } from './export.ts';

const port = parentPort!;
const job = workerData as ExportJob;
const tell = (news: ExportNews): void => port.postMessage(news);

void work();

async function work(): Promise<void> {
  let store: Store | undefined;
  try {
    store = Store.open(job.store);
    tell({ kind: 'done', count: await write(store, job) });
  } catch (error) {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  } finally {
    store?.close();
    port.close();
  }
}

function write(store: Store, { choice, out, query }: ExportJob): Promise<number> {
  switch (choice.what) {
    case 'labels':
      return exportLabels(store, out, choice.format);
    case 'agreement':
      return exportAgreement(store, out);
    case 'rollouts':
      return exportRollouts(store, out, choice.format, query);
    case 'training':
      return exportTraining(store, out, choice.format, query, defaultWeights);
  }
}
