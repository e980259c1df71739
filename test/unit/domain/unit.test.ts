import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { unitBoundaries, unitTexts, wordUnits, type Units } from '../../../src/domain/unit.ts';

describe('word units', () => {
  it('are words with the white space before them', () => {
    const text = 'First, look: 看视频 now. ';
    const texts = unitTexts(text, wordUnits(text));
    expect(texts.slice(0, 4)).toEqual(['First', ',', ' look', ':']);
    expect(texts.at(-1)).toBe('. ');
    expect(texts.length).toBeGreaterThan(6);
  });

  it('tile any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const units = wordUnits(text);
        expect(unitTexts(text, units).join('')).toBe(text);
        expect(units.starts.length > 0).toBe(text.length > 0);
        expect(units.starts.every((start, i) => i === 0 || start > units.starts[i - 1])).toBe(true);
      }),
    );
  });
});

describe('boundaries in units', () => {
  it('are the first unit that starts at or after them', () => {
    const units: Units = { starts: [0, 3, 3, 8], source: 'tokens' };
    expect(unitBoundaries(units, [0, 1, 3, 4, 8, 9])).toEqual([0, 1, 1, 3, 3, 4]);
  });

  it('put each unit in the phase it starts in', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(texts, fc.nat(60), (text, boundary) => {
        const units = wordUnits(text);
        const [index] = unitBoundaries(units, [boundary]);
        for (const [i, start] of units.starts.entries()) expect(i >= index).toBe(start >= boundary);
      }),
    );
  });
});
