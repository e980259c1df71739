import { describe, expect, it } from 'vitest';
import {
  binomialVariance,
  chiSquareCdf,
  chiSquareQuantile,
  deviationAt,
  deviationEstimate,
  pairedPower,
  promptsFor,
  seedsFor,
  varianceSplit,
} from '../../../src/study/power.ts';
import { t975 } from '../../../src/domain/statistics.ts';
import { golden } from '../domain/golden.ts';

/** By statsmodels and scipy: test/golden/power.py. */
const expected = golden<{
  power: { effect: number; n: number; power: number }[];
  seeds: { difference: number; deviation: number; power: number; n: number }[];
  chiSquare: { df: number; p: number; x: number }[];
  t975: { df: number; t: number }[];
}>('power');

describe('the power of a paired t-test', () => {
  it('is what statsmodels says', () => {
    for (const { effect, n, power } of expected.power)
      expect(pairedPower(effect, n), `${effect}, ${n}`).toBeCloseTo(power, 3);
    // Without a difference the test errs in one of twenty.
    expect(pairedPower(0, 7)).toBeCloseTo(0.05, 4);
    expect(pairedPower(-0.5, 34)).toBeCloseTo(pairedPower(0.5, 34), 12);
  });

  it('asks for as many seeds as statsmodels does', () => {
    for (const { difference, deviation, power, n } of expected.seeds) {
      expect(seedsFor(difference, deviation, power), `${difference} of ${deviation} at ${power}`).toBe(n);
    }
    // The table of G*Power for dz = 0.5: 34 and 44 pairs.
    expect([seedsFor(5, 10, 0.8), seedsFor(-5, 10, 0.9)]).toEqual([34, 44]);
    expect(seedsFor(5, 0, 0.9)).toBe(2);
    expect(seedsFor(0, 5, 0.8)).toBe(Infinity);
    expect(seedsFor(5, NaN, 0.8)).toBeNaN();
  });

  it('rests on the quantiles that scipy has', () => {
    for (const { df, p, x } of expected.chiSquare) {
      expect(chiSquareQuantile(p, df), `${df}, ${p}`).toBeCloseTo(x, 6);
      expect(chiSquareCdf(x, df)).toBeCloseTo(p, 9);
    }
    expect([chiSquareCdf(0, 3), chiSquareCdf(1e9, 3)]).toEqual([0, 1]);
    for (const { df, t } of expected.t975) expect(Math.abs(t975(df) - t), String(df)).toBeLessThan(6e-4);
  });
});

describe('a standard deviation', () => {
  it('has the interval of χ², and none of one value', () => {
    // Of five values the interval is .599 to 2.874 deviations.
    const { value, low, high, n } = deviationEstimate([-2, -1, 0, 1, 2]);
    expect([value, n]).toEqual([Math.sqrt(2.5), 5]);
    expect(low / value).toBeCloseTo(0.5991, 4);
    expect(high / value).toBeCloseTo(2.8736, 4);
    expect(deviationEstimate([1])).toEqual({ value: NaN, low: NaN, high: NaN, n: 1 });
  });
});

describe('noise of the prompts', () => {
  it('is binomial where each arm’s prompts are drawn anew', () => {
    expect(binomialVariance([0.5, 0.8], 100)).toBeCloseTo(0.0041, 12);
    // (1.96 + .8416)² · .5 / .05²: a difference of 5 points around one half.
    expect(promptsFor(0.05, [0.5, 0.5])).toBe(1570);
  });

  it('is told from that of the seeds', () => {
    const all = [true, true, true, true];
    const none = [false, false, false, false];
    // Whole runs differ, and no prompt from another: it is all the seeds'.
    const seeds = varianceSplit([all, none, all], [none, none, none])!;
    expect(seeds).toMatchObject({ prompts: 4, ofPrompts: 0 });
    expect(seeds.ofSeeds).toBeCloseTo(1 / 3, 12);
    expect(deviationAt(seeds, 1e9)).toBeCloseTo(Math.sqrt(1 / 3), 12);
    // As many right in each run, but other prompts: it is all the prompts'.
    const prompts = varianceSplit(
      [
        [true, true, false, false],
        [false, false, true, true],
      ],
      [none, none],
    )!;
    expect(prompts).toMatchObject({ total: 0, ofSeeds: 0 });
    // ANOVA: residual sum of squares 4 · .25 · 2 over 1 · 3 freedoms, four prompts.
    expect(prompts.ofPrompts).toBeCloseTo(2 / 3 / 4, 12);
    expect(deviationAt(prompts, 16)).toBeCloseTo(Math.sqrt(2 / 3 / 16), 12);
    expect(prompts.binomial).toBeCloseTo(0.25 / 4, 12);
    // What is easy or hard for every run is nobody's noise.
    const same = [true, false, false, true];
    expect(varianceSplit([same, same], [none, none])).toMatchObject({ total: 0, ofPrompts: 0, ofSeeds: 0 });
    expect(varianceSplit([all], [none])).toBeNull();
  });
});
