import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Phase } from '../../src/domain/phase.ts';
import { tasSchemes, tasWeights, type TasScheme } from '../../src/domain/tas.ts';
import { overlays, type Overlay, type Preferences, type ReviewRollout } from '../../src/protocol/review.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import { signed } from './group-strip.ts';
import { act } from './page-event.ts';
import './weight-curve.ts';
import type { Shaping } from './weights.ts';

/** What TAS makes of the label: scheme and λ, the curve of weights, and the unit under the pointer. */
@customElement('tas-panel')
export class TasPanel extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        padding: 6px 12px 8px;
        border-top: 1px solid var(--border);
      }
      .controls {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 14px;
        margin-bottom: 6px;
      }
      h2 {
        margin: 0;
        font-size: 1em;
      }
      label {
        display: inline-flex;
        align-items: center;
        gap: 6px;
      }
      input[type='range'] {
        width: 90px;
      }
      output {
        font-variant-numeric: tabular-nums;
      }
      /* Always two lines, so that nothing moves while the pointer does. */
      p {
        margin: 0;
        height: 1.4em;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: pre;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property({ attribute: false }) phases: readonly Phase[] = [];
  @property({ attribute: false }) rollout!: ReviewRollout;
  @property({ attribute: false }) shaping!: Shaping;
  @property({ attribute: false }) preferences!: Preferences;
  @property({ attribute: false }) advantage: number | null = null;
  @property({ attribute: false }) hovered: number | null = null;

  override render(): TemplateResult {
    const { scheme, lambda, overlay } = this.preferences;
    const { weights, boundaries } = this.shaping;
    const prefer = (change: Partial<Preferences>): void => act(this, { kind: 'prefer', change });
    const valueOf = (event: Event): string => (event.target as HTMLInputElement | HTMLSelectElement).value;
    return html`
      <div class="controls">
        <h2>TAS</h2>
        <label
          >scheme
          <select class="scheme" @change=${(event: Event) => prefer({ scheme: valueOf(event) as TasScheme })}>
            ${tasSchemes.map((name) => html`<option value=${name} .selected=${name === scheme}>${name}</option>`)}
          </select>
        </label>
        <label
          >λ
          <input
            class="lambda"
            type="range"
            min="0"
            max="1"
            step="0.05"
            .value=${String(lambda)}
            @input=${(event: Event) => prefer({ lambda: Number(valueOf(event)) })}
          />
          <output>${lambda.toFixed(2)}</output>
        </label>
        <label
          >overlay
          <select @change=${(event: Event) => prefer({ overlay: valueOf(event) as Overlay })}>
            ${overlays
              .filter((name) => name !== 'log-prob' || this.rollout.logProbs)
              .map((name) => html`<option value=${name} .selected=${name === overlay}>${name}</option>`)}
          </select>
        </label>
      </div>
      <weight-curve
        .weights=${weights}
        .paper=${tasWeights(weights.length, { scheme: 'parabolic', lambda })}
        .lambda=${lambda}
        .phases=${this.phases}
        .boundaries=${boundaries}
        .hovered=${this.hovered}
      ></weight-curve>
      <p class="muted">${this.#legend()}</p>
      <p class="told">${this.#told()}</p>
    `;
  }

  #legend(): string {
    const { scheme, boundaries } = this.shaping;
    const chosen = this.preferences.scheme;
    const solid =
      scheme === chosen ? `${scheme}${boundaries ? ', labelled' : ''}` : `${scheme} (${chosen} needs a label)`;
    return `— ${solid}   ··· paper's parabola`;
  }

  #told(): TemplateResult {
    const { units, completion, logProbs } = this.rollout;
    const kind = units.source === 'words' ? 'word' : 'token';
    const unit = this.hovered;
    if (unit === null || unit >= units.starts.length) {
      const why = units.source === 'words' ? ' (the dump has no token offsets)' : '';
      return html`<span class="muted">${units.starts.length} ${kind}s${why}</span>`;
    }
    const text = completion.slice(units.starts[unit], units.starts[unit + 1] ?? completion.length) || 'end';
    const logProb = logProbs?.[unit] ?? null;
    const parts = [
      `${kind} ${unit + 1} “${text.replaceAll('\n', '⏎')}”`,
      `weight ${this.shaping.weights[unit].toFixed(3)}`,
      this.advantage === null ? null : `advantage ${signed(this.advantage)}`,
      logProb === null ? null : `log-prob ${signed(logProb)}`,
    ];
    return html`${parts.filter((part) => part !== null).join(' · ')}`;
  }
}
