/** Imports, previews and exports, each in a thread of its own. */
import { runInWorker } from '../store/in-worker.ts';
import type { ExportQuery, TrainingWeights } from './export.ts';
import type { ImportOptions } from './import.ts';
import type { ImportProgress, ImportReport } from './import-report.ts';
import type { CorrectionExport } from './correction-write.ts';
import type { JudgementExport } from './judgement-write.ts';
import type { LabelExport } from './label-write.ts';
import type { MetricExport } from './metrics-write.ts';
import type { PreferenceExport } from './preference-write.ts';
import type { DumpPreview, PreviewOptions } from './preview.ts';
import type { PromptExport } from './prompt-write.ts';
import type { SourceCounts } from './training-row.ts';
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

/**
 * What is written: every label, every judgement of steps, every preference, every correction, annotators' agreement, prompts, what runs
 * measured, or rollouts. `annotators` names whose; where it is left out, everybody's.
 */
export type ExportChoice =
  | { what: 'labels'; format: LabelExport }
  | { what: 'judgements'; format: JudgementExport; annotators?: readonly string[] }
  | { what: 'preferences'; format: PreferenceExport; annotators?: readonly string[] }
  | { what: 'corrections'; format: CorrectionExport; annotators?: readonly string[] }
  | { what: 'agreement' }
  | { what: 'prompts'; format: PromptExport }
  /** Of the runs with these ids; where they are left out, of the query's, or all. */
  | { what: 'metrics'; format: MetricExport; runs?: readonly string[] }
  | { what: 'rollouts'; format: RolloutExport }
  | { what: 'training'; format: TrainingExport; weights?: TrainingWeights; tokenizer?: string };

/** What is written where; of rollouts, those that `query` keeps, of prompts, its own or those of such rollouts, and of runs, its own where it names one. */
export interface ExportJob {
  out: string;
  choice: ExportChoice;
  query: ExportQuery & { promptIds?: readonly string[]; dataset?: string };
}

export interface ExportCount {
  /** Rows that the file holds; of what runs measured, how many runs. */
  count: number;
  left: Left[];
  /** What shaped the weights of a training set. */
  sources?: SourceCounts;
}

export interface ExportWork {
  job: ExportJob;
  progress: never;
  result: ExportCount;
}

/**
 * Writes the job's file of the store in the file `store` and returns what it holds; `workerPath` is dist/export-worker.cjs. After an abort it
 * rejects with the signal's reason, and nothing is written.
 */
export function exportInWorker(
  { store, ...job }: ExportJob & { store: string },
  signal: AbortSignal,
  workerPath: string,
): Promise<ExportCount> {
  return runInWorker<ExportWork>(workerPath, { store, job }, { signal });
}
