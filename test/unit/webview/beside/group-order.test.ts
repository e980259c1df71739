import { describe, expect, it } from 'vitest';
import type { Member } from '../../../../src/protocol/review.ts';
import { ordered, vanishingText } from '../../../../webview/review/beside/group-order.ts';

const member = (
  reward: number | null,
  advantage: number | null,
  length: number,
  right: boolean | null = null,
): Member => ({
  ...{
    rolloutId: `r-${length}`,
    reward,
    advantage,
    length,
    correct: right === null ? null : { right, by: 'accuracy' },
  },
  ...{ name: null, labelled: false, advantageByRewards: null, tokens: null, finish: null, hinted: false },
});

describe('completions side by side', () => {
  const members = [member(0.5, null, 30), member(1, 0.2, 10), member(null, 0.9, 20), member(1, -1, 40)];
  const numbers = (order: Parameters<typeof ordered>[1]): number[] =>
    ordered(members, order).map(({ number }) => number);

  it('stand highest first, without a value last, equal ones as generated', () => {
    expect(numbers('as generated')).toEqual([1, 2, 3, 4]);
    expect(numbers('reward')).toEqual([2, 4, 1, 3]);
    expect(numbers('advantage')).toEqual([3, 2, 4, 1]);
    expect(numbers('length')).toEqual([4, 1, 3, 2]);
  });
});

it('a vanishing group is told why, as far as that is known', () => {
  const all = (correct: boolean | null): string =>
    vanishingText([member(0.5, 0, 1, correct), member(0.5, 0, 2, correct)]);
  expect(all(null)).toBe('all 2 earned 0.50, so nothing is learned here');
  expect(all(true)).toMatch(/: the prompt is too easy for this policy$/u);
  expect(all(false)).toMatch(/: none is right, so the prompt is too hard for it without a hint$/u);
});
