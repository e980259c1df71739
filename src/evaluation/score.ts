/** A reply as an evaluation counts it: what each reader reads in it, and whether that is right. Pure, and plain data. */
import { accuracyReward, correctness } from '../domain/correctness.ts';
import type { EvaluatedRollout } from '../domain/evaluation.ts';
import { ruleNames, rules, type RuleName } from './rule.ts';

/** Who says what a reply is worth: what was recorded with it, a rule, or a language model that was asked (docs/evaluation.md, "The judge"). */
export const readerNames = ['recorded', ...ruleNames, 'mmvu-judge'] as const;
export type ReaderName = (typeof readerNames)[number];

/** What the names of rules for one benchmark end with; its dataset's name has it, too. */
const benchmarks = ['mmvu', 'omnibench', 'video-holmes'];

/** Whom nothing here can stand in for: they say something only where it is stored. */
const storedReaders: readonly ReaderName[] = ['recorded', 'mmvu-judge'];

/** Who reads the replies to a dataset's prompts unless others are asked for: what is stored, our rule, and those for this benchmark. */
export function usualReaders(dataset: string | null): ReaderName[] {
  const name = dataset?.toLowerCase().replaceAll(/[\s_]/gu, '-') ?? '';
  const benchmark = benchmarks.find((one) => name.includes(one));
  return readerNames.filter(
    (reader) =>
      storedReaders.includes(reader) || reader === 'ours' || (benchmark !== undefined && reader.endsWith(benchmark)),
  );
}

export function readerTitle(name: ReaderName): string {
  if (name === 'recorded') return 'As recorded';
  return name === 'mmvu-judge' ? 'MMVU’s judge' : rules[name].title;
}

/** A reader with the models that it asked. */
export const readerText = (name: ReaderName, judges: readonly string[]): string =>
  judges.length === 0 ? readerTitle(name) : `${readerTitle(name)} (${judges.join(', ')})`;

/** The models that a reader asked about these. */
export const judgesOf = (replies: readonly Scored[], reader: ReaderName): string[] => [
  ...new Set(replies.flatMap(({ reads }) => reads[reader]?.judge ?? [])),
];

/** What a reader says of a reply. */
export interface Read {
  /** In [0, 1]. */
  score: number;
  /** The answer that it took; null where it read none, and of what was recorded. */
  extracted: string | null;
  /** The model that was asked. */
  judge?: string;
}

export interface Scored {
  rolloutId: string;
  promptId: string;
  question: string;
  /** What accuracy is reported by. */
  kinds: Record<Dimension, string | null>;
  /** By reader; those that are not defined for the question, and what was not recorded, are left out. */
  reads: Partial<Record<ReaderName, Read>>;
  /** In tokens; null where they are not recorded. */
  tokens: number | null;
  words: number;
}

/** By what prompts are told apart, the finest first. */
export const dimensions = ['category', 'stage', 'problem type', 'dataset'] as const;
export type Dimension = (typeof dimensions)[number];

/** Takes a time linear in the reply for each of `readers`. */
export function scored(rollout: EvaluatedRollout, readers: readonly ReaderName[]): Scored {
  const { id, completion, prompt, tokenCount } = rollout;
  const reads: Scored['reads'] = {};
  for (const reader of readers) {
    const read = readBy(reader, rollout);
    if (read) reads[reader] = read;
  }
  const { category, stage, problemType, dataset } = prompt;
  return {
    rolloutId: id,
    promptId: prompt.id,
    question: prompt.question,
    kinds: { category, stage, 'problem type': problemType, dataset },
    reads,
    tokens: tokenCount,
    words: completion.match(/\S+/gu)?.length ?? 0,
  };
}

function readBy(reader: ReaderName, rollout: EvaluatedRollout): Read | null {
  if (reader === 'recorded') return recorded(rollout);
  return reader === 'mmvu-judge' ? judged(rollout) : byRule(reader, rollout);
}

/** The accuracy among its rewards, as graded; else whether its whole reward says it is right. */
function recorded({ rewards, reward }: EvaluatedRollout): Read | null {
  const correct = correctness(rewards, reward);
  if (correct === null) return null;
  const name = accuracyReward(rewards);
  const graded = name === null ? NaN : rewards[name];
  return { score: graded >= 0 && graded <= 1 ? graded : Number(correct.right), extracted: null };
}

/** A reply on which no verdict could be read is wrong, as with MMVU's authors. */
function judged({ verdict }: EvaluatedRollout): Read | null {
  return (
    verdict && { score: Number(verdict.correct), extracted: verdict.extracted || null, judge: verdict.judge.model }
  );
}

function byRule(name: RuleName, { completion, prompt }: EvaluatedRollout): Read | null {
  const rule = rules[name];
  if (!rule.reads(prompt)) return null;
  const { extracted, correct } = rule.read(completion, prompt);
  return { score: Number(correct), extracted };
}
