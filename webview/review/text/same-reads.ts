/** Rules that take the same answer from the same place of a reply. Pure. */
import type { AnswerRead } from '../../../src/protocol/review.ts';

export interface SameRead extends Pick<AnswerRead, 'extracted' | 'correct' | 'at'> {
  rules: Pick<AnswerRead, 'title' | 'how'>[];
}

/** In the order of the rules; those that take nothing last. */
export function sameReads(reads: readonly AnswerRead[]): SameRead[] {
  const key = ({ extracted, correct, at }: AnswerRead): string => JSON.stringify([extracted, correct, at]);
  const keys = [...new Set(reads.map(key))];
  const same = keys.map((one) => {
    const rules = reads.filter((read) => key(read) === one);
    return { ...rules[0], rules };
  });
  return [...same.filter(({ at }) => at !== null), ...same.filter(({ at }) => at === null)];
}
