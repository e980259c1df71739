import { t } from '@vscode/l10n';
import { LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, queryAll } from 'lit/decorators.js';
import { stepVerdicts, type StepJudgement, type StepVerdict } from '../../../src/domain/judgement.ts';
import type { Phase } from '../../../src/domain/phase.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { icons } from '../../ui/icons.ts';
import { focusIsLost } from '../../ui/focus.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import type { Density, ReviewComment } from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import { BoundaryHandles, flagText, judgedMark } from './boundary-handles.ts';
import { commented, short } from '../comments/comment-text.ts';
import './find-bar.ts';
import type { FindBar, Found } from './find-bar.ts';
import { foldable, showing } from './folding.ts';
import './mini-map.ts';
import type { MiniMap } from './mini-map.ts';
import type { Place } from './outline.ts';
import type { Step } from '../judge/steps.ts';
import type { MediaData } from '../video/media-data.ts';
import type { Markdown } from './markdown.ts';
import { markdownStyles } from './markdown-styles.ts';
import { outside } from './maths.ts';
import { act } from '../actions/page-event.ts';
import { phaseStyles } from '../label/phase-styles.ts';
import type { Mark } from '../label/pieces.ts';
import { reasoningStyles } from './reasoning-styles.ts';
import type { Offer } from '../label/suggestion.ts';
import { TextCaret } from './text-caret.ts';
import { TextLines } from './text-lines.ts';
import { TextOverlay } from './text-overlay.ts';
import { TextPlaces } from './text-places.ts';
import { mapText, TextView } from './text-view.ts';
import type { TextRange } from '../label/text-range.ts';
import { unitAt, type Heat } from '../label/weights.ts';

/**
 * The completion with its phases, boundary handles and caret. Weights, matches, the play head and the hovered unit are CSS highlights
 * over its few spans, so that a long trace stays light.
 */
@customElement('reasoning-text')
export class ReasoningText extends LitElement {
  static override styles = [sharedStyles, phaseStyles, markdownStyles, reasoningStyles];

  @property() text = '';
  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property({ attribute: false }) marks: readonly Mark[] = [];
  /** How it is drawn as it is meant; null to draw it as it is written. */
  @property({ attribute: false }) markdown: Markdown | null = null;
  @property({ attribute: false }) phases: readonly Phase[] = [];
  /** Null without a label. */
  @property({ attribute: false }) boundaries: readonly number[] | null = null;
  /** What a suggestion offers beside them. */
  @property({ attribute: false }) offer: Offer | null = null;
  /** The phases with what this annotator says of each; none while there are none to judge. */
  @property({ attribute: false }) steps: readonly Step[] = [];
  /** What is said of other text than just one of them. */
  @property({ attribute: false }) judged: readonly StepJudgement[] = [];
  /** Where units start. */
  @property({ attribute: false }) starts: readonly number[] = [];
  /** Where a boundary may stand. */
  @property({ attribute: false }) stops: readonly number[] = [];
  @property({ attribute: false }) heat: readonly Heat[] = [];
  /** The sentence that playback has reached. */
  @property({ attribute: false }) reached: TextRange | null = null;
  @property({ attribute: false }) hovered: TextRange | null = null;
  @property({ type: Number }) caret = 0;
  /** Where the folded sections start. */
  @property({ attribute: false }) folded: readonly number[] = [];
  /** Those whose places are marked, in the order of the text. */
  @property({ attribute: false }) comments: readonly ReviewComment[] = [];
  /** What the comment that is written or was gone to is on. */
  @property({ attribute: false }) commentedOn: TextRange | null = null;
  /** What rules took for the answer, in the order of the text; and what is pointed at of that. */
  @property({ attribute: false }) answers: readonly TextRange[] = [];
  @property({ attribute: false }) answer: TextRange | null = null;
  /** Names the region for a screen reader. */
  @property() name = '';
  /** What the outline names; null while it is closed. */
  @property({ attribute: false }) places: readonly Place[] | null = null;
  /** The one of them where one reads: the caret's while that is in view. −1 before the first. Nothing here is drawn by it. */
  present = -1;
  @property({ reflect: true }) density: Density = 'comfortable';
  /** Of the prompt; null until it is ready. */
  @property({ attribute: false }) media: MediaData | null = null;
  /** Rises whenever `media` has more to draw. */
  @property({ type: Number }) version = 0;

  @query('.completion') private body!: HTMLElement;
  @query('find-bar') private findBar!: FindBar;
  @query('mini-map') private map!: MiniMap;
  @queryAll('.handle') private handles!: NodeListOf<HTMLElement>;

  /** A place near the top, and how far below it: there it stays when all is drawn another way. */
  #kept: { offset: number; top: number } | null = null;
  readonly #places = new TextPlaces(this);
  readonly #overlay = new TextOverlay(this, this.#places);
  readonly #lines = new TextLines(this, {
    fold: (section) => this.fold(section),
    seek: (seconds) => {
      // The video shows the frame now: its picture would only hide the text.
      this.#overlay.peek(null);
      act(this, { kind: 'seek', seconds });
    },
    peek: (link, seconds) => this.#overlay.peek(link, seconds),
    leave: () => this.#overlay.peek(null),
  });
  readonly #caret = new TextCaret(this, this.#lines, this.#places);
  readonly #handles = new BoundaryHandles(this, {
    places: this.#places,
    isFolded: (offset) => this.#lines.folds.some(({ from, to }) => from < offset && offset < to),
    show: (offset) => this.#show({ from: offset, to: offset }),
    along: (key, offset) => this.#caret.along(key, offset),
    whole: (offset, direction) => outside(this.#lines.maths, offset, direction),
  });
  readonly #view = new TextView(this, this.#places);
  readonly #resized = new ResizeObserver(() => this.#layOverlay());

  constructor() {
    super();
    this.addEventListener('scroll', () => this.#view.look(this.map), { passive: true });
  }

  /** Focuses the text, so that keys act on the caret. */
  override focus(): void {
    this.body.focus({ preventScroll: true });
  }

  get hasFocus(): boolean {
    return this.shadowRoot?.activeElement === this.body;
  }

  /** What is selected; null when nothing is. */
  get selected(): TextRange | null {
    return this.#places.selected();
  }

  /** Opens the find bar with what is selected. */
  find(): void {
    this.findBar.show(getSelection()?.toString() ?? '');
  }

  /** Folds the section at the caret, or unfolds it; false where there is none. */
  fold(section = foldable(this.#lines.sections, this.caret)): boolean {
    if (!section) return false;
    const { start, inside } = section;
    const others = this.folded.filter((fold) => fold !== start);
    const folding = others.length === this.folded.length;
    // A caret that would be hidden would unfold it again.
    if (folding && inside.from < this.caret && this.caret <= inside.to)
      act(this, { kind: 'caret', offset: inside.from });
    act(this, { kind: 'folded', folded: folding ? [...others, start] : others });
    return true;
  }

  /** Unfolds what hides something of `range`. */
  #show(range: TextRange): void {
    const folded = showing(this.#lines.sections, this.folded, range, this.text.length);
    if (folded !== this.folded) act(this, { kind: 'folded', folded });
  }

  /** Focuses the boundary after (1) or before (−1) the one that has focus, else the one nearest to the caret that way. */
  chooseBoundary(direction: 1 | -1): void {
    const current = [...this.handles].findIndex((handle) => handle === this.shadowRoot?.activeElement);
    const boundaries = this.#handles.edges;
    const beside =
      direction === 1
        ? boundaries.findIndex((boundary) => boundary >= this.caret)
        : boundaries.findLastIndex((boundary) => boundary <= this.caret);
    const fallback = direction === 1 ? boundaries.length - 1 : 0;
    const chosen = current >= 0 ? current + direction : beside >= 0 ? beside : fallback;
    this.handles[Math.min(Math.max(chosen, 0), boundaries.length - 1)]?.focus();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override firstUpdated(): void {
    // Blocks that come into view may be higher than was thought.
    this.#resized.observe(this.body);
    if (focusIsLost()) this.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    this.#places.clear();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const anew = changed.has('text') || changed.has('marks') || changed.has('markdown');
    const dressed = changed.has('markdown') || changed.has('density');
    if (this.scrollTop > 0 && dressed && !changed.has('text')) this.#keepPlace();
    if (anew) this.#lines.read();
    else if (changed.has('folded')) this.#lines.fold();
  }

  override updated(changed: PropertyValues<this>): void {
    const redrawn = (['text', 'marks', 'markdown', 'boundaries', 'folded'] as const).some((name) => changed.has(name));
    if (redrawn) this.#places.read(this.body, this.#lines.starts, this.#lines.folds);
    if (this.#kept) this.scrollTop += this.#places.rectAt(this.#kept.offset).top - this.#kept.top;
    this.#kept = null;
    if (redrawn || changed.has('answers')) this.#places.paintMany('answer', this.answers);
    if (redrawn || changed.has('answer')) this.#places.paint('answer-chosen', this.answer);
    if (redrawn || changed.has('heat')) this.#places.paintHeat(this.heat);
    if (redrawn || changed.has('judged'))
      for (const verdict of stepVerdicts) this.#places.paintMany(`judged-${verdict}`, saidAs(this.judged, verdict));
    if (redrawn || changed.has('reached')) this.#places.paint('reached', this.reached);
    if (redrawn || changed.has('hovered')) this.#places.paint('hovered-unit', this.hovered);
    if (redrawn || changed.has('comments')) this.#places.paintMany('commented', commented(this.comments));
    if (redrawn || changed.has('commentedOn')) this.#places.paint('commented-chosen', this.commentedOn);
    if (redrawn || (['caret', 'offer', 'comments', 'steps', 'places'] as const).some((name) => changed.has(name)))
      this.#layOverlay();
    if (changed.has('caret')) this.#show({ from: this.caret, to: this.caret });
    if ((changed.has('caret') || changed.has('folded')) && this.hasFocus) this.reveal(this.caret);
    if (changed.has('reached') && this.reached && !this.hasFocus) this.#places.scrollTo(this.reached.from);
  }

  override render(): TemplateResult {
    const { edges } = this.#handles;
    const look = [
      this.boundaries && 'labelled',
      this.offer && 'offered',
      edges.includes(this.text.length) && 'ends',
    ].filter(Boolean);
    return html`
      <find-bar .text=${this.text} .caret=${this.caret} @found=${this.#found} @leave=${this.#leave}></find-bar>
      <div class="beside">
        <mini-map
          role="img"
          aria-label=${mapText(this)}
          aria-hidden=${this.places !== null}
          @scroll-to=${({ detail }: CustomEvent<number>) => (this.scrollTop = detail * this.scrollHeight)}
        ></mini-map>
      </div>
      <div class="page ${this.#handles.dragging === null ? '' : 'dragging'}">
        <div
          class="completion ${look.join(' ')}"
          tabindex="0"
          role="textbox"
          aria-readonly="true"
          aria-multiline="true"
          aria-label=${this.name}
          @click=${this.#click}
          @keydown=${(event: KeyboardEvent) => this.#caret.press(event)}
          @pointermove=${this.#hover}
          @pointerleave=${() => act(this, { kind: 'hover-unit', unit: null })}
        >
          ${this.#lines.render()}
        </div>
        <div class="caret" aria-hidden="true"></div>
        <div class="spoken" aria-live="polite">${this.#caret.spoken()}</div>
        ${this.#overlay.picture()}
        ${
          this.#overlay.isLed
            ? html`<div class="flag phase-1" aria-hidden="true">
                ${flagText(this.phases[0])}${judgedMark(this.steps[0])}
              </div>`
            : nothing
        }
        ${this.#handles.render()} ${this.comments.map((comment) => this.#note(comment))}
      </div>
    `;
  }

  /** Notes what stands near the top of what is seen. */
  #keepPlace(): void {
    const { left, top } = this.getBoundingClientRect();
    const offset = this.#places.offsetAt(left + 40, top + 40);
    this.#kept = offset === null ? null : { offset, top: this.#places.rectAt(offset).top };
  }

  /** Where a comment is; the list is the way to it by keyboard. */
  #note({ id, annotator, body }: ReviewComment): TemplateResult {
    const said = t('Comment of {0}: {1}', annotator, short(body));
    const go = (): void => act(this, { kind: 'commenting', comment: { kind: 'go', id } });
    return html`<button class="note" tabindex="-1" aria-label=${said} title=${said} @click=${go}>
      ${icons.comment}
    </button>`;
  }

  #click(event: MouseEvent): void {
    if (getSelection()?.type === 'Range') return;
    const offset = this.#places.offsetAt(event.clientX, event.clientY);
    if (offset !== null) act(this, { kind: 'caret', offset });
  }

  #hover(event: PointerEvent): void {
    if (event.buttons !== 0) return;
    const offset = this.#places.offsetAt(event.clientX, event.clientY);
    act(this, { kind: 'hover-unit', unit: offset === null ? null : unitAt(this.starts, offset) });
  }

  /** Brings the line of `offset` into view, or to its top; again once the lines around it are laid out. */
  reveal(offset: number, atTop = false): void {
    this.#places.scrollTo(offset, atTop);
    requestAnimationFrame(() => requestAnimationFrame(() => this.#places.scrollTo(offset, atTop)));
  }

  #found({ detail: { matches, chosen } }: CustomEvent<Found>): void {
    this.#places.paintMany('match', matches);
    this.#places.paint('match-chosen', matches[chosen] ?? null);
    if (!matches[chosen]) return;
    this.#show(matches[chosen]);
    this.reveal(matches[chosen].from);
  }

  /** The find bar was closed, at a match or at none. */
  #leave({ detail: offset }: CustomEvent<number | null>): void {
    if (offset !== null) act(this, { kind: 'caret', offset });
    this.focus();
  }

  /** Puts caret, handles and flags where their offsets are. */
  #layOverlay(): void {
    if (!this.hasUpdated) return;
    this.#overlay.lay(this.#handles.edges);
    this.#view.lay(this.map);
  }
}

/** The text of which that is said. */
const saidAs = (judged: readonly StepJudgement[], verdict: StepVerdict): TextRange[] =>
  judged.flatMap((step) => (step.verdict === verdict ? { from: step.start, to: step.end } : []));
