import { t } from '@vscode/l10n';
import { css, LitElement, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Preferences } from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';

type Sized = keyof Preferences['shares'];

/** Least and greatest share of the whole that a part may be given. */
const least = 0.1;
const greatest = 0.9;

/**
 * The line between two parts of the page, which says how large one of them is: the video on the left of its upright line, the weights
 * below theirs. While it moves, `--video` or `--weights` of the element around it says so; let go, it is remembered.
 */
@customElement('pane-splitter')
export class PaneSplitter extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        position: relative;
        flex: none;
        touch-action: none;
      }
      :host([of='video']) {
        width: 1px;
        cursor: col-resize;
      }
      :host([of='weights']) {
        height: 1px;
        cursor: row-resize;
      }
      div {
        position: absolute;
        z-index: 1;
        inset: 0 -3px;
        outline-offset: -1px;
      }
      :host([of='weights']) div {
        inset: -3px 0;
      }
      div::before {
        content: '';
        position: absolute;
        inset: 0 3px;
        background: var(--border);
      }
      :host([of='weights']) div::before {
        inset: 3px 0;
      }
      div:is(:hover, :focus-visible, .moving)::before {
        background: var(--vscode-sash-hoverBorder, var(--vscode-focusBorder));
      }
      div:is(:hover, :focus-visible, .moving)::before {
        inset: 0 2px;
      }
      :host([of='weights']) div:is(:hover, :focus-visible, .moving)::before {
        inset: 2px 0;
      }
    `,
  ];

  /** What it gives a size. */
  @property({ reflect: true }) of: Sized = 'video';
  @property({ attribute: false }) shares!: Preferences['shares'];
  @property({ type: Boolean }) folded = false;
  /** The share that it has now, as it was last looked at. */
  @state() private now = 0;
  /** Set while it is dragged. */
  @state() private moving = false;

  @query('div') private line!: HTMLElement;

  override render(): TemplateResult {
    const name = this.of === 'video' ? t('Width of the video') : t('Height of the weights');
    const percent = Math.round(100 * (this.folded ? 0 : (this.shares[this.of] ?? this.now)));
    return html`<div
      class=${this.moving ? 'moving' : ''}
      role="separator"
      tabindex="0"
      aria-label=${name}
      aria-orientation=${this.of === 'video' ? 'vertical' : 'horizontal'}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${percent}
      aria-valuetext=${this.folded ? t('folded away') : `${percent} %`}
      title=${t('{0}: drag, or arrow keys; Enter folds it away, a double click puts it back', name)}
      @focus=${() => (this.now = this.#measured())}
      @pointerdown=${this.#grab}
      @pointermove=${this.#drag}
      @pointerup=${this.#drop}
      @pointercancel=${this.#giveUp}
      @dblclick=${() => this.#remember(null)}
      @keydown=${this.#key}
    ></div>`;
  }

  /** The share as it is on the page. */
  #measured(): number {
    const whole = this.parentElement!.getBoundingClientRect();
    const own = this.getBoundingClientRect();
    return this.of === 'video' ? (own.left - whole.left) / whole.width : (whole.bottom - own.bottom) / whole.height;
  }

  #grab(event: PointerEvent): void {
    if (event.button !== 0 || this.folded) return;
    this.line.setPointerCapture(event.pointerId);
  }

  #drag({ clientX, clientY, pointerId }: PointerEvent): void {
    if (!this.line.hasPointerCapture(pointerId)) return;
    this.moving = true;
    const { left, width, bottom, height } = this.parentElement!.getBoundingClientRect();
    this.#show(this.of === 'video' ? (clientX - left) / width : (bottom - clientY) / height);
  }

  #drop(): void {
    if (!this.moving) return;
    this.moving = false;
    this.#remember(this.#measured());
  }

  #giveUp(): void {
    this.moving = false;
    this.#show(this.shares[this.of]);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'Escape' && this.moving) this.#giveUp();
    else if (event.key === 'Enter') act(this, { kind: 'fold-part', part: this.of });
    else if (this.folded) return;
    else if (event.key === 'Home') this.#remember(least);
    else if (event.key === 'End') this.#remember(greatest);
    else {
      const smaller = this.of === 'video' ? 'ArrowLeft' : 'ArrowDown';
      const larger = this.of === 'video' ? 'ArrowRight' : 'ArrowUp';
      if (event.key !== smaller && event.key !== larger) return;
      const step = event.shiftKey ? 0.1 : 0.02;
      this.#remember(this.#measured() + (event.key === larger ? step : -step));
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #show(share: number | null): void {
    const { style } = this.parentElement!;
    if (share === null) style.removeProperty(`--${this.of}`);
    else style.setProperty(`--${this.of}`, percentOf(share));
  }

  #remember(share: number | null): void {
    this.#show(share);
    const kept = share === null ? null : within(share);
    act(this, { kind: 'prefer', change: { shares: { ...this.shares, [this.of]: kept } } });
  }
}

const within = (share: number): number => Math.min(Math.max(share, least), greatest);

/** A share as CSS has it. */
export const percentOf = (share: number): string => `${(100 * within(share)).toFixed(2)}%`;
