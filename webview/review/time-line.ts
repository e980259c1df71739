import { css, html, LitElement, svg, unsafeCSS, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { defaultPhases } from '../../src/domain/phase.ts';
import type { Strip } from '../../src/protocol/review.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import { act } from './page-event.ts';
import { phaseStyles } from './phase-styles.ts';
import { clock, type PhaseTime } from './playhead.ts';

/** Of the pictures along the video, in pixels. */
const pictureHeight = 40;

/** The video's length: pictures along it, where each phase looks, the seconds spoken of, and the play head. Click or drag to seek. */
@customElement('time-line')
export class TimeLine extends LitElement {
  static override styles = [
    sharedStyles,
    phaseStyles,
    css`
      :host {
        display: block;
        padding: 0 8px 8px;
      }
      .track {
        position: relative;
        cursor: pointer;
        touch-action: none;
        border: 1px solid var(--border);
        border-radius: 2px;
        overflow: hidden;
      }
      .pictures {
        display: flex;
        height: ${unsafeCSS(pictureHeight)}px;
        background: var(--vscode-editorWidget-background);
      }
      .pictures svg {
        flex: 1;
        min-width: 0;
        height: 100%;
      }
      /* A row for every phase, filled or not, so that labelling moves nothing. */
      .phase {
        position: relative;
        height: 13px;
      }
      .phase span {
        position: absolute;
        height: 100%;
        min-width: 4px;
        padding: 0 3px;
        overflow: hidden;
        font-size: 9px;
        line-height: 11px;
        white-space: nowrap;
      }
      .head,
      .tick {
        position: absolute;
        top: 0;
        pointer-events: none;
      }
      .head {
        bottom: 0;
        width: 2px;
        margin-left: -1px;
        background: var(--vscode-editorCursor-foreground, var(--vscode-foreground));
        outline: 1px solid var(--vscode-editor-background);
      }
      .tick {
        width: 1px;
        height: 6px;
        background: var(--vscode-textLink-foreground);
      }
    `,
  ];

  @property({ type: Number }) duration = 0;
  @property({ type: Number }) time = 0;
  @property({ attribute: false }) strip: Strip | null = null;
  @property({ attribute: false }) phases: readonly PhaseTime[] = [];
  /** Seconds the reasoning speaks of. */
  @property({ attribute: false }) spoken: readonly number[] = [];

  @state() private width = 0;

  readonly #resized = new ResizeObserver(([{ contentRect }]) => (this.width = contentRect.width));

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  override render(): TemplateResult {
    const at = (seconds: number): string => `${(100 * seconds) / (this.duration || 1)}%`;
    return html`<div
      class="track"
      role="slider"
      tabindex="0"
      aria-label="Position in the video"
      aria-valuemin="0"
      aria-valuemax=${this.duration}
      aria-valuenow=${this.time.toFixed(2)}
      aria-valuetext=${clock(this.time)}
      @pointerdown=${this.#grab}
      @pointermove=${this.#drag}
      @keydown=${this.#key}
    >
      <div class="pictures" aria-hidden="true">${this.strip ? this.#pictures(this.strip) : null}</div>
      ${this.spoken.map((seconds) => html`<div class="tick" .style=${`left: ${at(seconds)}`}></div>`)}
      ${defaultPhases.map(({ name }, index) => {
        const stretch = this.phases.find(({ phase }) => phase === index);
        if (!stretch) return html`<div class="phase"></div>`;
        const { from, to } = stretch;
        return html`<div class="phase">
          <span class="phase-${index + 1} filled" .style=${`left: ${at(from)}; width: ${at(to - from)}`}>${name}</span>
        </div>`;
      })}
      <div class="head" .style=${`left: ${at(this.time)}`}></div>
    </div>`;
  }

  /** As many pictures as fit in their own shape, each of the middle of its stretch; what is left over is cut at the edges. */
  #pictures({ url, tiles, aspect }: Strip): TemplateResult[] {
    const fitting = Math.round(this.width / (pictureHeight * aspect));
    const count = Math.min(Math.max(fitting, 1), tiles);
    return Array.from({ length: count }, (_, place) => {
      const tile = Math.floor(((place + 0.5) / count) * tiles);
      return html`<svg viewBox="0 0 ${aspect} 1" preserveAspectRatio="xMidYMid slice">
        ${svg`<image href=${url} x=${-tile * aspect} width=${tiles * aspect} height="1" preserveAspectRatio="none" />`}
      </svg>`;
    });
  }

  #grab(event: PointerEvent): void {
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.#drag(event);
  }

  #drag(event: PointerEvent): void {
    if (event.buttons === 0) return;
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    const seconds = Math.min(Math.max((event.clientX - left) / width, 0), 1) * this.duration;
    act(this, { kind: 'seek', seconds });
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowLeft: -0.2, ArrowRight: 0.2, PageUp: -1, PageDown: 1 }[event.key];
    const seconds = event.key === 'Home' ? 0 : event.key === 'End' ? this.duration : step && this.time + step;
    if (seconds === undefined || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    act(this, { kind: 'seek', seconds });
  }
}
