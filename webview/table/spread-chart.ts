import { t } from '@vscode/l10n';
import { css, LitElement, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { numberText } from '../../src/domain/number-text.ts';
import type { Range } from '../../src/domain/rollout-query.ts';
import type { ShownHistogram } from '../../src/protocol/table.ts';
import { html } from '../ui/html.ts';
import { fieldLook, sharedStyles } from '../ui/shared-styles.ts';
import { isBarIn, rangeOf } from './spread.ts';

const height = 48;

const titles: Record<ShownHistogram['field'], string> = {
  reward: t('reward'),
  tokens: t('length in tokens'),
  characters: t('length in characters'),
  pass: t('pass rate of prompts'),
  iteration: t('iteration'),
};

/** What `narrow` asks: this range of the chart's number, or none. */
export interface Narrowed {
  field: ShownHistogram['field'];
  range: Range | null;
}

/** How a number spreads. Bars that are dragged over, or ends that are typed, are asked for (`narrow`). */
@customElement('spread-chart')
export class SpreadChart extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        flex: 1 1 180px;
        min-width: 150px;
        max-width: 420px;
      }
      h2 {
        margin: 0;
        font-size: 0.9em;
        font-weight: normal;
      }
      svg {
        display: block;
        width: 100%;
        height: ${height}px;
        border-bottom: 1px solid var(--border);
        cursor: ew-resize;
        touch-action: none;
      }
      rect.bar {
        fill: var(--vscode-charts-blue);
        stroke: var(--vscode-contrastBorder, none);
        stroke-width: 0.5px;
        vector-effect: non-scaling-stroke;
      }
      rect.bar.left-out {
        fill: var(--muted);
        opacity: 0.45;
      }
      rect.place {
        fill: transparent;
      }
      rect.brushed {
        fill: var(--vscode-list-inactiveSelectionBackground);
        stroke: var(--vscode-contrastActiveBorder, none);
      }
      .ends {
        display: flex;
        align-items: center;
        gap: 4px;
        font-size: 0.9em;
      }
      input {
        ${fieldLook}
        flex: 1 1 0;
        min-width: 0;
        padding: 0 4px;
        font-variant-numeric: tabular-nums;
      }
      .ends button {
        padding: 0 4px;
      }
    `,
  ];

  @property({ attribute: false }) shown!: ShownHistogram;
  /** What is asked of it now. */
  @property({ attribute: false }) range: Range | null = null;
  /** Bars that are dragged over, from where to where. */
  @state() private brush: [start: number, end: number] | null = null;

  override render(): TemplateResult {
    const { field, histogram } = this.shown;
    const title = titles[field];
    const { counts, from, width } = histogram;
    const most = Math.max(...counts);
    const label = (bar: number): string => {
      const range = rangeOf(this.shown, bar, bar);
      const many = numberText(counts[bar]);
      return range.to === range.from ? `${range.from}: ${many}` : t('{0} to {1}: {2}', range.from!, range.to!, many);
    };
    return html`<h2>${title}</h2>
      <svg
        viewBox="0 0 ${counts.length} ${height}"
        preserveAspectRatio="none"
        role="img"
        aria-label=${t(
          '{0}: {1} from {2} to {3}',
          title,
          numberText(counts.reduce((sum, count) => sum + count, 0)),
          Number(from.toPrecision(6)),
          Number((from + counts.length * width).toPrecision(6)),
        )}
        @pointerdown=${this.#start}
        @pointermove=${this.#go}
        @pointerup=${this.#end}
        @pointercancel=${() => (this.brush = null)}
      >
        ${counts.map((count, bar) => {
          const top = count === 0 ? height : Math.min(height - 1.5, height - (count / most) * (height - 2));
          return svg`<rect class="place ${this.#isBrushed(bar) ? 'brushed' : ''}" x=${bar} y="0" width="1" height=${height}><title>${label(bar)}</title></rect>
            <rect class="bar ${this.#isKept(bar) ? '' : 'left-out'}" x=${bar + 0.06} y=${top} width="0.88" height=${height - top} pointer-events="none"></rect>`;
        })}
      </svg>
      <div class="ends">
        ${this.#field('from', t('{0} from', title))}
        <span class="muted">${t('to')}</span> ${this.#field('to', t('{0} to', title))}
        ${
          this.range === null
            ? nothing
            : html`<button
                title=${t('Any {0}', title)}
                aria-label=${t('Any {0}', title)}
                @click=${() => this.#narrow(null)}
              >
                ✕
              </button>`
        }
      </div>`;
  }

  #field(end: 'from' | 'to', name: string): TemplateResult {
    const value = this.range?.[end];
    const { field, histogram } = this.shown;
    const all = rangeOf(this.shown, 0, histogram.counts.length - 1);
    // The last bar ends beyond what a share can be.
    const edge = field === 'pass' ? Math.min(1, all[end]!) : all[end]!;
    return html`<input
      type="number"
      step="any"
      placeholder=${String(Number(edge.toPrecision(6)))}
      aria-label=${name}
      .value=${value === null || value === undefined ? '' : String(value)}
      @change=${({ target }: Event) => this.#type(end, (target as HTMLInputElement).value)}
    />`;
  }

  #isBrushed(bar: number): boolean {
    return this.brush !== null && Math.min(...this.brush) <= bar && bar <= Math.max(...this.brush);
  }

  #isKept(bar: number): boolean {
    if (this.brush !== null) return this.#isBrushed(bar);
    return this.range === null || isBarIn(this.shown, bar, this.range);
  }

  #barAt(event: PointerEvent): number {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    const bars = this.shown.histogram.counts.length;
    return Math.min(bars - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * bars)));
  }

  #start(event: PointerEvent): void {
    if (event.button !== 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    const bar = this.#barAt(event);
    this.brush = [bar, bar];
  }

  #go(event: PointerEvent): void {
    if (this.brush) this.brush = [this.brush[0], this.#barAt(event)];
  }

  #end(): void {
    if (!this.brush) return;
    const range = rangeOf(this.shown, Math.min(...this.brush), Math.max(...this.brush));
    this.brush = null;
    this.#narrow(range);
  }

  #type(end: 'from' | 'to', text: string): void {
    const value = text === '' ? null : Number(text);
    const range = { from: this.range?.from ?? null, to: this.range?.to ?? null, [end]: value };
    if (range.from !== null && range.to !== null && range.from > range.to) range[end === 'from' ? 'to' : 'from'] = null;
    this.#narrow(range.from === null && range.to === null ? null : range);
  }

  #narrow(range: Range | null): void {
    const detail: Narrowed = { field: this.shown.field, range };
    this.dispatchEvent(new CustomEvent('narrow', { detail, bubbles: true, composed: true }));
  }
}
