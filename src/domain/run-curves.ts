/** A run's metrics by iteration: all of them, as a table, and as much as a chart can show. */
import { csvLine } from './csv-line.ts';
import { mean } from './statistics.ts';

/** A run's metrics by column: row i is `iterations[i]`; null where that iteration did not measure. */
export interface Curves {
  iterations: number[];
  values: Record<string, (number | null)[]>;
}

/** Of each `stretch` iterations two rows, which are its first and its last; with 1 every iteration, as it is. */
export interface DrawnCurves extends Curves {
  stretch: number;
  /** The mean of each stretch in its last row, of each metric; empty where every iteration is drawn. */
  means: Curves['values'];
}

/** How many stretches a run has at most, which is more than a chart has pixels. */
const mostStretches = 500;

/**
 * The curves of a run with few iterations, else the least and the greatest value of every stretch of it, in the order in which they
 * came. So a peak is seen however short it was, and of what only rises, each value is that of its row.
 */
export function drawnCurves({ iterations, values }: Curves): DrawnCurves {
  const stretch = Math.ceil(iterations.length / mostStretches);
  if (stretch <= 2) return { iterations, values, stretch: 1, means: {} };
  const starts = Array.from({ length: Math.ceil(iterations.length / stretch) }, (_, i) => i * stretch);
  const of = (column: (number | null)[], make: (measured: number[]) => [number | null, number | null]) =>
    starts.flatMap((start) => make(column.slice(start, start + stretch).filter((value) => value !== null)));
  const each = (make: (measured: number[]) => [number | null, number | null]): Curves['values'] =>
    Object.fromEntries(Object.entries(values).map(([name, column]) => [name, of(column, make)]));
  return {
    iterations: of(iterations, (of) => [of[0], of.at(-1)!]) as number[],
    values: each(extremes),
    stretch,
    means: each((measured) => [null, measured.length === 0 ? null : mean(measured)]),
  };
}

function extremes(measured: number[]): [number | null, number | null] {
  if (measured.length === 0) return [null, null];
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
