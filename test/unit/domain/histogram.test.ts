import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { histogramOf } from '../../../src/domain/histogram.ts';

describe('a histogram', () => {
  it('has bins of a width that is read easily', () => {
    expect(histogramOf([0, 0.31, 0.5, 1], false)).toMatchObject({ from: 0, width: 0.05 });
    expect(histogramOf([0, 0.5, 1], false)!.counts).toEqual([
      1,
      ...Array<number>(9).fill(0),
      1,
      ...Array<number>(9).fill(0),
      1,
    ]);
    expect(histogramOf([12, 300, 2400], true)).toMatchObject({ from: 0, width: 100 });
    expect(histogramOf([3, 4, 4], true)).toEqual({ from: 3, width: 1, counts: [1, 2] });
    expect(histogramOf([7, 7], true)).toEqual({ from: 7, width: 1, counts: [2] });
    expect(histogramOf([], true)).toBeNull();
    expect(histogramOf([Number.NaN, Infinity], false)).toBeNull();
  });

  it('has a place for every value, in few bins', () => {
    const value = fc.oneof(fc.double({ min: -1e12, max: 1e12, noNaN: true }), fc.integer({ min: -3, max: 3 }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const { counts } = histogramOf(values, false)!;
        expect(counts.reduce((sum, count) => sum + count)).toBe(values.length);
        expect(counts.length).toBeLessThanOrEqual(32);
      }),
    );
  });
});
