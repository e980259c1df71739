/** The import's thread. */
import { doWork } from '../store/work-thread.ts';
import type { ImportWork } from './client.ts';
import { importFiles } from './import.ts';

void doWork<ImportWork>((store, { paths, options }, { signal, onProgress }) =>
  importFiles(store, paths, { ...options, signal, onProgress }),
);
