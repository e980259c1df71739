/** The TAS weights of the rollout shown, and how strongly each unit is tinted. */
import type { TextRange } from './text-range.ts';
import { partitionPoint } from '../../../src/domain/partition-point.ts';
import { canShape, needsPhases, tasWeights, type TasScheme } from '../../../src/domain/tas.ts';
import { unitBoundaries } from '../../../src/domain/unit.ts';

/** A tint and where it lies. */
export interface Heat extends TextRange {
  level: number;
}

export interface Shaping {
  /** One a unit. */
  weights: Float64Array;
  /** The scheme that made them: 'parabolic' when the chosen one needs a label and there is none. */
  scheme: TasScheme;
  /** Unit at which phase 1, 2, … starts; null without a label. */
  boundaries: number[] | null;
}

export interface SourcedShaping extends Shaping {
  /** Whose phases they are; null without any. */
  source: string | null;
}

/** Weights of every unit under `scheme` and λ with these boundaries (UTF-16 offsets; null without a label). */
export function shapingOf(
  starts: number[],
  boundaries: readonly number[] | null,
  scheme: TasScheme,
  lambda: number,
  phaseWeights: readonly number[],
): Shaping {
  const units = boundaries && unitBoundaries({ starts, source: 'tokens' }, boundaries);
  const used = needsPhases(scheme) && !(units && canShape(scheme, phaseWeights.length)) ? 'parabolic' : scheme;
  return {
    weights: tasWeights(starts.length, { scheme: used, lambda, boundaries: units ?? undefined, phaseWeights }),
    scheme: used,
    boundaries: units,
  };
}

/** Steps of tint; 0 is none. */
export const heatLevels = 6;

/** A weight's tint: its place between 1 and 1 + λ. */
export function weightHeat(weight: number, lambda: number): number {
  return lambda === 0 ? 0 : Math.round(((weight - 1) / lambda) * heatLevels);
}

/** The tint of advantage × weight: its place between −`limit` and `limit`, below 0 for what is discouraged. */
export function shapedHeat(shaped: number, limit: number): number {
  return limit === 0 ? 0 : Math.round((shaped / limit) * heatLevels);
}

/** A log-prob's tint: none at certainty, full at e^-3 (p = 0.05) and below. Null where it is unknown. */
export function surpriseHeat(logProb: number | null): number {
  return logProb === null ? 0 : Math.min(heatLevels, Math.round((-logProb / 3) * heatLevels));
}

/** Neighbouring units of one tint other than none, as [from, to) in UTF-16 units: few even in a long text, because weights change slowly. */
export function heatRuns(
  starts: readonly number[],
  length: number,
  levels: ArrayLike<number>,
): { level: number; from: number; to: number }[] {
  const runs: { level: number; from: number; to: number }[] = [];
  for (let unit = 0; unit < starts.length; unit += 1) {
    const last = runs.at(-1);
    const to = starts[unit + 1] ?? length;
    if (last?.level === levels[unit]) last.to = to;
    else runs.push({ level: levels[unit], from: starts[unit], to });
  }
  return runs.filter(({ level, from, to }) => level !== 0 && to > from);
}

/** The unit that holds the character at `offset`: the last one that starts at or before it. */
export function unitAt(starts: readonly number[], offset: number): number {
  return Math.max(partitionPoint(starts, (start) => start <= offset) - 1, 0);
}
