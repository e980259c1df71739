import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { html } from '../../ui/html.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { phaseStyles } from '../label/phase-styles.ts';
import { scrolledTo, type Stretch, type View } from './text-map.ts';

/**
 * A long reasoning at a glance, beside it: its phases, comments and judgements, and what of it is in view, which is dragged. A `scroll-to`
 * event says where the view is to begin, as a share of the whole.
 */
@customElement('mini-map')
export class MiniMap extends LitElement {
  static override styles = [
    sharedStyles,
    phaseStyles,
    css`
      :host {
        display: block;
        position: relative;
        cursor: default;
        touch-action: none;
        user-select: none;
        outline: 1px solid var(--border);
      }
      :host > * {
        position: absolute;
        left: 0;
        right: 0;
      }
      .stretch {
        border: 0;
        border-left: 4px var(--line) var(--phase);
        overflow: hidden;
        font-size: 10px;
        line-height: 12px;
        text-align: center;
      }
      .comment {
        left: 50%;
        height: 3px;
        margin-top: -1px;
        background: var(--vscode-editorCommentsWidget-unresolvedBorder, var(--vscode-foreground));
        outline: 1px solid var(--vscode-editor-background);
      }
      .view {
        min-height: 8px;
        background: var(--vscode-scrollbarSlider-background);
        border: 1px solid var(--vscode-contrastActiveBorder, var(--vscode-foreground));
        opacity: 0.8;
      }
      :host(:hover) .view {
        background: var(--vscode-scrollbarSlider-hoverBackground);
      }
      .view.dragged {
        background: var(--vscode-scrollbarSlider-activeBackground);
      }
    `,
  ];

  @property({ attribute: false }) stretches: readonly Stretch[] = [];
  /** Where comments are, as shares of the whole. */
  @property({ attribute: false }) comments: readonly number[] = [];
  @property({ attribute: false }) view: View = { top: 0, share: 1 };
  /** From the pointer up to the top of the view while it is dragged, as a share. */
  @state() private grip: number | null = null;

  constructor() {
    super();
    this.addEventListener('pointerdown', (event) => this.#grab(event));
    this.addEventListener('pointermove', (event) => this.#drag(event));
    this.addEventListener('pointerup', () => (this.grip = null));
    this.addEventListener('pointercancel', () => (this.grip = null));
  }

  override render(): TemplateResult {
    const { top, share } = this.view;
    return html`${this.stretches.map(
        ({ phase, from, to, sign }) =>
          html`<div class="stretch filled phase-${phase + 1}" .style=${placed(from, to - from)}>
            ${sign ?? nothing}
          </div>`,
      )}
      ${this.comments.map((at) => html`<div class="comment" .style=${`top: ${percent(at)}`}></div>`)}
      <div class="view ${this.grip === null ? '' : 'dragged'}" .style=${placed(top, share)}></div>`;
  }

  #at({ clientY }: PointerEvent): number {
    const { top, height } = this.getBoundingClientRect();
    return (clientY - top) / height;
  }

  #grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    this.setPointerCapture(event.pointerId);
    const { top, share } = this.view;
    const at = this.#at(event);
    // Elsewhere than on the view, its middle comes there.
    this.grip = top <= at && at <= top + share ? at - top : share / 2;
    this.#drag(event);
  }

  #drag(event: PointerEvent): void {
    if (this.grip === null) return;
    this.dispatchEvent(new CustomEvent('scroll-to', { detail: scrolledTo(this.#at(event) - this.grip, this.view) }));
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(3)}%`;
const placed = (top: number, height: number): string => `top: ${percent(top)}; height: ${percent(height)}`;
