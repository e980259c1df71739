/** Two evaluations on the prompts that both have: which answers the second has right that the first has not, and the other way. Pure, and plain data. */
import { isRight } from '../domain/correctness.ts';
import { Random } from '../domain/random.ts';
import { mean, type Estimate } from '../domain/statistics.ts';
import { accuracyOf, byKinds, promptScores, type PromptScore } from './report.ts';
import { judgesOf, type Dimension, type ReaderName, type Scored } from './score.ts';
import { bootstrapDifference, mcnemar } from './statistics.ts';

export interface Comparison {
  reader: ReaderName;
  /** The models that it asked of the one and of the other, where it is one that asks. */
  judges: string[];
  /** Prompts that the one has and the other has not: they do not count. */
  onlyFirst: number;
  onlySecond: number;
  overall: Difference;
  by: { dimension: Dimension; kinds: (Difference & { name: string })[] }[];
  flips: Flip[];
}

/** How two fare on the same prompts. A prompt with several replies is right where most of them are. */
export interface Difference {
  prompts: number;
  first: Estimate;
  second: Estimate;
  /** Second − first, by the paired bootstrap. */
  difference: Estimate;
  /** Right in the second alone, and in the first alone. */
  fixed: number;
  broken: number;
  bothRight: number;
  bothWrong: number;
  /** p of the exact McNemar test on `fixed` and `broken`. */
  p: number;
}

/** A prompt that one has right and the other has not, with the first reply of each that says so. */
export interface Flip {
  kind: 'fixed' | 'broken';
  promptId: string;
  question: string;
  category: string | null;
  /** Rollouts. */
  first: string;
  second: string;
}

interface Pair extends Pick<PromptScore, 'kinds' | 'question'> {
  promptId: string;
  first: PromptScore;
  second: PromptScore;
}

/** Null where no prompt is in both and scored by `reader` in both. The bootstrap draws by `seed`. */
export function compare(
  first: readonly Scored[],
  second: readonly Scored[],
  reader: ReaderName,
  seed = 0,
): Comparison | null {
  const [a, b] = [promptScores(first, reader), promptScores(second, reader)];
  const pairs = [...a].flatMap(([promptId, one]): Pair[] => {
    const other = b.get(promptId);
    return other ? [{ promptId, kinds: one.kinds, question: one.question, first: one, second: other }] : [];
  });
  if (pairs.length === 0) return null;
  return {
    reader,
    judges: judgesOf([...first, ...second], reader),
    onlyFirst: a.size - pairs.length,
    onlySecond: b.size - pairs.length,
    overall: differenceOf(pairs, Random.seeded(seed, 'compare')),
    by: byKinds(pairs).map(({ dimension, kinds }) => ({
      dimension,
      kinds: kinds.map(({ name, of }) => ({
        name,
        ...differenceOf(of, Random.seeded(seed, 'compare', dimension, name)),
      })),
    })),
    flips: pairs.flatMap(flipOf),
  };
}

const isPromptRight = ({ scores }: PromptScore): boolean => isRight(mean(scores));

function differenceOf(pairs: readonly Pair[], random: Random): Difference {
  const count = (inFirst: boolean, inSecond: boolean): number =>
    pairs.filter(({ first, second }) => isPromptRight(first) === inFirst && isPromptRight(second) === inSecond).length;
  const [fixed, broken] = [count(false, true), count(true, false)];
  const means = (of: 'first' | 'second'): number[] => pairs.map((pair) => mean(pair[of].scores));
  return {
    prompts: pairs.length,
    first: accuracyOf(pairs.map((pair) => pair.first)),
    second: accuracyOf(pairs.map((pair) => pair.second)),
    difference: bootstrapDifference(means('first'), means('second'), random),
    fixed,
    broken,
    bothRight: count(true, true),
    bothWrong: count(false, false),
    p: mcnemar(fixed, broken),
  };
}

function flipOf({ promptId, question, kinds, first, second }: Pair): Flip[] {
  const [before, after] = [isPromptRight(first), isPromptRight(second)];
  if (before === after) return [];
  const saying = ({ rolloutIds, scores }: PromptScore, right: boolean): string =>
    rolloutIds[scores.findIndex((score) => isRight(score) === right)];
  return [
    {
      kind: after ? 'fixed' : 'broken',
      ...{ promptId, question, category: kinds.category },
      ...{ first: saying(first, before), second: saying(second, after) },
    },
  ];
}
