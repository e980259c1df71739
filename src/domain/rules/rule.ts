/** What a rule is: how an answer is read from a completion, and what it earns. Pure. */
import type { ProblemType, Prompt } from '../rollout.ts';

/** What a rule knows of the prompt. */
export type Asked = Pick<Prompt, 'id' | 'answer' | 'options' | 'problemType'>;

/** What a completion earned, and the two values that were compared for it; null where the rule found none to compare. */
export interface Reading {
  /** In [0, 1]. */
  score: number;
  given: string | number | null;
  truth: string | number | null;
}

/** The rewards of a completion that its text alone decides. */
export interface RewardRule {
  /** 1 for a completion, with its first tag, in the format that is asked for, else 0. */
  format: (completion: string) => number;
  /** The accuracy by problem type. Throws when the prompt carries no answer. */
  accuracy: (completion: string, asked: Asked) => Reading;
  /** 1 for each completion of a group that gives its most frequent answer, else 0. */
  self: (completions: readonly string[], asked: Pick<Asked, 'options' | 'problemType'>) => number[];
}

/** Compares two answers. */
type Comparison = (given: string, truth: string, options: readonly string[]) => Reading;

/** How a rule compares answers of each type. */
export type Comparisons = Readonly<Record<ProblemType, Comparison>>;

/** Reads both texts and scores the one against the other: 0 where either has nothing to read. */
export function compared<Value extends string | number>(
  read: (text: string, options: readonly string[]) => Value | null,
  score: (given: Value, truth: Value) => number,
): Comparison {
  return (givenText, truthText, options) => {
    const [given, truth] = [read(givenText, options), read(truthText, options)];
    return { score: given === null || truth === null ? 0 : score(given, truth), given, truth };
  };
}

export const whole = (text: string): string => text;

export const equal = (given: string, truth: string): number => Number(given === truth);

/** The true answer. */
export function truthOf({ id, answer }: Asked): string {
  if (answer === null) throw new Error(`prompt ${id} has no answer to score against`);
  return answer;
}

/** A program in one line: runs of white space are one space, and what `comments` finds is left out. */
export const programWithout =
  (comments: RegExp) =>
  (text: string): string =>
    text.replace(comments, '').replace(/\s+/gu, ' ').trim();
