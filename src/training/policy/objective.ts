/** What a learner minimises: the policy loss of algorithm.md, or cross-entropy. Each is a graph of log-probs and the values it is fed. */
import { add, clip, exp, input, maximum, minimum, mul, neg, sub, sum, total } from '../graph/operators.ts';
import type { Shape, Tensor } from '../graph/tensor.ts';
import type { RolloutRow, SupervisedRow } from './row.ts';
import { spread } from './sequence.ts';
import type { Layout } from './sequence.ts';

/** algorithm.md, "Loss". */
export interface PolicyLossOptions {
  clipLow: number;
  clipHigh: number;
  /** β of the KL term to the reference. */
  klWeight: number;
  aggregation: 'sequence' | 'token';
  ratio: 'token' | 'sequence';
  /** C ≥ 1 of truncated importance weights, which take the place of both clips; null or left out for those. */
  ratioCap?: number | null;
}

interface Fed {
  data: Float32Array;
  shape: Shape;
}

export interface Objective<Row> {
  /** Tells graphs apart in a cache. */
  key: string;
  /** `loss` and what else is to be known, from log-probs [B, S] of the target at every position (0 outside completions). */
  graph(logProbs: Tensor, layout: Layout): { loss: Tensor } & Record<string, Tensor>;
  /** Values of the graph's own inputs for `rows`, a part of `all` the rows that the loss is over: the parts' losses add up to it. */
  feeds(rows: readonly Row[], layout: Layout, all: readonly Row[]): Record<string, Fed>;
}

/** exp of a log-ratio beyond this would overflow sums of float32; beyond it the ratio is constant. */
const maximumLogRatio = 20;
/** Below any objective, and finite: a row without a dual clip. */
const noFloor = -1e30;

const boundedExp = (x: Tensor): Tensor => exp(clip(x, -maximumLogRatio, maximumLogRatio));

/** Σ w · −log π over completion tokens, divided by Σ w. */
export const supervised: Objective<SupervisedRow> = {
  key: 'supervised',
  graph: (logProbs) => ({ loss: neg(total(mul(input('weights', logProbs.shape), logProbs))) }),
  feeds: (rows, layout, all) => {
    const total = all.reduce((sum, { weights }) => sum + weights.reduce((a, b) => a + b, 0), 0);
    return { weights: perToken(layout, (i) => rows[i].weights.map((weight) => weight / total)) };
  },
};

/**
 * ρ up to C and beyond it its tangent in log ρ, so that the gradient by log π is min(ρ, C) everywhere: the truncated importance
 * weight as a constant factor of ∇ log π (IMPALA, arXiv 1802.01561).
 */
function truncated(logRatio: Tensor, cap: number): Tensor {
  const logCap = Math.log(cap);
  // At ρ = C the gradient is that of exp alone: a tie of the maximum goes to the constant.
  return add(exp(clip(logRatio, -maximumLogRatio, logCap)), mul(cap, sub(maximum(logCap, logRatio), logCap)));
}

/**
 * −w_t · max(min(ρ_t A, clip(ρ_t, 1 − ε_low, 1 + ε_high) A), floor) + β · k3 per token, aggregated (algorithm.md, "Loss").
 * The floor is δA where A < 0: the dual clip of Ye et al., arXiv 1912.09729. ρ is per token, or the sequence's
 * length-normalised ratio (GSPO, arXiv 2507.18071). k3 = exp(d) − d − 1 with d = log π_ref − log π_θ (Schulman). With
 * truncated importance weights the policy's term is −w_t · stopped(min(ρ_t, C)) · A · log π_θ: nothing is clipped, and no
 * gradient is larger than C's.
 */
export function policyLoss(options: PolicyLossOptions): Objective<RolloutRow> {
  const { clipLow, clipHigh, klWeight, aggregation, ratio, ratioCap = null } = options;
  return {
    key: `policy ${JSON.stringify([clipLow, clipHigh, klWeight, ratio, ratioCap])}`,
    graph: (logProbs, { batch }) => {
      const shape = logProbs.shape;
      const behind = sub(logProbs, input('old_log_probs', shape));
      const logRatio = ratio === 'token' ? behind : sum(mul(behind, input('mean', shape)), [1]);
      const advantage = input('advantage', [batch, 1]);
      const clipped = (): Tensor => {
        const rho = boundedExp(logRatio);
        const inside = minimum(mul(rho, advantage), mul(clip(rho, 1 - clipLow, 1 + clipHigh), advantage));
        return maximum(inside, input('floor', [batch, 1]));
      };
      const surrogate = ratioCap === null ? clipped() : mul(truncated(logRatio, ratioCap), advantage);
      const policyLoss = neg(total(mul(input('weights', shape), surrogate)));
      const d = sub(input('ref_log_probs', shape), logProbs);
      const kl = total(mul(input('kl_weights', shape), sub(sub(boundedExp(d), d), 1)));
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
  const shape = [layout.batch, layout.length];
  return { data: spread(layout, new Float32Array(layout.batch * layout.length), values), shape };
}

function perRow(layout: Layout, value: (row: number) => number): Fed {
  const data = new Float32Array(layout.batch);
  for (const i of layout.rows.keys()) data[i] = value(i);
  return { data, shape: [layout.batch, 1] };
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
