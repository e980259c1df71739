import { describe, expect, it } from 'vitest';
import { problemTypes, type ProblemType } from '../../../../src/domain/rollout.ts';
import { authors } from '../../../../src/domain/rules/authors.ts';
import { golden } from '../golden.ts';

/** Made by the authors' own plug-in (test/golden/authors-rewards.py). */
const theirs = golden<{
  accuracy: { type: ProblemType; truth: string; completion: string; reward: number }[];
  format: { completion: string; reward: number }[];
  self: { completions: string[]; rewards: number[] }[];
}>('authors-rewards');

const asked = (problemType: ProblemType, answer: string | null, options: string[] = []) => ({
  id: 'p',
  problemType,
  answer,
  options,
});

describe('the rule of the authors gives what their plug-in gives', () => {
  it('for accuracy, over all types', () => {
    expect(new Set(theirs.accuracy.map(({ type }) => type))).toEqual(new Set(problemTypes));
    for (const one of theirs.accuracy) {
      const { score } = authors.accuracy(one.completion, asked(one.type, one.truth));
      expect({ ...one, reward: score }).toEqual({ ...one, reward: expect.closeTo(one.reward, 9) as number });
    }
  });

  it.each(theirs.format)('for the format of $completion: $reward', ({ completion, reward }) => {
    expect(authors.format(completion)).toBe(reward);
  });

  it.each(theirs.self)('for the votes of $completions: $rewards', ({ completions, rewards }) => {
    expect(authors.self(completions, asked('free-form', null))).toEqual(rewards);
  });
});

it('tells what it compared', () => {
  const options = ['A. red', 'B. green'];
  expect(authors.accuracy('<answer> b. green</answer>', asked('multiple-choice', 'B', options))).toEqual({
    score: 0,
    given: 'B. GREEN',
    truth: 'B',
  });
  expect(authors.accuracy('I count 3-4', asked('numerical', '5'))).toEqual({ score: 0, given: null, truth: 5 });
  expect(authors.accuracy('1e5', asked('numerical', '15'))).toEqual({ score: 1, given: 15, truth: 15 });
});

it('throws when the prompt has no answer', () => {
  expect(() => authors.accuracy('x', asked('ocr', null))).toThrow('prompt p has no answer');
});
