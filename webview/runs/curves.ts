/** Which curves a chart draws for the selected runs. */
import { chartMetrics, type Axis, type Chart } from '../../src/domain/metric.ts';
import type { Curves } from '../../src/domain/run-curves.ts';
import type { Columns, RunItem } from '../../src/protocol/runs.ts';
import { curve, type Curve } from './series.ts';

export interface ShownRun {
  id: string;
  name: string;
  columns: Columns;
  stages: RunItem['stages'];
}

/** A curve that knows whose it is; the indices choose its colour and dash. */
export interface NamedCurve extends Curve {
  key: string;
  runName: string;
  metric: string;
  runIndex: number;
  metricIndex: number;
  /** What is smoothed: of a long run the means of its stretches, of others what was measured. */
  means: Curve;
}

/** The curves of `chart` for `runs`, metric by metric. Metrics keep their index over all runs, so a dash means one metric. */
export function chartCurves(chart: Chart, runs: readonly ShownRun[], axis: Axis): NamedCurve[] {
  const metrics = chartMetrics(chart, new Set(runs.flatMap(({ columns }) => Object.keys(columns.values))));
  return metrics.flatMap((metric, metricIndex) =>
    runs
      .map((run, runIndex) => ({
        key: `${run.id} ${metric}`,
        runName: run.name,
        metric,
        runIndex,
        metricIndex,
        ...curve(run.columns, metric, axis),
        means: curve(meansOf(run.columns, metric), metric, axis),
      }))
      .filter(({ xs }) => xs.length > 0),
  );
}

function meansOf({ iterations, values, means }: Columns, metric: string): Curves {
  return { iterations, values: { ...values, [metric]: means[metric] ?? values[metric] ?? [] } };
}
