/** What a rule is: how an answer is read from a completion, and what it earns. Pure. */
import type { ProblemType, Prompt } from '../rollout.ts';

/** What a rule knows of the prompt. */
export type Asked = Pick<Prompt, 'id' | 'answer' | 'options' | 'problemType'>;

/** The two values that are compared, by problem type; null where there is none that the rule can read. */
export interface Compared {
  given: string | number | null;
  truth: string | number | null;
}

export interface Reading extends Compared {
  /** In [0, 1]; 0 where either is null. */
  score: number;
}

/** The rewards of a completion that its text alone decides. */
export interface RewardRule {
  /** 1 for a completion, with its first tag, in the format that is asked for, else 0. */
  format: (completion: string) => number;
  /** The accuracy by problem type, and what was compared for it. Throws when the prompt carries no answer. */
  accuracy: (completion: string, asked: Asked) => Reading;
  /** What `accuracy` compares, in a time linear in the texts, which scoring them is not. */
  read: (completion: string, asked: Asked) => Compared;
  /** 1 for each completion of a group that gives its most frequent answer, else 0. */
  self: (completions: readonly string[], asked: Pick<Asked, 'options' | 'problemType'>) => number[];
}

/** Of a given answer, null where there was none, and the true one. */
interface Comparison {
  read: (given: string | null, truth: string, options: readonly string[]) => Compared;
  score: (given: string | null, truth: string, options: readonly string[]) => Reading;
}

/** How a rule compares answers of each type. */
export type Comparisons = Readonly<Record<ProblemType, Comparison>>;

/** Reads a value in both texts, and scores the one against the other. */
export function compared<Value extends string | number>(
  read: (text: string, options: readonly string[]) => Value | null,
  score: (given: Value, truth: Value) => number,
): Comparison {
  const both = (given: string | null, truth: string, options: readonly string[]) => ({
    given: given === null ? null : read(given, options),
    truth: read(truth, options),
  });
  return {
    read: both,
    score: (...texts) => {
      const { given, truth } = both(...texts);
      return { given, truth, score: given === null || truth === null ? 0 : score(given, truth) };
    },
  };
}

/** How a rule reads answers: where the given one (null without one) and the true one stand in their texts, and how it compares them. */
export function answersBy(
  found: { given: (completion: string) => string | null; truth: (answer: string) => string },
  comparisons: Comparisons,
): Pick<RewardRule, 'accuracy' | 'read'> {
  const texts = (completion: string, { id, answer, options }: Asked) => {
    if (answer === null) throw new Error(`prompt ${id} has no answer to score against`);
    return [found.given(completion), found.truth(answer), options] as const;
  };
  return {
    accuracy: (completion, asked) => comparisons[asked.problemType].score(...texts(completion, asked)),
    read: (completion, asked) => comparisons[asked.problemType].read(...texts(completion, asked)),
  };
}

export const whole = (text: string): string => text;

export const equal = (given: string, truth: string): number => Number(given === truth);

/** A program in one line: runs of white space are one space, and what `comments` finds is left out. */
export const programWithout =
  (comments: RegExp) =>
  (text: string): string =>
    text.replace(comments, '').replace(/\s+/gu, ' ').trim();
