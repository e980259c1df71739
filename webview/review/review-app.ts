import { LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { phaseAt } from '../../src/domain/phase.ts';
import {
  defaultPreferences,
  queueTexts,
  reviewProtocol,
  reviewState,
  type LabelKey,
  type Media,
  type Review,
  type ReviewCommand,
  type ReviewState,
  type ReviewStore,
  type Shown,
  type Unsaved,
} from '../../src/protocol/review.ts';
import { defaultKeys, type Keys } from '../../src/protocol/review-keys.ts';
import { assertNever, type Params } from '../../src/protocol/message.ts';
import { Host } from '../ui/host.ts';
import { html } from '../ui/html.ts';
import { appStyles } from './app-styles.ts';
import { Frames } from './frames.ts';
import './group-strip.ts';
import './group-view.ts';
import type { GroupView } from './group-view.ts';
import './comment-list.ts';
import type { CommentList } from './comment-list.ts';
import { Commenting } from './commenting.ts';
import './history-view.ts';
import { keyAction, type Beside } from './keys.ts';
import './label-view.ts';
import './key-list.ts';
import type { KeyList } from './key-list.ts';
import type { LabelSession } from './label-session.ts';
import { LabelSessions } from './label-sessions.ts';
import { blankLabel, snap, splitAt, startPhase } from './labelling.ts';
import { MediaData } from './media-data.ts';
import type { PageAction } from './page-event.ts';
import { colourPhases } from './phase-styles.ts';
import { sentenceAt } from './playhead.ts';
import './medium-chooser.ts';
import './prompt-header.ts';
import { advantageOf, Reading, shapedLimit } from './reading.ts';
import './reasoning-text.ts';
import type { ReasoningText } from './reasoning-text.ts';
import { SideBySide } from './side-by-side.ts';
import { SpanEditing } from './span-editing.ts';
import './skip-dialog.ts';
import type { SkipDialog } from './skip-dialog.ts';
import { flaggedByOneself } from './status-line.ts';
import { offerOf, offerText, taken } from './suggestion.ts';
import './tas-panel.ts';
import type { TextRange } from './text-range.ts';
import './trouble-bar.ts';
import './time-line.ts';
import type { TimeLine } from './time-line.ts';
import './video-player.ts';
import type { VideoPlayer } from './video-player.ts';

const host = new Host(reviewProtocol, reviewState);

const noFrames = new Frames(0, 0);

/** The whole page: holds what is shown, hears every action, and talks to the host. */
@customElement('review-app')
export class ReviewApp extends LitElement {
  static override styles = appStyles;

  @state() private review: Review = { status: 'loading' };
  @state() private store: ReviewStore | null = null;
  @state() private media: Media | null = null;
  @state() private preferences = defaultPreferences;
  @state() private keys: Keys = defaultKeys;
  @state() private time = 0;
  @state() private caret = 0;
  @state() private folded: readonly number[] = [];
  @state() private hovered: number | null = null;
  @state() private notice = '';
  /** Why the last thing asked was not done. */
  @state() private failure = '';
  /** Counts changes of the label sessions, to draw them. */
  @state() private edits = 0;
  /** Counts what came of the media, to draw it. */
  @state() private drawn = 0;

  @query('video-player') private player!: VideoPlayer | null;
  @query('group-view') private groupView!: GroupView | null;
  @query('reasoning-text') private reasoning!: ReasoningText | null;
  @query('time-line') private timeLine!: TimeLine | null;
  @query('key-list') private keyList!: KeyList;
  @query('comment-list') private commentList!: CommentList | null;
  @query('skip-dialog') private skipDialog!: SkipDialog;

  #restored: ReviewState | undefined = host.getState();
  #startAt = this.#restored?.time ?? 0;
  readonly #sessions = new LabelSessions(
    (key) => ({
      save: (value) => host.request('setSegmentation', { ...key, value }),
      undo: (seen) => host.request('undo', { ...key, seen }),
      redo: (seen) => host.request('redo', { ...key, seen }),
    }),
    () => {
      this.edits += 1;
      this.#keep();
    },
  );
  readonly #reading = new Reading();
  readonly #comments = new Commenting({
    shown: () => this.#shown,
    here: () => {
      const selected = this.reasoning?.selected;
      const sentence = sentenceAt(this.#shown?.rollout.completion ?? '', this.caret);
      return {
        text: selected ? { start: selected.from, end: selected.to } : sentence,
        video: { start: this.time, end: this.time },
      };
    },
    goTo: ({ text, video }) => {
      this.#beside.close();
      if (video && this.#elsewhere) this.notice = this.#elsewhere;
      else if (video) this.player?.seek(video.start);
      if (!text) return;
      this.#act({ kind: 'caret', offset: text.start });
      void this.updateComplete.then(() => this.reasoning?.reveal(text.start));
    },
    open: (focus) => void this.#openComments(focus),
    leave: () => this.reasoning?.focus(),
    changed: () => {
      this.requestUpdate();
      this.#keep();
    },
    save: (draft) => host.request('comment', draft),
    delete: (id) => host.request('deleteComment', { id }),
    resolve: (id, resolved) => host.request('resolveComment', { id, resolved }),
  });
  /** What the host keeps, as it was told last; null until it is known. */
  #kept: string | null = null;
  /** The last reason for a skip: one that could not be saved is not typed again. */
  #skipped: { rolloutId: string; reason: string } | null = null;
  readonly #beside = new SideBySide(
    {
      completions: (rolloutIds) => host.request('completions', { rolloutIds }),
      otherLabels: (rolloutId) => host.request('otherLabels', { rolloutId }),
      history: (rolloutId, count) => host.request('history', { rolloutId, count }),
    },
    () => this.requestUpdate(),
  );
  #mediaData: MediaData | null = null;
  readonly #spans = new SpanEditing(
    () => ({
      phases: this.#shown?.phases ?? [],
      phase: this.#phase,
      grounding: this.#session?.boundaries ? this.#session.grounding : null,
      byText: this.#reading.phaseTimes,
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

  override connectedCallback(): void {
    super.connectedCallback();
    this.time = this.#startAt;
    this.addEventListener('action', (event) => this.#act(event.detail));
    document.addEventListener('keydown', (event) => this.#pressed(event));
    host.on('unsaved', (unsaved) => this.#restore(unsaved));
    host.on('store', (store) => this.#tellStore(store));
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

  /** Of the label that is edited. */
  get #key(): LabelKey | null {
    const shown = this.#shown;
    return shown && { store: shown.store, annotator: shown.annotator, rolloutId: shown.rollout.id };
  }

  /** Why nothing can be said about the video's times; null while it is the first of the prompt's media, which they are of. */
  get #elsewhere(): string | null {
    const shown = this.#shown;
    return shown && shown.medium > 0
      ? `the times of labels and comments are of ${shown.media[0]}: go back to it`
      : null;
  }

  get #session(): LabelSession | null {
    return this.#key && this.#sessions.of(this.#key);
  }

  #restore(unsaved: Unsaved): void {
    this.#kept = JSON.stringify(unsaved);
    this.#comments.restore(unsaved.drafts);
    this.#sessions.restore(unsaved.edits);
    this.requestUpdate();
  }

  #tellStore(store: ReviewStore): void {
    const before = this.store;
    this.store = store;
    if (!before) return;
    if (before.name !== store.name) this.notice = `the store is now ${store.name}`;
    // What could not be saved may be now.
    if (before.name === store.name && (before.problem === null || store.problem !== null)) return;
    this.failure = '';
    this.#sessions.retry();
  }

  #show(review: Review): void {
    const before = this.#shown;
    this.review = review;
    if (review.status !== 'shown') return;
    const { rollout, label, prompt } = review;
    // Labels of other phases were brought to these in the store.
    if (JSON.stringify(before?.phases) !== JSON.stringify(review.phases)) this.#sessions.forget(null);
    this.#sessions.show(this.#key!, label, blankLabel(rollout.completion, review.phases.length));
    if (before?.rollout.id !== rollout.id) {
      const kept = this.#restored?.rolloutId === rollout.id ? this.#restored : null;
      this.caret = Math.min(kept?.caret ?? 0, rollout.completion.length);
      this.folded = kept?.folded ?? [];
      this.notice = '';
      this.failure = '';
      this.#beside.show(rollout.id);
      this.#spans.forget();
      // The reviewer's next key is about this text, whatever opened it.
      this.#focusText();
    }
    const last = before ? { promptId: before.prompt.id, medium: before.medium } : this.#restored;
    if (last && (last.promptId !== prompt.id || last.medium !== review.medium)) {
      // What is shown of other media would be taken for these.
      if (before) this.#showMedia(null);
      this.#spans.forget();
      this.#startAt = 0;
      this.time = 0;
    }
    this.#restored = undefined;
    // Whatever changed in the store may be a label of one that stands beside.
    this.#ask(this.#refreshBeside());
    this.#sessions.forget(this.#key);
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

  /** Shows the media before or after, as far as there are some. */
  #showMedium(direction: 1 | -1): void {
    const shown = this.#shown;
    if (!shown) return;
    const medium = shown.medium + direction;
    if (medium < 0 || medium >= shown.media.length) {
      this.notice =
        shown.media.length > 1
          ? `${shown.media[shown.medium]} is the ${direction < 0 ? 'first' : 'last'}`
          : 'this prompt has no other video, picture or sound';
      return;
    }
    this.#ask(host.request('medium', { promptId: shown.prompt.id, direction }));
  }

  #remember(): void {
    const shown = this.#shown;
    if (!shown) return;
    const { rollout, prompt } = shown;
    host.setState({
      rolloutId: rollout.id,
      promptId: prompt.id,
      medium: shown.medium,
      time: this.time,
      caret: this.caret,
      folded: [...this.folded],
    });
  }

  /** Has the host keep what is not saved yet. */
  #keep(): void {
    const unsaved = { edits: this.#sessions.unsaved, drafts: this.#comments.drafts };
    const text = JSON.stringify(unsaved);
    if (this.#kept === null || this.#kept === text) return;
    this.#kept = text;
    this.#ask(host.request('keep', unsaved));
  }

  /** Does it; false when there is nothing to do it on. */
  #act(action: PageAction): boolean {
    if (
      this.#beside.what &&
      ['phase', 'split', 'boundary', 'mention', 'comment', 'comments', 'fold'].includes(action.kind)
    ) {
      this.notice = 'one completion is labelled at a time: Esc goes back to it';
      return true;
    }
    if (this.#elsewhere && ['ground', 'span', 'splitSpan', 'clearSpan', 'loop'].includes(action.kind)) {
      this.notice = this.#elsewhere;
      return true;
    }
    switch (action.kind) {
      case 'seek':
        this.player?.seek(action.seconds);
        break;
      case 'time':
        this.time = action.seconds;
        this.#remember();
        break;
      case 'caret':
        this.caret = action.offset;
        this.#remember();
        break;
      case 'folded':
        this.folded = action.folded;
        this.#remember();
        break;
      case 'preview':
        this.#session?.preview(action.change);
        break;
      case 'edit':
        this.notice = '';
        this.#session?.edit(action.change);
        break;
      case 'ground':
        this.#spans.set(action.phase, action.span, action.dragged);
        break;
      case 'accept':
        this.#accept(action.boundary);
        break;
      case 'refuse':
        this.#refuse(action.boundary);
        break;
      case 'commenting':
        this.#comments.act(action.comment);
        break;
      case 'hover-unit':
        this.hovered = action.unit;
        break;
      case 'review-label': {
        const { annotator, verdict } = action;
        const rolloutId = this.#shown?.rollout.id ?? '';
        this.#do(host.request('reviewLabel', { rolloutId, annotator, verdict }).then(() => this.#refreshBeside()));
        break;
      }
      case 'read-completions':
        this.#ask(this.#beside.read(action.rolloutIds));
        break;
      case 'older':
        this.#ask(this.#beside.readOlder());
        break;
      case 'open':
        this.#beside.close();
        this.#do(host.request('open', { rolloutId: action.rolloutId }));
        break;
      case 'next':
        this.#do(this.#next());
        break;
      case 'back':
        this.#do(host.request('back', null));
        break;
      case 'submit':
        this.#do(this.#submit());
        break;
      case 'skip':
        if (this.#shown)
          this.skipDialog.open(this.#skipped?.rolloutId === this.#shown.rollout.id ? this.#skipped.reason : '');
        break;
      case 'skip-because':
        this.#skipped = { rolloutId: this.#shown?.rollout.id ?? '', reason: action.reason };
        this.#do(this.#mark('skipped', action.reason).then(() => this.#next()));
        break;
      case 'flag':
        this.#do(this.#mark(this.#shown && flaggedByOneself(this.#shown) ? 'unflagged' : 'flagged'));
        break;
      case 'reopen':
        this.#do(this.#mark('open'));
        break;
      case 'retry':
        this.#do(host.request('retry', null));
        break;
      case 'prepare':
        if (this.#shown) this.#ask(host.request('prepare', { promptId: this.#shown.prompt.id }));
        break;
      case 'allow-folder':
        if (this.#shown) this.#ask(host.request('allowFolder', { promptId: this.#shown.prompt.id }));
        break;
      case 'undo':
        this.#session?.undo();
        break;
      case 'redo':
        this.#session?.redo();
        break;
      case 'retry-save':
        this.#do(host.request('reopen', null).finally(() => this.#sessions.retry()));
        break;
      case 'drop-save':
        this.#session?.drop();
        break;
      case 'drop-failed':
        this.#sessions.drop(this.#key, action.failed);
        break;
      case 'rescue':
        this.#do(host.request('rescue', null));
        break;
      case 'keys':
        this.keyList.toggle();
        break;
      case 'prefer':
        this.preferences = { ...this.preferences, ...action.change };
        this.#ask(host.request('remember', this.preferences));
        break;
      case 'play':
        this.player?.toggle();
        break;
      case 'shuttle':
        this.player?.shuttle(action.direction);
        break;
      case 'loop':
        this.#spans.toggleLoop();
        break;
      case 'medium':
        this.#showMedium(action.direction);
        break;
      case 'enterTime':
        this.player?.enterTime();
        break;
      case 'zoom':
        this.timeLine?.step(action.direction);
        break;
      case 'span':
        this.#spans.mark();
        break;
      case 'splitSpan':
        this.#spans.split();
        break;
      case 'clearSpan':
        this.#spans.set(this.#phase, null);
        break;
      case 'comment':
        this.#comments.begin(this.#inVideo && !this.#elsewhere ? 'video' : 'text');
        break;
      case 'comments':
        this.#toggleComments();
        break;
      case 'beside':
        this.#setBeside(action.what);
        break;
      case 'giveUp':
        if (!this.#beside.what) return this.#spans.giveUp();
        this.#beside.close();
        this.#focusText();
        break;
      case 'second':
        this.player?.skip(action.seconds);
        break;
      case 'frame':
        this.player?.frame(action.count);
        break;
      case 'phase':
        return this.#edit((text, boundaries) => startPhase(text, boundaries, action.phase, this.#snapped(this.caret)));
      case 'split': {
        const offered = this.#reading.offer?.places.indexOf(this.#splitPoint()) ?? -1;
        if (offered >= 0) {
          this.#accept(offered);
          break;
        }
        return this.#edit((text, boundaries) => splitAt(text, boundaries, this.#snapped(this.#splitPoint())));
      }
      case 'find':
        this.reasoning?.find();
        break;
      case 'fold':
        if (!this.reasoning?.fold()) this.notice = 'no tagged block at the caret';
        break;
      case 'boundary':
        this.reasoning?.chooseBoundary(action.direction);
        break;
      case 'mention': {
        const mention = this.#reading.times.find(({ start, end }) => start <= this.caret && this.caret <= end);
        if (mention) this.player?.seek(mention.seconds);
        else this.notice = 'no time at the caret';
        break;
      }
      case 'mute':
        this.#act({ kind: 'prefer', change: { muted: !this.preferences.muted } });
        break;
      default:
        assertNever(action);
    }
    return true;
  }

  #command(command: ReviewCommand): void {
    if (!this.commentList?.takes(command)) this.#act({ kind: command });
  }

  /** Takes one boundary of the suggestion, or all that it offers: even what was refused, when nothing else is left. */
  #accept(boundary?: number): void {
    const shown = this.#shown;
    const session = this.#session;
    if (!shown || !session) return;
    const { completion } = shown.rollout;
    const { boundaries, origin } = session.value;
    const offer = this.#reading.offer ?? offerOf(shown.suggestion, boundaries, completion.length, true);
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
    const offer = this.#reading.offer;
    if (!this.#shown || !offer) return;
    const offered = offer.places.flatMap((place, k) => (place === null ? [] : k));
    const boundaries = boundary === undefined ? offered : [boundary];
    const rolloutId = this.#shown.rollout.id;
    this.#do(host.request('refuseSuggestion', { rolloutId, source: offer.source, boundaries }));
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

  #refreshBeside(): Promise<void> {
    return this.#beside.refresh(this.groupView?.inView ?? []);
  }

  /** Once it is there. */
  #focusText(): void {
    void this.updateComplete.then(() => this.reasoning?.focus());
  }

  #setBeside(what: Beside): void {
    if (what === 'group' && (this.#shown?.group.members.length ?? 0) < 2)
      this.notice = 'there is no other completion in this group';
    else {
      this.#ask(this.#beside.toggle(what));
      if (!this.#beside.what) this.#focusText();
    }
  }

  /** A request whose failure is told in the status line. */
  #ask(request: Promise<unknown>): void {
    request.catch((error: Error) => (this.notice = error.message));
  }

  /** A request for what the reviewer did: its failure is told below the page until something else is done. */
  #do(request: Promise<unknown>): void {
    this.failure = '';
    request.catch((error: Error) => (this.failure = error.message));
  }

  #pressed(event: KeyboardEvent): void {
    const action = keyAction(event, this.keys, this.#shown?.phases ?? []);
    if (!action) return;
    if (this.#act(action)) event.preventDefault();
  }

  /** The focus is on the video or its timeline. */
  get #inVideo(): boolean {
    return this.media?.status === 'ready' && this.shadowRoot?.activeElement?.closest('.left') !== null;
  }

  /** Goes to the comments, or from them back to the text. */
  #toggleComments(): void {
    if (!this.commentList?.hasFocus) {
      void this.#openComments('list');
      return;
    }
    this.reasoning?.focus();
    this.#act({ kind: 'prefer', change: { comments: 'none' } });
  }

  async #openComments(focus: 'draft' | 'list' | null): Promise<void> {
    if (this.preferences.comments === 'none') this.#act({ kind: 'prefer', change: { comments: 'open' } });
    await this.updateComplete;
    await this.commentList?.updateComplete;
    if (focus === 'draft') this.commentList?.focusDraft();
    if (focus === 'list') this.commentList?.focus();
  }

  /** The phase at the caret. */
  get #phase(): number {
    return phaseAt(this.#session?.boundaries ?? [Infinity], this.caret);
  }

  /** The caret; where playback is, when the text is not in focus and playback has reached a sentence. */
  #splitPoint(): number {
    return this.reasoning?.hasFocus ? this.caret : (this.#reading.reached?.from ?? this.caret);
  }

  /** Where a boundary may stand, nearest to `offset`. */
  #snapped(offset: number): number {
    return snap(this.#reading.stops, this.#shown?.rollout.completion.length ?? 0, offset);
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
    if (changed.has('review')) colourPhases(this, shown.phases);
    this.#reading.update({
      shown,
      boundaries: this.#session?.boundaries ?? null,
      label: this.#session?.value ?? null,
      preferences: this.preferences,
      duration: this.media?.status === 'ready' ? this.media.duration : 0,
      time: this.time,
    });
  }

  override render(): TemplateResult {
    return html`${this.#body()}<trouble-bar
        .store=${this.store}
        .shown=${this.#shown !== null}
        .failure=${this.failure}
        .failed=${this.#sessions.failedBeside(this.#key)}
      ></trouble-bar>
      <key-list .keys=${this.keys} .phases=${this.#shown?.phases ?? []}></key-list>
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
          <p class="muted">The store is ${this.store?.name}.</p>
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
    const comments = this.#comments.marked(shown.comments, preferences.comments === 'all');
    const number = group.members.findIndex(({ rolloutId }) => rolloutId === rollout.id);
    const completion = `completion ${number + 1} of ${group.members.length}`;
    const place = [`prompt ${shown.place.place} of ${shown.place.of}`, completion];
    const media = this.media?.status === 'ready' ? this.media : null;
    return html`
      <prompt-header
        .keys=${this.keys}
        .prompt=${prompt}
        .instruction=${rollout.system}
        .place=${place}
        .queue=${preferences.queue}
        .canGoBack=${shown.canGoBack}
      ></prompt-header>
      <main>
        <section class="left" aria-label="Video" ?hidden=${this.media?.status === 'none'}>
          ${
            shown.media.length > 1
              ? html`<medium-chooser .keys=${this.keys} .media=${shown.media} .medium=${shown.medium}></medium-chooser>`
              : nothing
          }
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
                  .spans=${shown.medium > 0 ? shown.phases.map(() => null) : this.#spans.shown}
                  .current=${this.#phase}
                  .looping=${this.#spans.looping}
                  .spoken=${this.#reading.spoken}
                  .comments=${shown.medium > 0 ? [] : comments.video}
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
            .parts=${rollout.rewards}
            .reading=${rollout.reading}
            .comparing=${this.#beside.what === 'group'}
          ></group-strip>
          ${
            this.#besideView(shown) ??
            html`<div class="reading">
                <reasoning-text
                  .keys=${this.keys}
                  .text=${rollout.completion}
                  .marks=${this.#reading.marks}
                  .phases=${shown.phases}
                  .boundaries=${this.#session?.boundaries ?? null}
                  .offer=${this.#reading.offer}
                  .starts=${rollout.units.starts}
                  .stops=${this.#reading.stops}
                  .heat=${this.#reading.heat}
                  .reached=${this.#reading.reached}
                  .hovered=${this.#hoveredRange(shown)}
                  .caret=${this.caret}
                  .folded=${this.folded}
                  .media=${data}
                  .version=${this.drawn}
                  .comments=${comments.text}
                  .commentedOn=${this.#comments.on}
                  .name=${`Reasoning of ${completion}`}
                ></reasoning-text>
                ${
                  preferences.comments === 'none'
                    ? nothing
                    : html`<comment-list
                        .keys=${this.keys}
                        .shown=${shown}
                        .draft=${this.#comments.draft}
                        .error=${this.#comments.error}
                        .saving=${this.#comments.saving}
                        .all=${preferences.comments === 'all'}
                        .chosen=${this.#comments.chosen}
                        .time=${media && shown.medium === 0 ? this.time : null}
                      ></comment-list>`
                }
              </div>
              <tas-panel
                .phases=${shown.phases}
                .rollout=${rollout}
                .shaping=${this.#reading.shaping}
                .preferences=${preferences}
                .advantage=${advantageOf(shown)}
                .limit=${shapedLimit(shown, preferences.lambda)}
                .hovered=${this.hovered}
                .caret=${this.caret}
              ></tas-panel>`
          }
        </section>
      </main>
      <status-line
        .keys=${this.keys}
        .shown=${shown}
        .session=${this.#session}
        .edits=${this.edits}
        .offer=${this.#reading.offer ? offerText(this.#reading.offer) : ''}
        .notice=${this.notice}
      ></status-line>
    `;
  }

  /** What takes the reasoning's place. */
  #besideView({ rollout, group, phases, annotator, blind }: Shown): TemplateResult | null {
    const own = this.#session?.boundaries ?? null;
    switch (this.#beside.what) {
      case 'labels':
        return html`<label-view
          .keys=${this.keys}
          .annotator=${annotator}
          .text=${rollout.completion}
          .phases=${phases}
          .own=${own}
          .others=${this.#beside.others}
          .time=${this.time}
        ></label-view>`;
      case 'history':
        return html`<history-view
          .keys=${this.keys}
          .annotator=${annotator}
          .text=${rollout.completion}
          .phases=${phases}
          .own=${own}
          .blind=${blind}
          .history=${this.#beside.history}
          .time=${this.time}
        ></history-view>`;
      case 'group':
        return html`<group-view
          .keys=${this.keys}
          .group=${group}
          .phases=${phases}
          .completions=${this.#beside.completions}
          .selected=${rollout.id}
          .time=${this.time}
          .order=${this.preferences.groupOrder}
        ></group-view>`;
      case null:
        return null;
    }
  }

  #hoveredRange({ rollout: { units, completion } }: Shown): TextRange | null {
    const unit = this.hovered;
    if (unit === null || unit >= units.starts.length) return null;
    return { from: units.starts[unit], to: units.starts[unit + 1] ?? completion.length };
  }
}
