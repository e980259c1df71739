import { describe, expect, it } from 'vitest';
import fc from '../../fc.ts';
import { problemTypes, type ProblemType } from '../../../../src/domain/rollout.ts';
import { answerOf, ours } from '../../../../src/domain/rules/ours.ts';
import { golden } from '../golden.ts';

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
  ])('%j earns %d', (text, reward) => expect(ours.format(text)).toBe(reward));
});

describe('the accuracy reward', () => {
  it('agrees with the golden vectors', () => {
    const cases = golden<{ type: ProblemType; given: string; truth: string; reward: number }[]>('accuracy');
    expect(new Set(cases.map(({ type }) => type)).size).toBe(4);
    for (const { type, given, truth, reward } of cases) {
      expect([type, given, ours.accuracy(completion(given), prompt(type, truth)).score]).toEqual([
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
    expect(ours.accuracy(completion(given), prompt('multiple-choice', 'B', options)).score).toBe(reward);
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
    expect(ours.accuracy(completion(given), prompt('multiple-choice', truth, options)).score).toBe(1);
  });

  it.each(['A or B', 'B or A', '(A) or (B)', 'A, B', 'B/C', 'A and B', 'A square', 'I see B'])(
    'reads no letter in %j',
    (given) => {
      for (const truth of ['A', 'B', 'I']) {
        expect(ours.accuracy(completion(given), prompt('multiple-choice', truth, ['A red', 'B green'])).score).toBe(0);
        expect(ours.accuracy(completion(given), prompt('multiple-choice', truth)).score).toBe(0);
      }
    },
  );

  it('reads the true answer the same way', () => {
    expect(ours.accuracy(completion('a red ball'), prompt('multiple-choice', 'C a red ball', options)).score).toBe(1);
  });

  it('is 1 for the truth itself, in [0, 1] for anything, 0 without an answer', () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,6}$/);
    const text = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(fc.constantFrom(...problemTypes), text, text, (type, given, truth) => {
        const score = ours.accuracy(completion(given), prompt(type, truth)).score;
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(ours.accuracy(given, prompt(type, truth)).score).toBe(0);
        if (/\d/.test(truth) || (type !== 'numerical' && type !== 'regression')) {
          expect(ours.accuracy(completion(truth), prompt(type, truth)).score).toBeCloseTo(1, 12);
        }
      }),
    );
  });

  it.each([
    ['numerical', '0:45', 'at 0:12', 0],
    ['numerical', '1:05', '1:50', 0],
    ['numerical', '1:05', '65 s', 1],
    ['numerical', '-5', '\u22125', 1],
    ['numerical', '5', '\u22125', 0],
    ['regression', '\u22124', '-3', 0.75],
    ['numerical', '0:12', '0:12: the dog barks', 1],
    ['regression', '1:02:30', '1:00:00', 0.96],
    ['exact', 'Dolly zoom', 'dolly zoom.', 1],
    ['exact', 'Dolly zoom', 'a dolly zoom', 0],
    ['code', 'x = 1\ny = 2', 'x  = 1  # one\ny = 2', 1],
    ['code', '#include <a.h>', '#include <b.h>', 0],
    ['code', "c = '#fff'", "c = '#000'", 0],
    ['text-recognition', 'EXIT 12', 'EXIT 13', 0.5],
    ['descriptive', 'a dog barks', 'a dog', (0.8 + 2 / 3 + 0.8) / 3],
  ] as const)('compares %s answers: %j with %j', (type, truth, given, score) => {
    expect(ours.accuracy(completion(given), prompt(type, truth)).score).toBeCloseTo(score, 12);
  });

  it('tells what it compared', () => {
    const read = (type: ProblemType, truth: string, text: string, options?: string[]) =>
      ours.accuracy(text, prompt(type, truth, options));
    expect(read('multiple-choice', 'B', completion('a red ball'), options)).toEqual({
      score: 0,
      given: 'c',
      truth: 'b',
    });
    expect(read('numerical', '5 cats', completion('about 4'))).toEqual({ score: 0, given: 4, truth: 5 });
    expect(read('numerical', '5', completion('five'))).toEqual({ score: 0, given: null, truth: 5 });
    expect(read('numerical', '5', '5')).toEqual({ score: 0, given: null, truth: 5 });
    expect(read('exact', 'Yes.', completion('no'))).toEqual({ score: 0, given: 'no', truth: 'yes' });
  });

  it('throws when the prompt has no answer', () => {
    expect(() => ours.accuracy(completion('x'), prompt('ocr', null))).toThrow('prompt p has no answer');
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
    expect(ours.self([...group, 'no answer'], prompt('numerical', null))).toEqual([1, 0, 1, 1, 0]);
  });
  it('reads choices by their letter', () => {
    const group = ['B', 'green', '(b)', 'A'].map(completion);
    expect(ours.self(group, prompt('multiple-choice', null, ['A red', 'B green']))).toEqual([1, 1, 1, 0]);
  });
  it('lets a tie favour nobody', () => {
    expect(ours.self(['1', '2', '2', '1', '3'].map(completion), prompt('numerical', null))).toEqual([1, 1, 1, 1, 0]);
    expect(ours.self(['none', 'none'], prompt('numerical', null))).toEqual([0, 0]);
  });
});
