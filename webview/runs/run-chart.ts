import { t } from '@vscode/l10n';
import { css, LitElement, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import uPlot from 'uplot';
import { axisLabels, chartTitle, metricLabel, type Axis, type Chart } from '../../src/domain/metric.ts';
import { html } from '../ui/html.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import { align, smoothed } from './series.ts';
import type { NamedCurve } from './curves.ts';
import { drawStages, type RunMark } from './stage-lines.ts';
import { onThemeChange, readPalette, strokeOf } from './theme.ts';

/** Charts of one page share this crosshair. */
const crosshair = uPlot.sync('runs');

/** Distances of the horizontal axis' marks: what it counts is whole. */
const wholeSteps = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].flatMap((power) => [power, 2 * power, 5 * power]);

/** How much of a measured curve is seen behind its smoothed one. */
const faint = 0.35;

/** Each curve has two series behind the axis': what was measured, and that smoothed. */
const measuredSeries = (curve: number): number => 1 + 2 * curve;
const isMeasured = (series: number): boolean => series % 2 === 1;

/** A value as the legend and the axis print it. */
export function valueText(unit: Chart['unit'], value: number): string {
  if (unit === 'rollouts') return String(Math.round(value));
  if (unit === 'fraction') return `${Number((100 * value).toFixed(1))}%`;
  const magnitude = Math.abs(value);
  if (magnitude >= 10_000) return Intl.NumberFormat('en', { notation: 'compact' }).format(value);
  if (Number.isInteger(value)) return String(value);
  return magnitude >= 100 ? value.toFixed(0) : magnitude >= 0.01 ? value.toFixed(2) : value.toExponential(1);
}

/**
 * One chart: its curves over the shared axis, a crosshair linked with the other charts, a legend that hides curves. Where it smooths,
 * what was measured stays, faint; the legend tells what was measured. Fires `scrub` with the place that is clicked, and `zoom` with
 * the stretch that is dragged over, or null on a double click.
 */
@customElement('run-chart')
export class RunChart extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        position: relative;
        min-width: 0;
        border: 1px solid var(--border);
        border-radius: 4px;
        padding: 6px 8px 2px;
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 8px;
        min-height: 22px;
      }
      h3 {
        margin: 0 auto 0 0;
        font-size: 1em;
        font-weight: 600;
      }
      .entry {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        padding: 0 2px;
        color: var(--muted);
        font-size: 0.9em;
      }
      .entry[aria-pressed='false'] {
        text-decoration: line-through;
        opacity: 0.7;
      }
      .entry output {
        min-width: 3em;
        text-align: right;
        color: var(--vscode-foreground);
        font-variant-numeric: tabular-nums;
      }
      /* Beside the axis' name, where it moves nothing when it comes and goes. */
      .place {
        position: absolute;
        right: 8px;
        bottom: 2px;
        color: var(--muted);
        font-size: 0.9em;
        font-variant-numeric: tabular-nums;
      }
      .plot {
        height: 164px;
        position: relative;
        cursor: crosshair;
        user-select: none;
      }
      .none {
        position: absolute;
        inset: 0;
        display: grid;
        place-items: center;
        color: var(--muted);
      }
      /* The parts of uPlot's style sheet that a chart without its legend needs. */
      .u-wrap {
        position: relative;
      }
      .u-over,
      .u-under,
      .u-cursor-x,
      .u-cursor-y,
      .u-cursor-pt {
        position: absolute;
      }
      .uplot canvas {
        display: block;
        width: 100%;
        height: 100%;
      }
      .u-axis {
        position: absolute;
      }
      .u-cursor-x,
      .u-cursor-y {
        left: 0;
        top: 0;
        pointer-events: none;
      }
      .u-hz .u-cursor-x {
        height: 100%;
        border-right: 1px dashed var(--muted);
      }
      .u-hz .u-cursor-y {
        display: none;
      }
      .u-cursor-pt {
        top: 0;
        left: 0;
        border-radius: 50%;
        border: 0 solid;
        pointer-events: none;
      }
      .u-select {
        position: absolute;
        pointer-events: none;
        background: var(--vscode-editor-selectionBackground);
        outline: 1px solid var(--vscode-contrastActiveBorder, transparent);
        opacity: 0.5;
      }
      .u-off {
        display: none;
      }
    `,
  ];

  @property({ attribute: false }) chart!: Chart;
  @property({ attribute: false }) curves: NamedCurve[] = [];
  /** From where to where every chart's horizontal axis goes. */
  @property({ attribute: false }) extent: [number, number] | null = null;
  /** Where the shown runs' stages begin. */
  @property({ attribute: false }) marks: RunMark[] = [];
  @property() axis: Axis = 'iteration';
  @property({ type: Number }) smoothing = 0;
  @property({ type: Number }) runs = 1;
  @state() private hiddenCurves: ReadonlySet<string> = new Set();

  #plot: uPlot | null = null;
  #shape = '';
  #forgetTheme: (() => void) | null = null;
  readonly #resize = new ResizeObserver(() => this.#fit());

  override connectedCallback(): void {
    super.connectedCallback();
    this.#forgetTheme = onThemeChange(() => {
      this.#shape = '';
      this.requestUpdate();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#forgetTheme?.();
    this.#resize.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
    this.#shape = '';
  }

  override render() {
    const palette = readPalette();
    return html`
      <header>
        <h3>${chartTitle(this.chart)}</h3>
        ${this.curves.map((one, i) => {
          const { stroke, dash } = strokeOf(palette, one.runIndex, one.metricIndex, this.runs);
          return html`<button
            class="entry"
            aria-pressed=${!this.hiddenCurves.has(one.key)}
            title=${t('Show or hide {0}', this.#label(one))}
            aria-label="${this.#label(one)} ${this.#last(one)}"
            @click=${() => this.#toggle(one.key)}
          >
            <svg width="16" height="6" aria-hidden="true">
              <line x1="0" y1="3" x2="16" y2="3" stroke=${stroke} stroke-width="2" stroke-dasharray=${dash.join(' ')} />
            </svg>
            ${this.chart.metrics.length === 1 ? '' : metricLabel(one.metric)}
            <output data-curve=${i} .value=${this.#last(one)}></output>
          </button>`;
        })}
      </header>
      <div class="plot" role="img" aria-label=${this.#summary()} title=${t('Drag to zoom in, double-click to see all')}>
        ${this.curves.length === 0 ? html`<div class="none">${t('nothing measured yet')}</div>` : null}
      </div>
      <span class="place"></span>
    `;
  }

  override updated(changed: PropertyValues<this>): void {
    const shape = JSON.stringify([this.curves.map(({ key }) => key), this.axis, this.runs, this.smoothing > 0]);
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#make();
    } else if (changed.has('curves') || changed.has('smoothing') || changed.has('extent')) {
      this.#plot?.setData(this.#data());
    }
    this.curves.forEach(({ key }, i) => {
      const show = !this.hiddenCurves.has(key);
      for (const series of [measuredSeries(i), measuredSeries(i) + 1]) {
        if (this.#plot && this.#plot.series[series].show !== show) this.#plot.setSeries(series, { show });
      }
    });
  }

  #label(one: NamedCurve): string {
    const metric = metricLabel(one.metric);
    if (this.runs === 1) return metric;
    return this.chart.metrics.length === 1 ? one.runName : `${one.runName} ${metric}`;
  }

  #last(one: NamedCurve): string {
    return one.ys.length === 0 ? '' : valueText(this.chart.unit, one.ys[one.ys.length - 1]);
  }

  #summary(): string {
    const last = this.curves.map((one) => t('{0} {1} at {2}', this.#label(one), this.#last(one), one.xs.at(-1) ?? ''));
    const stages = this.runs === 1 ? this.marks.map(({ stage, x }) => t('stage {0} from {1}', stage, x)) : [];
    const told = [...last, ...stages].join(', ');
    const what = t('{0} by {1}', chartTitle(this.chart), axisLabels[this.axis]);
    return last.length > 0 ? `${what}: ${told}` : t('{0}, nothing measured yet', what);
  }

  #toggle(key: string): void {
    const hidden = new Set(this.hiddenCurves);
    if (!hidden.delete(key)) hidden.add(key);
    this.hiddenCurves = hidden;
  }

  #data(): uPlot.AlignedData {
    return align(this.curves.flatMap((one) => [one, smoothed(one, this.smoothing) ?? { xs: [], ys: [] }]));
  }

  #make(): void {
    this.#resize.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
    const target = this.renderRoot.querySelector<HTMLElement>('.plot');
    if (!target || this.curves.length === 0) return;
    const palette = readPalette();
    const { unit } = this.chart;
    const lines = { stroke: palette.text, font: palette.font, grid: { stroke: palette.grid, width: 0.3 } };
    const options: uPlot.Options = {
      width: Math.max(target.clientWidth, 50),
      height: target.clientHeight,
      legend: { show: false },
      cursor: {
        sync: { key: crosshair.key, scales: ['x', null] },
        drag: { x: true, y: false, setScale: false, dist: 5 },
        points: { size: (_plot, series) => (isMeasured(series) ? 6 : 0) },
      },
      scales: {
        x: { time: false, range: (_plot, low, high) => this.extent ?? [low, high] },
        y: {
          range: (_plot, low, high) =>
            unit === 'fraction'
              ? [0, Math.min(1, Math.max(high * 1.1, 0.05))]
              : uPlot.rangeNum(Math.min(low, unit === 'nats' ? low : 0), high, 0.1, true),
        },
      },
      axes: [
        {
          ...lines,
          size: 22,
          ticks: { show: false },
          gap: 4,
          incrs: wholeSteps,
          label: axisLabels[this.axis],
          labelSize: 14,
          labelGap: 0,
          labelFont: palette.font,
        },
        {
          ...lines,
          size: 46,
          ticks: { show: false },
          gap: 4,
          space: 24,
          values: (_plot, ticks) => ticks.map((tick) => valueText(unit, tick)),
        },
      ],
      series: [
        {},
        ...this.curves.flatMap((one) => {
          const line = {
            ...strokeOf(palette, one.runIndex, one.metricIndex, this.runs),
            label: this.#label(one),
            width: 1.5,
            spanGaps: true,
            show: !this.hiddenCurves.has(one.key),
          };
          const alpha = smoothed(one, this.smoothing) ? faint : 1;
          return [
            { ...line, alpha, points: { show: one.xs.length < 3, size: 5 } },
            { ...line, points: { show: false } },
          ];
        }),
      ],
      hooks: {
        setCursor: [(plot) => this.#read(plot)],
        setSelect: [(plot) => this.#zoom(plot)],
        draw: [(plot) => drawStages(plot, this.marks, this.runs)],
      },
    };
    this.#plot = new uPlot(options, this.#data(), target);
    this.#plot.over.addEventListener('click', () => this.#scrub());
    this.#plot.over.addEventListener('dblclick', () => this.#tellZoom(null));
    this.#resize.observe(target);
  }

  /** Prints the measured values under the crosshair and where that is, or the newest when it is elsewhere. */
  #read(plot: uPlot): void {
    const index = plot.cursor.idx ?? null;
    const place = index === null ? '' : `${axisLabels[this.axis]}: ${plot.data[0][index]}`;
    this.renderRoot.querySelector('.place')!.textContent = place;
    this.renderRoot.querySelectorAll<HTMLOutputElement>('output[data-curve]').forEach((output, i) => {
      const one = this.curves[i];
      if (!one) return;
      const column = plot.data[measuredSeries(i)];
      let row = index ?? plot.data[0].length - 1;
      while (row > 0 && (column[row] === null || column[row] === undefined)) row -= 1;
      const value = column[row];
      const measured = value === null || value === undefined ? '' : valueText(this.chart.unit, value);
      // An evaluation is not of every iteration: what is told of an earlier one says so.
      output.value =
        measured !== '' && index !== null && row < index ? t('{0} at {1}', measured, plot.data[0][row]) : measured;
    });
  }

  #scrub(): void {
    const index = this.#plot?.cursor.idx;
    const x = index === null || index === undefined ? undefined : this.#plot?.data[0][index];
    if (x !== undefined) this.dispatchEvent(new CustomEvent('scrub', { detail: x }));
  }

  #zoom(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width === 0) return;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    const [from, to] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
    // What the axis counts is whole: less than one has nothing to show.
    if (to - from >= 1) this.#tellZoom([from, to]);
  }

  #tellZoom(stretch: [number, number] | null): void {
    this.dispatchEvent(new CustomEvent('zoom', { detail: stretch }));
  }

  #fit(): void {
    const target = this.renderRoot.querySelector<HTMLElement>('.plot');
    if (target && target.clientWidth > 0) {
      this.#plot?.setSize({ width: target.clientWidth, height: target.clientHeight });
    }
  }
}
