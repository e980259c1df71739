import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/domain/random.ts';
import { bootstrapDifference, mcnemar, passAtK, wilson } from '../../../src/evaluation/statistics.ts';
import { golden } from '../domain/golden.ts';

/** What statsmodels and scipy make of the same (test/golden/evaluation.py). */
const theirs = golden<{
  wilson: { right: number; n: number; low: number; high: number }[];
  passAtK: { n: number; right: number; k: number; value: number }[];
  mcnemar: { first: number; second: number; p: number }[];
  difference: { a: number[]; b: number[]; low: number; high: number }[];
}>('evaluation');

describe('the statistics of an evaluation', () => {
  it.each(theirs.wilson)('give $right of $n the interval of statsmodels', ({ right, n, low, high }) => {
    const found = wilson(right, n);
    expect(found.low).toBeCloseTo(low, 12);
    expect(found.high).toBeCloseTo(high, 12);
  });

  it.each(theirs.passAtK)('estimate pass@$k of $right in $n as scipy does', ({ n, right, k, value }) => {
    expect(passAtK(n, right, k)).toBeCloseTo(value, 12);
  });

  it.each(theirs.mcnemar)('test $first against $second as statsmodels does', ({ first, second, p }) => {
    expect(mcnemar(first, second) / p).toBeCloseTo(1, 9);
  });

  it.each(theirs.difference)('resample pairs as scipy does', ({ a, b, low, high }) => {
    const found = bootstrapDifference(a, b, Random.seeded(1, 'compare'));
    const step = 1 / a.length + 1e-9;
    expect(Math.abs(found.low - low)).toBeLessThanOrEqual(step);
    expect(Math.abs(found.high - high)).toBeLessThanOrEqual(step);
    expect(bootstrapDifference(a, b, Random.seeded(1, 'compare'))).toEqual(found);
  });

  it.each([
    [0, 1],
    [1, 0],
    [1, 1],
  ])('of few pairs that all differ as %d and %d do claim no more than these can', (first, second) => {
    const [a, b] = [Array<number>(3).fill(first), Array<number>(3).fill(second)];
    const { value, low, high } = bootstrapDifference(a, b, Random.seeded(1));
    expect(value).toBe(second - first);
    // Three pairs decide nothing: p of McNemar's test is 0.25 at least.
    expect(Math.min(-low, high)).toBeGreaterThan(0);
    expect(Math.max(-low, high)).toBeLessThanOrEqual(1);
    // At its ends the score statistic, n (d − Δ) / √var, is the quantile: the variance of Tango 1998 for such pairs.
    const [n, z] = [3, 1.959963984540054];
    const statistic = (end: number): number =>
      (n * Math.abs(value - end)) / Math.sqrt(n * (value === 0 ? Math.abs(end) - end ** 2 : 1 - end ** 2));
    if (value !== 1) expect(statistic(high)).toBeCloseTo(z, 9);
    if (value !== -1) expect(statistic(low)).toBeCloseTo(z, 9);
  });

  it('say nothing of nothing', () => {
    expect(wilson(0, 0)).toEqual({ value: NaN, low: NaN, high: NaN, n: 0 });
    expect(bootstrapDifference([], [], Random.seeded(1))).toEqual({ value: NaN, low: NaN, high: NaN, n: 0 });
  });
});
