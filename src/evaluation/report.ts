/** What an evaluation came to: accuracy by each reader, overall and by kind, and where the readers disagree. Pure, and plain data. */
import { isRight } from '../domain/correctness.ts';
import { mean, type Estimate } from '../domain/statistics.ts';
import { dimensions, judgesOf, readerNames, type Dimension, type ReaderName, type Scored } from './score.ts';
import { passAtK, wilson } from './statistics.ts';

export interface Report {
  prompts: number;
  replies: number;
  /** One for each reader that reads some reply, in the readers' order. */
  readers: ReaderReport[];
  /** Replies that some readers call right and others wrong: the first of them, in the order of the evaluation, and how many there are. */
  disagreements: { rows: Disagreement[]; count: number };
}

export interface ReaderReport {
  reader: ReaderName;
  /** The model that it asked, where it is one that asks. */
  judges: string[];
  /** Over its prompts: where one has several replies, the mean of these counts (mean@n). */
  accuracy: Estimate;
  /** Of the most replies that every prompt has: that one of k is right; none of single replies. */
  passAt: { k: number; accuracy: Estimate }[];
  replies: number;
  /** Replies in which it read no answer; null of what was recorded. */
  unread: number | null;
  /** By what tells its prompts apart. */
  by: { dimension: Dimension; kinds: KindReport[] }[];
  length: LengthReport;
}

export interface KindReport {
  name: string;
  accuracy: Estimate;
  unread: number | null;
}

/** How the length of replies goes with their being right. */
export interface LengthReport {
  unit: 'tokens' | 'words';
  /** Mean of the right and of the wrong replies; null where there are none. */
  right: number | null;
  wrong: number | null;
  /** Replies from the shortest to the longest, in fifths: `from` to `to`, both in it. */
  fifths: { from: number; to: number; accuracy: Estimate }[];
}

export interface Disagreement {
  rolloutId: string;
  promptId: string;
  question: string;
  reads: Scored['reads'];
}

/** Disagreements that a report lists, unless it is asked for more. */
const listed = 1_000;

/** Of the replies of one evaluation, by the readers that scored them. */
export function report(replies: readonly Scored[], most = listed): Report {
  // What a rule for one kind of prompt alone reads stands in that kind's row.
  const by = telling(replies);
  const disagreements = replies.filter(({ reads }) => new Set(Object.values(reads).map(isReadRight)).size > 1);
  return {
    prompts: new Set(replies.map(({ promptId }) => promptId)).size,
    replies: replies.length,
    readers: readerNames.flatMap((reader) => readerReport(replies, reader, by) ?? []),
    disagreements: {
      rows: disagreements
        .slice(0, most)
        .map(({ rolloutId, promptId, question, reads }) => ({ rolloutId, promptId, question, reads })),
      count: disagreements.length,
    },
  };
}

const isReadRight = ({ score }: { score: number }): boolean => isRight(score);

/** Prompts that several evaluations have, and none has right by a reader: by what they all ask, or by what none can read. */
export function neverRight(
  evaluations: readonly (readonly Scored[])[],
  reader: ReaderName,
): { promptId: string; question: string }[] {
  const all = evaluations.map((replies) => promptScores(replies, reader));
  const fails = (scores: readonly number[] | undefined): boolean => scores?.every((score) => !isRight(score)) ?? false;
  return [...(all.at(0) ?? [])].flatMap(([promptId, { question }]) =>
    all.every((prompts) => fails(prompts.get(promptId)?.scores)) ? { promptId, question } : [],
  );
}

/** What the replies of a prompt are worth. */
export interface PromptScore {
  question: string;
  kinds: Scored['kinds'];
  scores: number[];
  rolloutIds: string[];
}

/** By prompt, in the evaluation's order; prompts of which the reader says nothing are left out. */
export function promptScores(replies: readonly Scored[], reader: ReaderName): Map<string, PromptScore> {
  const found = new Map<string, PromptScore>();
  for (const { promptId, rolloutId, question, kinds, reads } of replies) {
    const read = reads[reader];
    if (!read) continue;
    const one = found.get(promptId) ?? { question, kinds, scores: [], rolloutIds: [] };
    one.scores.push(read.score);
    one.rolloutIds.push(rolloutId);
    found.set(promptId, one);
  }
  return found;
}

/** Dimensions that tell some prompts apart. */
export function telling(prompts: readonly Pick<Scored, 'kinds'>[]): Dimension[] {
  return dimensions.filter((dimension) => prompts.some((one) => one.kinds[dimension] !== prompts[0].kinds[dimension]));
}

/** Prompts by these dimensions, else by each that tells some of them apart, its kinds in the order of their names. */
export function byKinds<Of extends Pick<Scored, 'kinds'>>(
  prompts: readonly Of[],
  by: readonly Dimension[] = telling(prompts),
): { dimension: Dimension; kinds: { name: string; of: Of[] }[] }[] {
  return by.map((dimension) => {
    const kinds = Map.groupBy(prompts, (one) => one.kinds[dimension] ?? 'not said');
    const sorted = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1));
    return { dimension, kinds: sorted.map(([name, of]) => ({ name, of })) };
  });
}

/** Over prompts, the mean of each one's replies. */
export function accuracyOf(prompts: readonly Pick<PromptScore, 'scores'>[]): Estimate {
  return wilson(
    prompts.reduce((sum, { scores }) => sum + mean(scores), 0),
    prompts.length,
  );
}

function readerReport(replies: readonly Scored[], reader: ReaderName, by: readonly Dimension[]): ReaderReport | null {
  const read = replies.filter(({ reads }) => reads[reader]);
  if (read.length === 0) return null;
  const prompts = [...promptScores(read, reader).values()];
  const unread = (of: readonly Scored[]): number | null =>
    reader === 'recorded' ? null : of.filter(({ reads }) => reads[reader]!.extracted === null).length;
  const unreadBy = byKinds(read, by);
  return {
    reader,
    judges: judgesOf(read, reader),
    accuracy: accuracyOf(prompts),
    passAt: passesAt(prompts),
    replies: read.length,
    unread: unread(read),
    by: byKinds(prompts, by).map(({ dimension, kinds }, i) => ({
      dimension,
      kinds: kinds.map(({ name, of }, j) => ({
        name,
        accuracy: accuracyOf(of),
        unread: unread(unreadBy[i].kinds[j].of),
      })),
    })),
    length: lengthReport(read, reader),
  };
}

/** pass@k at each power of two. */
function passesAt(prompts: readonly PromptScore[]): ReaderReport['passAt'] {
  const n = prompts.reduce((least, { scores }) => Math.min(least, scores.length), Infinity);
  if (n < 2) return [];
  const powers = Array.from({ length: Math.floor(Math.log2(n)) + 1 }, (_, i) => 2 ** i);
  return [...new Set([...powers, n])].map((k) => {
    const passes = prompts.map(({ scores }) => passAtK(scores.length, scores.filter(isRight).length, k));
    return { k, accuracy: wilson(mean(passes) * passes.length, passes.length) };
  });
}

function lengthReport(replies: readonly Scored[], reader: ReaderName): LengthReport {
  const unit = replies.every(({ tokens }) => tokens !== null) ? 'tokens' : 'words';
  const rows = replies.map((reply) => ({
    promptId: reply.promptId,
    length: reply[unit]!,
    score: reply.reads[reader]!.score,
  }));
  const meanLength = (right: boolean): number | null => {
    const lengths = rows.filter(({ score }) => isRight(score) === right).map(({ length }) => length);
    return lengths.length === 0 ? null : mean(lengths);
  };
  const lengths = rows.map(({ length }) => length).sort((a, b) => a - b);
  // Equal lengths are of one fifth.
  const edges = [...new Set([1, 2, 3, 4, 5].map((fifth) => lengths[Math.ceil((fifth * lengths.length) / 5) - 1]))];
  const fifths = edges.flatMap((edge, i) => {
    const before = i === 0 ? -Infinity : edges[i - 1];
    const within = rows.filter(({ length }) => length > before && length <= edge);
    if (within.length === 0) return [];
    const from = within.reduce((least, { length }) => Math.min(least, length), Infinity);
    const prompts = [...Map.groupBy(within, ({ promptId }) => promptId).values()];
    const accuracy = accuracyOf(prompts.map((of) => ({ scores: of.map(({ score }) => score) })));
    return { from, to: edge, accuracy };
  });
  return { unit, right: meanLength(true), wrong: meanLength(false), fifths };
}
