import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Phase } from '../../../src/domain/phase.ts';
import { needsPhases, tasSchemes, tasWeights, type TasScheme } from '../../../src/domain/tas.ts';
import type { Curve } from '../../../src/domain/token-curve.ts';
import {
  overlays,
  overlayTexts,
  type Overlay,
  type Preferences,
  type ReviewRollout,
} from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { foldButton } from '../actions/fold-button.ts';
import { signed } from './number-text.ts';
import { act } from '../actions/page-event.ts';
import './curve-chooser.ts';
import './token-strips.ts';
import './weight-curve.ts';
import { unitAt, type SourcedShaping } from './weights.ts';

/** What TAS makes of the label: scheme and λ, the curve of weights, and the unit under the pointer. */
@customElement('tas-panel')
export class TasPanel extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        /* What stands at the left of weights and curves, so that their places are under one another. */
        --axis: 40px;
        display: flex;
        flex-direction: column;
        padding: 6px 12px 8px;
        container: tas / inline-size;
      }
      /* What is above it opens lists over the text, which it must not cut off. */
      .below {
        display: flex;
        flex: 1 1 auto;
        flex-direction: column;
        min-height: 0;
        overflow: hidden auto;
      }
      .controls,
      p {
        flex: none;
      }
      weight-curve {
        flex: 1 0 84px;
      }
      /* They scroll of themselves. */
      token-strips {
        flex: 0 1 auto;
        min-height: 44px;
      }
      .controls {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 14px;
        margin-bottom: 6px;
      }
      h2 {
        display: flex;
        align-items: center;
        gap: 2px;
        margin: 0;
        font-size: 1em;
      }
      .fold-part {
        padding: 3px;
      }
      .fold-part svg {
        display: block;
      }
      :host([folded]) .controls {
        margin: 0;
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
      .scale {
        display: inline-flex;
        align-items: center;
        gap: 5px;
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      .scale i {
        --full: color-mix(in srgb, var(--heat) 48%, transparent);
        width: 48px;
        height: 10px;
        border: 1px solid var(--border);
        background: linear-gradient(90deg, transparent, var(--full));
      }
      .scale .both {
        background: linear-gradient(90deg, color-mix(in srgb, var(--cold) 48%, transparent), transparent, var(--full));
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
      /* Two lines of controls, not four: the text has the room. */
      @container tas (max-width: 440px) {
        .controls {
          column-gap: 7px;
        }
        .controls select:not(.scheme) {
          max-width: 118px;
        }
        .controls .scheme {
          max-width: 130px;
        }
        .controls input[type='range'] {
          width: 48px;
        }
        .scale i {
          width: 24px;
        }
      }
      @media (max-width: 640px) {
        p {
          height: auto;
          min-height: 1.4em;
          white-space: pre-wrap;
        }
        .told {
          min-height: 2.8em;
        }
      }
    `,
  ];

  @property({ attribute: false }) phases: readonly Phase[] = [];
  @property({ attribute: false }) rollout!: ReviewRollout;
  /** Of its tokens. */
  @property({ attribute: false }) curves: readonly Curve[] = [];
  @property({ attribute: false }) shaping!: SourcedShaping;
  @property({ attribute: false }) preferences!: Preferences;
  @property({ attribute: false }) advantage: number | null = null;
  /** The greatest advantage × weight, either way, in the group. */
  @property({ type: Number }) limit = 0;
  /** Its heading alone is shown. */
  @property({ type: Boolean, reflect: true }) folded = false;
  @property({ attribute: false }) hovered: number | null = null;
  /** Offset in the text: its unit is told while none is under the pointer. */
  @property({ type: Number }) caret = 0;

  override render(): TemplateResult {
    const heading = html`<h2>${foldButton('weights', this.folded)} TAS</h2>`;
    if (this.folded) return html`<div class="controls">${heading}</div>`;
    const { scheme, lambda, overlay } = this.preferences;
    const { weights, boundaries } = this.shaping;
    const prefer = (change: Partial<Preferences>): void => act(this, { kind: 'prefer', change });
    const valueOf = (event: Event): string => (event.target as HTMLInputElement | HTMLSelectElement).value;
    return html`
      <div class="controls">
        ${heading}
        <label
          >${t('scheme')}
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
          >${t('overlay')}
          <select @change=${(event: Event) => prefer({ overlay: valueOf(event) as Overlay })}>
            ${overlays
              .filter((name) => this.#has(name))
              .map((name) => html`<option value=${name} .selected=${name === overlay}>${overlayTexts[name]}</option>`)}
          </select>
        </label>
        <curve-chooser .there=${this.curves.map(({ name }) => name)} .chosen=${this.preferences.curves}></curve-chooser>
        ${this.#scale()}
      </div>
      <div class="below">
        <weight-curve
          .weights=${weights}
          .paper=${tasWeights(weights.length, { scheme: 'parabolic', lambda })}
          .lambda=${lambda}
          .phases=${this.phases}
          .boundaries=${boundaries}
          .hovered=${this.hovered}
        ></weight-curve>
        ${this.#strips()}
        <p class="muted">${this.#legend()}</p>
        <p class="told">${this.#told()}</p>
      </div>
    `;
  }

  #strips(): TemplateResult | typeof nothing {
    const shown = this.curves.filter(({ name }) => this.preferences.curves.includes(name));
    if (shown.length === 0) return nothing;
    const { units, completion } = this.rollout;
    const isPlaced = units.source === 'tokens' && units.starts.length === shown[0].values.length;
    const text = (token: number): string => completion.slice(units.starts[token], units.starts[token + 1]);
    return html`<token-strips
      .curves=${shown}
      .phases=${this.phases}
      .boundaries=${isPlaced ? this.shaping.boundaries : null}
      .texts=${isPlaced ? text : null}
      .hovered=${this.hovered}
    ></token-strips>`;
  }

  /** Whether the rollout has what an overlay shows. */
  #has(overlay: Overlay): boolean {
    if (overlay === 'log-prob') return this.rollout.logProbs !== null;
    return overlay !== 'advantage × weight' || this.advantage !== null;
  }

  /** What the tints mean: the least and the greatest value they tell apart. */
  #scale(): TemplateResult | typeof nothing {
    const { overlay, lambda } = this.preferences;
    if (overlay === 'off' || !this.#has(overlay)) return nothing;
    const [low, high] = {
      weight: ['1.00', (1 + lambda).toFixed(2)],
      'advantage × weight': [signed(-this.limit), signed(this.limit)],
      'log-prob': ['0', t('−3 and less')],
    }[overlay];
    return html`<span
      class="scale"
      role="img"
      aria-label=${t('Tints of {0} from {1} to {2}', overlayTexts[overlay], low, high)}
      >${low}<i class=${overlay === 'advantage × weight' ? 'both' : ''}></i>${high}</span
    >`;
  }

  #legend(): string {
    const { scheme, source } = this.shaping;
    const chosen = this.preferences.scheme;
    const own = needsPhases(scheme) && source !== null ? t('{0} by {1}', scheme, source) : scheme;
    const solid = scheme === chosen ? own : t('{0} ({1} needs a label or a suggestion)', scheme, chosen);
    const { units } = this.rollout;
    const unit = units.source === 'words' ? t('words (the dump has no token offsets)') : t('tokens');
    return t("— {0}   ··· paper's parabola   {1} {2}", solid, units.starts.length, unit);
  }

  #told(): TemplateResult {
    const { units, completion, logProbs } = this.rollout;
    const kind = units.source === 'words' ? t('word') : t('token');
    const unit = this.hovered ?? unitAt(units.starts, this.caret);
    if (unit >= units.starts.length) return html``;
    const text = completion.slice(units.starts[unit], units.starts[unit + 1] ?? completion.length) || t('end');
    const logProb = logProbs?.[unit] ?? null;
    const weight = this.shaping.weights[unit];
    const parts = [
      `${kind} ${unit + 1} “${text.replaceAll('\n', '⏎')}”`,
      t('weight {0}', weight.toFixed(3)),
      this.advantage === null
        ? null
        : t('advantage {0}, weighted {1}', signed(this.advantage), signed(this.advantage * weight)),
      logProb === null ? null : t('log-prob {0}', signed(logProb)),
    ];
    return html`${parts.filter((part) => part !== null).join(' · ')}`;
  }
}
