/** Imports and exports, each in a thread of its own. */
import { Worker } from 'node:worker_threads';
import type { ExportQuery } from './export.ts';
import type { ImportOptions, ImportProgress, ImportReport } from './import.ts';
import type { LabelExport } from './label-write.ts';
import type { TrainingExport } from './training-write.ts';
import type { RolloutExport } from './write.ts';

/** What crosses to the worker. */
export interface ImportJob {
  store: string;
  paths: readonly string[];
  options: Omit<ImportOptions, 'signal' | 'onProgress'>;
}

export type ImportNews =
  | { kind: 'progress'; progress: ImportProgress }
  | { kind: 'done'; report: ImportReport }
  | { kind: 'failed'; message: string };

/**
 * `importFiles` on the store at `file`, in a worker thread with a connection of its own; `workerPath` is the bundle of
 * worker.ts (dist/import-worker.cjs). Rejects with the signal's reason once it has stopped after an abort.
 */
export async function importInWorker(
  file: string,
  paths: readonly string[],
  { signal, onProgress, ...options }: ImportOptions,
  workerPath: string,
): Promise<ImportReport> {
  signal?.throwIfAborted();
  const worker = new Worker(workerPath, { workerData: { store: file, paths, options } satisfies ImportJob });
  const abort = (): void => worker.postMessage('cancel');
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await new Promise<ImportReport>((resolve, reject) => {
      worker.on('message', (news: ImportNews) => {
        if (news.kind === 'progress') onProgress?.(news.progress);
        else if (news.kind === 'done') resolve(news.report);
        else reject(signal?.aborted ? (signal.reason as Error) : new Error(news.message));
      });
      worker.on('error', (error) => reject(error instanceof Error ? error : new Error(String(error))));
      worker.on('exit', () => reject(new Error('the import ended without a report')));
    });
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** What is written: every label, annotators' agreement, prompts, or rollouts. */
export type ExportChoice =
  | { what: 'labels'; format: LabelExport }
  | { what: 'agreement' }
  | { what: 'prompts' }
  | { what: 'rollouts'; format: RolloutExport }
  | { what: 'training'; format: TrainingExport };

/** What is written where, of the store in this file; of rollouts, those that `query` keeps. */
export interface ExportJob {
  store: string;
  out: string;
  choice: ExportChoice;
  query: ExportQuery;
}

/** The same as it crosses to the worker, with a flag that is set when the job is cancelled: its thread hears no message while it reads. */
export interface ExportWork extends ExportJob {
  cancelled: Int32Array;
}

export type ExportNews = { kind: 'done'; count: number } | { kind: 'failed'; message: string };

/**
 * Writes the job's file and returns how many rows it holds; `workerPath` is dist/export-worker.cjs. After an abort
 * it rejects with the signal's reason, and nothing is written.
 */
export async function exportInWorker(job: ExportJob, signal: AbortSignal, workerPath: string): Promise<number> {
  signal.throwIfAborted();
  const cancelled = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(workerPath, { workerData: { ...job, cancelled } satisfies ExportWork });
  const abort = (): void => void Atomics.store(cancelled, 0, 1);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      worker.on('message', (news: ExportNews) => {
        if (news.kind === 'done') resolve(news.count);
        else reject(signal.aborted ? (signal.reason as Error) : new Error(news.message));
      });
      worker.on('error', (error) => reject(error instanceof Error ? error : new Error(String(error))));
      worker.on('exit', () => reject(new Error('the export ended without a result')));
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
