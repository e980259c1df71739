import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { phaseAt, type LabelValue } from '../../src/domain/phase.ts';
import { defaultLambda } from '../../src/domain/tas.ts';
import {
  queueTexts,
  reviewProtocol,
  reviewState,
  type Completion,
  type Label,
  type OtherLabel,
  type Media,
  type Preferences,
  type Review,
  type ReviewCommand,
  type ReviewState,
  type Shown,
} from '../../src/protocol/review.ts';
import { defaultKeys, type Keys } from '../../src/protocol/review-keys.ts';
import { assertNever, type Params } from '../../src/protocol/message.ts';
import { Host } from '../ui/host.ts';
import { appStyles } from './app-styles.ts';
import { Frames } from './frames.ts';
import './group-strip.ts';
import './group-view.ts';
import type { GroupView } from './group-view.ts';
import { keyAction, type Beside, type KeyAction } from './keys.ts';
import './label-view.ts';
import './key-list.ts';
import type { KeyList } from './key-list.ts';
import { LabelSession } from './label-session.ts';
import { blankLabel, snap, splitAt, startPhase } from './labelling.ts';
import { MediaData } from './media-data.ts';
import type { PageAction } from './page-event.ts';
import { marksOf, type Mark } from './pieces.ts';
import { colourPhases } from './phase-styles.ts';
import { phaseTimes, reached, sentenceAt } from './playhead.ts';
import './prompt-header.ts';
import './reasoning-text.ts';
import type { Heat, ReasoningText, TextRange } from './reasoning-text.ts';
import { SpanEditing } from './span-editing.ts';
import './skip-dialog.ts';
import type { SkipDialog } from './skip-dialog.ts';
import './status-line.ts';
import { offerOf, offerText, originText, taken, type Offer } from './suggestion.ts';
import { stopsOf } from './stops.ts';
import './tas-panel.ts';
import './time-line.ts';
import type { TimeLine } from './time-line.ts';
import './video-player.ts';
import type { VideoPlayer } from './video-player.ts';
import { heatRuns, shapedHeat, shapingOf, surpriseHeat, weightHeat, type Shaping } from './weights.ts';

const host = new Host(reviewProtocol, reviewState);

const noFrames = new Frames(0, 0);

/** The whole page: holds what is shown, hears every action, and talks to the host. */
@customElement('review-app')
export class ReviewApp extends LitElement {
  static override styles = appStyles;

  @state() private review: Review = { status: 'loading' };
  @state() private media: Media | null = null;
  @state() private preferences: Preferences = {
    scheme: 'phase-warped',
    lambda: defaultLambda,
    overlay: 'weight',
    rate: 1,
    muted: false,
    volume: 1,
    groupOrder: 'as generated',
    queue: 'unlabelled',
  };
  @state() private keys: Keys = defaultKeys;
  @state() private time = 0;
  @state() private caret = 0;
  @state() private hovered: number | null = null;
  /** What stands side by side; null is one label of one completion. */
  @state() private beside: Beside | null = null;
  @state() private others: readonly OtherLabel[] | 'blind' | null = null;
  /** What is known of the group's completions. */
  @state() private completions: ReadonlyMap<string, Completion> = new Map();
  @state() private notice = '';
  /** Counts changes of the label sessions, to draw them. */
  @state() private edits = 0;
  /** Counts what came of the media, to draw it. */
  @state() private drawn = 0;

  @query('video-player') private player!: VideoPlayer | null;
  @query('group-view') private groupView!: GroupView | null;
  @query('reasoning-text') private reasoning!: ReasoningText | null;
  @query('time-line') private timeLine!: TimeLine | null;
  @query('key-list') private keyList!: KeyList;
  @query('skip-dialog') private skipDialog!: SkipDialog;

  /** Labels under edit, by rollout: one with an unsaved edit outlives a switch. */
  readonly #sessions = new Map<string, LabelSession>();
  #restored: ReviewState | undefined = host.getState();
  #startAt = this.#restored?.time ?? 0;

  // Derived from what is shown, kept until that changes.
  #marks: readonly Mark[] = [];
  #times: readonly (Mark & { seconds: number })[] = [];
  #spoken: readonly number[] = [];
  #stops: readonly number[] = [];
  #shaping: Shaping | null = null;
  #heat: readonly Heat[] = [];
  #phaseTimes: ReturnType<typeof phaseTimes> = [];
  #offer: Offer | null = null;
  #mediaData: MediaData | null = null;
  readonly #spans = new SpanEditing(
    () => ({
      phases: this.#shown?.phases ?? [],
      phase: this.#phase,
      grounding: this.#session?.boundaries ? this.#session.grounding : null,
      byText: this.#phaseTimes,
      time: this.time,
      frames: this.#mediaData?.frames ?? null,
    }),
    {
      seek: (seconds) => this.player?.seek(seconds),
      tell: (notice) => (this.notice = notice),
      edit: (grounding, dragged) => this.#act({ kind: dragged ? 'preview' : 'edit', change: { grounding } }),
      changed: () => this.requestUpdate(),
    },
  );
  #reached: TextRange | null = null;
  #shapedFrom: readonly unknown[] = [];
  #offeredFrom: readonly unknown[] = [];
  #reachedFrom: readonly unknown[] = [];
  #stopsFrom: readonly unknown[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.time = this.#startAt;
    this.addEventListener('action', (event) => this.#act(event.detail));
    document.addEventListener('keydown', (event) => this.#key(event));
    host.on('review', (review) => this.#show(review));
    host.on('media', (media) => this.#showMedia(media));
    host.on('preferences', (preferences) => (this.preferences = preferences));
    host.on('keys', (keys) => (this.keys = keys));
    host.on('command', (command) => this.#command(command));
    host.ready();
  }

  get #shown(): Shown | null {
    return this.review.status === 'shown' ? this.review : null;
  }

  get #session(): LabelSession | null {
    return this.#shown && (this.#sessions.get(this.#shown.rollout.id) ?? null);
  }

  #show(review: Review): void {
    const before = this.#shown;
    this.review = review;
    if (review.status !== 'shown') return;
    const { rollout, label, prompt } = review;
    // Labels of other phases were brought to these in the store.
    if (JSON.stringify(before?.phases) !== JSON.stringify(review.phases)) this.#forget('');
    const session = this.#sessions.get(rollout.id);
    if (session) session.accept(label);
    else
      this.#sessions.set(
        rollout.id,
        this.#newSession(rollout.id, label, blankLabel(rollout.completion, review.phases.length)),
      );
    if (before?.rollout.id !== rollout.id) {
      const kept = this.#restored?.rolloutId === rollout.id ? this.#restored.caret : 0;
      this.caret = Math.min(kept, rollout.completion.length);
      this.notice = '';
      this.others = null;
      this.#spans.forget();
      // The reviewer's next key is about this text, whatever opened it.
      void this.updateComplete.then(() => this.reasoning?.focus());
    }
    // What is shown of another prompt's media would be taken for this one's.
    if (before && before.prompt.id !== prompt.id) this.#showMedia(null);
    if ((before ?? this.#restored) && (before?.prompt.id ?? this.#restored?.promptId) !== prompt.id) {
      this.#startAt = 0;
      this.time = 0;
    }
    // What an earlier page could not save of other rollouts is tried again, whatever their label is by now.
    for (const { rolloutId, value } of this.#restored?.unsaved ?? []) {
      const unknown = { boundaries: null, grounding: [], canUndo: false, canRedo: false, savedAt: null };
      if (!this.#sessions.has(rolloutId)) this.#sessions.set(rolloutId, this.#newSession(rolloutId, unknown, value));
    }
    this.#restored = undefined;
    // Whatever changed in the store may be a label of one that stands beside.
    if (this.beside === 'group') this.#read(this.groupView?.inView ?? []);
    if (this.beside === 'labels') this.#readOthers();
    this.#forget(rollout.id);
    this.#remember();
  }

  #showMedia(media: Media | null): void {
    this.media = media;
    this.#mediaData?.stop();
    const promptId = this.#shown?.prompt.id ?? '';
    const source = {
      peaks: (first: number) => host.request('peaks', { promptId, first }),
      frames: () => host.request('frames', { promptId }),
      strip: (level: number, index: number) => host.request('strip', { promptId, level, index }),
    };
    const changed = (): void => void (this.drawn += 1);
    this.#mediaData = media?.status === 'ready' ? new MediaData(media, source, changed) : null;
  }

  #newSession(rolloutId: string, label: Label, blank: LabelValue): LabelSession {
    const store = {
      save: (value: LabelValue) => host.request('setSegmentation', { rolloutId, ...value }),
      undo: () => host.request('undo', { rolloutId }),
      redo: () => host.request('redo', { rolloutId }),
    };
    const changed = (): void => {
      this.edits += 1;
      this.#remember();
    };
    const unsaved = this.#restored?.unsaved.find((edit) => edit.rolloutId === rolloutId)?.value ?? null;
    return new LabelSession(label, blank, store, changed, unsaved);
  }

  /** Drops the sessions of other rollouts that have nothing left to save. */
  #forget(shownId: string): void {
    for (const [id, session] of this.#sessions) {
      if (id !== shownId && !session.saving && !session.unsaved) this.#sessions.delete(id);
    }
  }

  #remember(): void {
    const shown = this.#shown;
    if (!shown) return;
    const unsaved = [...this.#sessions].flatMap(([rolloutId, session]) =>
      session.unsaved ? [{ rolloutId, value: session.unsaved }] : [],
    );
    const { rollout, prompt } = shown;
    host.setState({ rolloutId: rollout.id, promptId: prompt.id, time: this.time, caret: this.caret, unsaved });
  }

  #act(action: PageAction): void {
    switch (action.kind) {
      case 'seek':
        this.player?.seek(action.seconds);
        return;
      case 'time':
        this.time = action.seconds;
        this.#remember();
        return;
      case 'caret':
        this.caret = action.offset;
        this.#remember();
        return;
      case 'preview':
        this.#session?.preview(action.change);
        return;
      case 'edit':
        this.notice = '';
        this.#session?.edit(action.change);
        return;
      case 'ground':
        this.#spans.set(action.phase, action.span, action.dragged);
        return;
      case 'press':
        this.#pressed(action.action);
        return;
      case 'accept':
        this.#accept(action.boundary);
        return;
      case 'refuse':
        this.#refuse(action.boundary);
        return;
      case 'hover-unit':
        this.hovered = action.unit;
        return;
      case 'review-label': {
        const { annotator, verdict } = action;
        const rolloutId = this.#shown?.rollout.id ?? '';
        this.#ask(host.request('reviewLabel', { rolloutId, annotator, verdict }).then(() => this.#readOthers()));
        return;
      }
      case 'read-completions':
        this.#read(action.rolloutIds);
        return;
      case 'open':
        this.beside = null;
        this.#ask(host.request('open', { rolloutId: action.rolloutId }));
        return;
      case 'next':
        this.#ask(this.#next());
        return;
      case 'back':
        this.#ask(host.request('back', null));
        return;
      case 'submit':
        this.#ask(this.#submit());
        return;
      case 'skip':
        if (this.#shown) this.skipDialog.open();
        return;
      case 'skip-because':
        this.#ask(this.#mark('skipped', action.reason).then(() => this.#next()));
        return;
      case 'flag':
        this.#ask(this.#mark(this.#flagged ? 'unflagged' : 'flagged'));
        return;
      case 'reopen':
        this.#ask(this.#mark('open'));
        return;
      case 'retry':
        this.#ask(host.request('retry', null));
        return;
      case 'undo':
        this.#session?.undo();
        return;
      case 'redo':
        this.#session?.redo();
        return;
      case 'retry-save':
        for (const session of this.#sessions.values()) session.retry();
        return;
      case 'keys':
        this.keyList.toggle();
        return;
      case 'prefer':
        this.preferences = { ...this.preferences, ...action.change };
        this.#ask(host.request('remember', this.preferences));
        return;
      default:
        assertNever(action);
    }
  }

  #command(command: ReviewCommand): void {
    if (command === 'find') this.reasoning?.find();
    else this.#act({ kind: command });
  }

  /** Takes one boundary of the suggestion, or all that it offers: even what was refused, when nothing else is left. */
  #accept(boundary?: number): void {
    const shown = this.#shown;
    const session = this.#session;
    if (!shown || !session) return;
    const { completion } = shown.rollout;
    const { boundaries, origin } = session.value;
    const offer = this.#offer ?? offerOf(shown.suggestion, boundaries, completion.length, true);
    if (!offer) {
      this.notice = shown.suggestion
        ? 'the suggestion has nothing to add'
        : 'no suggestion here: the command Suggest Phases makes some';
      return;
    }
    const which = boundary === undefined ? [...boundaries.keys()] : [boundary];
    this.#act({ kind: 'edit', change: taken(completion, { boundaries, origin }, offer, which) });
    // A button that was pressed goes with the offer.
    if (boundary === undefined) this.reasoning?.focus();
  }

  #refuse(boundary?: number): void {
    const offer = this.#offer;
    if (!this.#shown || !offer) return;
    const offered = offer.places.flatMap((place, k) => (place === null ? [] : k));
    const boundaries = boundary === undefined ? offered : [boundary];
    const rolloutId = this.#shown.rollout.id;
    this.#ask(host.request('refuseSuggestion', { rolloutId, source: offer.source, boundaries }));
    this.reasoning?.focus();
  }

  async #next(): Promise<void> {
    if (!(await host.request('next', null))) this.notice = queueTexts[this.preferences.queue].end;
  }

  /** Submits the label, once it is saved, and goes on. */
  async #submit(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    await session.settled();
    // Its error stands in the status line.
    if (session.error !== null || session !== this.#session) return;
    if (session.saved.boundaries === null) {
      this.notice = 'nothing to submit: set a label, or skip this rollout';
      return;
    }
    await this.#mark('submitted');
    await this.#next();
  }

  async #mark(as: Params<typeof reviewProtocol, 'mark'>['as'], reason?: string): Promise<void> {
    const shown = this.#shown;
    if (!shown) return;
    this.notice = '';
    await host.request('mark', { rolloutId: shown.rollout.id, as, reason });
  }

  get #flagged(): boolean {
    return this.#shown?.flaggedBy.includes(this.#shown.annotator) ?? false;
  }

  /** Puts something side by side, or goes back to one label of one completion. */
  #setBeside(what: Beside): true {
    if (what === 'group' && (this.#shown?.group.members.length ?? 0) < 2) {
      this.notice = 'there is no other completion in this group';
      return true;
    }
    this.beside = this.beside === what ? null : what;
    this.others = null;
    if (this.beside === 'labels') this.#readOthers();
    return true;
  }

  #readOthers(): void {
    const rolloutId = this.#shown?.rollout.id ?? '';
    this.#ask(
      host.request('otherLabels', { rolloutId }).then((others) => {
        if (this.#shown?.rollout.id === rolloutId) this.others = others;
      }),
    );
  }

  /** Reads what the group view shows of these rollouts, again of those it knows. */
  #read(rolloutIds: string[]): void {
    this.#ask(
      host.request('completions', { rolloutIds }).then((read) => {
        this.completions = new Map([...this.completions, ...read.map((one) => [one.rolloutId, one] as const)]);
      }),
    );
  }

  /** A request whose failure is told in the status line. */
  #ask(request: Promise<unknown>): void {
    request.catch((error: Error) => (this.notice = error.message));
  }

  #key(event: KeyboardEvent): void {
    const action = keyAction(event, this.keys, this.#shown?.phases ?? []);
    if (!action) return;
    if (this.#pressed(action)) event.preventDefault();
  }

  /** Does what a key asks; false when there is nothing to do it on. */
  #pressed(action: KeyAction): boolean {
    if (this.beside && ['phase', 'split', 'boundary', 'mention'].includes(action.kind)) {
      this.notice = 'one completion is labelled at a time: Esc goes back to it';
      return true;
    }
    switch (action.kind) {
      case 'play':
        this.player?.toggle();
        return true;
      case 'shuttle':
        this.player?.shuttle(action.direction);
        return true;
      case 'loop':
        this.#spans.toggleLoop();
        return true;
      case 'enterTime':
        this.player?.enterTime();
        return true;
      case 'zoom':
        this.timeLine?.step(action.direction);
        return true;
      case 'span':
        this.#spans.mark();
        return true;
      case 'splitSpan':
        this.#spans.split();
        return true;
      case 'clearSpan':
        this.#spans.set(this.#phase, null);
        return true;
      case 'beside':
        return this.#setBeside(action.what);
      case 'giveUp':
        if (!this.beside) return this.#spans.giveUp();
        this.beside = null;
        return true;
      case 'second':
        this.player?.skip(action.seconds);
        return true;
      case 'frame':
        this.player?.frame(action.count);
        return true;
      case 'phase':
        return this.#edit((text, boundaries) => startPhase(text, boundaries, action.phase, this.#snapped(this.caret)));
      case 'split': {
        const offered = this.#offer?.places.indexOf(this.#splitPoint()) ?? -1;
        if (offered >= 0) {
          this.#accept(offered);
          return true;
        }
        return this.#edit((text, boundaries) => splitAt(text, boundaries, this.#snapped(this.#splitPoint())));
      }
      case 'find':
        this.reasoning?.find();
        return true;
      case 'boundary':
        this.reasoning?.chooseBoundary(action.direction);
        return true;
      case 'mention': {
        const mention = this.#times.find(({ start, end }) => start <= this.caret && this.caret <= end);
        if (mention) this.player?.seek(mention.seconds);
        else this.notice = 'no time at the caret';
        return true;
      }
      case 'mute':
        this.#act({ kind: 'prefer', change: { muted: !this.preferences.muted } });
        return true;
      case 'next':
      case 'back':
      case 'skip':
      case 'flag':
      case 'keys':
        this.#act(action);
        return true;
      default:
        return assertNever(action);
    }
  }

  /** The phase at the caret. */
  get #phase(): number {
    return phaseAt(this.#session?.boundaries ?? [Infinity], this.caret);
  }

  /** The caret; where playback is, when the text is not in focus and playback has reached a sentence. */
  #splitPoint(): number {
    return this.reasoning?.hasFocus ? this.caret : (this.#reached?.from ?? this.caret);
  }

  /** Where a boundary may stand, nearest to `offset`. */
  #snapped(offset: number): number {
    return snap(this.#stops, this.#shown?.rollout.completion.length ?? 0, offset);
  }

  #edit(change: (text: string, boundaries: readonly number[]) => number[] | null): boolean {
    const shown = this.#shown;
    const session = this.#session;
    if (!shown || !session) return false;
    const text = shown.rollout.completion;
    const boundaries = change(text, session.boundaries ?? blankLabel(text, shown.phases.length).boundaries);
    if (boundaries) this.#act({ kind: 'edit', change: { boundaries } });
    else this.notice = `the caret is in ${shown.phases.at(-1)!.name}, the last phase`;
    return true;
  }

  override willUpdate(changed: PropertyValues): void {
    const shown = this.#shown;
    if (!shown) return;
    const { completion, units, logProbs } = shown.rollout;
    if (changed.has('review')) {
      colourPhases(this, shown.phases);
      const stopsFrom = [completion, shown.boundaryStops, units.starts.length];
      if (differ(stopsFrom, this.#stopsFrom)) {
        this.#stopsFrom = stopsFrom;
        this.#stops = stopsOf(completion, units.starts, shown.boundaryStops);
        this.#marks = marksOf(completion);
      }
      this.#times = this.#marks.flatMap((mark) =>
        mark.seconds === undefined ? [] : [{ ...mark, seconds: mark.seconds }],
      );
      this.#spoken = [...new Set(this.#times.map(({ seconds }) => seconds))];
    }
    const boundaries = this.#session?.boundaries ?? null;
    const offeredFrom = [shown.suggestion, this.#session?.value.boundaries];
    if (differ(offeredFrom, this.#offeredFrom)) {
      this.#offeredFrom = offeredFrom;
      this.#offer = this.#session && offerOf(shown.suggestion, this.#session.value.boundaries, completion.length);
    }
    const { scheme, lambda, overlay } = this.preferences;
    const duration = this.media?.status === 'ready' ? this.media.duration : 0;
    const shapedFrom = [this.review, boundaries, scheme, lambda, overlay, duration];
    if (differ(shapedFrom, this.#shapedFrom)) {
      this.#shapedFrom = shapedFrom;
      this.#shaping = shapingOf(
        units.starts,
        boundaries,
        scheme,
        lambda,
        shown.phases.map(({ weight }) => weight),
      );
      const heat: number[] = {
        weight: () => Array.from(this.#shaping!.weights, (weight) => weightHeat(weight, lambda)),
        'advantage × weight': () => {
          const limit = this.#limit(shown);
          const advantage = this.#advantage(shown) ?? 0;
          return Array.from(this.#shaping!.weights, (weight) => shapedHeat(advantage * weight, limit));
        },
        'log-prob': () => (logProbs ?? []).map(surpriseHeat),
        off: () => [],
      }[overlay]();
      this.#heat = heatRuns(units.starts, completion.length, heat);
      this.#phaseTimes = boundaries ? phaseTimes(this.#times, completion.length, boundaries, duration) : [];
    }
    const mention = this.time > 0 ? reached(this.#times, this.time) : null;
    const reachedFrom = [completion, mention?.start];
    if (differ(reachedFrom, this.#reachedFrom)) {
      this.#reachedFrom = reachedFrom;
      const sentence = mention && sentenceAt(completion, mention.start);
      this.#reached = sentence && { from: sentence.start, to: sentence.end };
    }
  }

  override render(): TemplateResult {
    return html`${this.#body()}<key-list .keys=${this.keys} .phases=${this.#shown?.phases ?? []}></key-list>
      <skip-dialog .reasons=${this.#shown?.skipReasons ?? []}></skip-dialog>`;
  }

  #body(): TemplateResult {
    switch (this.review.status) {
      case 'loading':
        return html`<div class="loading" role="status" aria-label="Loading the rollout">
          ${['header', 'left', 'right'].map((part) => html`<div class="skeleton ${part}"></div>`)}
        </div>`;
      case 'failed':
        return html`<div class="failed" role="alert">
          <h1>The rollout cannot be shown</h1>
          <p>${this.review.message}</p>
          <vscode-button @click=${() => this.#act({ kind: 'retry' })}>Try again</vscode-button>
        </div>`;
      case 'shown':
        return this.#panel(this.review);
    }
  }

  #panel(shown: Shown): TemplateResult {
    const { prompt, rollout, group, groups } = shown;
    const { preferences } = this;
    const data = this.#mediaData;
    const number = group.members.findIndex(({ rolloutId }) => rolloutId === rollout.id);
    const completion = `completion ${number + 1} of ${group.members.length}`;
    const place = [`prompt ${shown.place.place} of ${shown.place.of}`, completion];
    const media = this.media?.status === 'ready' ? this.media : null;
    return html`
      <prompt-header
        .keys=${this.keys}
        .prompt=${prompt}
        .place=${place}
        .queue=${preferences.queue}
        .canGoBack=${shown.canGoBack}
      ></prompt-header>
      <main>
        <section class="left" aria-label="Video">
          <video-player
            .keys=${this.keys}
            .media=${this.media}
            .rate=${preferences.rate}
            .muted=${preferences.muted}
            .volume=${preferences.volume}
            .frames=${data?.frames ?? noFrames}
            .loop=${this.#spans.loop}
            .startAt=${this.#startAt}
          ></video-player>
          ${
            media && data
              ? html`<time-line
                  .keys=${this.keys}
                  .media=${data}
                  .version=${this.drawn}
                  .silent=${media.peaksPerSecond === null}
                  .time=${this.time}
                  .phases=${shown.phases}
                  .spans=${this.#spans.shown}
                  .current=${this.#phase}
                  .looping=${this.#spans.looping}
                  .spoken=${this.#spoken}
                ></time-line>`
              : nothing
          }
        </section>
        <section class="right" aria-label="Reasoning">
          <group-strip
            .keys=${this.keys}
            .group=${group}
            .groups=${groups}
            .selected=${rollout.id}
            .comparing=${this.beside === 'group'}
          ></group-strip>
          ${
            this.beside === 'labels'
              ? html`<label-view
                  .keys=${this.keys}
                  .annotator=${shown.annotator}
                  .text=${rollout.completion}
                  .phases=${shown.phases}
                  .own=${this.#session?.boundaries ?? null}
                  .others=${this.others}
                  .time=${this.time}
                ></label-view>`
              : this.beside === 'group'
                ? html`<group-view
                    .keys=${this.keys}
                    .group=${group}
                    .phases=${shown.phases}
                    .completions=${this.completions}
                    .selected=${rollout.id}
                    .time=${this.time}
                    .order=${preferences.groupOrder}
                  ></group-view>`
                : html`<reasoning-text
                      .keys=${this.keys}
                      .text=${rollout.completion}
                      .marks=${this.#marks}
                      .phases=${shown.phases}
                      .boundaries=${this.#session?.boundaries ?? null}
                      .offer=${this.#offer}
                      .starts=${rollout.units.starts}
                      .stops=${this.#stops}
                      .heat=${this.#heat}
                      .reached=${this.#reached}
                      .hovered=${this.#hoveredRange(shown)}
                      .caret=${this.caret}
                      .strip=${data?.whole ?? null}
                      .duration=${media?.duration ?? 0}
                      .name=${`Reasoning of ${completion}`}
                    ></reasoning-text>
                    <tas-panel
                      .phases=${shown.phases}
                      .rollout=${rollout}
                      .shaping=${this.#shaping}
                      .preferences=${preferences}
                      .advantage=${this.#advantage(shown)}
                      .limit=${this.#limit(shown)}
                      .hovered=${this.hovered}
                      .caret=${this.caret}
                    ></tas-panel>`
          }
        </section>
      </main>
      ${this.#statusLine(shown)}
    `;
  }

  #statusLine(shown: Shown): TemplateResult {
    const { annotator, labelledBy, rollout, suggestion, statuses } = shown;
    const session = this.#session;
    const elsewhere = [...this.#sessions].filter(([id, other]) => id !== rollout.id && other.error !== null);
    return html`<status-line
      .keys=${this.keys}
      .annotator=${annotator}
      .savedAt=${session?.saved.savedAt ?? null}
      .labelled=${session?.saved.boundaries !== null}
      .origin=${session?.saved.origin ? originText(session.saved.origin) : ''}
      .offer=${this.#offer ? offerText(this.#offer) : ''}
      .refused=${suggestion?.refused.every(Boolean) ?? false}
      .saving=${session?.saving ?? false}
      .error=${session?.error ?? null}
      .canUndo=${session?.canUndo ?? false}
      .canRedo=${session?.saved.canRedo ?? false}
      .others=${labelledBy.map((one) => one.annotator)}
      .status=${statuses.find((one) => one.annotator === annotator) ?? null}
      .flagged=${this.#flagged}
      .marks=${otherMarks(shown)}
      .unsavedElsewhere=${elsewhere.length}
      .notice=${this.notice}
    ></status-line>`;
  }

  #advantage({ group, rollout }: Shown): number | null {
    return group.members.find(({ rolloutId }) => rolloutId === rollout.id)?.advantage ?? null;
  }

  /** The greatest advantage × weight, either way, that a unit of the group can have. */
  #limit({ group }: Shown): number {
    const advantages = group.members.map(({ advantage }) => Math.abs(advantage ?? 0));
    return Math.max(...advantages, 0) * (1 + this.preferences.lambda);
  }

  #hoveredRange({ rollout: { units, completion } }: Shown): TextRange | null {
    const unit = this.hovered;
    if (unit === null || unit >= units.starts.length) return null;
    return { from: units.starts[unit], to: units.starts[unit + 1] ?? completion.length };
  }
}

/** What others than the annotator say of the rollout. */
function otherMarks({ annotator, statuses, flaggedBy }: Shown): string[] {
  const by = (what: string, names: readonly string[]): string => {
    const others = names.filter((name) => name !== annotator);
    return others.length > 0 ? `${what} by ${others.join(', ')}` : '';
  };
  const having = (wanted: string): string[] => statuses.flatMap((one) => (one.status === wanted ? one.annotator : []));
  return [by('submitted', having('submitted')), by('skipped', having('skipped')), by('flagged', flaggedBy)].filter(
    Boolean,
  );
}

function differ(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length !== b.length || a.some((value, index) => value !== b[index]);
}
