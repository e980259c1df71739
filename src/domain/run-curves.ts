/** A run's metrics by iteration: all of them, as a table, and as much as a chart can show. */
import { csvLine } from './csv-line.ts';
import type { Axis } from './metric.ts';
import { mean } from './statistics.ts';

/** A run's metrics by column: row i is `iterations[i]`; null where that iteration did not measure. */
export interface Curves {
  iterations: number[];
  values: Record<string, (number | null)[]>;
}

/** A stretch of the horizontal axis that is looked at more closely. */
export interface Zoom {
  axis: Axis;
  from: number;
  to: number;
}

/** Of each `stretch` iterations two rows, which are its first and its last; with 1 every iteration, as it is. */
export interface DrawnCurves extends Curves {
  /** Of what is zoomed to, where something is. */
  stretch: number;
  /** The mean of each stretch in its last row, of each metric; empty where every iteration is drawn. */
  means: Curves['values'];
}

/** How many stretches a run has at most, which is more than a chart has pixels; and what is zoomed to as many again. */
const mostStretches = 500;

/**
 * The curves of a run with few iterations, else the least and the greatest value of every stretch of it, in the order in which they
 * came. So a peak is seen however short it was, and of what only rises, each value is that of its row. What is zoomed to has shorter
 * stretches than the rest.
 */
export function drawnCurves(curves: Curves, zoom: Zoom | null = null): DrawnCurves {
  const { iterations, values } = curves;
  const rows = iterations.length;
  const whole = stretchOf(rows);
  if (whole === 1) return { iterations, values, stretch: 1, means: {} };
  const [from, to] = zoom === null ? [0, rows] : rowsOf(curves, zoom);
  const stretch = stretchOf(to - from);
  const stretches = [cut(0, from, whole), cut(from, to, stretch), cut(to, rows, whole)].flat();
  const of = <Value>(column: (number | null)[], make: (measured: number[]) => Value[]): (Value | null)[] =>
    stretches.flatMap(([start, end]) => {
      const made = make(column.slice(start, end).filter((value) => value !== null));
      // An iteration that is drawn by itself is one row.
      return end - start === 1 ? (made.at(-1) ?? null) : made.length === 0 ? [null, null] : made;
    });
  const each = (make: (measured: number[]) => (number | null)[]): Curves['values'] =>
    Object.fromEntries(Object.entries(values).map(([name, column]) => [name, of(column, make)]));
  return {
    iterations: of(iterations, (of) => [of[0], of.at(-1)!]) as number[],
    values: each((measured) => (measured.length === 0 ? [] : extremes(measured))),
    stretch,
    means: each((measured) => (measured.length === 0 ? [] : [null, mean(measured)])),
  };
}

/** Where each row lies on `axis`; null where it did not measure that. */
export function positions({ iterations, values }: Curves, axis: Axis): (number | null)[] {
  return axis === 'iteration' ? iterations : (values[axis] ?? iterations.map(() => null));
}

const stretchOf = (rows: number): number => (rows <= 2 * mostStretches ? 1 : Math.ceil(rows / mostStretches));

/** The rows from the last before what is zoomed to up to the first after it, so that a line comes to both edges; the end is none of them. */
function rowsOf(curves: Curves, { axis, from, to }: Zoom): [from: number, to: number] {
  const places = positions(curves, axis);
  const before = places.findLastIndex((place) => place !== null && place <= from);
  const after = places.findIndex((place, row) => row >= before && place !== null && place >= to);
  return [Math.max(before, 0), after < 0 ? places.length : after + 1];
}

function cut(from: number, to: number, stretch: number): [start: number, end: number][] {
  return Array.from({ length: Math.ceil((to - from) / stretch) }, (_, i) => [
    from + i * stretch,
    Math.min(from + (i + 1) * stretch, to),
  ]);
}

function extremes(measured: number[]): [number, number] {
  const low = measured.indexOf(Math.min(...measured));
  const high = measured.indexOf(Math.max(...measured));
  return low < high ? [measured[low], measured[high]] : [measured[high], measured[low]];
}

/** All metrics of all these runs: one row an iteration and run (RFC 4180, LF lines). */
export function curvesTable(runs: readonly { name: string; curves: Curves }[]): string {
  const metrics = [...new Set(runs.flatMap(({ curves }) => Object.keys(curves.values)))].sort();
  const rows = runs.flatMap(({ name, curves: { iterations, values } }) =>
    iterations.map((iteration, row) => [name, iteration, ...metrics.map((metric) => values[metric]?.[row] ?? null)]),
  );
  return [['run', 'iteration', ...metrics], ...rows].map(csvLine).join('');
}
