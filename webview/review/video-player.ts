import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Media } from '../../src/protocol/review.ts';
import { icons } from '../ui/icons.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import { act } from './page-event.ts';
import { clock } from './playhead.ts';

const rates = [0.25, 0.5, 1, 1.5, 2];

/** The video with its controls. Tells its time on every frame shown. */
@customElement('video-player')
export class VideoPlayer extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      .screen {
        flex: 1;
        min-height: 120px;
        display: flex;
        align-items: center;
        justify-content: center;
        background: var(--vscode-editorWidget-background);
      }
      video {
        width: 100%;
        height: 100%;
        min-height: 0;
        object-fit: contain;
      }
      .state {
        max-width: 40ch;
        padding: 12px;
        text-align: center;
        overflow-wrap: anywhere;
      }
      .controls {
        display: flex;
        align-items: center;
        flex-wrap: wrap;
        gap: 4px;
        padding: 4px 8px;
      }
      .controls button {
        display: inline-flex;
        padding: 3px;
      }
      .time {
        flex: 1;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
    `,
  ];

  @property({ attribute: false }) media: Media | null = null;
  @property({ type: Number }) rate = 1;
  @property({ type: Boolean }) muted = false;
  /** Where a video that is loaded anew starts, in seconds. */
  @property({ type: Number }) startAt = 0;
  @state() private time = 0;
  @state() private playing = false;
  @state() private fault: string | null = null;
  @query('video') private video!: HTMLVideoElement | null;

  get duration(): number {
    const own = this.video?.duration;
    if (own !== undefined && Number.isFinite(own)) return own;
    return this.media?.status === 'ready' ? this.media.duration : 0;
  }

  /** Plays or pauses. */
  toggle(): void {
    if (!this.video) return;
    if (this.video.paused) void this.video.play().catch((error: Error) => (this.fault = error.message));
    else this.video.pause();
  }

  /** Goes to a second, kept within the video. */
  seek(seconds: number): void {
    if (!this.video) return;
    this.video.currentTime = Math.min(Math.max(seconds, 0), this.duration);
    this.#told();
  }

  /** Goes by seconds. */
  skip(seconds: number): void {
    if (this.video) this.seek(this.video.currentTime + seconds);
  }

  /** Stops and goes by frames. */
  frame(count: number): void {
    if (!this.video) return;
    this.video.pause();
    const rate = (this.media?.status === 'ready' && this.media.frameRate) || 25;
    this.skip(count / rate);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('media');
    if (urlOf(before) !== urlOf(this.media)) this.fault = null;
  }

  override updated(): void {
    if (this.video) this.video.playbackRate = this.rate;
  }

  override render(): TemplateResult {
    const url = urlOf(this.media);
    if (!url || this.fault) return html`<div class="screen">${this.#state()}</div>`;
    return html`
      <div class="screen">
        <video
          src=${url}
          .muted=${this.muted}
          preload="auto"
          playsinline
          aria-label="The prompt's video"
          @loadedmetadata=${() => this.seek(this.startAt)}
          @play=${this.#follow}
          @pause=${() => (this.playing = false)}
          @seeked=${() => this.#told()}
          @ended=${() => this.#told()}
          @click=${() => this.toggle()}
          @error=${() => (this.fault = this.video?.error?.message || 'The editor cannot play this file.')}
        ></video>
      </div>
      ${this.#controls()}
    `;
  }

  #state(): TemplateResult {
    if (this.fault) return this.#failed(`The video cannot be played. ${this.fault}`);
    switch (this.media?.status) {
      case 'none':
        return html`<p class="state muted">${this.media.message}</p>`;
      case 'preparing':
        return html`<p class="state muted" role="status">${this.media.message}</p>`;
      case 'failed':
        return this.#failed(`The video cannot be opened. ${this.media.message}`);
      case 'ready':
      case undefined:
        return html`<div class="skeleton" aria-label="Loading the video"></div>`;
    }
  }

  #failed(message: string): TemplateResult {
    const retry = (): void => {
      this.fault = null;
      act(this, { kind: 'retry' });
    };
    return html`<div class="state" role="alert">
      <p>${message}</p>
      <vscode-button @click=${retry}>Try again</vscode-button>
    </div>`;
  }

  #controls(): TemplateResult {
    const media = this.media?.status === 'ready' ? this.media : null;
    const choose = (event: Event): void => {
      act(this, { kind: 'prefer', change: { rate: Number((event.target as HTMLSelectElement).value) } });
    };
    const silence = (): void => act(this, { kind: 'prefer', change: { muted: !this.muted } });
    const note = media?.proxy ? `a copy is played: the original has ${media.proxy}` : '';
    return html`<div class="controls" role="group" aria-label="Playback">
      <button
        class="play"
        aria-label=${this.playing ? 'Pause' : 'Play'}
        title="Play or pause (Space)"
        @click=${() => this.toggle()}
      >
        ${this.playing ? icons.pause : icons.play}
      </button>
      <span class="time">${clock(this.time)} / ${clock(this.duration)}</span>
      ${note ? html`<span class="muted" title=${note} aria-label=${note}>proxy</span>` : nothing}
      <select aria-label="Speed" @change=${choose}>
        ${rates.map((rate) => html`<option value=${rate} .selected=${rate === this.rate}>${rate}×</option>`)}
      </select>
      ${
        media?.hasSound
          ? html`<button aria-pressed=${this.muted} aria-label="Mute" title="Sound on or off (M)" @click=${silence}>
              ${this.muted ? icons.silent : icons.sound}
            </button>`
          : html`<span class="muted">no sound</span>`
      }
    </div>`;
  }

  #follow = (): void => {
    this.playing = true;
    const frame = (): void => {
      this.#told();
      if (this.video && !this.video.paused && this.isConnected) requestAnimationFrame(frame);
    };
    frame();
  };

  #told(): void {
    if (!this.video) return;
    this.time = this.video.currentTime;
    act(this, { kind: 'time', seconds: this.time });
  }
}

function urlOf(media: Media | null | undefined): string | null {
  return media?.status === 'ready' ? media.url : null;
}
