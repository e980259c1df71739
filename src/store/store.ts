/** CONTRACT: signatures agreed between the parts; the store's author replaces the bodies. */
import type { Segmentation } from '../domain/phase.ts';
import type { Prompt, Rollout, Split } from '../domain/rollout.ts';
import type { RunConfig, RunRequest, RunStatus, WeightSource } from '../domain/run.ts';

/** One page of keyset paging: pass `next` back as `after` for the following page; null at the end. */
export interface Page<Row> {
  rows: Row[];
  next: string | null;
}

export interface PageQuery {
  limit?: number;
  after?: string | null;
}

export interface PromptQuery extends PageQuery {
  dataset?: string;
  split?: Split;
  stage?: string;
  search?: string;
  filter?: 'unlabelled' | 'vanishing' | 'wrong' | 'hinted';
  runId?: string;
}

/** A prompt as the tree shows it. */
export interface PromptSummary extends Prompt {
  rollouts: number;
  groups: number;
  /** Rollouts with a human label. */
  labelled: number;
  vanishingGroups: number;
  bestReward: number | null;
  meanReward: number | null;
}

export interface GroupSummary {
  id: string;
  promptId: string;
  policy: string;
  policyVersion: number;
  runId: string | null;
  rollouts: number;
  labelled: number;
  meanReward: number | null;
  /** Sample standard deviation of the rewards; < 1e-6 is a vanishing group. */
  rewardStd: number | null;
}

export interface RolloutQuery extends PageQuery {
  promptId?: string;
  groupId?: string;
  runId?: string;
  search?: string;
  filter?: 'unlabelled' | 'vanishing' | 'wrong' | 'hinted';
}

/** A rollout as lists show it: no token arrays. */
export interface RolloutSummary extends Omit<Rollout, 'tokens'> {
  labelledBy: string[];
}

export interface SearchHit {
  rolloutId: string;
  promptId: string;
  /** Excerpt with hits between U+E000 and U+E001. */
  excerpt: string;
}

export interface Revision {
  seq: number;
  rolloutId: string;
  annotator: string;
  at: string;
  action: 'set' | 'undo' | 'redo';
  before: number[] | null;
  after: number[] | null;
}

export interface SegmentationState {
  /** Null when the annotator has no label here (never set, or undone to nothing). */
  boundaries: number[] | null;
  canUndo: boolean;
  canRedo: boolean;
  savedAt: string | null;
}

export interface ImportCount {
  prompts: number;
  rollouts: number;
  duplicates: number;
}

export interface RunRow {
  id: string;
  name: string;
  config: RunConfig;
  status: RunStatus;
  request: RunRequest;
  pid: number | null;
  /** ms since epoch. */
  heartbeat: number | null;
  step: number;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  /** Backend chosen and measured: name, ms a step of each one tried. */
  measured: Record<string, number> | null;
  backend: string | null;
  error: string | null;
  summary: Record<string, number | string | null> | null;
  /** Package versions and the hash of the data it trains on. */
  provenance: Record<string, string> | null;
}

export interface MetricRow {
  step: number;
  at: number;
  values: Record<string, number>;
  /** Advantages of the step's on-policy rollouts, for the histogram. */
  advantages: number[];
}

export interface CheckpointRow {
  runId: string;
  step: number;
  path: string;
  createdAt: string;
}

export interface LogRow {
  seq: number;
  at: number;
  level: 'info' | 'warn' | 'error';
  message: string;
}

const todo = (): never => {
  throw new Error('contract only');
};

/* eslint-disable @typescript-eslint/no-unused-vars */
/** The SQLite file of a workspace. Synchronous; the extension host uses it through a worker (`openStoreInWorker`). */
export class Store {
  static open(_file: string): Store {
    return todo();
  }
  close(): void {
    todo();
  }

  /** One transaction; rows whose id is already there count as duplicates. Labels that come with rollouts are kept. */
  addRollouts(_prompts: Prompt[], _rollouts: Rollout[], _labels?: Segmentation[]): ImportCount {
    return todo();
  }
  /** Fills in missing media, answer, split … of prompts already stored, matched by id. */
  updatePrompts(_prompts: Prompt[]): number {
    return todo();
  }

  datasets(): { dataset: string; prompts: number; rollouts: number }[] {
    return todo();
  }
  prompts(_query: PromptQuery): Page<PromptSummary> {
    return todo();
  }
  prompt(_id: string): PromptSummary | null {
    return todo();
  }
  groups(_promptId: string): GroupSummary[] {
    return todo();
  }
  rollouts(_query: RolloutQuery): Page<RolloutSummary> {
    return todo();
  }
  rollout(_id: string): Rollout | null {
    return todo();
  }
  search(_text: string, _limit?: number): SearchHit[] {
    return todo();
  }

  /** Validates, writes the label and one revision in one FULL-synchronous transaction. */
  setSegmentation(_segmentation: Segmentation): SegmentationState {
    return todo();
  }
  undo(_rolloutId: string, _annotator: string): SegmentationState {
    return todo();
  }
  redo(_rolloutId: string, _annotator: string): SegmentationState {
    return todo();
  }
  segmentation(_rolloutId: string, _annotator: string): SegmentationState {
    return todo();
  }
  segmentations(_rolloutId: string): (Segmentation & { savedAt: string })[] {
    return todo();
  }
  history(_rolloutId: string): Revision[] {
    return todo();
  }
  /** The next rollout without this annotator's label, in tree order after `after`, wrapping once; null when all are labelled. */
  nextUnlabelled(_annotator: string, _after: string | null): string | null {
    return todo();
  }

  createRun(_name: string, _config: RunConfig): RunRow {
    return todo();
  }
  /** Status is 'lost' when it says running and the heartbeat is older than heartbeatTimeoutMs. */
  run(_id: string): RunRow | null {
    return todo();
  }
  runs(): RunRow[] {
    return todo();
  }
  requestRun(_id: string, _request: RunRequest): void {
    todo();
  }
  /** Claims a run for this process (pid, heartbeat, status running); throws when a live process already has it. */
  claimRun(_id: string, _pid: number): RunRow {
    return todo();
  }
  /** Beats and returns what the user asked for. */
  heartbeat(_id: string, _pid: number): RunRequest {
    return todo();
  }
  updateRun(
    _id: string,
    _change: Partial<
      Pick<RunRow, 'status' | 'step' | 'measured' | 'backend' | 'error' | 'summary' | 'provenance' | 'endedAt'>
    >,
  ): void {
    todo();
  }
  /** One iteration in one transaction: metrics, new rollouts, and the run's step. Replaces what a resumed run writes again. */
  addStep(_runId: string, _metric: MetricRow, _rollouts: Rollout[]): void {
    todo();
  }
  /** Deletes metrics and rollouts of this run after `step`: a resume starts from its checkpoint. */
  truncateRun(_runId: string, _step: number): void {
    todo();
  }
  metrics(_runId: string, _afterStep: number): MetricRow[] {
    return todo();
  }
  addLog(_runId: string, _level: LogRow['level'], _message: string): void {
    todo();
  }
  log(_runId: string, _afterSeq: number): LogRow[] {
    return todo();
  }
  addCheckpoint(_runId: string, _step: number, _path: string): void {
    todo();
  }
  latestCheckpoint(_runId: string): CheckpointRow | null {
    return todo();
  }
  /** The labels as they were when the run started, with where each rollout's weights come from. */
  snapshotLabels(
    _runId: string,
    _rows: { rolloutId: string; boundaries: number[] | null; source: WeightSource }[],
  ): void {
    todo();
  }
  labelSnapshot(_runId: string): { rolloutId: string; boundaries: number[] | null; source: WeightSource }[] {
    return todo();
  }

  /** PRAGMA data_version plus this connection's own changes: differs when anything changed since the last call. */
  dataVersion(): number {
    return todo();
  }
}

/** The same calls, each answered by a worker thread. */
export type StoreClient = {
  [Name in keyof Store]: Store[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Result>
    : never;
};
