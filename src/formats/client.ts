/** Imports, previews and exports, each in a thread of its own. */
import { runInWorker } from '../store/in-worker.ts';
import type { ExportQuery } from './export.ts';
import type { ImportOptions } from './import.ts';
import type { ImportProgress, ImportReport } from './import-report.ts';
import type { CorrectionExport } from './correction-write.ts';
import type { JudgementExport } from './judgement-write.ts';
import type { LabelExport } from './label-write.ts';
import type { MetricExport } from './metrics-write.ts';
import type { PreferenceExport } from './preference-write.ts';
import type { DumpPreview, PreviewOptions } from './preview.ts';
import type { PromptExport } from './prompt-write.ts';
import type { TrainingExport } from './training-write.ts';
import type { Left } from './write-kept.ts';
import type { RolloutExport } from './write.ts';

export interface ImportWork {
  job: { paths: readonly string[]; options: Omit<ImportOptions, 'signal' | 'onProgress'> };
  progress: ImportProgress;
  result: ImportReport;
}

/**
 * `importFiles` on the store at `file`; `workerPath` is the bundle of worker.ts (dist/import-worker.cjs). Rejects with the signal's
 * reason once it has stopped after an abort.
 */
export function importInWorker(
  file: string,
  paths: readonly string[],
  { signal, onProgress, ...options }: ImportOptions,
  workerPath: string,
): Promise<ImportReport> {
  return runInWorker<ImportWork>(workerPath, { store: file, job: { paths, options } }, { signal, onProgress });
}

export interface PreviewWork {
  job: PreviewOptions & { file: string };
  progress: never;
  result: DumpPreview;
}

/** `previewDump` of the file; `workerPath` is dist/preview-worker.cjs. On an abort the thread is ended at once. */
export function previewInWorker(
  file: string,
  options: PreviewOptions,
  signal: AbortSignal,
  workerPath: string,
): Promise<DumpPreview> {
  const given = { store: null, job: { ...options, file } };
  return runInWorker<PreviewWork>(workerPath, given, { signal, endAtOnce: true });
}

/** What is written: every label, every judgement of steps, every preference, every correction, annotators' agreement, prompts, what runs measured, or rollouts. */
export type ExportChoice =
  | { what: 'labels'; format: LabelExport }
  | { what: 'judgements'; format: JudgementExport }
  | { what: 'preferences'; format: PreferenceExport }
  | { what: 'corrections'; format: CorrectionExport }
  | { what: 'agreement' }
  | { what: 'prompts'; format: PromptExport }
  | { what: 'metrics'; format: MetricExport }
  | { what: 'rollouts'; format: RolloutExport }
  | { what: 'training'; format: TrainingExport };

/** What is written where; of rollouts, those that `query` keeps, of prompts, those of such rollouts, and of runs, its own where it names one. */
export interface ExportJob {
  out: string;
  choice: ExportChoice;
  query: ExportQuery & { promptIds?: readonly string[] };
}

export interface ExportCount {
  count: number;
  left: Left[];
}

export interface ExportWork {
  job: ExportJob;
  progress: never;
  /** Rows that the file holds, of what runs measured how many runs, and what was left out. */
  result: ExportCount;
}

/**
 * Writes the job's file of the store in `file` and returns how many rows, or runs, it holds, and what was left out; `workerPath` is dist/export-worker.cjs. After an
 * abort it rejects with the signal's reason, and nothing is written.
 */
export function exportInWorker(
  { store, ...job }: ExportJob & { store: string },
  signal: AbortSignal,
  workerPath: string,
): Promise<ExportCount> {
  return runInWorker<ExportWork>(workerPath, { store, job }, { signal });
}
