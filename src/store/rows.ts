/** What the store's queries take and give: plain data that crosses threads. */
import type { AgreementMetric } from '../domain/agreement.ts';
import type { AgreementScope, AgreementValues } from '../domain/agreement-report.ts';
import type { AnswerJudge, AnswerVerdict, JudgedReply } from '../domain/answer-verdict.ts';
import type { CommentChange, CommentValue } from '../domain/comment.ts';
import type { Correctness } from '../domain/correctness.ts';
import type { EvaluationSettings, EvaluationStatus } from '../domain/evaluation.ts';
import type { Histogram } from '../domain/histogram.ts';
import type { CorrectionAction } from '../domain/correction.ts';
import type { JudgementAction, StepJudgement } from '../domain/judgement.ts';
import type { PairVerdict, Preference, PreferenceAction } from '../domain/preference.ts';
import type { Label, RevisionAction, Segmentation } from '../domain/phase.ts';
import type { Mark, ReviewVerdict, SaidStatus } from '../domain/review.ts';
import type { Prompt, Rollout, Split } from '../domain/rollout.ts';
import type { SpreadField } from '../domain/query-fields.ts';
import type { RunConfig, RunRequest, RunStatus } from '../domain/run.ts';
import type { TagChange } from '../domain/tag.ts';
import type { Suggestion, SuggestionSource } from '../domain/suggestion/suggestion.ts';
import type { Tokenised } from '../domain/unit.ts';
import type { Shaping, WeightSource } from '../domain/weight-source.ts';

/** One page of keyset paging: pass `next` back as `after` for the following page; null at the end. */
export interface Page<Row> {
  rows: Row[];
  next: string | null;
}

export interface PageQuery {
  limit?: number;
  after?: string | null;
}

/** What a list of prompts or rollouts can be narrowed to; a prompt is kept when one of its rollouts or groups is so. */
export const filters = [
  'labelled',
  'unlabelled',
  'submitted',
  'skipped',
  'flagged',
  'commented',
  'vanishing',
  'wrong',
  'hinted',
] as const;
export type Filter = (typeof filters)[number];

export interface PromptQuery extends PageQuery {
  dataset?: string;
  split?: Split;
  stage?: string;
  search?: string;
  filter?: Filter;
  runId?: string;
  /** A query line (docs/table.md, "The query line"): those that it keeps as the table of prompts does. */
  where?: string;
  /** Only these, by their ids or former ones, and only those of these rollouts. */
  ids?: readonly string[];
  rolloutIds?: readonly string[];
}

/** A prompt as the tree shows it. */
export interface PromptSummary extends Prompt {
  rollouts: number;
  groups: number;
  /** Rollouts with a human label. */
  labelled: number;
  vanishingGroups: number;
  /** Share of its rollouts that are right, of those of which something says it; null where nothing does. */
  passRate: number | null;
  bestReward: number | null;
  meanReward: number | null;
}

export interface GroupSummary {
  id: string;
  promptId: string;
  policy: string;
  policyVersion: number;
  runId: string | null;
  /** The evaluation that it is of: such a group is never vanishing, for it is not to teach. */
  evaluationId: string | null;
  rollouts: number;
  labelled: number;
  meanReward: number | null;
  /** Sample standard deviation of the rewards; below `vanishingStd` the group is vanishing. */
  rewardStd: number | null;
}

export interface RolloutQuery extends PageQuery {
  promptId?: string;
  groupId?: string;
  runId?: string;
  evaluationId?: string;
  /** Of a run, only those that this iteration made. */
  iteration?: number;
  /** Only those whose weights a run takes from one source. */
  weighted?: { runId: string; source: WeightSource };
  search?: string;
  filter?: Filter;
  /** A query line (docs/table.md, "The query line"). */
  where?: string;
  /** Only these. */
  ids?: readonly string[];
  /** In this order; by group where it is left out. Reads all that is kept. */
  sort?: TableSort;
}

/** `by` is a number field of the query line, `reward.NAME`, or another column: question, dataset, policy, run, … */
export interface TableSort {
  by: string;
  descending: boolean;
}

export interface TableQuery {
  /** A query line; empty keeps all. */
  line: string;
  /** Null of the order in which they came in. */
  sort: TableSort | null;
  /** The annotator whose first pass is blind: what others by name did is told once that one has labelled it. */
  blindFor: string | null;
}

/** How a number of the rollouts spreads; 'pass' counts prompts. */
export interface TableHistogram {
  field: SpreadField;
  histogram: Histogram;
}

/** A prompt as a row of the table: what is known of all its rollouts. */
export interface PromptTableRow {
  id: string;
  question: string;
  dataset: string;
  stage: string | null;
  split: string;
  groups: number;
  rollouts: number;
  /** Share of its rollouts that are right; null where nothing says it of any. */
  pass: number | null;
  /** The same of each version of a policy, by name. */
  passBy: Record<string, number | null>;
  /** Of their rewards. */
  mean: number | null;
  /** Standard deviation of the rewards within groups, pooled over them. */
  spread: number | null;
  /** Groups whose rewards are all the same. */
  vanishing: number;
}

/** A rollout as a row of the table: long texts are cut. */
export interface TableRow
  extends
    RolloutMarks,
    Pick<
      RolloutSummary,
      | 'id'
      | 'promptId'
      | 'policy'
      | 'policyVersion'
      | 'rewards'
      | 'reward'
      | 'correct'
      | 'hinted'
      | 'labelledBy'
      | 'openComments'
    > {
  question: string;
  answer: string | null;
  /** The end of its completion. */
  ending: string;
  /** The trainer's, else that of the group's rewards; null where there is neither. */
  advantage: number | null;
  tokens: number | null;
  /** Code points of its completion. */
  characters: number;
  /** Of its completion, as spaces part them; null in a part of a store that was sent to a cluster. */
  words: number | null;
  /** Share of its prompt's rollouts that are right. */
  pass: number | null;
  finish: string | null;
  iteration: number | null;
  /** By its tokens (`TokenFacts`). */
  entropy: number | null;
  logprob: number | null;
  gap: number | null;
  mismatch: number | null;
  ratio: number | null;
  stage: string | null;
  split: string;
  dataset: string;
  /** Names. */
  run: string | null;
  evaluation: string | null;
}

/** What annotators say of a rollout apart from its label. */
export interface RolloutMarks {
  /** One an annotator; who has none is open. `reason` says why it was skipped. */
  statuses: { annotator: string; status: SaidStatus; reason: string | null; at: string }[];
  flaggedBy: string[];
  /** By tag, then annotator. */
  tags: TagRow[];
}

/** A tag that somebody put on a rollout. */
export interface TagRow {
  annotator: string;
  tag: string;
}

export interface StatusChange {
  annotator: string;
  at: string;
  change: Mark;
  /** Of 'skipped', and of 'flagged' where one was given. */
  reason: string | null;
}

/** A comment as it stands. */
export interface CommentRow extends CommentValue {
  id: string;
  annotator: string;
  /** Of the first version; ISO 8601. */
  at: string;
  editedAt: string | null;
  /** Who resolved it; null while it is open. */
  resolved: { annotator: string; at: string } | null;
}

/** What somebody did to a comment. */
export interface CommentChangeRow {
  /** Of the comment. */
  id: string;
  annotator: string;
  at: string;
  change: CommentChange;
  /** Of 'add' and 'edit'. */
  value: CommentValue | null;
}

/** Something that somebody did to a rollout. */
export type Activity = { seq: number; at: string; who: string } & (
  | {
      kind: 'label';
      action: RevisionAction;
      before: Label | null;
      after: Label | null;
      /** The label is of phases that the project had before. */
      outdated: boolean;
    }
  /** Of the label of `whose`, which was `after` then. */
  | { kind: 'review'; whose: string; verdict: ReviewVerdict; after: Label | null; outdated: boolean }
  | { kind: 'status'; change: Mark; reason: string | null }
  | { kind: 'tag'; change: TagChange; tag: string }
  /** Of the comment of `whose`, which said `body` then. */
  | { kind: 'comment'; change: CommentChange; whose: string; body: string }
  | { kind: 'judgement'; action: JudgementAction; before: StepJudgement[]; after: StepJudgement[] }
  /** Of the rollout against another one; null is taken back. */
  | { kind: 'preference'; action: PreferenceAction; verdict: PairVerdict | null }
  /** Its text is gone where it was taken back. */
  | { kind: 'correction'; action: CorrectionAction; gone: boolean }
);

/** A rollout as lists show it: no token arrays. */
export interface RolloutSummary extends Omit<Rollout, 'tokens'>, RolloutMarks {
  /** Null where its tokens are not recorded. */
  tokenCount: number | null;
  /** Null where nothing says it. */
  correct: Correctness | null;
  labelledBy: string[];
  /** Comments that nobody resolved. */
  openComments: number;
}

export interface SearchHit {
  rolloutId: string;
  promptId: string;
  question: string;
  /** Excerpt with hits between U+E000 and U+E001. */
  excerpt: string;
}

export interface Revision {
  seq: number;
  rolloutId: string;
  annotator: string;
  at: string;
  action: RevisionAction;
  before: Label | null;
  after: Label | null;
}

/** A label as it is stored: one a rollout and annotator. */
export interface LabelRow extends Segmentation, Label {
  rolloutId: string;
  savedAt: string;
}

/** What an annotator says of steps of a rollout. */
export interface JudgementRow {
  rolloutId: string;
  annotator: string;
  steps: StepJudgement[];
  savedAt: string;
}

/** What an annotator says of a rollout against another of its prompt. */
export interface PreferenceRow extends Preference {
  rolloutId: string;
  annotator: string;
  savedAt: string;
}

/** What an annotator writes in place of a rollout's completion. */
export interface CorrectionRow {
  rolloutId: string;
  annotator: string;
  text: string;
  /** Where its own phases but the first begin; null where they are those of the label, or it has them of phases that the project has no more. */
  boundaries: number[] | null;
  savedAt: string;
}

export interface DisagreementQuery {
  scope: AgreementScope;
  metric: AgreementMetric;
  /** Rollouts at most. */
  limit: number;
}

/** A rollout that annotators of a scope labelled, and how far they agree on it. */
export interface Disagreement {
  rolloutId: string;
  question: string;
  /** Of its completion in UTF-16 units. */
  length: number;
  labels: Segmentation[];
  values: AgreementValues;
}

/** What a program made of a rollout. */
export interface NewSuggestion extends Suggestion {
  rolloutId: string;
  /** What made it: the rules' version, or a tagger by its labels. */
  model: string;
}

/** A suggestion as it is stored: the newest of its rollout and source. */
export interface SuggestionRow extends NewSuggestion {
  createdAt: string;
  /** When each boundary was refused; null where it was not. */
  refusedAt: (string | null)[];
}

/** A rollout's text for a program that segments it. */
export interface RolloutText {
  rolloutId: string;
  promptId: string;
  text: string;
  /** By a person. */
  labelled: boolean;
}

/** The same for a language model, which is asked about it with its question. */
export interface UnsuggestedRollout extends Omit<RolloutText, 'labelled'>, Pick<Prompt, 'question' | 'options'> {}

/** Rollouts by what there is to ask about them. */
export interface UnsuggestedCount {
  /** Those without a suggestion. */
  rollouts: number;
  /** Of their completions and questions as UTF-8. */
  bytes: number;
  /** Those that have one. */
  suggested: number;
}

/** A person's label with what it is of. */
export interface LabelledCompletion extends Tokenised, Segmentation {
  rolloutId: string;
  promptId: string;
  /** Whose suggestion it was taken from; null where it was taken from none. */
  takenFrom: SuggestionSource | null;
}

/** A reviewer's last word on an annotator's label. */
export interface LabelReviewRow {
  annotator: string;
  reviewer: string;
  verdict: ReviewVerdict;
  at: string;
  /** The label is another one by now. */
  stale: boolean;
}

/** A rollout that came from a file. */
export interface ImportedRollout extends Pick<
  Rollout,
  'id' | 'promptId' | 'policy' | 'policyVersion' | 'completion' | 'source'
> {
  /** Somebody labelled, marked or commented on it. */
  isTouched: boolean;
}

/** What a file says of a stored rollout now. */
export interface RolloutUpdate {
  /** Of the stored one. */
  id: string;
  rollout: Rollout;
}

/** What came of bringing stored rollouts up to date. */
export interface UpdateCount {
  changed: number;
  /** Prompts that have become one with another. */
  merged: number;
  /** Those whose text stayed as it was, for something on it would have lost its place. */
  kept: { id: string; reason: string }[];
}

export interface ImportCount {
  prompts: number;
  rollouts: number;
  labels: number;
  duplicates: number;
}

export interface Provenance {
  [name: string]: string | string[] | undefined;
  /** A sentence each. */
  deviations?: string[];
}

/** The job of a Ray cluster that a run or an evaluation is, or last was. */
export interface RemoteJob {
  /** Of the cluster's dashboard. */
  address: string;
  /** Ray's version there. */
  version: string;
  /** What Ray calls the head's life, since which it knows the job. */
  session: string;
  /** Counts its jobs from 1. */
  attempt: number;
  /** Parcels of it that are in this store. */
  taken: number;
  /** Whether it was asked to end. */
  asked?: true;
}

/** What a run elsewhere did since it last said so. */
export interface RunParcel {
  iterations: readonly { metric: MetricRow; rollouts: readonly Rollout[] }[];
  snapshot: readonly SnapshotRow[];
  log: readonly Omit<LogRow, 'seq'>[];
  change: RunChange;
  /** Of the iteration of which a checkpoint lies in its place by now (`runFiles`), if any. */
  checkpoint: number | null;
}

export interface RunRow {
  id: string;
  name: string;
  config: RunConfig;
  status: RunStatus;
  request: RunRequest;
  /** How often a process took it. */
  claims: number;
  iteration: number;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  /** Backend chosen and measured: name, ms a gradient step of each one tried. */
  measured: Record<string, number> | null;
  backend: string | null;
  /** Why it failed, or was lost. */
  error: string | null;
  summary: Record<string, number | string | null> | null;
  /** Package versions and the hash of the data it trains on; of a run of the authors' presets also where it is not theirs. */
  provenance: Provenance | null;
  /** Null where it is trained on this machine. */
  remote: RemoteJob | null;
}

export interface MetricRow {
  iteration: number;
  at: number;
  values: Record<string, number>;
  /** Advantages of the iteration's rollouts, for the histogram: fresh ones first, then the `replayed` ones of its values. */
  advantages: number[];
}

export interface CheckpointRow {
  runId: string;
  iteration: number;
  path: string;
  createdAt: string;
}

export interface LogRow {
  seq: number;
  at: number;
  level: 'info' | 'warn' | 'error';
  message: string;
}

/** What a training process may change of its run. */
export type RunChange = Partial<
  Pick<
    RunRow,
    'status' | 'iteration' | 'measured' | 'backend' | 'error' | 'summary' | 'provenance' | 'endedAt' | 'remote'
  >
>;

/** An evaluation: a policy's completions of prompts, made to be scored. */
export interface EvaluationRow {
  id: string;
  name: string;
  /** As its rollouts say it. */
  policy: string;
  policyVersion: number;
  /** Folder of the adapter on the policy. */
  adapter: string | null;
  /** Of its prompts; null where they are of several. */
  dataset: string | null;
  split: Split | null;
  /** How its completions were made; null of an imported one, where nothing says. */
  settings: EvaluationSettings | null;
  /** 'evaluate', or 'import:<file>': the first that it was read from. */
  source: string;
  status: EvaluationStatus;
  request: RunRequest;
  /** How often a process took it. */
  claims: number;
  /** Its rollouts that are there. */
  done: number;
  /** Rollouts that it is to have; of an imported one, those that are there. */
  total: number;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  /** Why it failed, or was lost; of one that is finished, which prompts it leaves out, and the cure. */
  error: string | null;
  /** Whose verdicts on its replies count; null where none has judged them. */
  judge: AnswerJudge | null;
  /** Null where it is made on this machine. */
  remote: RemoteJob | null;
  /** What the process that follows it last said of how it goes. */
  said: string | null;
  /** How often replies that were there already were changed or judged. */
  changes: number;
}

/** `total` is null where the rollouts that come are all. */
export type NewEvaluation = Omit<
  EvaluationRow,
  'request' | 'claims' | 'done' | 'total' | 'startedAt' | 'endedAt' | 'error' | 'judge' | 'remote' | 'said' | 'changes'
> & { total: number | null };

/** A verdict that came with its reply. */
export interface GivenVerdict {
  evaluationId: string;
  judge: AnswerJudge;
  reply: JudgedReply;
  verdict: AnswerVerdict;
}

/** What the process that makes an evaluation may change of it. */
export type EvaluationChange = Partial<
  Pick<EvaluationRow, 'status' | 'settings' | 'total' | 'endedAt' | 'error' | 'remote' | 'said'>
>;

/** What an evaluation elsewhere did since it last said so. */
export interface EvaluationParcel {
  rollouts: readonly Rollout[];
  change: EvaluationChange;
}

/** A rollout's phases as they were when a run started, and where the run takes its weights from. */
export interface SnapshotRow extends Shaping {
  rolloutId: string;
}
