import { describe, expect, it } from 'vitest';
import { differenceOf } from '../../../src/domain/difference.ts';
import fc from '../fc.ts';

/** "I look[-. So it-][+, and it+] is B." */
const drawn = (before: string, after: string): string =>
  differenceOf(before, after)
    .map(({ kind, text }) => (kind === 'same' ? text : kind === 'deleted' ? `[-${text}-]` : `[+${text}+]`))
    .join('');

describe('the difference of two texts', () => {
  it('is of words, and words replaced one after the other are one change', () => {
    expect(drawn('So it is C.', 'So it is B.')).toBe('So it is [-C-][+B+].');
    expect(drawn('I see a red square.', 'I see two green circles.')).toBe(
      'I see [-a red square-][+two green circles+].',
    );
    expect(drawn('I look. So it is C.', 'I look.')).toBe('I look.[- So it is C.-]');
    expect(drawn('Same.', 'Same.')).toBe('Same.');
    expect(drawn('', 'New.')).toBe('[+New.+]');
  });

  it('loses nothing of either text', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ' ', '\n', '.', '你', '😀', '  '))
      .map((some) => some.join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const parts = differenceOf(before, after);
        const without = (kind: string): string => parts.map((one) => (one.kind === kind ? '' : one.text)).join('');
        expect([without('inserted'), without('deleted')]).toEqual([before, after]);
        expect(parts.every(({ text }) => text !== '')).toBe(true);
      }),
    );
  });

  it('of a text that is written anew is the whole of it', () => {
    const words = (name: string): string => Array.from({ length: 3000 }, (_, i) => `${name}${i}`).join(' ');
    expect(differenceOf(words('a'), words('b')).map(({ kind }) => kind)).toEqual(['deleted', 'inserted']);
  });
});
