import { t } from '@vscode/l10n';
import { css, LitElement, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Phase } from '../../../src/domain/phase.ts';
import { html } from '../../ui/html.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';
import { phaseStyles } from './phase-styles.ts';
import { plotStyles } from './plot-styles.ts';

/** The drawing's own units, near its shape on the page: a browser draws lines wrongly when it must stretch them ten thousandfold. */
const drawing = { width: 600, height: 100 };
/** Points a curve is drawn with at most: more than its pixels would not show. */
const maxPoints = 800;

/** The weight of every unit along the completion, beside the paper's parabola. */
@customElement('weight-curve')
export class WeightCurve extends LitElement {
  static override styles = [
    sharedStyles,
    phaseStyles,
    plotStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: var(--axis) 1fr;
        gap: 0 6px;
        min-height: 84px;
      }
      svg {
        overflow: visible;
      }
      path {
        stroke-width: 2;
      }
      .paper {
        stroke: var(--muted);
        stroke-width: 1.5;
        stroke-dasharray: 1 4;
        stroke-linecap: round;
      }
      .chosen {
        stroke: var(--heat);
      }
      .band {
        overflow: hidden;
        padding-left: 3px;
        font-size: 10px;
        color: var(--muted);
      }
    `,
  ];

  @property({ attribute: false }) weights: Float64Array = new Float64Array();
  @property({ attribute: false }) paper: Float64Array = new Float64Array();
  @property({ type: Number }) lambda = 0;
  @property({ attribute: false }) phases: readonly Phase[] = [];
  /** Unit at which phase 1, 2, … starts; null without a label. */
  @property({ attribute: false }) boundaries: readonly number[] | null = null;
  @property({ attribute: false }) hovered: number | null = null;

  override render(): TemplateResult {
    const last = Math.max(this.weights.length - 1, 1);
    const at = (unit: number): string => `${(100 * Math.min(unit, last)) / last}%`;
    const edges = this.boundaries && [0, ...this.boundaries, last];
    return html`
      <div class="axis muted" aria-hidden="true"><span>${(1 + this.lambda).toFixed(2)}</span><span>1.00</span></div>
      <div
        class="plot"
        role="img"
        aria-label=${this.#said()}
        @pointermove=${this.#point}
        @pointerleave=${() => act(this, { kind: 'hover-unit', unit: null })}
      >
        ${edges
          ?.slice(0, -1)
          .map(
            (start, phase) =>
              html`<div
                class="band phase-${phase + 1}"
                .style=${`left: ${at(start)}; width: ${Math.max((100 * (edges[phase + 1] - start)) / last, 0)}%`}
              >
                ${this.phases[phase].name}
              </div>`,
          )}
        <svg viewBox="0 0 ${drawing.width} ${drawing.height}" preserveAspectRatio="none" aria-hidden="true">
          ${svg`<path class="paper" d=${this.#path(this.paper)} /><path class="chosen" d=${this.#path(this.weights)} />`}
        </svg>
        ${this.hovered === null ? nothing : html`<div class="pointer" .style=${`left: ${at(this.hovered)}`}></div>`}
      </div>
    `;
  }

  #path(weights: Float64Array): string {
    const stride = Math.max(1, Math.ceil(weights.length / maxPoints));
    const points: string[] = [];
    for (let unit = 0; unit < weights.length; unit += stride) points.push(this.#place(weights, unit));
    if (weights.length > 0) points.push(this.#place(weights, weights.length - 1));
    return points.length === 0 ? '' : `M${points.join('L')}`;
  }

  #place(weights: Float64Array, unit: number): string {
    const height = this.lambda === 0 ? 0 : (weights[unit] - 1) / this.lambda;
    const along = unit / Math.max(weights.length - 1, 1);
    return `${(drawing.width * along).toFixed(2)} ${(drawing.height * (1 - height)).toFixed(2)}`;
  }

  #said(): string {
    if (this.weights.length === 0) return t('No weights');
    const tell = (unit: number): string => this.weights[unit].toFixed(2);
    const middle = this.weights.length >> 1;
    const ends = t(
      '{0} at the start, {1} in the middle, {2} at the end',
      tell(0),
      tell(middle),
      tell(this.weights.length - 1),
    );
    return t('Weights of {0} units: {1}', this.weights.length, ends);
  }

  #point(event: PointerEvent): void {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    const unit = Math.round(((event.clientX - left) / width) * (this.weights.length - 1));
    act(this, { kind: 'hover-unit', unit: Math.min(Math.max(unit, 0), this.weights.length - 1) });
  }
}
