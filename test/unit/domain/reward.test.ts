import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accuracyReward,
  answerOf,
  formatReward,
  judgeReward,
  opensThinking,
  selfRewards,
  stageWeights,
  totalReward,
} from '../../../src/domain/reward.ts';
import { problemTypes, type ProblemType } from '../../../src/domain/rollout.ts';
import { golden } from './golden.ts';

const completion = (answer: string): string => `<think>because</think><answer>${answer}</answer>`;
const prompt = (problemType: ProblemType, answer: string | null, options: string[] = []) => ({
  id: 'p',
  problemType,
  answer,
  options,
});

describe('the format reward', () => {
  it.each([
    ['<think>plan\nmore</think><answer>B</answer>', 1],
    [' <think>a</think>\n <answer>B</answer>\n', 1],
    ['<think></think><answer></answer>', 1],
    ['<answer>B</answer>', 0],
    ['<think>a</think>', 0],
    ['<think>a</think><answer>B</answer> and more', 0],
    ['so <think>a</think><answer>B</answer>', 0],
    ['<think>a</think> so <answer>B</answer>', 0],
    ['<think>a<think>b</think></think><answer>B</answer>', 0],
    ['<think>a</think><answer>B</answer><think>a</think><answer>C</answer>', 0],
    ['<answer>B</answer><think>a</think>', 0],
    ['', 0],
  ])('%j earns %d', (text, reward) => expect(formatReward(text)).toBe(reward));

  it.each([
    ['low\n</think>\n<answer>B</answer>', 1],
    ['<think>low</think><answer>B</answer>', 1],
    ['low <think> high</think><answer>B</answer>', 0],
    ['low <answer>B</answer>', 0],
    ['low</think><answer>B</answer> and more', 0],
  ])('%j earns %d where the prompt has opened the reasoning', (text, reward) => {
    expect(formatReward(text, true)).toBe(reward);
  });

  it('looks for the tag at the very end of a prompt', () => {
    expect(
      ['…<｜Assistant｜><think>\n', '…<think>', 'use <think> tags', '<think></think>\n'].map(opensThinking),
    ).toEqual([true, true, false, false]);
  });
});

describe('the accuracy reward', () => {
  it('agrees with the golden vectors', () => {
    const cases = golden<{ type: ProblemType; given: string; truth: string; reward: number }[]>('accuracy');
    expect(new Set(cases.map(({ type }) => type)).size).toBe(4);
    for (const { type, given, truth, reward } of cases) {
      expect([type, given, accuracyReward(prompt(type, truth), completion(given))]).toEqual([
        type,
        given,
        expect.closeTo(reward, 12),
      ]);
    }
  });

  const options = ['A red', 'B green', 'C a red ball', 'D none'];
  it.each([
    ['B', 1],
    ['b', 1],
    [' (B) ', 1],
    ['B. green', 1],
    ['green', 1],
    ['B green', 1],
    ['A', 0],
    ['red', 0],
    ['a red ball', 0],
    ['blue', 0],
    ['', 0],
  ])('reads the letter of the choice %j', (given, reward) => {
    expect(accuracyReward(prompt('multiple-choice', 'B', options), completion(given))).toBe(reward);
  });

  it.each([
    // The article is no letter, and an option's own text comes first.
    ['A blue square', ['A. red ball', 'B. blue square'], 'B'],
    ['a blue square.', ['A. A red ball', 'B. A blue square'], 'B'],
    ['The blue square', ['A) red ball', 'B) blue square'], 'B'],
    ['A blue square', ['red ball', 'blue square'], 'B'],
    ['A blue square', ['A blue square', 'B red ball'], 'A'],
    ['green', ['red', 'green'], 'B'],
    ['B', ['red', 'green'], 'green'],
    ['B. green', ['red', 'green'], 'B'],
    // Notes have letters for names: a letter alone is an option's.
    ['C', ['A. C', 'B. D', 'C. E'], 'C'],
    ['C', ['C', 'D', 'E'], 'C'],
    ['B) it is on screen', ['A) red', 'B) green'], 'B'],
    ['B is on screen', ['A red', 'B green'], 'B'],
  ])('reads %j of %j as %j', (given, options, truth) => {
    expect(accuracyReward(prompt('multiple-choice', truth, options), completion(given))).toBe(1);
  });

  it.each(['A or B', 'B or A', '(A) or (B)', 'A, B', 'B/C', 'A and B', 'A square', 'I see B'])(
    'reads no letter in %j',
    (given) => {
      for (const truth of ['A', 'B', 'I']) {
        expect(accuracyReward(prompt('multiple-choice', truth, ['A red', 'B green']), completion(given))).toBe(0);
        expect(accuracyReward(prompt('multiple-choice', truth), completion(given))).toBe(0);
      }
    },
  );

  it('reads the true answer the same way', () => {
    expect(accuracyReward(prompt('multiple-choice', 'C a red ball', options), completion('a red ball'))).toBe(1);
  });

  it('is 1 for the truth itself, in [0, 1] for anything, 0 without an answer', () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,6}$/);
    const text = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(fc.constantFrom(...problemTypes), text, text, (type, given, truth) => {
        const score = accuracyReward(prompt(type, truth), completion(given));
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(accuracyReward(prompt(type, truth), given)).toBe(0);
        if (/\d/.test(truth) || (type !== 'numerical' && type !== 'regression')) {
          expect(accuracyReward(prompt(type, truth), completion(truth))).toBeCloseTo(1, 12);
        }
      }),
    );
  });

  it('throws when the prompt has no answer', () => {
    expect(() => accuracyReward(prompt('ocr', null), completion('x'))).toThrow('prompt p has no answer');
  });
});

describe('answers', () => {
  it('are the last complete answer tag', () => {
    expect(answerOf('<answer>a</answer> then <answer> b </answer>')).toBe('b');
    expect(answerOf('<answer>a</answer> then <answer>b')).toBe('a');
    expect(answerOf('</answer>')).toBeNull();
    expect(answerOf('none')).toBeNull();
  });
});

describe('the self reward', () => {
  it('goes to the majority answer', () => {
    const group = ['3', '4', '3', '3'].map(completion);
    expect(selfRewards(prompt('numerical', null), [...group, 'no answer'])).toEqual([1, 0, 1, 1, 0]);
  });
  it('reads choices by their letter', () => {
    const group = ['B', 'green', '(b)', 'A'].map(completion);
    expect(selfRewards(prompt('multiple-choice', null, ['A red', 'B green']), group)).toEqual([1, 1, 1, 0]);
  });
  it('lets a tie favour nobody', () => {
    expect(selfRewards(prompt('numerical', null), ['1', '2', '2', '1', '3'].map(completion))).toEqual([1, 1, 1, 1, 0]);
    expect(selfRewards(prompt('numerical', null), ['none', 'none'])).toEqual([0, 0]);
  });
});

describe('the total reward', () => {
  it('weighs the parts by stage', () => {
    const parts = { format: 1, accuracy: 1, self: 0, judge: 0.5 };
    expect(totalReward(parts, stageWeights.visual)).toBeCloseTo(1);
    expect(totalReward(parts, stageWeights['audio-visual'])).toBeCloseTo(0.6);
    expect(totalReward(parts, stageWeights.localisation)).toBeCloseTo(0.8);
  });
  it('gives every stage weights that sum to 1', () => {
    for (const weights of Object.values(stageWeights)) {
      expect(Object.values(weights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    }
  });
  it('takes the mean of a judge’s steps and refuses scores outside [0, 1]', () => {
    expect(judgeReward([1, 0.5, 0])).toBeCloseTo(0.5);
    expect(judgeReward([])).toBe(0);
    expect(() => judgeReward([1.2])).toThrow(RangeError);
    expect(() => judgeReward([NaN])).toThrow(RangeError);
  });
});
