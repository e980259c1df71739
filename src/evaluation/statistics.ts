/** What accuracies and their differences are worth: intervals, pass@k, tests of pairs. Pure. */
import type { Random } from '../domain/random.ts';
import { mean, percentileInterval, resamples, type Estimate } from '../domain/statistics.ts';

/** The standard normal's quantile at 97.5 %. */
const z = 1.959963984540054;

/**
 * A share of `n` things with its Wilson 95 % interval (Wilson 1927; Brown, Cai and DasGupta 2001). `sum` may have fractions, where things
 * are right by degrees in [0, 1]: these vary less than all or nothing does, so the interval is then too wide rather than too narrow. NaN
 * of nothing.
 */
export function wilson(sum: number, n: number): Estimate {
  if (n === 0) return { value: NaN, low: NaN, high: NaN, n };
  const value = sum / n;
  const scale = 1 + z ** 2 / n;
  const centre = (value + z ** 2 / (2 * n)) / scale;
  const margin = (z / scale) * Math.sqrt((value * (1 - value)) / n + z ** 2 / (4 * n ** 2));
  return { value, low: Math.max(centre - margin, 0), high: Math.min(centre + margin, 1), n };
}

/**
 * The chance that of `k` completions drawn from `n`, of which `right` are right, one is: 1 − C(n − right, k) / C(n, k), the unbiased
 * estimator of pass@k (Chen et al. 2021, arXiv 2107.03374). `k` is at most `n`.
 */
export function passAtK(n: number, right: number, k: number): number {
  if (n - right < k) return 1;
  let none = 1;
  for (let i = n - right + 1; i <= n; i += 1) none *= 1 - k / i;
  return 1 - none;
}

/**
 * p of the exact McNemar test that neither of two is better, from the pairs that only the one and only the other has right: two-sided, by
 * the binomial distribution (McNemar 1947; Fagerland, Lydersen and Laake 2013). 1 where there are none.
 */
export function mcnemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  let logTerm = -n * Math.LN2;
  let tail = 0;
  for (let i = 0; i <= Math.min(onlyFirst, onlySecond); i += 1) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((n - i) / (i + 1));
  }
  return Math.min(2 * tail, 1);
}

/** Draws of a bootstrap: fewer of many pairs, whose quantiles vary less. */
const mostRounds = 10_000;
const fewestRounds = 1_000;
const mostDraws = 20_000_000;

/**
 * Mean of b − a over pairs of values in [0, 1], with its paired bootstrap 95 % interval (percentiles, Efron 1979). Where all pairs differ
 * alike no resample does otherwise: then it is the score interval for paired shares (Tango 1998), which of such pairs is
 * (nd ∓ z²) / (n + z²). NaN of nothing.
 */
export function bootstrapDifference(a: readonly number[], b: readonly number[], random: Random): Estimate {
  const n = a.length;
  if (n === 0) return { value: NaN, low: NaN, high: NaN, n };
  const differences = Float64Array.from(a, (value, i) => b[i] - value);
  if (differences.every((one) => one === differences[0])) {
    const [value] = differences;
    return { value, low: (n * value - z ** 2) / (n + z ** 2), high: (n * value + z ** 2) / (n + z ** 2), n };
  }
  const rounds = Math.min(Math.max(Math.floor(mostDraws / n), fewestRounds), mostRounds);
  const means: number[] = [];
  for (const drawn of resamples(n, rounds, random)) {
    let sum = 0;
    for (let i = 0; i < n; i += 1) sum += differences[drawn[i]];
    means.push(sum / n);
  }
  return { value: mean([...differences]), ...percentileInterval(means), n };
}
