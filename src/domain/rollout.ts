/** The words of the project as types: prompt, group, rollout. Pure data; ids are stable content hashes made by the store. */
import type { TokenCurves } from './token-curve.ts';

export const splits = ['train', 'validation', 'test'] as const;
export type Split = (typeof splits)[number];

/** RL stages of the curriculum (docs/algorithm.md, "Curriculum"): 1 visual, 2 audio-visual, 3 localisation. */
export const stages = ['visual', 'audio-visual', 'localisation'] as const;
export type Stage = (typeof stages)[number];

export const problemTypes = [
  'multiple-choice',
  'numerical',
  'regression',
  'ocr',
  'text-recognition',
  'free-form',
  'descriptive',
  'exact',
  'code',
] as const;
export type ProblemType = (typeof problemTypes)[number];

/** What truly happens in a prompt's media from second `start` until second `end`; whatever else its dataset says of it is kept. */
export interface TrueEvent {
  /** 'shape' and 'tone' are those that the judge knows. */
  kind: string;
  start: number;
  end: number;
  colour?: string;
  tone?: string;
}

export const mediumKinds = ['video', 'image', 'audio'] as const;

/** One of the files that a prompt is about. */
export interface PromptMedium {
  kind: (typeof mediumKinds)[number];
  /** As `Prompt.video` is. */
  path: string;
}

/** A question about a video. `video` and `audio` are paths, absolute or relative to the file they were read from. */
export interface Prompt {
  id: string;
  /** What its dataset calls it (`problem_id`, …), by which a trainer's dump finds its prompt again. */
  sourceId?: string | null;
  dataset: string;
  question: string;
  /** Choices as shown, each beginning with its letter ("A red"); empty when the question is open. */
  options: string[];
  /** The true answer: a letter, a number or text. Null when a dump did not carry it. */
  answer: string | null;
  problemType: ProblemType;
  video: string | null;
  audio: string | null;
  /** All of its media in order, where there are more than one video (or picture) and one sound: `video` and `audio` are the first of them. */
  media?: PromptMedium[] | null;
  /** A teacher's strategic suggestion, prepended as a system message when the prompt keeps failing. */
  hint: string | null;
  /** The instruction (system message) that its dataset asks it with, in place of a run's; left out where there is none. */
  system?: string | null;
  split: Split;
  stage: Stage | null;
  /** What its benchmark calls its kind, by which accuracy is reported: a subject, a type of question; left out where nothing says. */
  category?: string | null;
  /** What a programmatic judge checks reasoning against, where the dataset tells it. */
  events?: TrueEvent[] | null;
  /** The row of another trainer's dataset that it was read from, as it stands there: it goes out again unchanged, with what no field here holds. */
  sourceRow?: Readonly<Record<string, unknown>> | null;
}

/** The tokens of a completion. All arrays have the completion's length in tokens, L. */
export interface TokenTrace {
  ids: Int32Array;
  /** UTF-16 offset in the completion at which each token starts. Null when the dump did not carry offsets. */
  offsets: Int32Array | null;
  /** Behaviour policy's log-prob of each token in nats; null when the dump has none (then a run recomputes them). */
  logProbs: Float32Array | null;
  /** Name or folder of the tokenizer the ids belong to. */
  tokenizer: string | null;
  /** What else is known of each token. A rollout that is read from the store comes without. */
  curves?: TokenCurves;
}

/** One completion of one prompt. */
export interface Rollout {
  id: string;
  promptId: string;
  /** Completions of one prompt by one policy version share a group. */
  groupId: string;
  runId: string | null;
  /** Who wrote it: a policy's name, with its version in gradient steps. */
  policy: string;
  policyVersion: number;
  completion: string;
  /** Reward by part: format, accuracy, self, judge, or a trainer's own names. */
  rewards: Record<string, number>;
  /** The reward the group advantage is computed from. Null when the dump carries none. */
  reward: number | null;
  /** As the trainer recorded it; null when it must be computed from the group. */
  advantage: number | null;
  tokens: TokenTrace | null;
  /** Why it ended: 'stop' as the policy ended it, 'length' at the limit of tokens, or another word of its file; null when nothing says. */
  finish?: string | null;
  /** True when a hint was prepended for this completion. */
  hinted: boolean;
  /** The instruction (system message, without the hint) that it was sampled under; left out where there was none. */
  system?: string | null;
  /** The evaluation that it is of: it is scored and never trained on. Left out where it is of none. */
  evaluationId?: string | null;
  /** Who made it: 'import:<file>', 'run:<id>' or 'evaluate'. */
  source: string;
  createdAt: string;
}

/** What a prompt about these media, in order, has of them: what is played first, and all where that is not all. */
export function promptMedia(media: readonly PromptMedium[]): Pick<Prompt, 'video' | 'audio' | 'media'> {
  const video = media.find(({ kind }) => kind === 'video') ?? media.find(({ kind }) => kind === 'image');
  const audio = media.find(({ kind }) => kind === 'audio');
  return {
    video: video?.path ?? null,
    audio: audio?.path ?? null,
    media: media.some((one) => one !== video && one !== audio) ? [...media] : undefined,
  };
}
