/** What a reader makes of one record, before the importer gives it ids and finds its media. */
import type { AnswerJudge, AnswerVerdict } from '../domain/answer-verdict.ts';
import type { Edit } from '../domain/edit.ts';
import type { Phase, NewLabel } from '../domain/phase.ts';
import { promptMedia, type Prompt, type Rollout, type TokenTrace } from '../domain/rollout.ts';
import type { CommentChangeRow, CorrectionRow, JudgementRow, PreferenceRow, TagRow } from '../store/store.ts';
import type { KeptCurve } from '../domain/token-curve.ts';
import type { Ending } from './ending.ts';
import type { RawRecord } from './json-records.ts';

export interface PromptDraft extends Omit<Prompt, 'id'> {
  /** Kept when the file carries one; else made from the content. */
  id?: string;
  /** How many prompts of this text stand before it in its batch, where nothing else tells them apart. */
  nth?: number;
}

export interface RolloutDraft extends Omit<Rollout, 'id' | 'promptId' | 'groupId'> {
  id?: string;
  groupId?: string;
  /** Tells groups of one prompt and policy version apart within the dump; unused when `groupId` is given. */
  groupName: string;
}

export type LabelDraft = Omit<NewLabel, 'rolloutId'>;

export type Draft =
  | {
      kind: 'prompt';
      prompt: PromptDraft;
      rollout: RolloutDraft | null;
      /** The name of the evaluation that the rollout is of, where it was made to be scored: a file has one for each name, policy and version. */
      evaluation?: string;
      /** What the judge of that evaluation says of it. */
      verdict?: AnswerVerdict & AnswerJudge;
      labels: LabelDraft[];
      /** Every change of the rollout's comments. */
      comments?: CommentChangeRow[];
      tags?: TagRow[];
      /** What annotators say of its steps. */
      judgements?: Omit<JudgementRow, 'rolloutId'>[];
      /** What annotators say of it against others of its prompt, which have the same. */
      preferences?: Omit<PreferenceRow, 'rolloutId'>[];
      /** What annotators write in place of its completion. */
      corrections?: Omit<CorrectionRow, 'rolloutId'>[];
    }
  /** A label of a rollout that is in the store already; `text` is what its boundaries count in, where the file carries the completion too. */
  | { kind: 'label'; rolloutId: string; label: LabelDraft; text?: string }
  /** Something that was done to a rollout that is in the store already, or to the phases. */
  | { kind: 'edit'; edit: Edit }
  /** A note of the file on itself. */
  | { kind: 'nothing' };

/** What a reader knows of the file around a record. */
export interface FileContext {
  /** Absolute path. */
  file: string;
  /** When it was written, ISO 8601: what its rollouts carry as their time when they carry none. */
  modifiedAt: string;
  /** The dataset's name for prompts that say none. */
  dataset: string;
  /** What the format's companion file holds; null when it is not there. */
  companion: unknown;
  /** What the format's survey found; undefined without one. */
  survey: unknown;
  /** The project's phases, which labels cut completions into. */
  phases: readonly Phase[];
  /** Tells people what they should know of the file, once however often it is said. */
  note: (text: string) => void;
}

type Known<All, Needed extends keyof All> = Partial<All> & Pick<All, Needed>;

/** A prompt of which no more is known than `known` says; its `media` are all that it is about, in order. */
export function promptDraft(
  { dataset, note }: FileContext,
  { media, ...known }: Known<PromptDraft, 'question'>,
): PromptDraft {
  const files = media?.filter(({ path }) => !path.startsWith('data:')) ?? [];
  if (files.length < (media?.length ?? 0))
    note('media within messages are left out: write them to files and name those');
  return {
    sourceId: null,
    dataset,
    options: [],
    answer: null,
    problemType: 'free-form',
    hint: null,
    split: 'train',
    stage: null,
    ...promptMedia(files),
    ...known,
  };
}

/** A rollout of which no more is known than `known` says, grouped by its prompt, policy and version. */
export function rolloutDraft(
  { file, modifiedAt }: FileContext,
  known: Known<RolloutDraft, 'policy' | 'policyVersion' | 'completion'>,
): RolloutDraft {
  return {
    groupName: '',
    runId: null,
    rewards: {},
    reward: null,
    advantage: null,
    tokens: null,
    hinted: false,
    source: `import:${file}`,
    createdAt: modifiedAt,
    ...known,
  };
}

/**
 * A completion's log-probs, in nats: known of every token, or of none. Where one is missing, which generators write as null or NaN, they
 * count as not recorded: a run then computes them itself.
 */
export function logProbsOf(values: readonly (number | null)[], { note }: FileContext): Float32Array | null {
  if (values.every((value) => value !== null && !Number.isNaN(value))) return Float32Array.from(values as number[]);
  note('log-probs in which a token’s is missing count as not recorded');
  return null;
}

/** Curves of a completion's tokens, of those that are known of some; a value that is null is not known of its token. */
export function tokenCurves(
  values: Partial<Record<KeptCurve, readonly (number | null)[] | null>>,
): Pick<TokenTrace, 'curves'> {
  const known = Object.entries(values).filter(([, one]) => one?.some((value) => value !== null));
  if (known.length === 0) return {};
  return {
    curves: Object.fromEntries(known.map(([name, one]) => [name, Float32Array.from(one!, (value) => value ?? NaN)])),
  };
}

/** What each token's policy term was multiplied by, where that differs from token to token: else it is the rollout's advantage. */
export function creditOf(
  advantages: readonly (number | null)[] | null,
  weights: readonly (number | null)[] | null = null,
): (number | null)[] | null {
  const credit = advantages?.map((advantage, i) => {
    const weight = weights ? weights[i] : 1;
    return advantage === null || weight === null ? null : advantage * weight;
  });
  return credit && new Set(credit).size > 1 ? credit : null;
}

/**
 * The advantage of a completion by those of its tokens: a group's is every token's. A critic's differ, and are no completion's; null where a
 * token has none.
 */
export function advantageOf(values: readonly (number | null)[], { note }: Pick<FileContext, 'note'>): number | null {
  const [first = null, ...others] = new Set(values);
  if (others.length > 0)
    note(
      'advantages that differ from token to token are no rollout’s: where its tokens are known, they are a curve of these',
    );
  return others.length > 0 || first === null || !Number.isFinite(first) ? null : first;
}

/** A file's records, as the format reads them. */
export type RecordsOf = (file: string) => Promise<AsyncGenerator<RawRecord>>;

/** Why a file is not read, and the cure where there is one. */
export interface Refusal {
  reason: string;
  /** False of a file that belongs to something else: within a folder it is no news. */
  isData: boolean;
}

/** A kind of file: what its files are called, how to know one, why one that looks like it is none, and how to read each record. */
export interface Format {
  name: string;
  /** What people call it, for messages. */
  title: string;
  /** The ending of its files, where they are not JSON, parquet or a table; `isOthers` where files of other programs have it too. */
  ending?: { name: Ending; isOthers?: true };
  /** Names, without ending, that its writer gives to files whatever is in them: a dataset is not called after them. */
  writtenAs?: RegExp;
  /** Its records are prompts: of a file that holds completions too, it would leave those out. */
  isDataset?: true;
  /** Names of its files that hold labels, which wait for the rollouts they are on. */
  labels?: RegExp;
  /** Name of a JSON file beside the dump that tells more of it. */
  companion?: string;
  /** What holds the records: 'json' is also read from parquet, 'table' from CSV and workbooks too. Left out where `records` alone reads the file. */
  container?: 'json' | 'parquet' | 'table';
  /** Whether a text that begins so is of this format, which is known before a record is read. */
  begins?(head: string, file: string): boolean;
  /** Whether a zip archive with members of these names is of this format. */
  archive?(names: readonly string[]): boolean;
  /** Whether a record of JSON or parquet with these keys is of this format. */
  detects?(record: Readonly<Record<string, unknown>>): boolean;
  /** Why a text that is of no format is not of this one, where its ending or how it begins says that it was meant to be. */
  refuses?(head: string, ending: string): Refusal | null;
  /** Reads a file's records where its container's own are not what is parsed. */
  records?(file: string, signal?: AbortSignal): AsyncGenerator<RawRecord>;
  /** Under which name such a record has the file's own rows, where it is several of these. */
  within?: string;
  /** What only the whole dump tells: read once for each `of`, a file or its folder, before the first record. `tokenizer` is the folder that a person named. */
  survey?: {
    of(file: string): string;
    read(of: string, recordsOf: RecordsOf, tokenizer: string | undefined): Promise<unknown>;
  };
  /** The rows of a record that holds many. Throws an Error when its columns do not fit together. */
  rows?(record: unknown, context: FileContext): unknown[];
  /** Reads a record, or a row of one. Throws an Error that says what is wrong with it. */
  parse(record: unknown, context: FileContext): Draft;
}
