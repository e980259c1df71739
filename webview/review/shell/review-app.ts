import { t } from '@vscode/l10n';
import { LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { phaseAt } from '../../../src/domain/phase.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import {
  defaultPreferences,
  reviewProtocol,
  reviewState,
  type Density,
  type Guidelines,
  type LabelKey,
  type Media,
  type OptionPicture,
  type Review,
  type ReviewCommand,
  type ReviewState,
  type ReviewStore,
  type Shown,
  type Unsaved,
} from '../../../src/protocol/review.ts';
import { isTyping } from '../../ui/focus.ts';
import { Host } from '../../ui/host.ts';
import { html } from '../../ui/html.ts';
import type { Handlers } from '../actions/handlers.ts';
import { keyAction } from '../actions/keys.ts';
import type { PageAction } from '../actions/page-action.ts';
import type { Curve } from '../../../src/domain/token-curve.ts';
import { besideActions } from '../beside/beside-actions.ts';
import { Drafting } from '../beside/drafting.ts';
import type { GroupView } from '../beside/group-view.ts';
import { SideBySide } from '../beside/side-by-side.ts';
import { commentActions, commentingOn } from '../comments/comment-actions.ts';
import type { CommentList } from '../comments/comment-list.ts';
import { guidelinesActions, type GuidelinesPage } from '../guidelines/guidelines-actions.ts';
import type { GuidelinesPane } from '../guidelines/guidelines-pane.ts';
import '../judge/error-chooser.ts';
import type { ErrorChooser } from '../judge/error-chooser.ts';
import { judgeActions } from '../judge/judge-actions.ts';
import type { CorrectionChange, CorrectionState } from '../../../src/domain/correction.ts';
import type { CorrectionView } from '../beside/correction-view.ts';
import type { PreferenceChange, PreferenceState } from '../../../src/domain/preference.ts';
import { Said } from '../actions/said.ts';
import { Judging } from '../judge/judging.ts';
import { judgedAt, type Judged, type Step } from '../judge/steps.ts';
import { labelActions } from '../label/label-actions.ts';
import type { LabelSession } from '../label/label-session.ts';
import { LabelSessions } from '../label/label-sessions.ts';
import { blankLabel } from '../label/labelling.ts';
import { colourPhases } from '../label/phase-styles.ts';
import type { ReasoningText } from '../text/reasoning-text.ts';
import type { TextRange } from '../label/text-range.ts';
import type { TextOutline } from '../text/text-outline.ts';
import { textActions, type TextPage } from '../text/text-actions.ts';
import { MediaData } from '../video/media-data.ts';
import { SpanEditing } from '../video/span-editing.ts';
import type { TimeLine } from '../video/time-line.ts';
import { videoActions } from '../video/video-actions.ts';
import type { VideoPlayer } from '../video/video-player.ts';
import { appStyles } from './app-styles.ts';
import './key-list.ts';
import type { KeyList } from './key-list.ts';
import { queueActions, type QueuePage } from './queue.ts';
import { panel, type PanelPage } from './panel.ts';
import { Reading } from './reading.ts';
import type { RolloutTags } from './rollout-tags.ts';
import { noReasons, type ReasonDialog } from './reason-dialog.ts';
import './trouble-bar.ts';

const host = new Host(reviewProtocol, reviewState);

/** Actions on steps of the one completion. */
const judgeKinds = ['judge', 'judgeBy', 'errorType', 'error', 'nextPhase'];

/** The whole page: holds what is shown, hears every action, and talks to the host. */
@customElement('review-app')
export class ReviewApp extends LitElement implements PanelPage, TextPage, QueuePage, GuidelinesPage {
  static override styles = appStyles;
  readonly host = host;

  @state() private review: Review = { status: 'loading' };
  @state() private store: ReviewStore | null = null;
  @state() media: Media | null = null;
  @state() private pictures: { promptId: string; pictures: readonly (OptionPicture | null)[] } | null = null;
  @state() guidelines: Guidelines | null = null;
  @state() preferences = defaultPreferences;
  @property({ reflect: true }) density: Density = 'comfortable';
  @state() keys: Keys = defaultKeys;
  @state() time = 0;
  @state() caret = 0;
  @state() present = -1;
  @state() folded: readonly number[] = [];
  @state() curves: readonly Curve[] = [];
  @state() hovered: number | null = null;
  @state() answerRead: TextRange | null = null;
  @state() notice = '';
  /** Why the last thing asked was not done. */
  @state() private failure = '';
  /** Counts changes of the label sessions, to draw them. */
  @state() edits = 0;
  /** Counts what came of the media, to draw it. */
  @state() drawn = 0;

  @query('video-player') player!: VideoPlayer | null;
  @query('group-view') groupView!: GroupView | null;
  @query('correction-view') private correctionView!: CorrectionView | null;
  @query('reasoning-text') reasoning!: ReasoningText | null;
  @query('text-outline') outline!: TextOutline | null;
  @query('guidelines-pane') guidelinesPane!: GuidelinesPane | null;
  @query('time-line') timeLine!: TimeLine | null;
  @query('key-list') private keyList!: KeyList;
  @query('comment-list') commentList!: CommentList | null;
  @query('reason-dialog') reasonDialog!: ReasonDialog;
  @query('rollout-tags') tags!: RolloutTags | null;
  @query('error-chooser') errorChooser!: ErrorChooser;

  #restored: ReviewState | undefined = host.getState();
  startAt = this.#restored?.time ?? 0;
  guidelinesTop = this.#restored?.guidelinesTop ?? 0;
  readonly sessions = new LabelSessions(
    (key) => ({
      save: (value) => host.request('setLabel', { ...key, value }),
      undo: (seen) => host.request('undo', { ...key, seen }),
      redo: (seen) => host.request('redo', { ...key, seen }),
    }),
    () => {
      this.edits += 1;
      this.#keep();
    },
  );
  readonly judging = new Judging(
    {
      say: (key, step) => host.request('judge', { ...key, step }),
      undo: (key, seen) => host.request('undoJudgement', { ...key, seen }),
      redo: (key, seen) => host.request('redoJudgement', { ...key, seen }),
    },
    () => this.requestUpdate(),
  );
  readonly preferring = new Said<PreferenceState, PreferenceChange>(
    { pairs: [], canUndo: false, canRedo: false, savedAt: null },
    {
      say: (key, pair) => host.request('prefer', { ...key, pair }),
      undo: (key, seen) => host.request('undoPreference', { ...key, seen }),
      redo: (key, seen) => host.request('redoPreference', { ...key, seen }),
    },
    () => this.requestUpdate(),
  );
  readonly correcting = new Said<CorrectionState, CorrectionChange>(
    { text: null, boundaries: null, draft: null, discarded: null, canUndo: false, canRedo: false, savedAt: null },
    {
      say: (key, { text, boundaries }) =>
        host.request('correct', { ...key, text, boundaries: boundaries && [...boundaries] }),
      undo: (key, seen) => host.request('undoCorrection', { ...key, seen }),
      redo: (key, seen) => host.request('redoCorrection', { ...key, seen }),
    },
    () => this.requestUpdate(),
  );
  readonly drafting = new Drafting(
    (draft) => host.request('draftCorrection', draft),
    (key, state) => this.corrected(key, state),
    () => this.drafted(),
  );
  readonly reading = new Reading();
  readonly commenting = commentingOn(this);
  /** What the host keeps, as it was told last; null until it is known. */
  #kept: string | null = null;
  readonly beside = new SideBySide(
    {
      completions: (rolloutIds) => host.request('completions', { rolloutIds }),
      otherLabels: (rolloutId) => host.request('otherLabels', { rolloutId }),
      history: (rolloutId, count) => host.request('history', { rolloutId, count }),
    },
    () => this.requestUpdate(),
  );
  mediaData: MediaData | null = null;
  readonly spans = new SpanEditing(
    () => ({
      phases: this.shown?.phases ?? [],
      phase: this.phase,
      grounding: this.session?.boundaries ? this.session.grounding : null,
      byText: this.reading.phaseTimes,
      time: this.time,
      frames: this.mediaData?.frames ?? null,
    }),
    {
      seek: (seconds) => this.player?.seek(seconds),
      tell: (notice) => (this.notice = notice),
      edit: (grounding, dragged) => this.act({ kind: dragged ? 'preview' : 'edit', change: { grounding } }),
      changed: () => this.requestUpdate(),
    },
  );

  /** What each kind of action does: the rooms' own, and what the page itself is asked. */
  readonly #handlers: Handlers<PageAction['kind']> = {
    ...queueActions(this),
    ...labelActions(this),
    ...judgeActions(this),
    ...videoActions(this),
    ...textActions(this),
    ...guidelinesActions(this),
    ...commentActions(this),
    ...besideActions(this),
    time: ({ seconds }) => {
      this.time = seconds;
      this.remember();
    },
    giveUp: () => {
      if (!this.beside.what) return this.spans.giveUp();
      this.beside.close();
      this.focusText();
    },
    keys: () => this.keyList.toggle(),
    prefer: ({ change }) => {
      this.preferences = { ...this.preferences, ...change };
      this.ask(host.request('remember', this.preferences));
    },
    density: ({ density }) => this.do(host.request('setDensity', { density })),
    rendered: () => this.act({ kind: 'prefer', change: { rendered: !this.preferences.rendered } }),
    'fold-part': ({ part }) => {
      const others = this.preferences.foldedParts.filter((one) => one !== part);
      const folding = others.length === this.preferences.foldedParts.length;
      this.act({ kind: 'prefer', change: { foldedParts: folding ? [...others, part] : others } });
    },
    retry: () => this.do(host.request('retry', null)),
    rescue: () => this.do(host.request('rescue', null)),
    prepare: () => {
      if (this.shown) this.ask(host.request('prepare', { promptId: this.shown.prompt.id }));
    },
    'allow-folder': () => {
      if (this.shown) this.ask(host.request('allowFolder', { promptId: this.shown.prompt.id }));
    },
  };

  override connectedCallback(): void {
    super.connectedCallback();
    this.time = this.startAt;
    this.addEventListener('action', (event) => this.act(event.detail));
    document.addEventListener('keydown', (event) => this.#pressed(event));
    // What is selected is judged by itself.
    document.addEventListener('selectionchange', () => this.requestUpdate());
    host.on('unsaved', (unsaved) => this.#restore(unsaved));
    host.on('store', (store) => this.#tellStore(store));
    host.on('review', (review) => this.#show(review));
    host.on('media', (media) => this.#showMedia(media));
    host.on('pictures', (pictures) => (this.pictures = pictures));
    host.on('guidelines', (guidelines) => (this.guidelines = guidelines));
    host.on('preferences', (preferences) => (this.preferences = preferences));
    host.on('density', (density) => (this.density = density));
    host.on('keys', (keys) => (this.keys = keys));
    host.on('command', (command) => this.#command(command));
    host.ready();
  }

  get shown(): Shown | null {
    return this.review.status === 'shown' ? this.review : null;
  }

  get optionPictures(): readonly (OptionPicture | null)[] {
    return this.pictures?.promptId === this.shown?.prompt.id ? (this.pictures?.pictures ?? []) : [];
  }

  /** Of the label that is edited. */
  get labelKey(): LabelKey | null {
    const shown = this.shown;
    if (!shown) return null;
    const { store, annotator, rollout } = shown;
    return { store, annotator, rolloutId: rollout.id, of: rollout.hash };
  }

  /** Why nothing can be said about the video's times; null while it is the first of the prompt's media, which they are of. */
  get elsewhere(): string | null {
    const { shown } = this;
    return shown && shown.medium > 0
      ? t('the times of labels and comments are of {0}: go back to it', shown.media[0])
      : null;
  }

  get session(): LabelSession | null {
    return this.labelKey && this.sessions.of(this.labelKey);
  }

  #restore(unsaved: Unsaved): void {
    this.#kept = JSON.stringify(unsaved);
    this.commenting.restore(unsaved.drafts);
    this.sessions.restore(unsaved.edits);
    this.do(this.drafting.retry(unsaved.corrections));
    this.requestUpdate();
  }

  #tellStore(store: ReviewStore): void {
    const before = this.store;
    this.store = store;
    if (!before) return;
    if (before.key !== store.key) this.notice = t('the store is now {0}', store.name);
    // What could not be saved may be now.
    if (before.key === store.key && (before.problem === null || store.problem !== null)) return;
    this.failure = '';
    this.sessions.retry();
    this.do(this.drafting.retry());
  }

  #show(review: Review): void {
    const before = this.shown;
    this.review = review;
    if (review.status !== 'shown') return;
    const { rollout, label, prompt } = review;
    // Labels of other phases were brought to these in the store.
    if (JSON.stringify(before?.phases) !== JSON.stringify(review.phases)) this.sessions.forget(null);
    this.sessions.show(this.labelKey!, label, blankLabel(rollout.completion, review.phases.length));
    this.judging.show(this.labelKey!, review.judgement);
    this.preferring.show(this.labelKey!, review.preference);
    this.correcting.show(this.labelKey!, review.correction);
    const isOther = before?.rollout.id !== rollout.id;
    // An import may have changed the text, in which other places count.
    if (isOther || before.rollout.hash !== rollout.hash) {
      const kept = isOther && this.#restored?.rolloutId === rollout.id ? this.#restored : null;
      this.caret = Math.min(isOther ? (kept?.caret ?? 0) : this.caret, rollout.completion.length);
      this.folded = kept?.folded ?? [];
      this.answerRead = null;
      this.curves = [];
      this.ask(this.#readCurves(rollout.id));
    }
    if (isOther) {
      this.notice = '';
      this.failure = '';
      this.beside.show(rollout.id);
      // What they ask is of the one that was shown.
      this.reasonDialog.close();
      this.errorChooser.close();
      this.spans.forget();
      // The reviewer's next key is about this text, whatever opened it.
      this.focusText();
    }
    const last = before ? { promptId: before.prompt.id, medium: before.medium } : this.#restored;
    if (last && (last.promptId !== prompt.id || last.medium !== review.medium)) {
      // What is shown of other media would be taken for these.
      if (before) this.#showMedia(null);
      this.spans.forget();
      this.startAt = 0;
      this.time = 0;
    }
    this.#restored = undefined;
    if (review.sideBySide > (before?.sideBySide ?? 0)) this.beside.close('group');
    // Whatever changed in the store may be a label of one that stands beside.
    this.ask(this.refreshBeside());
    this.sessions.forget(this.labelKey);
    this.remember();
  }

  async #readCurves(rolloutId: string): Promise<void> {
    const curves = await host.request('curves', { rolloutId });
    if (this.shown?.rollout.id === rolloutId) this.curves = curves;
  }

  #showMedia(media: Media | null): void {
    this.media = media;
    this.mediaData?.stop();
    const promptId = this.shown?.prompt.id ?? '';
    const source = {
      peaks: (first: number) => host.request('peaks', { promptId, first }),
      frames: () => host.request('frames', { promptId }),
      strip: (level: number, index: number) => host.request('strip', { promptId, level, index }),
    };
    const changed = (): void => void (this.drawn += 1);
    this.mediaData = media?.status === 'ready' ? new MediaData(media, source, changed) : null;
  }

  remember(): void {
    const shown = this.shown;
    if (!shown) return;
    const { rollout, prompt } = shown;
    host.setState({
      rolloutId: rollout.id,
      promptId: prompt.id,
      medium: shown.medium,
      time: this.time,
      caret: this.caret,
      folded: [...this.folded],
      guidelinesTop: this.guidelinesTop,
    });
  }

  /** Has the host keep what is not saved yet. */
  #keep(): void {
    const unsaved = {
      edits: this.sessions.unsaved,
      drafts: this.commenting.drafts,
      corrections: this.drafting.failed,
    };
    const text = JSON.stringify(unsaved);
    if (this.#kept === null || this.#kept === text) return;
    this.#kept = text;
    this.ask(host.request('keep', unsaved));
  }

  /** Does it; false when there is nothing to do it on. */
  act(action: PageAction): boolean {
    if (this.correctionView?.acts(action)) return true;
    if (
      this.beside.what &&
      ['phase', 'split', 'boundary', 'mention', 'comment', 'comments', 'fold', 'outline', ...judgeKinds].includes(
        action.kind,
      )
    ) {
      this.notice = t('one completion is labelled at a time: Esc goes back to it');
      return true;
    }
    if (this.elsewhere && ['ground', 'span', 'splitSpan', 'clearSpan', 'loop'].includes(action.kind)) {
      this.notice = this.elsewhere;
      return true;
    }
    // Each handler takes the actions of its kind.
    const handler = this.#handlers[action.kind] as (action: PageAction) => boolean | void;
    return handler(action) !== false;
  }

  #command(command: ReviewCommand): void {
    if (this.commentList?.takes(command) || this.correctionView?.takes(command)) return;
    if (!isTyping() || command === 'find') this.act({ kind: command });
    // The editor keeps these chords from the browser, which alone can undo typing.
    else if (command === 'undo' || command === 'redo') document.execCommand(command);
  }

  corrected(key: LabelKey, state: CorrectionState): void {
    // Another rollout may be shown by now.
    if (JSON.stringify(key) === JSON.stringify(this.labelKey)) this.correcting.show(key, state);
    this.requestUpdate();
  }

  refreshBeside(): Promise<void> {
    return this.beside.refresh(this.groupView?.inView ?? []);
  }

  reveal(offset: number | null, seconds: number | null): void {
    this.beside.close();
    if (seconds !== null && this.elsewhere) this.notice = this.elsewhere;
    else if (seconds !== null) this.player?.seek(seconds);
    if (offset === null) return;
    this.act({ kind: 'caret', offset });
    void this.updateComplete.then(() => this.reasoning?.reveal(offset));
  }

  drafted(): void {
    this.requestUpdate();
    this.#keep();
  }

  /** Once it is there. */
  focusText(): void {
    void this.updateComplete.then(() => this.reasoning?.focus());
  }

  /** A request whose failure is told in the status line. */
  ask(request: Promise<unknown>): void {
    request.catch((error: Error) => (this.notice = error.message));
  }

  /** A request for what the reviewer did: its failure is told below the page until something else is done. */
  do(request: Promise<unknown>): void {
    this.failure = '';
    request.catch((error: Error) => (this.failure = error.message));
  }

  #pressed(event: KeyboardEvent): void {
    const action = keyAction(event, this.keys, this.shown?.phases ?? []);
    if (!action) return;
    if (this.act(action)) event.preventDefault();
  }

  /** The focus is on the video that times are of, or its timeline. */
  get inVideo(): boolean {
    return (
      !this.elsewhere && this.media?.status === 'ready' && this.shadowRoot?.activeElement?.closest('.left') !== null
    );
  }

  /** The phase at the caret. */
  get phase(): number {
    return phaseAt(this.session?.boundaries ?? [Infinity], this.caret);
  }

  get steps(): readonly Step[] {
    const length = this.shown?.rollout.completion.length ?? 0;
    return this.judging.steps(length, this.session?.boundaries ?? null, this.reading.offer);
  }

  get judged(): Judged | null {
    const { shown, caret, selected, steps } = this;
    if (!shown) return null;
    const [by, said] = [this.preferences.judgeBy, this.judging.state.steps];
    return judgedAt({ text: shown.rollout.completion, caret, selected, by, steps, said, phases: shown.phases });
  }

  /** The caret; where playback is, when the text is not in focus and playback has reached a sentence. */
  get splitPoint(): number {
    return this.reasoning?.hasFocus ? this.caret : (this.reading.reached?.from ?? this.caret);
  }

  get selected(): TextRange | null {
    return this.reasoning?.selected ?? null;
  }

  get mentioned(): number | null {
    return this.reading.times.find(({ start, end }) => start <= this.caret && this.caret <= end)?.seconds ?? null;
  }

  get muted(): boolean {
    return this.preferences.muted;
  }

  override willUpdate(changed: PropertyValues): void {
    const shown = this.shown;
    if (!shown) return;
    if (changed.has('review')) colourPhases(this, shown.phases);
    this.reading.update({
      shown,
      boundaries: this.session?.boundaries ?? null,
      label: this.session?.value ?? null,
      preferences: this.preferences,
      duration: this.media?.status === 'ready' ? this.media.duration : 0,
      time: this.time,
    });
  }

  override render(): TemplateResult {
    return html`${this.#body()}<trouble-bar
        .store=${this.store}
        .shown=${this.shown !== null}
        .failure=${this.failure}
        .failed=${this.sessions.failedBeside(this.labelKey)}
      ></trouble-bar>
      <key-list .keys=${this.keys} .phases=${this.shown?.phases ?? []}></key-list>
      <error-chooser .types=${this.shown?.errorTypes ?? []}></error-chooser>
      <reason-dialog .reasons=${this.shown?.reasons ?? noReasons}></reason-dialog>`;
  }

  #body(): TemplateResult {
    switch (this.review.status) {
      case 'loading':
        return html`<div class="loading" role="status" aria-label=${t('Loading the rollout')}>
          ${['header', 'left', 'right'].map((part) => html`<div class="skeleton ${part}"></div>`)}
        </div>`;
      case 'failed':
        return html`<div class="failed" role="alert">
          <h1>${t('The rollout cannot be shown')}</h1>
          <p>${this.review.message}</p>
          <p class="muted">${t('The store is {0}.', this.store?.name ?? '')}</p>
          <vscode-button @click=${() => this.act({ kind: 'retry' })}>${t('Try again')}</vscode-button>
        </div>`;
      case 'shown':
        return panel(this, this.review);
    }
  }
}
