/** What trainers measure of each token of a completion, and what of that tells one completion from another. */
import { t } from '@vscode/l10n';

/**
 * What is kept of each token beside the policy's log-prob: the entropy (nats) of the distribution that it was drawn from; its log-prob (nats)
 * by the trainer, which computes it anew to learn from it; by the reference; and advantage × weight, by which its policy term was multiplied.
 */
export const keptCurves = ['entropy', 'trainer', 'reference', 'credit'] as const;
export type KeptCurve = (typeof keptCurves)[number];

/** Each has the completion's length in tokens; NaN where a value is not known. Left out where none is. */
export type TokenCurves = Partial<Record<KeptCurve, Float32Array>>;

/** What can be seen of each token: what is kept, and what follows from it. */
export const curves = {
  entropy: { title: t('entropy'), unit: 'nats', base: null },
  'log-prob': { title: t('log-prob'), unit: 'nats', base: null },
  reference: { title: t('reference log-prob'), unit: 'nats', base: null },
  trainer: { title: t('trainer log-prob'), unit: 'nats', base: null },
  'reference gap': { title: t('policy − reference'), unit: 'nats', base: 0 },
  'trainer gap': { title: t('trainer − policy'), unit: 'nats', base: 0 },
  ratio: { title: t('importance ratio'), unit: '', base: 1 },
  credit: { title: t('advantage × weight'), unit: '', base: 0 },
} as const satisfies Record<string, { title: string; unit: string; base: number | null }>;
export type CurveName = keyof typeof curves;
export const curveNames = Object.keys(curves) as CurveName[];

export interface Curve {
  name: CurveName;
  /** One a token; what is not finite is not known. */
  values: Float32Array;
}

/** Every curve that there is of these tokens, in the order of `curves`. */
export function curvesOf(logProbs: Float32Array | null, kept: TokenCurves): Curve[] {
  const { trainer, reference } = kept;
  const values: Partial<Record<CurveName, Float32Array | null>> = {
    ...kept,
    'log-prob': logProbs,
    'reference gap': logProbs && reference && difference(logProbs, reference),
    'trainer gap': logProbs && trainer && difference(trainer, logProbs),
    ratio: logProbs && trainer && difference(trainer, logProbs).map(Math.exp),
  };
  return curveNames.flatMap((name) => {
    const one = values[name];
    return one ? [{ name, values: one }] : [];
  });
}

const difference = (one: Float32Array, other: Float32Array): Float32Array => one.map((value, i) => value - other[i]);

/** What is known of a completion's tokens. */
interface Measured {
  logProbs: Float32Array | null;
  curves?: TokenCurves;
}

/** A completion's numbers by its tokens, for tables: null where no token has one. */
export interface TokenFacts {
  /** Mean entropy, in nats. */
  entropy: number | null;
  /** Mean log-prob by the policy, in nats. */
  logProb: number | null;
  /** Mean of the policy's log-probs less the reference's: an estimate of the KL divergence between them, in nats. */
  gap: number | null;
  /** Mean of r − log r − 1, where r is the importance ratio: an estimate of how far trainer and policy differ that is never negative, in nats. */
  mismatch: number | null;
  /** The greatest importance ratio. */
  ratio: number | null;
}

/** Of tokens whose curves are whole. */
export function tokenFacts({ logProbs, curves: kept = {} }: Measured): TokenFacts {
  const all = new Map(curvesOf(logProbs, kept).map(({ name, values }) => [name, values]));
  const ratios = all.get('ratio');
  return {
    entropy: meanKnown(all.get('entropy')),
    logProb: meanKnown(all.get('log-prob')),
    gap: meanKnown(all.get('reference gap')),
    mismatch: meanKnown(ratios?.map((ratio) => ratio - Math.log(ratio) - 1)),
    ratio: ratios ? extremes(ratios).greatest : null,
  };
}

/** The mean of the values that are known; null without any. Of values[from..to), where these are given. */
export function meanKnown(values: Float32Array | undefined, from = 0, to = values?.length ?? 0): number | null {
  let [sum, count] = [0, 0];
  for (let i = from; i < to; i += 1) {
    if (!Number.isFinite(values![i])) continue;
    sum += values![i];
    count += 1;
  }
  return count === 0 ? null : sum / count;
}

/** The least and the greatest value that is known; null without any. */
export function extremes(values: Float32Array): { least: number | null; greatest: number | null } {
  let [least, greatest] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return least > greatest ? { least: null, greatest: null } : { least, greatest };
}
