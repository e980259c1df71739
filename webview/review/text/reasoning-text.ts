import { LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, queryAll, state } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { phaseAt, type Phase } from '../../../src/domain/phase.ts';
import { signOf } from '../../../src/domain/plain-text.ts';
import { actionOf, defaultKeys, keyOf, type Keys } from '../../../src/protocol/review-keys.ts';
import { keyHint, wordKey } from '../actions/keys.ts';
import { icons } from '../../ui/icons.ts';
import { focusIsLost } from '../../ui/focus.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import type { ReviewComment } from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import { BoundaryHandles, flagText, judgedMark } from './boundary-handles.ts';
import { commented, short } from '../comments/comment-text.ts';
import './find-bar.ts';
import type { FindBar, Found } from './find-bar.ts';
import { foldable, hiddenBy, showing } from './folding.ts';
import { saidText, type Step } from '../judge/steps.ts';
import type { MediaData } from '../video/media-data.ts';
import { framePeek, type Peeked } from './frame-peek.ts';
import { layFlags } from './flag-layout.ts';
import { dressed, lineLooks, type Dressed, type Line } from './dressing.ts';
import type { Markdown } from './markdown.ts';
import { met, outside, texOf } from './maths.ts';
import './tex-maths.ts';
import { byStops, step } from '../label/labelling.ts';
import { act } from '../actions/page-event.ts';
import { phaseStyles } from '../label/phase-styles.ts';
import { pieces, type Mark, type Piece } from '../label/pieces.ts';
import { reasoningStyles } from './reasoning-styles.ts';
import { blocksOf, sectionsOf, type Block, type Section } from './structure.ts';
import type { Offer } from '../label/suggestion.ts';
import { TextPlaces } from './text-places.ts';
import type { TextRange } from '../label/text-range.ts';
import { unitAt, type Heat } from '../label/weights.ts';

/**
 * The completion with its phases, boundary handles and caret. The text is a block a line, laid out as it comes into view, of a
 * few spans, one a phase and mark; weights, matches, the play head and the hovered unit are CSS highlights over it, so that a
 * long trace stays light.
 */
@customElement('reasoning-text')
export class ReasoningText extends LitElement {
  static override styles = [sharedStyles, phaseStyles, reasoningStyles];

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
  /** Of the prompt; null until it is ready. */
  @property({ attribute: false }) media: MediaData | null = null;
  /** Rises whenever `media` has more to draw. */
  @property({ type: Number }) version = 0;
  @state() private peeked: Peeked | null = null;

  @query('.completion') private body!: HTMLElement;
  @query('.caret') private bar!: HTMLElement;
  @query('find-bar') private findBar!: FindBar;
  @queryAll('.flag') private flags!: NodeListOf<HTMLElement>;
  @queryAll('.handle') private handles!: NodeListOf<HTMLElement>;
  @queryAll('.note') private notes!: NodeListOf<HTMLElement>;

  #sections: readonly Section[] = [];
  #blocks: readonly Block[] = [];
  #blockStarts: readonly number[] = [];
  /** Of each block, where it is drawn as it is meant. */
  #lines: readonly Line[] = [];
  /** A place near the top, and how far below it: there it stays when all is drawn another way. */
  #kept: { offset: number; top: number } | null = null;
  /** What they hide. */
  #folds: readonly TextRange[] = [];
  readonly #places = new TextPlaces(this);
  readonly #handles = new BoundaryHandles(this, {
    places: this.#places,
    isFolded: (offset) => this.#folds.some(({ from, to }) => from < offset && offset < to),
    show: (offset) => this.#show({ from: offset, to: offset }),
    along: (key, offset) => this.#along(key, offset),
    whole: (offset, direction) => outside(this.#maths, offset, direction),
  });
  readonly #resized = new ResizeObserver(() => this.#layOverlay());

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
  fold(section = foldable(this.#sections, this.caret)): boolean {
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
    const folded = showing(this.#sections, this.folded, range, this.text.length);
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
    if (this.scrollTop > 0 && changed.has('markdown') && !changed.has('text')) this.#keepPlace();
    if (anew) {
      this.#sections = sectionsOf(this.text, this.marks);
      this.#blocks = blocksOf(this.text, this.#sections, this.#maths);
      this.#blockStarts = this.#blocks.map(({ start }) => start);
      this.#lines = this.markdown ? lineLooks(this.markdown, this.#blocks, this.#blockStarts) : [];
    }
    if (anew || changed.has('folded')) this.#folds = hiddenBy(this.#sections, this.folded);
  }

  override updated(changed: PropertyValues<this>): void {
    const redrawn = (['text', 'marks', 'markdown', 'boundaries', 'folded'] as const).some((name) => changed.has(name));
    if (redrawn) this.#places.read(this.body, this.#blockStarts, this.#folds);
    if (this.#kept) this.scrollTop += this.#places.rectAt(this.#kept.offset).top - this.#kept.top;
    this.#kept = null;
    if (redrawn || changed.has('answers')) this.#places.paintMany('answer', this.answers);
    if (redrawn || changed.has('answer')) this.#places.paint('answer-chosen', this.answer);
    if (redrawn || changed.has('heat')) this.#places.paintHeat(this.heat);
    if (redrawn || changed.has('reached')) this.#places.paint('reached', this.reached);
    if (redrawn || changed.has('hovered')) this.#places.paint('hovered-unit', this.hovered);
    if (redrawn || changed.has('comments')) this.#places.paintMany('commented', commented(this.comments));
    if (redrawn || changed.has('commentedOn')) this.#places.paint('commented-chosen', this.commentedOn);
    if (redrawn || changed.has('caret') || changed.has('offer') || changed.has('comments') || changed.has('steps'))
      this.#layOverlay();
    if (changed.has('caret')) this.#show({ from: this.caret, to: this.caret });
    if ((changed.has('caret') || changed.has('folded')) && this.hasFocus) this.reveal(this.caret);
    if (changed.has('reached') && this.reached && !this.hasFocus) this.#places.scrollTo(this.reached.from);
  }

  override render(): TemplateResult {
    return html`
      <find-bar .text=${this.text} .caret=${this.caret} @found=${this.#found} @leave=${this.#leave}></find-bar>
      <div class="page ${this.#handles.dragging === null ? '' : 'dragging'}">
        <div
          class="completion ${this.boundaries ? 'labelled' : ''}"
          tabindex="0"
          role="textbox"
          aria-readonly="true"
          aria-multiline="true"
          aria-label=${this.name}
          @click=${this.#click}
          @keydown=${this.#key}
          @pointermove=${this.#hover}
          @pointerleave=${() => act(this, { kind: 'hover-unit', unit: null })}
        >
          ${this.#blocks.map((block, index) => this.#block(block, this.#lines[index]))}
        </div>
        <div class="caret" aria-hidden="true"></div>
        <div class="spoken" aria-live="polite">${this.#atCaret()}</div>
        ${this.#peek()}
        ${
          this.#isLed
            ? html`<div class="flag phase-1" aria-hidden="true">
                ${flagText(this.phases[0])}${judgedMark(this.steps[0])}
              </div>`
            : nothing
        }
        ${this.#handles.render()} ${this.comments.map((comment) => this.#note(comment))}
      </div>
    `;
  }

  /** A line of the text. It is drawn again only when a boundary moves in it. */
  #block(block: Block, line?: Line): TemplateResult {
    const { start, end, depth } = block;
    const within = this.boundaries?.map((boundary) => Math.min(Math.max(boundary, start), end)).join();
    const folds = this.#folds
      .filter(({ from, to }) => from <= end && to >= start)
      .map(({ from, to }) => `${from}-${to}`);
    const look = `block ${this.#hides(block) ? 'away' : ''} ${line?.look ?? ''}`;
    return html`<div
      class=${look}
      dir="auto"
      .style=${`--depth: ${depth}; --cells: ${line?.cuts ? line.cuts.length + 1 : 1}`}
    >
      ${guard([this.text, this.marks, this.markdown, start, end, within, folds.join()], () => {
        const drawn = dressed(pieces(block, this.marks, this.boundaries), this.markdown?.looks ?? []);
        if (!line?.cuts) return drawn.map((piece) => this.#piece(piece));
        return inCells(drawn, line.cuts).map(
          (cell) => html`<div class="cell" dir="auto">${cell.map((piece) => this.#piece(piece))}</div>`,
        );
      })}
    </div>`;
  }

  get #maths(): readonly TextRange[] {
    return this.markdown?.maths ?? [];
  }

  /** Notes what stands near the top of what is seen. */
  #keepPlace(): void {
    const { left, top } = this.getBoundingClientRect();
    const offset = this.#places.offsetAt(left + 40, top + 40);
    this.#kept = offset === null ? null : { offset, top: this.#places.rectAt(offset).top };
  }

  #hides({ start, end }: Pick<Block, 'start' | 'end'>): boolean {
    return this.#folds.some(({ from, to }) => from <= start && end <= to);
  }

  #piece(piece: Dressed): TemplateResult {
    const { start, end, phase, kind, seconds } = piece;
    const hidden = this.#hides(piece);
    const text = this.text.slice(start, end);
    const look = `${kind} ${phase === null ? '' : `phase-${phase + 1}`} ${piece.look}`;
    if (kind === 'time') {
      const go = (): void => {
        // The video shows the frame now: its picture would only hide the text.
        this.peeked = null;
        act(this, { kind: 'seek', seconds: seconds! });
      };
      return html`<span
        class=${look}
        ?hidden=${hidden}
        role="link"
        title="Go to ${seconds} s${keyHint(this.keys, 'mention')}"
        @click=${go}
        @pointerenter=${(event: PointerEvent) => this.#peekAt(event, seconds!)}
        @pointerleave=${() => (this.peeked = null)}
        .textContent=${text}
      ></span>`;
    }
    const section =
      kind === 'tag' ? this.#sections.find(({ tag, inside }) => tag === start && inside.to > inside.from) : null;
    if (section) return this.#foldingTag(section, text, look, hidden);
    // A tag's letters do not make a line of Arabic run from left to right.
    if (kind === 'tag') return html`<span class=${look} ?hidden=${hidden} dir="ltr" .textContent=${text}></span>`;
    if (kind === 'maths') return this.#formula(piece, look, hidden);
    const sign = kind === 'control' ? signOf(text) : nothing;
    return html`<span class=${look} ?hidden=${hidden} data-sign=${sign} .textContent=${text}></span>`;
  }

  /** A formula, or what a boundary cuts off of it: its source, unseen, and once what it draws. */
  #formula({ start, end }: Piece, look: string, hidden: boolean): TemplateResult {
    const { from, to } = met(this.#maths, start, end)!;
    const unseen = html`<span class=${look} ?hidden=${hidden} .textContent=${this.text.slice(start, end)}></span>`;
    if (start > from) return unseen;
    const source = this.text.slice(from, to);
    return html`${unseen}<tex-maths
        class=${look}
        aria-hidden="true"
        ?hidden=${hidden}
        ?display=${texOf(source).display}
        .source=${source}
      ></tex-maths>`;
  }

  /** The tag at which a section is folded. */
  #foldingTag(section: Section, text: string, look: string, hidden: boolean): TemplateResult {
    const { from, to } = section.inside;
    const folded = this.folded.includes(section.start);
    return html`<span
      class="${look} ${folded ? 'folded' : 'unfolded'}"
      ?hidden=${hidden}
      dir="ltr"
      role="button"
      aria-expanded=${!folded}
      title="${folded ? 'Unfold' : 'Fold'}${keyHint(this.keys, 'fold')}"
      data-hides=${folded ? linesText(this.text.slice(from, to)) : ''}
      @click=${() => this.fold(section)}
      .textContent=${text}
    ></span>`;
  }

  /** Where a comment is; the list is the way to it by keyboard. */
  #note({ id, annotator, body }: ReviewComment): TemplateResult {
    const said = `Comment of ${annotator}: ${short(body)}`;
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

  #key(event: KeyboardEvent): void {
    // With Shift some arrows are keys of the page.
    if (event.shiftKey && actionOf(this.keys, keyOf(event)) !== null && !event.ctrlKey && !event.altKey) return;
    const { selected } = this;
    const from = event.shiftKey && selected && this.caret !== selected.from ? selected.to : this.caret;
    const offset = this.#caretAfter(event, from);
    if (offset === null) return;
    event.preventDefault();
    event.stopPropagation();
    // The end that does not move.
    const anchor = selected ? (from === selected.from ? selected.to : selected.from) : from;
    if (event.shiftKey || selected) this.#places.select(event.shiftKey ? anchor : offset, offset);
    act(this, { kind: 'caret', offset });
  }

  /** Where a key takes the caret, or the end of the selection at `from`; null when it does not. */
  #caretAfter({ key, ctrlKey, altKey, metaKey }: KeyboardEvent, from: number): number | null {
    const [byWord, other] = wordKey() === 'Alt' ? [altKey, ctrlKey] : [ctrlKey, altKey];
    if (other || metaKey) return null;
    switch (key) {
      case 'ArrowLeft':
      case 'ArrowRight': {
        const direction = this.#along(key, from);
        if (byWord) return byStops(this.stops, this.text.length, from, direction);
        return outside(this.#maths, step(this.text, from, direction), direction);
      }
      case 'ArrowUp':
      case 'ArrowDown':
        return this.#places.lineBeside(from, key === 'ArrowUp' ? -1 : 1);
      case 'Home':
        return 0;
      case 'End':
        return this.text.length;
      default:
        return null;
    }
  }

  /** Forward (1) or back (−1) in the text, for an arrow key that says where on the page. */
  #along(key: string, offset: number): 1 | -1 {
    if (key === 'ArrowUp' || key === 'ArrowDown') return key === 'ArrowUp' ? -1 : 1;
    return (key === 'ArrowLeft') === this.#places.rightToLeft(offset) ? 1 : -1;
  }

  /** Brings the line of `offset` into view, again once the lines around it are laid out. */
  reveal(offset: number): void {
    this.#places.scrollTo(offset);
    requestAnimationFrame(() => requestAnimationFrame(() => this.#places.scrollTo(offset)));
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
    const origin = this.body.getBoundingClientRect();
    const place = (element: HTMLElement, offset: number): DOMRect => {
      const rect = this.#places.rectAt(offset);
      element.style.transform = `translate(${rect.left - origin.left}px, ${rect.top - origin.top}px)`;
      element.style.height = `${rect.height}px`;
      return rect;
    };
    place(this.bar, this.caret);
    this.comments.forEach(({ text }, index) => place(this.notes[index], text!.end));
    const edges = this.#handles.edges;
    const anchors = [...this.handles].map((handle, index) => place(handle, edges[index]));
    const lead = this.#isLed ? [this.#places.rectAt(0)] : [];
    const flags = [...this.flags];
    const lefts = layFlags(
      [...lead, ...anchors].map(({ left, top }) => ({ left: left - origin.left, line: Math.round(top) })),
      flags.map((flag) => flag.offsetWidth),
      origin.width,
    );
    flags.forEach((flag, index) => {
      const own = index < lead.length ? 0 : anchors[index - lead.length].left - origin.left;
      flag.style.left = `${lefts[index] - own}px`;
      if (index < lead.length) flag.style.top = `${lead[index].top - origin.top - 15}px`;
    });
  }

  /** The first phase has its flag: of a label, and where something is said of it. */
  get #isLed(): boolean {
    return this.boundaries !== null || Boolean(this.steps[0]?.said);
  }

  /** What a screen reader says when the caret moves: the sections and the phase there, and the unit. */
  #atCaret(): string {
    const unit = unitAt(this.starts, this.caret);
    const word = this.text.slice(this.starts[unit] ?? 0, this.starts[unit + 1] ?? this.text.length).trim();
    const at = this.boundaries && phaseAt(this.boundaries, this.caret);
    const judged = at !== null && this.steps[at] ? saidText(this.steps[at]) : '';
    const phase = at === null ? null : `${this.phases[at].name}${judged && `, judged ${judged}`}`;
    const within = this.#sections.filter(({ start, end }) => start <= this.caret && this.caret < end);
    const noted = this.comments.filter(({ text }) => text!.start <= this.caret && this.caret < text!.end);
    const by = noted.map(({ annotator }) => `comment of ${annotator}`);
    const names = within.map(({ name, start }) => (this.folded.includes(start) ? `${name} folded` : name));
    const { selected } = this;
    const chosen = selected && `${selected.to - selected.from} characters selected`;
    const place = [...names, phase, ...by, chosen].filter(Boolean).join(', ');
    return place ? `${place}: ${word}` : word;
  }

  #peek(): TemplateResult | typeof nothing {
    const picture = this.peeked && this.media?.frame(this.peeked.seconds);
    return picture ? framePeek(this.peeked!, picture) : nothing;
  }

  #peekAt(event: PointerEvent, seconds: number): void {
    const link = (event.currentTarget as Element).getBoundingClientRect();
    const origin = this.body.getBoundingClientRect();
    this.peeked = { seconds, left: link.left - origin.left, top: link.bottom - origin.top + 4 };
  }
}

/** A line of a table, piece by piece, in its cells. */
function inCells(drawn: readonly Dressed[], cuts: readonly number[]): Dressed[][] {
  return [-Infinity, ...cuts].map((from, index) =>
    drawn.filter(({ start }) => start >= from && start < (cuts[index] ?? Infinity)),
  );
}

/** How much a fold hides. */
const linesText = (hidden: string): string => {
  const lines = hidden.trim().split('\n').length;
  return `${lines} line${lines === 1 ? '' : 's'}`;
};
