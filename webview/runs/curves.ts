/** Which curves a chart draws for the selected runs. */
import { chartMetrics, type Axis, type Chart } from '../../src/domain/metric.ts';
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
      }))
      .filter(({ xs }) => xs.length > 0),
  );
}
