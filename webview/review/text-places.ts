/** Between offsets of the completion and places on the page: carets, points, and highlighted ranges. */
import { partitionPoint } from '../../src/domain/partition-point.ts';
import type { Heat, TextRange } from './reasoning-text.ts';
import { heatLevels } from './weights.ts';

/** Reads the spans that `reasoning-text` drew; each holds one text node. */
export class TextPlaces {
  readonly #host: HTMLElement;
  #body: HTMLElement | null = null;
  /** Offset at which each span's text starts. */
  #starts: number[] = [];
  #nodes: Text[] = [];
  readonly #names = new Set<string>();

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  /** Takes the spans of `body`, one a piece, in order. */
  read(body: HTMLElement, pieces: readonly { start: number }[]): void {
    this.#body = body;
    this.#starts = pieces.map(({ start }) => start);
    this.#nodes = [...body.children].map((span) => span.firstChild as Text);
  }

  /** The caret's rectangle before the character at `offset`, zero wide. */
  rectAt(offset: number): DOMRect {
    const range = new Range();
    const [node, inner] = this.#nodeAt(offset);
    if (!node) return this.#body?.getBoundingClientRect() ?? new DOMRect();
    const atEnd = inner === node.length && inner > 0;
    range.setStart(node, atEnd ? inner - 1 : inner);
    range.setEnd(node, atEnd ? inner : inner + 1);
    const rects = range.getClientRects();
    const rect = atEnd ? rects[rects.length - 1] : rects[0];
    if (!rect) return range.getBoundingClientRect();
    return new DOMRect(atEnd ? rect.right : rect.left, rect.top, 0, rect.height);
  }

  /** The offset nearest to a point of the window; a point outside the text counts as its nearest edge. */
  offsetAt(x: number, y: number): number | null {
    if (!this.#body) return null;
    const box = this.#body.getBoundingClientRect();
    const within = (value: number, low: number, high: number): number => Math.min(Math.max(value, low + 1), high - 1);
    const position = document.caretPositionFromPoint(within(x, box.left, box.right), within(y, box.top, box.bottom), {
      shadowRoots: [this.#host.shadowRoot!],
    });
    if (!position) return null;
    const index = this.#nodes.indexOf(position.offsetNode as Text);
    if (index >= 0) return this.#starts[index] + position.offset;
    // Between spans: the browser names the parent and a child's index.
    if (position.offsetNode !== this.#body) return null;
    const child = this.#body.childNodes.item(position.offset);
    const next = this.#nodes.findIndex((node) => child?.contains(node));
    return next >= 0 ? this.#starts[next] : this.#end();
  }

  /** The offset one line above (−1) or below (1), under the same place of the line. */
  lineBeside(offset: number, direction: 1 | -1): number | null {
    const rect = this.rectAt(offset);
    const line = parseFloat(getComputedStyle(this.#body!).lineHeight);
    return this.offsetAt(rect.left, rect.top + rect.height / 2 + direction * line);
  }

  /** Brings the line of `offset` into view, without motion. */
  scrollTo(offset: number): void {
    const rect = this.rectAt(offset);
    const view = this.#host.getBoundingClientRect();
    const margin = rect.height * 1.5;
    if (rect.top < view.top + margin) this.#host.scrollTop -= view.top + margin - rect.top;
    else if (rect.bottom > view.bottom - margin) this.#host.scrollTop += rect.bottom - view.bottom + margin;
  }

  /** Highlights one range under `name`, or nothing. */
  paint(name: string, range: TextRange | null): void {
    this.#paintAll(name, range ? [range] : []);
  }

  /** Highlights every tint under its own name, `heat-1` to `heat-6`. */
  paintHeat(heat: readonly Heat[]): void {
    for (let level = 1; level <= heatLevels; level += 1) {
      this.#paintAll(
        `heat-${level}`,
        heat.filter((run) => run.level === level),
      );
    }
  }

  /** Takes every highlight off the page. */
  clear(): void {
    for (const name of this.#names) CSS.highlights.delete(name);
  }

  #paintAll(name: string, ranges: readonly TextRange[]): void {
    const drawn = ranges.map(({ from, to }) => {
      const [startContainer, startOffset] = this.#nodeAt(from);
      const [endContainer, endOffset] = this.#nodeAt(to);
      if (!startContainer || !endContainer) return null;
      return new StaticRange({ startContainer, startOffset, endContainer, endOffset });
    });
    this.#names.add(name);
    CSS.highlights.set(name, new Highlight(...drawn.filter((range) => range !== null)));
  }

  #end(): number {
    const last = this.#nodes.length - 1;
    return last < 0 ? 0 : this.#starts[last] + this.#nodes[last].length;
  }

  #nodeAt(offset: number): [Text | null, number] {
    const index = partitionPoint(this.#starts, (start) => start <= offset) - 1;
    const node = this.#nodes[index];
    return node ? [node, Math.min(offset - this.#starts[index], node.length)] : [null, 0];
  }
}
