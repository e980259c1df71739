/** Means, deviations, quantiles; intervals and comparisons of a few repeated measurements. */
import type { Random } from './random.ts';

/** Arithmetic mean; 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation (divides by n − 1); 0 of fewer than two values. */
export function sampleStd(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** How a quantile between two values is read: interpolated (numpy's default), or the nearest of them (the released trainer's). */
export const quantileRules = ['linear', 'nearest'] as const;
export type QuantileRule = (typeof quantileRules)[number];

/** Quantile of unsorted values by a rule; at a half, nearest takes the even rank. NaN of nothing. */
export function quantile(values: readonly number[], q: number, rule: QuantileRule = 'linear'): number {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  const rest = place - low;
  if (rule === 'nearest') return sorted[rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low];
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * rest;
}

/** A value with its 95 % interval, from `n` measurements; the interval is NaN where they are too few. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
  n: number;
}

/** Student's t at 97.5 % for 1 to 20 degrees of freedom. */
const fewFreedoms = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086,
];

/** Student's t at 97.5 %, right to three decimals; beyond the table by the expansion in 1/df (Abramowitz & Stegun 26.7.5). */
export const t975 = (df: number): number => fewFreedoms[df - 1] ?? 1.96 + 2.3723 / df + 2.8225 / df ** 2;

/** The mean and its interval by Student's t. NaN of nothing; no interval of one value. */
export function meanEstimate(values: readonly number[]): Estimate {
  const n = values.length;
  const value = n === 0 ? NaN : mean(values);
  const margin = n < 2 ? NaN : (t975(n - 1) * sampleStd(values)) / Math.sqrt(n);
  return { value, low: value - margin, high: value + margin, n };
}

/** Mean of a − b over pairs, and its interval by Student's t. */
export function meanDifference(a: readonly number[], b: readonly number[]): Estimate {
  return meanEstimate(a.map((value, i) => value - b[i]));
}

/** Resamples a bootstrap of a study draws. */
const bootstrapRounds = 10_000;

/**
 * `rounds` resamples of n things, each their places drawn with replacement (none of fewer than two things). Every round is the
 * same array, filled anew.
 */
export function* resamples(n: number, rounds: number, random: Random): Generator<Int32Array> {
  const drawn = new Int32Array(n);
  for (let round = 0; n > 1 && round < rounds; round += 1) {
    for (let i = 0; i < n; i += 1) drawn[i] = random.integer(n);
    yield drawn;
  }
}

/** The 2.5 % and 97.5 % quantiles of a statistic's values over resamples (percentile bootstrap, Efron 1979). NaN of nothing. */
export function percentileInterval(values: readonly number[]): { low: number; high: number } {
  return { low: quantile(values, 0.025), high: quantile(values, 0.975) };
}

/**
 * Mean of a over mean of b, with its bootstrap interval over pairs. With few pairs such an interval is too narrow:
 * `geometricRatio` checks it.
 */
export function ratioOfMeans(a: readonly number[], b: readonly number[], random: Random): Estimate {
  const n = a.length;
  const ratios: number[] = [];
  for (const drawn of resamples(n, bootstrapRounds, random)) {
    let [above, below] = [0, 0];
    for (const i of drawn) {
      above += a[i];
      below += b[i];
    }
    ratios.push(above / below);
  }
  return { value: mean(a) / mean(b), ...percentileInterval(ratios), n };
}

/** Geometric mean of a / b over pairs, and its interval by Student's t on the logarithms. */
export function geometricRatio(a: readonly number[], b: readonly number[]): Estimate {
  const { value, low, high, n } = meanEstimate(a.map((one, i) => Math.log(one / b[i])));
  return { value: Math.exp(value), low: Math.exp(low), high: Math.exp(high), n };
}

/** Index of the first value from which `running` values in a row are at least `target`; null when there is none. */
export function heldFrom(values: readonly number[], target: number, running: number): number | null {
  const at = values.findIndex((_, i) => {
    const row = values.slice(i, i + running);
    return row.length === running && row.every((value) => value >= target);
  });
  return at < 0 ? null : at;
}

/** Means of every `running` values in a row. */
export function runningMeans(values: readonly number[], running: number): number[] {
  return values.slice(running - 1).map((_, i) => mean(values.slice(i, i + running)));
}

/** How many values fall in each of `count` equal bins from `low` to `high`; what lies beyond counts in the outer ones. */
export function binCounts(values: readonly number[], low: number, high: number, count: number): number[] {
  const counts = new Array<number>(count).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value - low) / (high - low)) * count);
    counts[Math.min(Math.max(bin, 0), count - 1)] += 1;
  }
  return counts;
}
