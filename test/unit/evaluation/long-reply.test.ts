import { describe, expect, it } from 'vitest';
import { ruleNames, rules, type Question } from '../../../src/evaluation/rule.ts';

const question: Question = {
  question: 'Who took the key?',
  options: ['A. The cook', 'B. The gardener', 'C. The butler', 'D. The maid'],
  answer: 'D',
  problemType: 'multiple-choice',
};

/** How many characters the methods of texts go over while `work` runs: what they are called on, or of a search the way to what it finds. */
function charactersRead(work: () => void): number {
  let count = 0;
  const prototype = String.prototype as unknown as Record<string | symbol, (...given: unknown[]) => unknown>;
  const cost: Record<string, (text: string, given: unknown[], result: unknown) => number> = {
    indexOf: (text, [, from = 0], result) =>
      ((result as number) < 0 ? text.length : (result as number)) - (from as number),
    lastIndexOf: (text, _, result) => text.length - Math.max(result as number, 0),
    slice: (_text, _given, result) => (result as string).length,
  };
  const others = [
    'includes',
    'match',
    'matchAll',
    'search',
    'replace',
    'split',
    'trim',
    'trimStart',
    'toLowerCase',
    'toUpperCase',
  ];
  const names = [...Object.keys(cost), ...others, Symbol.iterator];
  const originals = names.map((name) => prototype[name]);
  for (const [i, name] of names.entries())
    prototype[name] = function (this: string, ...given: unknown[]) {
      const result = originals[i].apply(this, given);
      count += typeof name === 'string' && Object.hasOwn(cost, name) ? cost[name](this, given, result) : this.length;
      return result;
    };
  try {
    work();
  } finally {
    for (const [i, name] of names.entries()) prototype[name] = originals[i];
  }
  return count;
}

describe('a long reply', () => {
  const pieces = [
    '<answer>',
    '</answer>',
    '<answer>A</answer>',
    '</answer><answer>',
    'assistant\n',
    'A ',
    '(A)',
    'A.',
    'a',
    'AB',
    'İ',
    ' ',
    '.',
    ', ',
    '.,',
    'the maid ',
    '7_',
  ];
  it.each(ruleNames)('is read by %s in a time that grows as it does', (name) => {
    expect(rules[name].reads(question)).toBe(true);
    for (const piece of pieces) {
      const [once, twice] = [1000, 2000].map((times) => {
        const reply = piece.repeat(times);
        return charactersRead(() => rules[name].read(reply, question));
      });
      expect([piece, once > 0, twice < 2.5 * once]).toEqual([piece, true, true]);
    }
  });

  it('is counted: a search that begins anew at each tag reads the square of it', () => {
    const [once, twice] = [1000, 2000].map((times) => {
      const reply = '<answer>'.repeat(times);
      return charactersRead(() => {
        for (let i = 0; i < times; i += 1) reply.indexOf('</answer>', i * 8);
      });
    });
    expect(twice).toBeGreaterThan(3.5 * once);
  });
});
