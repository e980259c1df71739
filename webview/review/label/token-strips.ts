import { t } from '@vscode/l10n';
import { css, LitElement, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { phaseAt, type Phase } from '../../../src/domain/phase.ts';
import { curves, type Curve } from '../../../src/domain/token-curve.ts';
import { html } from '../../ui/html.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';
import { curveNumber, curvePath, curveSaid, scaleOf } from './curve-drawing.ts';
import { phaseStyles } from './phase-styles.ts';
import { plotStyles } from './plot-styles.ts';

const drawing = { width: 600, height: 40 };

/** Curves of the completion's tokens, one under the other, along the same places as the weights. The pointer and the arrow keys go from token to token. */
@customElement('token-strips')
export class TokenStrips extends LitElement {
  static override styles = [
    sharedStyles,
    phaseStyles,
    plotStyles,
    css`
      :host {
        display: block;
        overflow: hidden auto;
      }
      .stack {
        position: relative;
      }
      .strip {
        display: grid;
        grid-template-columns: var(--axis) 1fr;
        gap: 0 6px;
        height: 36px;
        margin-top: 4px;
      }
      .axis {
        line-height: 1.2;
      }
      path {
        stroke: var(--heat);
        stroke-width: 1.5;
      }
      .base {
        stroke: var(--muted);
        stroke-width: 1;
        stroke-dasharray: 3 3;
      }
      .name {
        position: absolute;
        top: 0;
        left: 3px;
        padding: 0 3px;
        border-radius: 2px;
        background: color-mix(in srgb, var(--vscode-editor-background) 82%, transparent);
        font-size: 10px;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .slider {
        position: absolute;
        inset: 0 0 0 calc(var(--axis) + 6px);
        cursor: crosshair;
      }
      .slider:focus-visible {
        outline-offset: -1px;
      }
      p {
        margin: 4px 0 0;
      }
      /* The text above and what is said of the token below must be seen, too. */
      @media (max-height: 650px) {
        :host {
          max-height: 72px;
        }
        .strip {
          height: 32px;
        }
      }
    `,
  ];

  /** Those that are drawn. */
  @property({ attribute: false }) curves: readonly Curve[] = [];
  @property({ attribute: false }) phases: readonly Phase[] = [];
  /** Token at which phase 1, 2, … starts; null where that is not known. */
  @property({ attribute: false }) boundaries: readonly number[] | null = null;
  /** The text of each token; null where it is not known where tokens stand: then the page's units are others. */
  @property({ attribute: false }) texts: ((token: number) => string) | null = null;
  /** The page's unit under the pointer. */
  @property({ attribute: false }) hovered: number | null = null;
  /** Where the keys are; the pointer, where tokens are not the page's units. */
  @state() private at: number | null = null;

  get #count(): number {
    return this.curves[0]?.values.length ?? 0;
  }

  get #token(): number | null {
    const token = this.texts ? this.hovered : this.at;
    return token !== null && token < this.#count ? token : null;
  }

  override render(): TemplateResult | typeof nothing {
    if (this.#count === 0) return nothing;
    const token = this.#token;
    const last = Math.max(this.#count - 1, 1);
    const along = (one: number): string => `${(100 * Math.min(one, last)) / last}%`;
    return html`<div class="stack">
        ${this.curves.map((curve) => this.#strip(curve, token, along))}
        <div
          class="slider"
          role="slider"
          tabindex="0"
          aria-label=${t('Token along the curves')}
          aria-valuemin="1"
          aria-valuemax=${this.#count}
          aria-valuenow=${(token ?? 0) + 1}
          aria-valuetext=${this.#told(token ?? 0)}
          @pointermove=${this.#point}
          @pointerleave=${() => this.#go(null)}
          @click=${(event: PointerEvent) => this.#go(this.#under(event), true)}
          @keydown=${this.#key}
          @blur=${() => this.#go(null)}
        >
          ${token === null ? nothing : html`<div class="pointer" .style=${`left: ${along(token)}`}></div>`}
        </div>
      </div>
      ${
        this.texts
          ? nothing
          : html`<p class="muted">
              ${token === null ? '' : `${t('token {0} of {1}', token + 1, this.#count)} · `}${t('by the token’s number: its file does not say where tokens stand in the text')}
            </p>`
      }`;
  }

  #strip(curve: Curve, token: number | null, along: (token: number) => string): TemplateResult {
    const { title, base } = curves[curve.name];
    const scale = scaleOf(curve);
    const edges = this.boundaries && [0, ...this.boundaries, this.#count];
    const value = token === null ? '' : ` ${curveNumber(curve.values[token])}`;
    const level = scale && base !== null ? drawing.height * (1 - (base - scale.low) / (scale.high - scale.low)) : null;
    return html`<div class="strip" data-curve=${curve.name}>
      <div class="axis muted" aria-hidden="true">
        <span>${scale ? curveNumber(scale.high) : ''}</span><span>${scale ? curveNumber(scale.low) : ''}</span>
      </div>
      <div
        class="plot"
        role="img"
        aria-label=${curveSaid(
          curve,
          this.phases.map(({ name }) => name),
          edges,
        )}
      >
        ${edges
          ?.slice(0, -1)
          .map(
            (start, phase) =>
              html`<div
                class="band phase-${phase + 1}"
                .style=${`left: ${along(start)}; right: calc(100% - ${along(edges[phase + 1])})`}
              ></div>`,
          )}
        <svg viewBox="0 0 ${drawing.width} ${drawing.height}" preserveAspectRatio="none" aria-hidden="true">
          ${level === null ? nothing : svg`<path class="base" d="M0 ${level}H${drawing.width}" />`}
          ${scale && svg`<path class="curve" d=${curvePath(curve.values, scale, drawing.width, drawing.height)} />`}
        </svg>
        <span class="name">${title}${value}</span>
      </div>
    </div>`;
  }

  /** What a token is, and what each curve says of it. */
  #told(token: number): string {
    const text = this.texts ? ` “${this.texts(token).replaceAll('\n', '⏎')}”` : '';
    const phase = this.boundaries ? `, ${this.phases[phaseAt(this.boundaries, token)].name}` : '';
    const values = this.curves.map(({ name, values }) => `${curves[name].title} ${curveNumber(values[token])}`);
    return `${t('token {0} of {1}', token + 1, this.#count)}${text}${phase}: ${values.join(', ')}`;
  }

  #under(event: PointerEvent): number {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    const token = Math.round(((event.clientX - left) / width) * (this.#count - 1));
    return Math.min(Math.max(token, 0), this.#count - 1);
  }

  #point(event: PointerEvent): void {
    this.#go(this.#under(event));
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.round(this.#count / 20));
    const token = this.#token ?? 0;
    const to = {
      ArrowLeft: token - 1,
      ArrowDown: token - 1,
      ArrowRight: token + 1,
      ArrowUp: token + 1,
      PageDown: token - page,
      PageUp: token + page,
      Home: 0,
      End: this.#count - 1,
    }[event.key];
    if (to === undefined) return;
    // They are the page's keys, too.
    event.preventDefault();
    event.stopPropagation();
    this.#go(Math.min(Math.max(to, 0), this.#count - 1), true);
  }

  /** `reveal`: the text is to show it. */
  #go(token: number | null, reveal = false): void {
    this.at = token;
    if (this.texts) act(this, { kind: 'hover-unit', unit: token, reveal });
  }
}
