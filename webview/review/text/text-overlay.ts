import { nothing, type LitElement, type TemplateResult } from 'lit';
import type { ReviewComment } from '../../../src/protocol/review.ts';
import type { Step } from '../judge/steps.ts';
import type { MediaData } from '../video/media-data.ts';
import { layFlags } from './flag-layout.ts';
import { framePeek, type Peeked } from './frame-peek.ts';
import type { TextPlaces } from './text-places.ts';

/** The text that it lies over. */
interface Covered extends LitElement {
  caret: number;
  /** Null without a label. */
  boundaries: readonly number[] | null;
  steps: readonly Step[];
  comments: readonly ReviewComment[];
  media: MediaData | null;
}

/** What lies over the text, where its offsets are: caret, handles, the flags of phases, comments, and the picture of a time. */
export class TextOverlay {
  readonly #of: Covered;
  readonly #places: TextPlaces;
  #peeked: Peeked | null = null;

  constructor(of: Covered, places: TextPlaces) {
    this.#of = of;
    this.#places = places;
  }

  /** The first phase has its flag: of a label, and where something is said of it. */
  get isLed(): boolean {
    return this.#of.boundaries !== null || Boolean(this.#of.steps[0]?.said);
  }

  /** Puts all where it is now, handles at `edges`. */
  lay(edges: readonly number[]): void {
    const { caret, comments } = this.#of;
    const [bar, notes, handles, flags] = ['.caret', '.note', '.handle', '.flag'].map((part) => this.#all(part));
    const placed: [HTMLElement, number][] = [
      [bar[0], caret],
      ...comments.map(({ text }, index): [HTMLElement, number] => [notes[index], text!.end]),
      ...handles.map((handle, index): [HTMLElement, number] => [handle, edges[index]]),
    ];
    // All is measured before anything moves: what is asked after a change has the page laid out anew.
    const origin = this.#body.getBoundingClientRect();
    const rects = placed.map(([, offset]) => this.#places.rectAt(offset));
    const anchors = rects.slice(rects.length - handles.length);
    const lead = this.isLed ? [this.#places.rectAt(0)] : [];
    const lefts = layFlags(
      [...lead, ...anchors].map(({ left, top }) => ({ left: left - origin.left, line: Math.round(top) })),
      flags.map((flag) => flag.offsetWidth),
      origin.width,
    );
    placed.forEach(([{ style }], index) => {
      const { left, top, height } = rects[index];
      style.transform = `translate(${left - origin.left}px, ${top - origin.top}px)`;
      style.height = `${height}px`;
    });
    flags.forEach(({ style }, index) => {
      const own = index < lead.length ? 0 : anchors[index - lead.length].left - origin.left;
      style.left = `${lefts[index] - own}px`;
      if (index < lead.length) style.top = `calc(${lead[index].top - origin.top}px - var(--flag))`;
    });
  }

  /** The picture of the time that the pointer is over. */
  picture(): TemplateResult | typeof nothing {
    const picture = this.#peeked && this.#of.media?.frame(this.#peeked.seconds);
    return picture ? framePeek(this.#peeked!, picture) : nothing;
  }

  /** Shows it below a link; null for none. */
  peek(over: Element | null, seconds = 0): void {
    const link = over?.getBoundingClientRect();
    const origin = this.#body.getBoundingClientRect();
    this.#peeked = link ? { seconds, left: link.left - origin.left, top: link.bottom - origin.top + 4 } : null;
    this.#of.requestUpdate();
  }

  get #body(): HTMLElement {
    return this.#all('.completion')[0];
  }

  #all(selector: string): HTMLElement[] {
    return [...this.#of.renderRoot.querySelectorAll<HTMLElement>(selector)];
  }
}
