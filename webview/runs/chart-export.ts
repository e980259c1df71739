/** The shown curves as a drawing for a paper. Pure. */
import { chartCurves, type ShownRun } from './curves.ts';
import { type Curve, extent, smoothed, stageMarks } from './series.ts';
import { axisLabels, chartTitle, metricLabel, type Axis, type Chart } from '../../src/domain/metric.ts';
import { plainText } from '../../src/domain/plain-text.ts';

const panel = { width: 360, height: 200, left: 48, right: 12, top: 26, bottom: 40 };
const inks = ['#1f77b4', '#ff7f0e', '#2ca02c', '#9467bd', '#d62728', '#8c564b'];
const dashes = ['', '6 3', '2 3', '8 3 2 3', '12 4'];

/** The charts as one SVG on white, two a row, each with its axis ends and legend; colours are fixed, for print. */
export function toSvg(charts: readonly Chart[], runs: readonly ShownRun[], axis: Axis, smoothing: number): string {
  const drawn = charts.filter((chart) => chartCurves(chart, runs, axis).length > 0);
  const height = Math.ceil(drawn.length / 2) * panel.height;
  const parts = drawn.map((chart, i) => {
    const place = `translate(${(i % 2) * panel.width} ${Math.floor(i / 2) * panel.height})`;
    return `<g transform="${place}">${chartSvg(chart, runs, axis, smoothing)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${panel.width * 2}" height="${height}" font-family="sans-serif" font-size="10"><rect width="100%" height="100%" fill="white"/>${parts.join('')}</svg>\n`;
}

function chartSvg(chart: Chart, runs: readonly ShownRun[], axis: Axis, smoothing: number): string {
  const curves = chartCurves(chart, runs, axis);
  const [first, last] = extent(
    runs.map(({ columns }) => columns),
    axis,
  )!;
  const ys = curves.flatMap((one) => one.ys);
  const [low, high] = [Math.min(0, ...ys), Math.max(...ys)];
  const right = panel.width - panel.right;
  const bottom = panel.height - panel.bottom;
  const x = scale(first, last, panel.left, right);
  const y = scale(low, high, bottom, panel.top);
  const lines = curves.map((one, i) => {
    const hue = runs.length > 1 ? one.runIndex : one.metricIndex;
    const look = `stroke="${inks[hue % inks.length]}" stroke-dasharray="${dashes[one.metricIndex % dashes.length]}"`;
    const polyline = ({ xs, ys }: Curve, opacity: number): string => {
      const points = xs.map((at, row) => `${x(at).toFixed(1)},${y(ys[row]).toFixed(1)}`).join(' ');
      return `<polyline fill="none" stroke-width="1.5" stroke-opacity="${opacity}" ${look} points="${points}"/>`;
    };
    const smooth = smoothed(one, smoothing);
    const drawn = smooth ? polyline(one, 0.35) + polyline(smooth, 1) : polyline(one, 1);
    const label = runs.length > 1 ? `${one.runName} ${metricLabel(one.metric)}` : metricLabel(one.metric);
    const at = panel.left + (i % 3) * 100;
    const legendY = panel.height - 16 + Math.floor(i / 3) * 11;
    return `${drawn}<line x1="${at}" x2="${at + 14}" y1="${legendY - 3}" y2="${legendY - 3}" stroke-width="1.5" ${look}/><text x="${at + 18}" y="${legendY}">${xml(label)}</text>`;
  });
  const marks = runs.flatMap((run, runIndex) =>
    stageMarks(run.columns, run.stages, axis).map(({ x: at, stage }) => {
      const left = Math.max(x(at), panel.left).toFixed(1);
      const ink = runs.length > 1 ? inks[runIndex % inks.length] : '#888';
      const name =
        runs.length > 1 ? '' : `<text x="${left}" dx="3" y="${panel.top + 8}" fill="#555">${xml(stage)}</text>`;
      return `<path d="M${left} ${panel.top}V${bottom}" stroke="${ink}" stroke-dasharray="4 4"/>${name}`;
    }),
  );
  return [
    `<text x="${panel.left}" y="16" font-weight="bold" font-size="12">${xml(chartTitle(chart))}</text>`,
    `<path d="M${panel.left} ${panel.top}V${bottom}H${right}" fill="none" stroke="#888"/>`,
    `<text x="${panel.left - 4}" y="${panel.top + 4}" text-anchor="end">${number(high)}</text>`,
    `<text x="${panel.left - 4}" y="${bottom}" text-anchor="end">${number(low)}</text>`,
    `<text x="${panel.left}" y="${bottom + 12}">${number(first)}</text>`,
    `<text x="${right}" y="${bottom + 12}" text-anchor="end">${number(last)} ${xml(axisLabels[axis])}</text>`,
    ...marks,
    ...lines,
  ].join('');
}

function scale(from: number, to: number, start: number, end: number): (value: number) => number {
  const span = to - from || 1;
  return (value) => start + ((value - from) / span) * (end - start);
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** XML cannot hold most control characters, escaped or not. */
function xml(text: string): string {
  return plainText(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
