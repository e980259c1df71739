/** What a learner minimises: the policy loss (docs/algorithm.md, "Loss"), or cross-entropy. Each is a graph of log-probs and the values it is fed. */
import { add, clip, exp, input, maximum, minimum, mul, neg, sub, sum, total } from '../graph/operators.ts';
import type { KlEstimator } from '../../domain/run.ts';
import type { Shape, Tensor } from '../graph/tensor.ts';
import { spread } from './layout.ts';
import type { Layout } from './layout.ts';
import type { RolloutRow, SupervisedRow } from './row.ts';

/** docs/algorithm.md, "Loss". */
export interface PolicyLossOptions {
  clipLow: number;
  clipHigh: number;
  /** β of the KL term to the reference. */
  klWeight: number;
  /** How the term is estimated; k3 where left out. */
  klEstimator?: KlEstimator;
  aggregation: 'sequence' | 'token';
  ratio: 'token' | 'sequence';
  /** C > 0 of truncated importance weights, which take the place of both clips; null or left out for those. */
  ratioCap?: number | null;
}

interface Fed {
  data: Float32Array;
  shape: Shape;
}

export interface Objective<Row> {
  /** Tells graphs apart in a cache. */
  key: string;
  /** Whether a row's part of the loss has a gradient: where it has none, the row is measured alone. */
  teaches(row: Row): boolean;
  /** `loss` and what else is to be known, from log-probs [contexts · members, completion] of completion tokens (0 elsewhere). */
  graph(logProbs: Tensor): { loss: Tensor } & Record<string, Tensor>;
  /** Values of the graph's own inputs for `rows`, a part of `all` the rows that the loss is over: the parts' losses add up to it. */
  feeds(rows: readonly Row[], layout: Layout, all: readonly Row[]): Record<string, Fed>;
}

/** exp of a log-ratio beyond this would overflow sums of float32; beyond it the ratio is constant. */
const maximumLogRatio = 20;
/** Below any objective, and finite: a row without a dual clip. */
const noFloor = -1e30;

const bounded = (x: Tensor): Tensor => clip(x, -maximumLogRatio, maximumLogRatio);

/** exp up to `last` and beyond it its tangent, so that the derivative is min(exp(x), exp(last)): never 0, and never infinite. */
function straightened(x: Tensor, last: number): Tensor {
  // At x = `last` the gradient is that of exp alone: a tie of the maximum goes to the constant.
  return add(exp(minimum(x, last)), mul(Math.exp(last), sub(maximum(last, x), last)));
}

/** Σ w · −log π over completion tokens, divided by Σ w. */
export const supervised: Objective<SupervisedRow> = {
  key: 'supervised',
  teaches: () => true,
  graph: (logProbs) => ({ loss: neg(total(mul(input('weights', logProbs.shape), logProbs))) }),
  feeds: (rows, layout, all) => {
    const total = all.reduce((sum, { weights }) => sum + weights.reduce((a, b) => a + b, 0), 0);
    return { weights: perToken(layout, (i) => rows[i].weights.map((weight) => weight / total)) };
  },
};

/**
 * Of KL(π_θ ‖ π_ref) at a token, by d = log π_ref − log π_θ. Wherever the derivative is not 0, a step downhill leads towards the reference.
 * verl's `kl` (k1) is not among them: its derivative is 1 whatever the reference is.
 */
const estimates: Record<Exclude<KlEstimator, 'bias_correction_kl'>, (d: Tensor) => Tensor> = {
  /** exp(d) − d − 1 (Schulman); beyond d = 20 its tangent. */
  k3: (d) => sub(sub(straightened(d, maximumLogRatio), d), 1),
  /** k3 held below 10, with no gradient there: verl, ms-swift. */
  low_var_kl: (d) => clip(sub(sub(exp(bounded(d)), bounded(d)), 1), -10, 10),
  k2: (d) => mul(mul(d, d), 0.5),
  /** No gradient at 0. */
  abs: (d) => sub(maximum(0, d), minimum(0, d)),
};

/**
 * −w_t · max(min(ρ_t A, clip(ρ_t, 1 − ε_low, 1 + ε_high) A), floor) + β · k3 per token, aggregated (docs/algorithm.md, "Loss").
 * The floor is δA where A < 0: the dual clip of Ye et al., arXiv 1912.09729. ρ is per token, or the sequence's
 * length-normalised ratio (GSPO, arXiv 2507.18071). k3 may be another of `estimates`, or ρ_t · k3, whose gradient is that of the KL
 * (TRL's use_bias_correction_kl; arXiv 2512.02556). With truncated importance weights (IMPALA, arXiv 1802.01561) the policy's term is
 * −w_t · stopped(min(ρ_t, C)) · A · log π_θ: nothing is clipped, and no gradient is larger than C's.
 */
export function policyLoss(options: PolicyLossOptions): Objective<RolloutRow> {
  const { clipLow, clipHigh, klWeight, klEstimator = 'k3', aggregation, ratio, ratioCap = null } = options;
  return {
    key: `policy ${JSON.stringify([clipLow, clipHigh, klWeight, klEstimator, ratio, ratioCap])}`,
    teaches: ({ advantage }) => advantage !== 0 || klWeight !== 0,
    graph: (logProbs) => {
      const shape = logProbs.shape;
      const perRow = [shape[0], 1];
      const old = input('old_log_probs', shape);
      const reference = input('ref_log_probs', shape);
      const behind = sub(logProbs, old);
      const logRatio = ratio === 'token' ? behind : sum(mul(behind, input('mean', shape)), [1]);
      const rho = exp(bounded(logRatio));
      const advantage = input('advantage', perRow);
      const clipped = (): Tensor => {
        const inside = minimum(mul(rho, advantage), mul(clip(rho, 1 - clipLow, 1 + clipHigh), advantage));
        return maximum(inside, input('floor', perRow));
      };
      // Its gradient by log π is min(ρ, C) A everywhere.
      const truncated = (cap: number): Tensor => mul(straightened(logRatio, Math.log(cap)), advantage);
      const surrogate = ratioCap === null ? clipped() : truncated(ratioCap);
      const policyLoss = neg(total(mul(input('weights', shape), surrogate)));

      const d = sub(reference, logProbs);
      /** ρ · k3. Of a token's own ratio it is exp(r) − ρ (r − log ρ + 1), r = log π_ref − log π_b: its gradient −ρ d is then no difference of large numbers. */
      const corrected = (): Tensor => {
        if (ratio === 'sequence') return mul(rho, estimates.k3(d));
        const r = sub(reference, old);
        return sub(exp(bounded(r)), mul(rho, add(sub(r, bounded(logRatio)), 1)));
      };
      const estimate = klEstimator === 'bias_correction_kl' ? corrected() : estimates[klEstimator](d);
      const kl = total(mul(input('kl_weights', shape), estimate));
      return { loss: add(policyLoss, mul(klWeight, kl)), policyLoss, kl };
    },
    feeds: (rows, layout, all) => {
      const tokens = all.reduce((sum, { completionIds }) => sum + completionIds.length, 0);
      // Each token's share of the mean over its completion, then over completions; or of the mean over all tokens.
      const share = ({ completionIds }: RolloutRow): number =>
        aggregation === 'sequence' ? 1 / (completionIds.length * all.length) : 1 / tokens;
      const constant = (row: RolloutRow, value: number): Float32Array =>
        new Float32Array(row.completionIds.length).fill(value);
      return {
        old_log_probs: perToken(layout, (i) => rows[i].oldLogProbs),
        ref_log_probs: perToken(layout, (i) => rows[i].refLogProbs ?? constant(rows[i], 0)),
        weights: perToken(layout, (i) => rows[i].weights.map((weight) => weight * share(rows[i]))),
        kl_weights: perToken(layout, (i) => constant(rows[i], rows[i].refLogProbs ? share(rows[i]) : 0)),
        advantage: perRow(layout, (i) => rows[i].advantage),
        ...(ratioCap === null && { floor: perRow(layout, (i) => floor(rows[i])) }),
        ...(ratio === 'sequence' && {
          mean: perToken(layout, (i) => constant(rows[i], 1 / rows[i].completionIds.length)),
        }),
      };
    },
  };
}

const floor = ({ advantage, dualClip }: RolloutRow): number =>
  advantage < 0 && Number.isFinite(dualClip) ? dualClip * advantage : noFloor;

function perToken(layout: Layout, values: (row: number) => Float32Array): Fed {
  return { data: spread(layout, values), shape: [layout.contexts * layout.members, layout.completion] };
}

function perRow({ contexts, members, rows }: Layout, value: (row: number) => number): Fed {
  const data = new Float32Array(contexts * members);
  for (const [i, { place }] of rows.entries()) data[place] = value(i);
  return { data, shape: [data.length, 1] };
}

/** What the ratios of a step say (before it): how often the clip or the cap bound, and the effective sample size (Σρ)² / Σρ². */
export function ratioStats(
  rows: readonly RolloutRow[],
  logProbs: readonly Float32Array[],
  { clipLow, clipHigh, ratio, ratioCap = null }: PolicyLossOptions,
): { clipFraction: number; effectiveSampleSize: number; tokens: number } {
  let [clipped, tokens, first, second] = [0, 0, 0, 0];
  for (const [i, { oldLogProbs, advantage }] of rows.entries()) {
    const behind = logProbs[i].map((logProb, t) => logProb - oldLogProbs[t]);
    const mean = behind.reduce((sum, value) => sum + value, 0) / behind.length;
    for (const value of behind) {
      const rho = Math.exp(ratio === 'token' ? value : mean);
      const outside = advantage > 0 ? rho > 1 + clipHigh : advantage < 0 && rho < 1 - clipLow;
      clipped += Number(ratioCap === null ? outside : rho > ratioCap);
      first += rho;
      second += rho * rho;
      tokens += 1;
    }
  }
  return { clipFraction: clipped / tokens, effectiveSampleSize: (first * first) / second, tokens };
}
