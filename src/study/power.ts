/** How many seeds a difference between two arms asks for, and what of its variance is the prompts' (a two-sided paired t-test at 5 %). */
import { mean, sampleStd } from '../domain/statistics.ts';
import { t975, type Estimate } from '../domain/statistics.ts';

/** ln Γ(df / 2), exact for whole degrees of freedom. */
function lnGammaHalf(df: number): number {
  let value = df % 2 === 1 ? Math.log(Math.PI) / 2 : 0;
  for (let k = df - 2; k > 0; k -= 2) value += Math.log(k / 2);
  return value;
}

/** P(χ² ≤ x) by the series of the incomplete gamma function (Abramowitz & Stegun 6.5.29). `df` is whole. */
export function chiSquareCdf(x: number, df: number): number {
  if (x <= 0) return 0;
  // Nothing that a double holds lies beyond, and the series would overflow.
  if (x > df + 20 * Math.sqrt(2 * df) + 80) return 1;
  let [term, sum] = [1, 1];
  for (let k = 2; term > sum * 1e-17; k += 2) {
    term *= x / (df + k);
    sum += term;
  }
  return sum * Math.exp((df / 2) * Math.log(x / 2) - x / 2 - lnGammaHalf(df + 2));
}

const normalCdf = (z: number): number => (1 + Math.sign(z) * chiSquareCdf(z * z, 1)) / 2;

/** The x with P(χ² ≤ x) = p, by bisection. */
export function chiSquareQuantile(p: number, df: number): number {
  let [low, high] = [0, df + 20 * Math.sqrt(2 * df) + 80];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (chiSquareCdf(middle, df) < p) low = middle;
    else high = middle;
  }
  return high;
}

/** The standard deviation of values and its 95 % interval by χ², as of normal values. No interval of one value, NaN of none. */
export function deviationEstimate(values: readonly number[]): Estimate {
  const n = values.length;
  if (n < 2) return { value: NaN, low: NaN, high: NaN, n };
  const value = sampleStd(values);
  const end = (p: number): number => value * Math.sqrt((n - 1) / chiSquareQuantile(p, n - 1));
  return { value, low: end(0.975), high: end(0.025), n };
}

/** Intervals of Simpson's rule. */
const slices = 400;

/**
 * Power of the paired t-test with `n` ≥ 2 pairs whose mean difference is `effect` standard deviations: the chance that |t| passes
 * Student's t with n − 1 degrees of freedom, t being noncentral. That is the normal chance given s/σ, over the distribution of s/σ.
 */
export function pairedPower(effect: number, n: number): number {
  const df = n - 1;
  const [critical, centre] = [t975(df), effect * Math.sqrt(n)];
  const constant = Math.LN2 + (df / 2) * Math.log(df / 2) - lnGammaHalf(df);
  const density = (s: number): number => Math.exp(constant + (df - 1) * Math.log(s) - (df * s * s) / 2);
  const passed = (s: number): number => normalCdf(centre - critical * s) + normalCdf(-centre - critical * s);
  const spread = 9 / Math.sqrt(2 * df);
  const [low, high] = [Math.max(1e-9, 1 - spread), 1 + spread];
  const width = (high - low) / slices;
  let sum = 0;
  for (let i = 0; i <= slices; i += 1) {
    const s = low + i * width;
    const weight = i === 0 || i === slices ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * density(s) * passed(s);
  }
  return Math.min((sum * width) / 3, 1);
}

/**
 * The fewest seeds, each in both arms, with which the test shows `difference` at `power` where pairs differ by `deviation`. Infinity
 * where there is no difference; NaN where the deviation is not known.
 */
export function seedsFor(difference: number, deviation: number, power: number): number {
  if (Number.isNaN(deviation)) return NaN;
  if (difference === 0) return Infinity;
  const enough = (n: number): boolean => pairedPower(Math.abs(difference) / deviation, n) >= power;
  let high = 2;
  while (!enough(high)) high *= 2;
  let low = Math.max(1, high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Variance of a difference of two arms' accuracies if every prompt were drawn anew for each of them: the binomial one. */
export const binomialVariance = (accuracies: readonly number[], prompts: number): number =>
  accuracies.reduce((sum, accuracy) => sum + (accuracy * (1 - accuracy)) / prompts, 0);

/** Test prompts at which the binomial noise alone lets `difference` be seen at 80 % power, however many the seeds. */
export const promptsFor = (difference: number, accuracies: readonly number[]): number =>
  Math.ceil(((1.96 + 0.8416) ** 2 * binomialVariance(accuracies, 1)) / difference ** 2);

/** What makes pairs of runs differ in their differences of accuracy on the same test prompts. */
export interface VarianceSplit {
  prompts: number;
  /** Over the pairs; what it would be of other runs on these prompts. */
  total: number;
  /** Of it, which prompts a run happens to get right: it falls as prompts are added. */
  ofPrompts: number;
  /** The rest, which more prompts do not lower; 0 where the estimate is below. */
  ofSeeds: number;
  /** `binomialVariance` of the arms' mean accuracies. It is the larger, for here all runs answer the same prompts. */
  binomial: number;
}

/**
 * Splits the variance over pairs of runs, `right` and `others` being what each answered rightly, in the prompts' order: an analysis of
 * variance of pair × prompt without repetition, whose residual is the prompts' part. Null with fewer than two pairs or prompts.
 */
export function varianceSplit(
  right: readonly (readonly boolean[])[],
  others: readonly (readonly boolean[])[],
): VarianceSplit | null {
  const prompts = right[0]?.length ?? 0;
  if (right.length < 2 || prompts < 2) return null;
  const cells = right.map((row, pair) => row.map((one, i) => Number(one) - Number(others[pair][i])));
  const byPair = cells.map(mean);
  const byPrompt = cells[0].map((_, i) => mean(cells.map((row) => row[i])));
  const all = mean(byPair);
  const squares = cells.flatMap((row, pair) => row.map((cell, i) => (cell - byPair[pair] - byPrompt[i] + all) ** 2));
  const residual = squares.reduce((sum, one) => sum + one, 0) / ((cells.length - 1) * (prompts - 1));
  const [total, ofPrompts] = [sampleStd(byPair) ** 2, residual / prompts];
  const accuracies = [right, others].map((rows) => mean(rows.map((row) => mean(row.map(Number)))));
  return {
    ...{ prompts, total, ofPrompts, ofSeeds: Math.max(0, total - ofPrompts) },
    binomial: binomialVariance(accuracies, prompts),
  };
}

/** Standard deviation over pairs with so many test prompts, by the split. */
export const deviationAt = ({ prompts, ofPrompts, ofSeeds }: VarianceSplit, wanted: number): number =>
  Math.sqrt(ofSeeds + (ofPrompts * prompts) / wanted);
