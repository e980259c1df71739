/** The export's thread: reading a big store must not hold up the caller. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorText } from '../domain/error-text.ts';
import { Store } from '../store/store.ts';
import type { ExportNews, ExportWork } from './client.ts';
import {
  defaultWeights,
  exportAgreement,
  exportLabels,
  exportPrompts,
  exportRollouts,
  exportTraining,
  type ExportStop,
} from './export.ts';

const port = parentPort!;
const job = workerData as ExportWork;
const stop: ExportStop = {
  throwIfAborted: () => {
    if (Atomics.load(job.cancelled, 0) !== 0) throw new Error('the export was cancelled');
  },
};
const tell = (news: ExportNews): void => port.postMessage(news);

void work();

async function work(): Promise<void> {
  let store: Store | undefined;
  try {
    store = Store.open(job.store);
    tell({ kind: 'done', count: await write(store, job) });
  } catch (error) {
    tell({ kind: 'failed', message: errorText(error) });
  } finally {
    store?.close();
    port.close();
  }
}

function write(store: Store, { choice, out, query }: ExportWork): Promise<number> {
  switch (choice.what) {
    case 'labels':
      return exportLabels(store, out, choice.format, stop);
    case 'agreement':
      return exportAgreement(store, out, stop);
    case 'prompts':
      return exportPrompts(store, out, {}, stop);
    case 'rollouts':
      return exportRollouts(store, out, choice.format, query, stop);
    case 'training':
      return exportTraining(store, out, choice.format, query, defaultWeights, stop);
  }
}
