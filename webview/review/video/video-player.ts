import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { MediaSpan } from '../../../src/domain/phase.ts';
import type { Media } from '../../../src/protocol/review.ts';
import { icons } from '../../ui/icons.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { keyHint } from '../actions/keys.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';
import { Frames } from './frames.ts';
import { shuttle } from './shuttle.ts';
import './time-clock.ts';
import type { TimeClock } from './time-clock.ts';

const rates = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];

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
      /* In a narrow panel the page scrolls. */
      @media (max-width: 640px) {
        .screen {
          flex: none;
          height: 35vh;
        }
      }
      video,
      img {
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
      time-clock {
        flex: 1;
      }
      .volume {
        width: 56px;
      }
    `,
  ];

  @property({ attribute: false }) media: Media | null = null;
  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property({ type: Number }) rate = 1;
  @property({ type: Boolean }) muted = false;
  /** 0 to 1. */
  @property({ type: Number }) volume = 1;
  @property({ attribute: false }) frames = new Frames(0, 0);
  /** Played over and over; null to play through. */
  @property({ attribute: false }) loop: MediaSpan | null = null;
  /** Where a video that is loaded anew starts, in seconds. */
  @property({ type: Number }) startAt = 0;
  @state() private time = 0;
  /** Seconds of video a second: negative backwards, 0 paused. */
  @state() private speed = 0;
  @state() private fault: string | null = null;
  /** It was told to play before there was anything to play. */
  #wanted = false;
  @query('video') private video!: HTMLVideoElement | null;
  @query('time-clock') private clock!: TimeClock | null;

  get duration(): number {
    return this.media?.status === 'ready' ? this.media.duration : 0;
  }

  /** Plays at the chosen rate, or pauses. Media that waits is asked for, and plays when it is there. */
  toggle(): void {
    if (this.media?.status === 'waiting') {
      this.#wanted = true;
      act(this, { kind: 'prepare' });
      return;
    }
    this.#run(this.speed === 0 ? this.rate : 0);
  }

  /** Plays that way, faster with every call. */
  shuttle(direction: 1 | -1): void {
    this.#run(shuttle(this.speed, direction));
  }

  /** Goes to a second, kept within the video; the frame that starts there is shown. */
  seek(seconds: number): void {
    if (!this.video) return;
    this.video.currentTime = Math.min(this.frames.inside(Math.max(seconds, 0)), this.duration);
    this.#told();
  }

  /** Goes by seconds. */
  skip(seconds: number): void {
    if (this.video) this.seek(this.video.currentTime + seconds);
  }

  /** Stops and goes by frames. */
  frame(count: number): void {
    if (!this.video) return;
    this.#run(0);
    this.seek(this.frames.start(this.frames.at(this.video.currentTime) + count));
  }

  /** Opens the field to type a time in. */
  enterTime(): void {
    this.clock?.enter();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('media');
    if (changed.has('media') && addressOf(before) !== addressOf(this.media)) {
      this.fault = null;
      this.speed = 0;
      this.time = this.startAt;
    }
    const coming = this.media?.status === 'preparing' || this.media?.status === 'ready';
    if (changed.has('media') && !coming) this.#wanted = false;
    if (changed.has('rate') && this.speed > 0) this.speed = this.rate;
  }

  override updated(): void {
    if (!this.video) return;
    this.video.playbackRate = this.speed > 0 ? this.speed : this.rate;
    this.video.volume = this.volume;
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
          aria-label=${t("The prompt's video")}
          @loadstart=${this.#start}
          @pause=${this.#paused}
          @seeked=${() => this.#told()}
          @click=${() => this.toggle()}
          @error=${() => (this.fault = this.video?.error?.message || t('The editor cannot play this file.'))}
        ></video>
      </div>
      ${this.#controls()}
    `;
  }

  #state(): TemplateResult {
    if (this.fault) return this.#failed(t('The video cannot be played. {0}', this.fault));
    switch (this.media?.status) {
      case 'image':
        return html`<img
          src=${this.media.url}
          alt=${t("The prompt's picture")}
          @error=${() => (this.fault = t('The editor cannot show this picture.'))}
        />`;
      case 'preparing':
        return html`<p class="state muted" role="status">${this.media.message}</p>`;
      case 'waiting':
        return html`<div class="state" role="status">
          <p>${this.media.message}</p>
          <vscode-button @click=${() => this.toggle()}>${t('Play')}</vscode-button>
        </div>`;
      case 'failed':
        return this.#failed(t('The video cannot be opened. {0}', this.media.message), this.media.folder);
      case 'none':
      case 'ready':
      case undefined:
        return html`<div class="skeleton" role="status" aria-label=${t('Loading the video')}></div>`;
    }
  }

  /** `folder` is the one to allow, when that is the cure. */
  #failed(message: string, folder: string | null = null): TemplateResult {
    const retry = (): void => {
      this.fault = null;
      act(this, { kind: 'retry' });
    };
    return html`<div class="state" role="alert">
      <p>${message}</p>
      <vscode-button @click=${retry}>${t('Try again')}</vscode-button>
      ${
        folder === null
          ? nothing
          : html`<vscode-button @click=${() => act(this, { kind: 'allow-folder' })}
              >${t('Allow {0}', folder)}</vscode-button
            >`
      }
    </div>`;
  }

  #controls(): TemplateResult {
    const media = this.media?.status === 'ready' ? this.media : null;
    const choose = (event: Event): void => {
      act(this, { kind: 'prefer', change: { rate: Number((event.target as HTMLSelectElement).value) } });
    };
    const silence = (): void => act(this, { kind: 'prefer', change: { muted: !this.muted } });
    const turn = (event: Event): void => {
      act(this, {
        kind: 'prefer',
        change: { volume: Number((event.target as HTMLInputElement).value), muted: false },
      });
    };
    const playing = this.speed !== 0;
    const note = media?.proxy ? t('a copy is played: the original has {0}', media.proxy) : '';
    return html`<div class="controls" role="group" aria-label=${t('Playback')}>
      <button
        class="play"
        aria-label=${playing ? t('Pause') : t('Play')}
        title="${t('Play or pause')}${keyHint(this.keys, 'play')}"
        @click=${() => this.toggle()}
      >
        ${playing ? icons.pause : icons.play}
      </button>
      <time-clock .time=${this.time} .frames=${this.frames} .keys=${this.keys}></time-clock>
      ${playing && this.speed !== this.rate ? html`<span role="status">${spoken(this.speed)}</span>` : nothing}
      ${note ? html`<span class="muted" role="note" title=${note} aria-label=${note}>${t('proxy')}</span>` : nothing}
      <select aria-label=${t('Speed')} @change=${choose}>
        ${rates.map((rate) => html`<option value=${rate} .selected=${rate === this.rate}>${rate}×</option>`)}
      </select>
      ${
        media && media.peaksPerSecond !== null
          ? html`<button
                aria-pressed=${this.muted}
                aria-label=${t('Mute')}
                title="${t('Sound on or off')}${keyHint(this.keys, 'mute')}"
                @click=${silence}
              >
                ${this.muted ? icons.silent : icons.sound}
              </button>
              <input
                class="volume"
                type="range"
                aria-label=${t('Volume')}
                min="0"
                max="1"
                step="0.05"
                .value=${String(this.volume)}
                @input=${turn}
              />`
          : nothing
      }
    </div>`;
  }

  /** Where it starts is set before it is loaded, so that who seeks meanwhile is heard. A video that is gone by then starts nowhere. */
  #start = (): void => {
    if (!this.video) return;
    this.video.currentTime = this.startAt;
    if (this.#wanted) this.#run(this.rate);
    this.#wanted = false;
  };

  /** Plays at `speed`; backwards by showing one earlier frame after another, as no browser plays so. */
  #run(speed: number): void {
    const { video } = this;
    if (!video) return;
    const followed = this.speed !== 0;
    this.speed = speed;
    if (speed > 0) void video.play().catch((error: Error) => this.#refused(error));
    else video.pause();
    this.#told();
    if (speed !== 0 && !followed) this.#follow(performance.now());
  }

  #refused(error: Error): void {
    // It was paused before it began.
    if (error.name === 'AbortError') return;
    this.speed = 0;
    // The press on Play is too long ago for the browser: it wants another one.
    if (error.name !== 'NotAllowedError') this.fault = error.message;
  }

  #paused = (): void => {
    if (this.speed <= 0) return;
    // At its end a video pauses by itself.
    if (this.video?.ended && this.loop) {
      this.seek(this.loop.start);
      this.#run(this.speed);
    } else {
      this.speed = 0;
      this.#told();
    }
  };

  /** On every frame drawn, while it plays. */
  #follow(last: number): void {
    requestAnimationFrame((now) => {
      const { video, speed, loop } = this;
      if (!video || speed === 0 || !this.isConnected) return;
      const time = video.currentTime;
      if (speed < 0 && video.seeking) {
        this.#follow(last);
        return;
      }
      if (loop && speed > 0 && time >= loop.end) this.seek(loop.start);
      else if (loop && speed < 0 && time <= loop.start) this.seek(loop.end);
      else if (speed < 0) this.seek(time + (speed * (now - last)) / 1000);
      if (speed < 0 && time <= 0) this.#run(0);
      this.#told();
      this.#follow(now);
    });
  }

  #told(): void {
    if (!this.video) return;
    // A copy may end a little after the file that it is of.
    this.time = Math.min(this.video.currentTime, this.duration);
    act(this, { kind: 'time', seconds: this.time });
  }
}

/** Of what is shown: a video, a sound or a picture. */
function addressOf(media: Media | null | undefined): string | null {
  return media && 'url' in media ? media.url : null;
}

function urlOf(media: Media | null | undefined): string | null {
  return media?.status === 'ready' ? media.url : null;
}

/** A speed as a sign reads it: "2×", "−1×". */
function spoken(speed: number): string {
  return `${speed < 0 ? '−' : ''}${Math.abs(speed)}×`;
}
