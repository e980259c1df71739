import { t } from '@vscode/l10n';
import { LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { MediaSpan, Phase } from '../../../src/domain/phase.ts';
import type { ReviewComment } from '../../../src/protocol/review.ts';
import { icons } from '../../ui/icons.ts';
import { defaultKeys, type KeyName, type Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { spanText, short } from '../comments/comment-text.ts';
import { moveEdge, type PhaseSpan } from './grounding.ts';
import { keyHint, type KeyAction } from '../actions/keys.ts';
import type { MediaData } from './media-data.ts';
import { act } from '../actions/page-event.ts';
import { phaseStyles } from '../label/phase-styles.ts';
import { clock } from '../label/playhead.ts';
import './picture-row.ts';
import { timeLineStyles } from './time-line-styles.ts';
import './wave-form.ts';

/** Pixels a frame is wide where the timeline is seen from closest. */
const widestFrame = 40;
/** How much closer one step of the zoom is. */
const zoomStep = 1.5;
/** Seconds that the play head jumps at least when it is told to, rather than plays. */
const jump = 0.5;

/** The video's length: pictures, sound, what each phase talks about, the seconds spoken of, and the play head. Click or drag to seek. */
@customElement('time-line')
export class TimeLine extends LitElement {
  static override styles = [sharedStyles, phaseStyles, timeLineStyles];

  @property({ attribute: false }) media!: MediaData;
  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property({ attribute: false }) phases: readonly Phase[] = [];
  /** Rises whenever `media` has more to draw. */
  @property({ type: Number }) version = 0;
  @property({ type: Boolean }) silent = false;
  @property({ type: Number }) time = 0;
  /** Of each phase; null where it has none. */
  @property({ attribute: false }) spans: readonly (PhaseSpan | null)[] = [];
  /** The phase at the caret, which keys and buttons act on. */
  @property({ type: Number }) current = 0;
  /** The current phase is played over and over. */
  @property({ type: Boolean }) looping = false;
  /** Seconds the reasoning speaks of. */
  @property({ attribute: false }) spoken: readonly number[] = [];

  /** On the video. */
  @property({ attribute: false }) comments: readonly ReviewComment[] = [];

  /** 1 is the whole video. */
  @state() private zoom = 1;
  /** What is seen of the track, in pixels. */
  @state() private seen = { left: 0, width: 0 };
  @query('.view') private view!: HTMLElement;

  #dragging: { phase: number; edge: keyof MediaSpan; grip: number } | null = null;
  readonly #resized = new ResizeObserver(() => this.#look());

  get #duration(): number {
    return this.media.frames.duration || 1;
  }
  get #trackWidth(): number {
    return this.seen.width * this.zoom;
  }
  #x(seconds: number): number {
    return (seconds / this.#duration) * this.#trackWidth;
  }
  #seconds(clientX: number): number {
    const x = clientX - this.view.getBoundingClientRect().left + this.seen.left;
    return Math.min(Math.max(x / (this.#trackWidth || 1), 0), 1) * this.#duration;
  }

  /** One step closer (1) or farther (−1), the play head staying where it is; 0 shows the whole video. */
  step(direction: 1 | 0 | -1): void {
    this.#zoomTo(direction === 0 ? 1 : this.zoom * zoomStep ** direction, this.time);
  }

  override firstUpdated(): void {
    this.#resized.observe(this.view);
    this.#look();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('media') && changed.get('media')) this.zoom = 1;
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('time')) this.#follow(changed.get('time') ?? 0);
  }

  override render(): TemplateResult {
    const { time } = this;
    return html`
      <div class="view" @scroll=${this.#look} @wheel=${this.#wheel}>
        <div
          class="track"
          .style=${`width: ${this.zoom === 1 ? '100%' : `${this.#trackWidth}px`}`}
          @pointerdown=${this.#grab}
          @pointermove=${this.#drag}
        >
          ${
            this.media.hasPicture
              ? html`<picture-row
                  aria-hidden="true"
                  .media=${this.media}
                  .version=${this.version}
                  .track=${this.#trackWidth}
                  .seen=${this.seen}
                ></picture-row>`
              : nothing
          }
          ${this.#sound()}
          ${this.media.faults.map((fault) => html`<div class="fault muted" role="alert"><p>${fault}</p></div>`)}
          ${this.spoken.map((seconds) => html`<div class="tick" .style=${`left: ${this.#x(seconds)}px`}></div>`)}
          ${this.phases.map((_, phase) => this.#phase(phase))} ${this.comments.map((comment) => this.#note(comment))}
          <div
            class="head"
            role="slider"
            tabindex="0"
            aria-label=${t('Position in the video')}
            aria-valuemin="0"
            aria-valuemax=${this.#duration}
            aria-valuenow=${time.toFixed(2)}
            aria-valuetext=${clock(time)}
            .style=${`left: ${this.#x(time)}px`}
            @keydown=${this.#key}
          ></div>
        </div>
      </div>
      ${this.#tools()}
    `;
  }

  #sound(): TemplateResult {
    if (this.silent) return html`<div class="sound none muted"><p>${t('no sound')}</p></div>`;
    const { sound } = this.media;
    if (sound?.fault)
      return html`<div class="sound none muted" role="alert"><p>${t('No waveform: {0}', sound.fault)}</p></div>`;
    const { left, width } = this.seen;
    const from = (left / (this.#trackWidth || 1)) * this.#duration;
    return html`<div class="sound">
      <wave-form
        .style=${`width: ${width}px`}
        .sound=${sound}
        .from=${from}
        .to=${from + this.#duration / this.zoom}
      ></wave-form>
    </div>`;
  }

  #phase(phase: number): TemplateResult {
    const span = this.spans[phase];
    const row = `phase phase-${phase + 1} ${phase === this.current ? 'current' : ''}`;
    if (!span) return html`<div class=${row}></div>`;
    const { start, end, from } = span;
    const { name } = this.phases[phase];
    const look = from.replace(' ', '-');
    const [begin, close] = [clock(start), clock(end)];
    const told = {
      label: t('{0} talks about {1} to {2}', name, begin, close),
      text: t('{0} speaks of, by the times in its text, {1} to {2}', name, begin, close),
      'under way': t('{0} begun {1} to {2}', name, begin, close),
    }[from];
    return html`<div class=${row}>
      <div
        class="span filled ${look}"
        title=${told}
        .style=${`left: ${this.#x(start)}px; width: ${this.#x(end - start)}px`}
      >
        <span>${name}</span>
      </div>
      ${from === 'under way' ? nothing : (['start', 'end'] as const).map((edge) => this.#edge(phase, span, edge))}
    </div>`;
  }

  /** Where a comment is; the list is the way to it by keyboard. */
  #note({ id, annotator, body, video }: ReviewComment): TemplateResult {
    const { start, end } = video!;
    const said = t('Comment of {0} at {1}: {2}', annotator, spanText(video!), short(body));
    return html`<button
      class="note"
      tabindex="-1"
      aria-label=${said}
      title=${said}
      .style=${`left: ${this.#x(start)}px; width: ${this.#x(end - start)}px`}
      @pointerdown=${(event: Event) => event.stopPropagation()}
      @click=${() => act(this, { kind: 'commenting', comment: { kind: 'go', id } })}
    ></button>`;
  }

  #edge(phase: number, span: PhaseSpan, edge: keyof MediaSpan): TemplateResult {
    const seconds = span[edge];
    return html`<div
      class="edge ${span.from}"
      role="slider"
      tabindex="0"
      aria-label=${edge === 'start' ? t('{0} in the video: start', this.phases[phase].name) : t('{0} in the video: end', this.phases[phase].name)}
      aria-valuemin="0"
      aria-valuemax=${this.#duration}
      aria-valuenow=${seconds.toFixed(3)}
      aria-valuetext=${span.from === 'text' ? t('{0}, by the times in its text', clock(seconds)) : clock(seconds)}
      .style=${`left: ${this.#x(seconds)}px`}
      @pointerdown=${(event: PointerEvent) => this.#grabEdge(event, phase, edge)}
      @pointermove=${this.#dragEdge}
      @pointerup=${this.#dropEdge}
      @pointercancel=${this.#giveUp}
      @keydown=${(event: KeyboardEvent) => this.#nudge(event, phase, edge)}
    ></div>`;
  }

  #tools(): TemplateResult {
    const span = this.spans[this.current];
    const { name } = this.phases[this.current];
    const underWay = span?.from === 'under way';
    const button = (
      label: string,
      key: KeyName,
      icon: TemplateResult,
      action: KeyAction,
      { pressed, off = false }: { pressed?: boolean; off?: boolean } = {},
    ): TemplateResult =>
      html`<button
        aria-label=${label}
        aria-pressed=${pressed ?? nothing}
        title="${label}${keyHint(this.keys, key)}"
        ?disabled=${off}
        @click=${() => act(this, action)}
      >
        ${icon}
      </button>`;
    const setting = underWay
      ? t('{0} talks about the video to here', name)
      : t('{0} talks about the video from here', name);
    const grounded = span?.from === 'label';
    const zoomed = this.zoom > 1;
    return html`<div class="tools" role="group" aria-label=${t('Timeline')}>
      <span class="name phase-${this.current + 1}">${name}</span>
      ${button(setting, 'span', icons.span, { kind: 'span' }, { pressed: underWay })}
      ${button(t('{0} over and over', name), 'loop', icons.loop, { kind: 'loop' }, { pressed: this.looping, off: !span })}
      ${button(t('end the span here and start the one of the next phase'), 'splitSpan', icons.split, { kind: 'splitSpan' }, { off: !span })}
      ${button(t('clear what {0} talks about', name), 'clearSpan', icons.clear, { kind: 'clearSpan' }, { off: !grounded })}
      <span class="gap"></span>
      ${button(t('zoom out of the timeline'), 'zoomOut', icons.farther, { kind: 'zoom', direction: -1 }, { off: !zoomed })}
      ${button(t('whole timeline'), 'zoomWhole', icons.whole, { kind: 'zoom', direction: 0 }, { off: !zoomed })}
      ${button(t('zoom in on the timeline'), 'zoomIn', icons.closer, { kind: 'zoom', direction: 1 })}
    </div>`;
  }

  #look = (): void => {
    const { scrollLeft: left, clientWidth: width } = this.view;
    if (left !== this.seen.left || width !== this.seen.width) this.seen = { left, width };
  };

  /** Zooms, `seconds` staying where it is on the screen, or in the middle when it is not seen. */
  #zoomTo(zoom: number, seconds: number): void {
    const { left, width } = this.seen;
    const closest = Math.max(1, (this.media.frames.count * widestFrame) / (width || 1));
    const before = this.#x(seconds) - left;
    const x = before >= 0 && before <= width ? before : width / 2;
    this.zoom = Math.min(Math.max(zoom, 1), closest);
    void this.updateComplete.then(() => {
      this.view.scrollLeft = this.#x(seconds) - x;
      this.#look();
    });
  }

  #wheel(event: WheelEvent): void {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.#zoomTo(this.zoom * zoomStep ** (-event.deltaY / 100), this.#seconds(event.clientX));
  }

  /** Scrolls with a play head that plays out of what is seen, or jumps. One that was out of sight before stays so. */
  #follow(before: number): void {
    const { left, width } = this.seen;
    const seen = (seconds: number): boolean => this.#x(seconds) >= left && this.#x(seconds) <= left + width;
    if (this.zoom === 1 || seen(this.time)) return;
    if (seen(before) || Math.abs(this.time - before) > jump) this.view.scrollLeft = this.#x(this.time) - width / 10;
  }

  #grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.#drag(event);
  }

  #drag(event: PointerEvent): void {
    if ((event.buttons & 1) === 0) return;
    act(this, { kind: 'seek', seconds: this.#seconds(event.clientX) });
  }

  #grabEdge(event: PointerEvent, phase: number, edge: keyof MediaSpan): void {
    event.stopPropagation();
    if (event.button !== 0) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    // So that grabbing an edge does not move it.
    const grip = this.spans[phase]![edge] - this.#seconds(event.clientX);
    this.#dragging = { phase, edge, grip };
  }

  #dragEdge(event: PointerEvent): void {
    event.stopPropagation();
    const dragging = this.#dragging;
    if (!dragging) return;
    this.#move(dragging.phase, dragging.edge, this.#seconds(event.clientX) + dragging.grip, true);
  }

  #dropEdge(): void {
    const dragging = this.#dragging;
    this.#dragging = null;
    const span = dragging && this.spans[dragging.phase];
    // What the text speaks of is grounded only when its edge was moved.
    if (span?.from === 'label') this.#ground(dragging!.phase, span, false);
  }

  #giveUp(): void {
    this.#dragging = null;
    act(this, { kind: 'preview', change: null });
  }

  #nudge(event: KeyboardEvent, phase: number, edge: keyof MediaSpan): void {
    if (event.key === 'Escape' && this.#dragging) this.#giveUp();
    const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (direction === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const { frames } = this.media;
    const seconds = frames.nudge(this.spans[phase]![edge], direction * (event.shiftKey ? 10 : 1));
    this.#move(phase, edge, seconds, false);
  }

  /** Moves an edge and shows the frame there: the last one of the span, for its end. */
  #move(phase: number, edge: keyof MediaSpan, seconds: number, dragged: boolean): void {
    const { frames } = this.media;
    const span = moveEdge(this.spans[phase]!, edge, seconds, frames);
    this.#ground(phase, span, dragged);
    act(this, { kind: 'seek', seconds: edge === 'start' ? span.start : frames.nudge(span.end, -1) });
  }

  #ground(phase: number, { start, end }: MediaSpan, dragged: boolean): void {
    act(this, { kind: 'ground', phase, span: { start, end }, dragged });
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowLeft: -0.2, ArrowRight: 0.2, PageUp: -1, PageDown: 1 }[event.key];
    const seconds = event.key === 'Home' ? 0 : event.key === 'End' ? this.#duration : step && this.time + step;
    if (seconds === undefined || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    act(this, { kind: 'seek', seconds });
  }
}
