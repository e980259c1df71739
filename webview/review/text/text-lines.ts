import { t } from '@vscode/l10n';
import { nothing, type LitElement, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { counted } from '../../../src/domain/counted.ts';
import { signOf } from '../../../src/domain/plain-text.ts';
import type { Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { keyHint } from '../actions/keys.ts';
import type { Mark, Piece } from '../label/pieces.ts';
import type { TextRange } from '../label/text-range.ts';
import { cellsOf, layoutOf, type Dressed, type Line, type TextLayout } from './dressing.ts';
import { hiddenBy } from './folding.ts';
import type { Markdown } from './markdown.ts';
import { met, texOf } from './maths.ts';
import type { Block, Section } from './structure.ts';
import './tex-maths.ts';

/** The text that is drawn. */
interface Drawn extends LitElement {
  text: string;
  /** In force. */
  keys: Keys;
  marks: readonly Mark[];
  /** Null to draw it as it is written. */
  markdown: Markdown | null;
  /** Null without a label. */
  boundaries: readonly number[] | null;
  /** Where the folded sections start. */
  folded: readonly number[];
}

/** What pieces of it are clicked and pointed at for. */
interface Effects {
  fold(section: Section): void;
  seek(seconds: number): void;
  /** The pointer came over a time. */
  peek(link: Element, seconds: number): void;
  /** It left. */
  leave(): void;
}

/** The text as lines and pieces: a block a line, of a few spans, one a phase and mark. */
export class TextLines {
  readonly #of: Drawn;
  readonly #effects: Effects;
  #layout: TextLayout = layoutOf('', [], null);
  /** What folds hide. */
  #folds: readonly TextRange[] = [];

  constructor(of: Drawn, effects: Effects) {
    this.#of = of;
    this.#effects = effects;
  }

  /** Takes another text, or the same to be drawn another way. */
  read(): void {
    const { text, marks, markdown } = this.#of;
    this.#layout = layoutOf(text, marks, markdown);
    this.fold();
  }

  /** Takes what is folded now. */
  fold(): void {
    this.#folds = hiddenBy(this.#layout.sections, this.#of.folded);
  }

  get sections(): readonly Section[] {
    return this.#layout.sections;
  }

  /** Where lines begin. */
  get starts(): readonly number[] {
    return this.#layout.starts;
  }

  get folds(): readonly TextRange[] {
    return this.#folds;
  }

  get maths(): readonly TextRange[] {
    return this.#of.markdown?.maths ?? [];
  }

  render(): TemplateResult[] {
    const { blocks, lines } = this.#layout;
    return blocks.map((block, index) => this.#block(block, lines[index]));
  }

  /** A line of the text. It is drawn again only when a boundary moves in it. */
  #block(block: Block, line: Line): TemplateResult {
    const { start, end, depth } = block;
    const { text, marks, markdown, boundaries } = this.#of;
    const within = boundaries?.map((boundary) => Math.min(Math.max(boundary, start), end)).join();
    const folds = this.#folds
      .filter(({ from, to }) => from <= end && to >= start)
      .map(({ from, to }) => `${from}-${to}`);
    return html`<div
      class="block ${this.#hides(block) ? 'away' : ''} ${line.look}"
      dir="auto"
      .style=${`--depth: ${depth}; --cells: ${line.cuts ? line.cuts.length + 1 : 1}`}
    >
      ${guard([text, marks, markdown, start, end, within, boundaries?.includes(start), folds.join()], () => {
        const cells = cellsOf(this.#layout, block, line, boundaries);
        return inCells(cells, (piece) => this.#piece(piece));
      })}
    </div>`;
  }

  #hides({ start, end }: Pick<Block, 'start' | 'end'>): boolean {
    return this.#folds.some(({ from, to }) => from <= start && end <= to);
  }

  #piece(piece: Dressed): TemplateResult {
    const { start, end, phase, kind, seconds } = piece;
    const hidden = this.#hides(piece);
    const text = this.#of.text.slice(start, end);
    const begins = this.#of.boundaries?.includes(start) ? 'begins' : '';
    const look = `${kind} ${phase === null ? '' : `phase-${phase + 1}`} ${begins} ${piece.look}`;
    if (kind === 'time') {
      return html`<span
        class=${look}
        ?hidden=${hidden}
        role="link"
        title="${t('Go to {0} s', seconds!)}${keyHint(this.#of.keys, 'mention')}"
        @click=${() => this.#effects.seek(seconds!)}
        @pointerenter=${(event: PointerEvent) => this.#effects.peek(event.currentTarget as Element, seconds!)}
        @pointerleave=${() => this.#effects.leave()}
        .textContent=${text}
      ></span>`;
    }
    const section =
      kind === 'tag' ? this.sections.find(({ tag, inside }) => tag === start && inside.to > inside.from) : null;
    if (section) return this.#foldingTag(section, text, look, hidden);
    // A tag's letters do not make a line of Arabic run from left to right.
    if (kind === 'tag') return html`<span class=${look} ?hidden=${hidden} dir="ltr" .textContent=${text}></span>`;
    if (kind === 'maths') return formula(this.#layout, piece, look, hidden);
    const sign = kind === 'control' ? signOf(text) : nothing;
    return html`<span class=${look} ?hidden=${hidden} data-sign=${sign} .textContent=${text}></span>`;
  }

  /** The tag at which a section is folded. */
  #foldingTag(section: Section, text: string, look: string, hidden: boolean): TemplateResult {
    const { from, to } = section.inside;
    const folded = this.#of.folded.includes(section.start);
    return html`<span
      class="${look} ${folded ? 'folded' : 'unfolded'}"
      ?hidden=${hidden}
      dir="ltr"
      role="button"
      aria-expanded=${!folded}
      title="${folded ? t('Unfold') : t('Fold')}${keyHint(this.#of.keys, 'fold')}"
      data-hides=${folded ? linesText(this.#of.text.slice(from, to)) : ''}
      @click=${() => this.#effects.fold(section)}
      .textContent=${text}
    ></span>`;
  }
}

/** The pieces of a line: side by side in cells where it is a row of a table. */
export function inCells(
  cells: readonly (readonly Dressed[])[],
  draw: (piece: Dressed) => TemplateResult,
): TemplateResult[] {
  if (cells.length === 1) return cells[0].map(draw);
  return cells.map((cell) => html`<div class="cell" dir="auto">${cell.map(draw)}</div>`);
}

/** A formula, or what a boundary cuts off of it: its source, unseen, and once what it draws. */
export function formula(
  { text, markdown }: TextLayout,
  { start, end }: Piece,
  look: string,
  hidden = false,
): TemplateResult {
  const { from, to } = met(markdown!.maths, start, end)!;
  const unseen = html`<span class=${look} ?hidden=${hidden} .textContent=${text.slice(start, end)}></span>`;
  if (start > from) return unseen;
  const source = text.slice(from, to);
  return html`${unseen}<tex-maths
      class=${look}
      aria-hidden="true"
      ?hidden=${hidden}
      ?display=${texOf(source).display}
      .source=${source}
    ></tex-maths>`;
}

/** How much a fold hides. */
const linesText = (hidden: string): string => {
  const lines = hidden.trim().split('\n').length;
  return counted(lines, 'line');
};
