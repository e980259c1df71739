/** Turns stored metrics into what a chart draws: aligned columns, smoothed, on the chosen axis. Pure. */
import { isEvaluation, type Axis } from '../../src/domain/metric.ts';
import { positions, type Curves } from '../../src/domain/run-curves.ts';
import type { RunItem } from '../../src/protocol/runs.ts';

/** One curve before alignment; xs strictly increase. */
export interface Curve {
  xs: number[];
  ys: number[];
}

/**
 * The measured points of `metric` on `axis`, in order; of rows at one place the last, as where an iteration generated nothing and a counter
 * stood still. A row without the counter has no place.
 */
export function curve(columns: Curves, metric: string, axis: Axis): Curve {
  const places = positions(columns, axis);
  const xs: number[] = [];
  const ys: number[] = [];
  columns.values[metric]?.forEach((y, row) => {
    const x = places[row];
    if (y === null || x === null) return;
    if (xs.at(-1) === x) {
      ys[ys.length - 1] = y;
      return;
    }
    xs.push(x);
    ys.push(y);
  });
  return { xs, ys };
}

/** A place on the horizontal axis where a stage of the curriculum begins. */
export interface StageMark {
  x: number;
  stage: string;
}

/** Where each stage that a run has come to begins on `axis`: at the iteration before its first, or where the next one is drawn. */
export function stageMarks(columns: Curves, stages: RunItem['stages'], axis: Axis): StageMark[] {
  const places = positions(columns, axis);
  return stages.flatMap(({ stage, first }) => {
    const row = columns.iterations.findIndex((iteration) => iteration >= first - 1);
    return row < 0 ? [] : [{ x: places[row] ?? 0, stage }];
  });
}

/** From the first to the last place of any run on `axis`, so that charts of different metrics lie under one crosshair. Null without rows. */
export function extent(runs: readonly Curves[], axis: Axis): [number, number] | null {
  const places = runs.flatMap((columns) => positions(columns, axis)).filter((place) => place !== null);
  if (places.length === 0) return null;
  const [low, high] = places.reduce(
    ([least, most], x) => [Math.min(least, x), Math.max(most, x)],
    [Infinity, -Infinity],
  );
  // One place still needs a width to be drawn in.
  return [low, Math.max(high, low + 1)];
}

/** Exponential moving average with weight 0 ≤ `smoothing` < 1 on the past, corrected for its start (as Adam's moments are). */
export function smooth(ys: readonly number[], smoothing: number): number[] {
  let average = 0;
  let weight = 0;
  return ys.map((y) => {
    average = smoothing * average + (1 - smoothing) * y;
    weight = smoothing * weight + (1 - smoothing);
    return average / weight;
  });
}

/** A metric's curve smoothed; null where the measured points alone are to be seen: without smoothing, and of evaluations. */
export function smoothed({ metric, means }: { metric: string; means: Curve }, smoothing: number): Curve | null {
  return smoothing > 0 && !isEvaluation(metric) ? { xs: means.xs, ys: smooth(means.ys, smoothing) } : null;
}

/** Puts curves on one axis: [xs, ys of curve 0, ys of curve 1, …], null where a curve has no point. */
export function align(curves: readonly Curve[]): [number[], ...(number | null)[][]] {
  const xs = [...new Set(curves.flatMap((one) => one.xs))].sort((a, b) => a - b);
  const place = new Map(xs.map((x, i) => [x, i]));
  const columns = curves.map((one) => {
    const column = new Array<number | null>(xs.length).fill(null);
    one.xs.forEach((x, i) => (column[place.get(x)!] = one.ys[i]));
    return column;
  });
  return [xs, ...columns];
}

/** Counts of `values` in `bins` equal bins over [−limit, limit], with limit the largest magnitude (at least 1). */
export function histogram(values: readonly number[], bins: number): { limit: number; counts: number[] } {
  const limit = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    counts[Math.min(Math.floor(((value + limit) / (2 * limit)) * bins), bins - 1)] += 1;
  }
  return { limit, counts };
}
