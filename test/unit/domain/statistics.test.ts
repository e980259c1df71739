import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { Random } from '../../../src/domain/random.ts';
import {
  binCounts,
  geometricRatio,
  heldFrom,
  meanDifference,
  meanEstimate,
  quantile,
  ratioOfMeans,
  runningMeans,
} from '../../../src/domain/statistics.ts';

it('a quantile lies between two values, or is the nearest of them, the even one at a half', () => {
  expect(quantile([3, 1, 2, 4], 0.5)).toBe(2.5);
  expect(quantile([3, 1, 2, 4], 0.5, 'nearest')).toBe(3);
  expect(quantile([5], 0.75)).toBe(5);
});

describe('an estimate', () => {
  it('is the mean with Student’s interval, as R’s t.test gives it', () => {
    // t.test(c(2, 4, 4, 4, 5, 5, 7, 9)): mean 5, interval 3.212512 to 6.787488
    const { value, low, high, n } = meanEstimate([2, 4, 4, 4, 5, 5, 7, 9]);
    expect([value, n]).toEqual([5, 8]);
    expect(low).toBeCloseTo(3.2125, 3);
    expect(high).toBeCloseTo(6.7875, 3);
  });

  it('has no interval of one value, and no value of none', () => {
    expect(meanEstimate([3])).toEqual({ value: 3, low: NaN, high: NaN, n: 1 });
    expect(meanEstimate([]).value).toBeNaN();
  });

  it('of many values comes close to the normal interval', () => {
    const { high } = meanEstimate(Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 1 : -1)));
    expect(high).toBeCloseTo((1.984 * Math.sqrt(100 / 99)) / 10, 3);
  });

  it('of a difference is paired', () => {
    // t.test(c(10, 20, 30), c(9, 18, 27), paired = TRUE): mean 2, interval -0.4841377 to 4.4841377
    const { value, low, high } = meanDifference([10, 20, 30], [9, 18, 27]);
    expect(value).toBe(2);
    expect(low).toBeCloseTo(-0.4841, 3);
    expect(high).toBeCloseTo(4.4841, 3);
  });
});

describe('a ratio', () => {
  it('is the same for the same seed, and holds its interval around itself', () => {
    const [a, b] = [
      [320, 256, 384, 320, 448],
      [1920, 1344, 1728, 1600, 1472],
    ];
    const found = ratioOfMeans(a, b, Random.seeded(1));
    expect(ratioOfMeans(a, b, Random.seeded(1))).toEqual(found);
    expect(found.value).toBeCloseTo(1728 / 8064, 12);
    expect(found.low).toBeLessThan(found.value);
    expect(found.high).toBeGreaterThan(found.value);
    // Of 5 pairs the lowest and highest possible ratios are those of one pair drawn five times.
    expect(found.low).toBeGreaterThanOrEqual(Math.min(...a.map((one, i) => one / b[i])));
    expect(found.high).toBeLessThanOrEqual(Math.max(...a.map((one, i) => one / b[i])));
  });

  it('has the interval that the exact bootstrap of two pairs has', () => {
    // Resamples of (1, 2) and (3, 2): 1/2 and 3/2 a quarter each, 1 the rest; so the 2.5 % and 97.5 % quantiles are the ends.
    expect(ratioOfMeans([1, 3], [2, 2], Random.seeded(2))).toEqual({ value: 1, low: 0.5, high: 1.5, n: 2 });
  });

  it('of one pair has no interval', () => {
    expect(ratioOfMeans([1], [2], Random.seeded(3))).toEqual({ value: 0.5, low: NaN, high: NaN, n: 1 });
  });

  it('pair by pair is exact where every pair has it, and turns round with its sides', () => {
    const half = geometricRatio([1, 2, 3], [2, 4, 6]);
    for (const value of [half.value, half.low, half.high]) expect(value).toBeCloseTo(0.5, 12);
    const there = geometricRatio([1, 5, 3], [2, 4, 6]);
    const back = geometricRatio([2, 4, 6], [1, 5, 3]);
    expect(there.value * back.value).toBeCloseTo(1, 12);
    expect(there.low * back.high).toBeCloseTo(1, 12);
  });
});

describe('a held target', () => {
  it.each([
    [[0.5, 0.8, 0.8, 0.8], 1],
    [[0.8, 0.7, 0.8, 0.9, 0.8, 0.1], 2],
    [[0.8, 0.8, 0.7, 0.8, 0.8], null],
    [[0.8, 0.8], null],
    [[], null],
  ])('in %j is held from %s', (values, from) => {
    expect(heldFrom(values, 0.8, 3)).toBe(from);
  });
});

describe('bins', () => {
  it('hold every value once, those beyond in the outer ones', () => {
    expect(binCounts([-9, -0.1, 0.1, 0.9, 1, 9], -1, 1, 4)).toEqual([1, 1, 1, 3]);
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true })), (values) => {
        expect(binCounts(values, -3, 3, 25).reduce((sum, count) => sum + count, 0)).toBe(values.length);
      }),
    );
  });

  it('means of values in a row are as many as there are whole rows', () => {
    expect(runningMeans([1, 2, 3, 4], 3)).toEqual([2, 3]);
    expect(runningMeans([1, 2], 3)).toEqual([]);
  });
});
