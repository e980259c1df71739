/** Temporal Advantage Shaping: a weight for every completion token, multiplying its clipped policy term (AVATAR, arXiv 2508.03100). */
import { phaseAt } from './phase.ts';

export const tasSchemes = [
  'parabolic',
  'phase-warped',
  'phase-constant',
  'uniform',
  'linear-decay',
  'linear-incline',
  'inverse-parabolic',
] as const;
export type TasScheme = (typeof tasSchemes)[number];

/** The paper's λ. */
export const defaultLambda = 0.3;

/** Schemes that read a rollout's phases; the others look at the token's place alone. */
export function needsPhases(scheme: TasScheme): boolean {
  return scheme === 'phase-warped' || scheme === 'phase-constant';
}

/** Whether a label of this many phases can shape weights under `scheme`: a warped parabola has a beginning, a middle and an end. */
export function canShape(scheme: TasScheme, phaseCount: number): boolean {
  return scheme === 'phase-constant' || (scheme === 'phase-warped' && phaseCount >= 3);
}

export interface TasOptions {
  scheme: TasScheme;
  /** λ ≥ 0: weights lie in [1, 1 + λ]. */
  lambda: number;
  /** Token index at which phase 1, 2, … starts (see `unitBoundaries`). Required by the schemes that read phases. */
  boundaries?: readonly number[];
  /** Weight of each phase in units of λ, for `phase-constant`. Planning 1, evidence 0, synthesis 1 by default. */
  phaseWeights?: readonly number[];
  /** Divide by the mean weight, so that shaping does not scale the gradient (ours). */
  normalise?: boolean;
}

/**
 * TAS weights of a completion of `length` tokens. With t~ = t / max(L − 1, 1):
 * parabolic w = 1 + λ(2t~ − 1)² (AVATAR, TAS equation); the linear and inverse ones are its ablations (Table "credit assignment");
 * phase-warped and phase-constant are ours (docs/algorithm.md, "Temporal Advantage Shaping"). Throws RangeError when phases are needed and missing, or λ is
 * negative or not finite.
 */
export function tasWeights(length: number, options: TasOptions): Float64Array {
  if (!(options.lambda >= 0 && options.lambda < Infinity))
    throw new RangeError(`λ must be 0 or more, not ${options.lambda}`);
  const shape = shapeOf(length, options);
  const weights = Float64Array.from({ length }, (_, t) => 1 + options.lambda * shape(t));
  if (options.normalise && length > 0) {
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / length;
    for (let t = 0; t < length; t += 1) weights[t] /= mean;
  }
  return weights;
}

/** The scheme's shape in [0, 1] at token t. */
function shapeOf(length: number, { scheme, boundaries, phaseWeights = [1, 0, 1] }: TasOptions): (t: number) => number {
  const last = Math.max(length - 1, 1);
  const parabola = (u: number): number => (2 * u - 1) ** 2;
  switch (scheme) {
    case 'uniform':
      return () => 0;
    case 'parabolic':
      return (t) => parabola(t / last);
    case 'inverse-parabolic':
      return (t) => 1 - parabola(t / last);
    case 'linear-decay':
      return (t) => 1 - t / last;
    case 'linear-incline':
      return (t) => t / last;
    case 'phase-warped': {
      const [first, second] = outerBoundaries(scheme, boundaries);
      return (t) => parabola(warp(t, first, second, length));
    }
    case 'phase-constant': {
      if (!boundaries) throw new RangeError('phase-constant weights need a segmentation');
      return (t) => {
        const phase = phaseAt(boundaries, t);
        const weight = phaseWeights[phase];
        if (weight === undefined) throw new RangeError(`phase-constant has no weight for phase ${phase + 1}`);
        return weight;
      };
    }
  }
}

function outerBoundaries(scheme: TasScheme, boundaries: readonly number[] | undefined): [number, number] {
  if (!boundaries || boundaries.length < 2) {
    throw new RangeError(`${scheme} weights need a segmentation of at least three phases`);
  }
  return [boundaries[0], boundaries[boundaries.length - 1]];
}

/**
 * u(t) in [0, 1] of `phase-warped`: piecewise linear through (0, 0), (first, 1/3), (second, 2/3), (L − 1, 1), where `first`
 * and `second` are the tokens at which evidence and synthesis start. Equal thirds give t / (L − 1).
 */
function warp(t: number, first: number, second: number, length: number): number {
  if (t < first) return t / first / 3;
  if (t < second) return (1 + (t - first) / (second - first)) / 3;
  const rest = length - 1 - second;
  return rest === 0 ? 1 : (2 + (t - second) / rest) / 3;
}
