/** Between offsets of the completion and places on the page: carets, points, and highlighted ranges. */
import { partitionPoint } from '../../../src/domain/partition-point.ts';
import type { TextRange } from '../label/text-range.ts';
import { heatLevels, type Heat } from '../label/weights.ts';

/** Reads the blocks and spans that `reasoning-text` drew; each span holds one text node, and they tile the text. */
export class TextPlaces {
  readonly #host: HTMLElement;
  #body: HTMLElement | null = null;
  #nodes: Text[] = [];
  /** Offset at which each node starts, and its place in the list. */
  #starts: number[] = [];
  #order = new Map<Node, number>();
  #blocks: HTMLElement[] = [];
  #blockStarts: readonly number[] = [];
  /** What is folded away, the outer before the inner. */
  #folds: readonly TextRange[] = [];
  /** Blocks in view or nearly: what is painted in plenty is painted there only. */
  readonly #near = new Set<Element>();
  readonly #watch: IntersectionObserver;
  readonly #plenty = new Map<string, readonly TextRange[]>();
  readonly #names = new Set<string>();

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#watch = new IntersectionObserver(
      (seen) => {
        for (const { target, isIntersecting } of seen) {
          if (isIntersecting) this.#near.add(target);
          else this.#near.delete(target);
        }
        this.#paintNear();
      },
      { root: host, rootMargin: '300px 0px' },
    );
  }

  /** Takes what `body` holds now; its blocks start at these offsets, and `folds` are not seen. */
  read(body: HTMLElement, blockStarts: readonly number[], folds: readonly TextRange[]): void {
    this.#body = body;
    const moved = this.#blockStarts !== blockStarts || this.#folds !== folds;
    this.#folds = folds;
    this.#nodes = [...body.querySelectorAll('span')].map((span) => span.firstChild as Text);
    let end = 0;
    this.#starts = this.#nodes.map((node) => (end += node.length) - node.length);
    this.#order = new Map(this.#nodes.map((node, index) => [node, index]));
    if (!moved) return;
    this.#blockStarts = blockStarts;
    this.#blocks = [...body.querySelectorAll<HTMLElement>('.block')];
    this.#near.clear();
    this.#watch.disconnect();
    for (const block of this.#blocks) if (!block.classList.contains('away')) this.#watch.observe(block);
  }

  /**
   * The caret's rectangle before the character at `offset`, zero wide: at its right where it runs to the left; what is folded away is at
   * the tag of its fold.
   */
  rectAt(offset: number): DOMRect {
    const range = new Range();
    const [node, inner] = this.#seenAt(offset);
    if (!node) return this.#body?.getBoundingClientRect() ?? new DOMRect();
    const atEnd = inner === node.length && inner > 0;
    const drawn = formulaOf(node);
    if (drawn) {
      const { left, right, top, height } = drawn.getBoundingClientRect();
      return new DOMRect(atEnd ? right : left, top, 0, height);
    }
    range.setStart(node, atEnd ? inner - 1 : inner);
    range.setEnd(node, atEnd ? inner : inner + 1);
    const rects = range.getClientRects();
    const rect = atEnd ? rects[rects.length - 1] : rects[0];
    if (!rect) return range.getBoundingClientRect();
    range.setStart(node, inner);
    range.setEnd(node, inner);
    // A caret's own rectangle knows the direction, but not on which of two lines a character that wraps stands.
    const caret = range.getClientRects()[0];
    const [near, far] = atEnd ? [rect.right, rect.left] : [rect.left, rect.right];
    const reversed = caret?.top === rect.top && Math.abs(caret.left - far) < Math.abs(caret.left - near);
    return new DOMRect(reversed ? far : near, rect.top, 0, rect.height);
  }

  /** True where the block of `offset` runs from right to left. */
  rightToLeft(offset: number): boolean {
    const block = this.#blocks[partitionPoint(this.#blockStarts, (start) => start <= offset) - 1];
    return block !== undefined && getComputedStyle(block).direction === 'rtl';
  }

  /** The offset nearest to a point of the window; a point outside the text counts as its nearest edge. */
  offsetAt(x: number, y: number): number | null {
    if (!this.#body) return null;
    const box = this.#body.getBoundingClientRect();
    const within = (value: number, low: number, high: number): number => Math.min(Math.max(value, low + 1), high - 1);
    const [left, top] = [within(x, box.left, box.right), within(y, box.top, box.bottom)];
    const over = this.#host.shadowRoot!.elementFromPoint(left, top)?.closest('tex-maths');
    if (over) return this.#besides(over, left);
    const position = document.caretPositionFromPoint(left, top, {
      shadowRoots: [this.#host.shadowRoot!],
    });
    return position && this.#offsetOf(position.offsetNode, position.offset);
  }

  /** The end of a formula that is nearer to `x`. */
  #besides(drawn: Element, x: number): number {
    const { left, right } = drawn.getBoundingClientRect();
    const first = this.#order.get(drawn.previousElementSibling!.firstChild!)!;
    let next = first;
    while (next < this.#nodes.length && formulaOf(this.#nodes[next]) === drawn) next += 1;
    return x < (left + right) / 2 ? this.#starts[first] : (this.#starts[next] ?? this.#end());
  }

  /** What is selected of the text; null when nothing is. */
  selected(): TextRange | null {
    const root = this.#host.shadowRoot as ShadowRoot & { getSelection?(): Selection | null };
    // Chromium tells what is selected within a shadow tree there alone.
    const selection = root.getSelection ? root.getSelection() : getSelection();
    if (!selection?.anchorNode || !selection.focusNode || selection.isCollapsed) return null;
    const anchor = this.#offsetOf(selection.anchorNode, selection.anchorOffset);
    const focus = this.#offsetOf(selection.focusNode, selection.focusOffset);
    if (anchor === null || focus === null || anchor === focus) return null;
    return { from: Math.min(anchor, focus), to: Math.max(anchor, focus) };
  }

  /** Selects from one offset to another; nothing when they are the same. */
  select(anchor: number, focus: number): void {
    const [anchorNode, anchorOffset] = this.#nodeAt(anchor);
    const [focusNode, focusOffset] = this.#nodeAt(focus);
    if (anchorNode && focusNode) getSelection()?.setBaseAndExtent(anchorNode, anchorOffset, focusNode, focusOffset);
  }

  #offsetOf(node: Node, inner: number): number | null {
    const index = this.#order.get(node);
    if (index !== undefined) return this.#starts[index] + inner;
    // Between spans: the browser names the parent and a child's index.
    if (!this.#body?.contains(node)) return null;
    const range = new Range();
    range.setStart(node, inner);
    const next = partitionPoint(this.#nodes, (node) => range.comparePoint(node, 0) < 0);
    return this.#starts[next] ?? this.#end();
  }

  /** The offset one line above (−1) or below (1), under the same place of the line. */
  lineBeside(offset: number, direction: 1 | -1): number | null {
    const rect = this.rectAt(offset);
    const line = parseFloat(getComputedStyle(this.#body!).lineHeight);
    const at = (lines: number): number | null =>
      this.offsetAt(rect.left, rect.top + rect.height / 2 + direction * lines * line);
    const beside = at(1);
    // One in which a phase begins may be higher.
    return beside !== null && this.rectAt(beside).top === rect.top ? at(1.8) : beside;
  }

  /** Brings the line of `offset` into view, or to its top, without motion. */
  scrollTo(offset: number, atTop = false): void {
    const rect = this.rectAt(offset);
    const view = this.#host.getBoundingClientRect();
    const margin = rect.height * 1.5;
    if (atTop || rect.top < view.top + margin) this.#host.scrollTop -= view.top + margin - rect.top;
    else if (rect.bottom > view.bottom - margin) this.#host.scrollTop += rect.bottom - view.bottom + margin;
  }

  /** Highlights one range under `name`, or nothing. */
  paint(name: string, range: TextRange | null): void {
    this.#paintAll(name, range ? [range] : []);
  }

  /** Highlights every tint under its own name, `heat-1` to `heat-6` and, below zero, `cold-1` to `cold-6`. */
  paintHeat(heat: readonly Heat[]): void {
    for (let level = 1; level <= heatLevels; level += 1) {
      this.paintMany(
        `heat-${level}`,
        heat.filter((run) => run.level === level),
      );
      this.paintMany(
        `cold-${level}`,
        heat.filter((run) => run.level === -level),
      );
    }
  }

  /** Highlights ranges, in order, under `name`: of very many, those in view. */
  paintMany(name: string, ranges: readonly TextRange[]): void {
    this.#plenty.set(name, ranges);
    this.#paintNear(name);
  }

  /** Takes every highlight off the page. */
  clear(): void {
    this.#watch.disconnect();
    for (const name of this.#names) CSS.highlights.delete(name);
  }

  /** Paints what is plenty where it is seen: all of it, or what has this name. */
  #paintNear(only?: string): void {
    const seen = this.#blocks.flatMap((block, index) => (this.#near.has(block) ? index : []));
    const from = this.#blockStarts[seen[0]] ?? 0;
    const to = seen.length === 0 ? 0 : (this.#blockStarts[seen.at(-1)! + 1] ?? this.#end());
    for (const [name, ranges] of this.#plenty) {
      if (only !== undefined && name !== only) continue;
      const first = partitionPoint(ranges, (range) => range.to <= from);
      const last = partitionPoint(ranges, (range) => range.from < to);
      const cut = ranges.slice(first, Math.max(last, first)).map((range) => ({
        from: Math.max(range.from, from),
        to: Math.min(range.to, to),
      }));
      this.#paintAll(name, cut);
    }
  }

  #paintAll(name: string, ranges: readonly TextRange[]): void {
    const drawn = ranges.map(({ from, to }) => {
      const [startContainer, startOffset] = this.#nodeAt(from);
      const [endContainer, endOffset] = this.#nodeAt(to);
      if (!startContainer || !endContainer) return null;
      return new StaticRange({ startContainer, startOffset, endContainer, endOffset });
    });
    const shown = drawn.filter((range) => range !== null);
    if (shown.length === 0) {
      CSS.highlights.delete(name);
      this.#names.delete(name);
      return;
    }
    this.#names.add(name);
    CSS.highlights.set(name, new Highlight(...shown));
  }

  #end(): number {
    const last = this.#nodes.length - 1;
    return last < 0 ? 0 : this.#starts[last] + this.#nodes[last].length;
  }

  #seenAt(offset: number): [Text | null, number] {
    const fold = this.#folds.find(({ from, to }) => from <= offset && (offset < to || to === this.#end()));
    if (!fold) return this.#nodeAt(offset);
    if (fold.from === 0) return this.#nodeAt(fold.to);
    const [tag] = this.#nodeAt(fold.from - 1);
    return [tag, tag?.length ?? 0];
  }

  #nodeAt(offset: number): [Text | null, number] {
    const index = partitionPoint(this.#starts, (start) => start <= offset) - 1;
    const node = this.#nodes[index];
    return node ? [node, Math.min(offset - this.#starts[index], node.length)] : [null, 0];
  }
}

/** The drawn formula whose source a text node holds, or a part of it after a boundary; null of other text. */
function formulaOf({ parentElement: span }: Text): Element | null {
  if (!span?.classList.contains('maths')) return null;
  let at = span.nextElementSibling;
  if (at?.localName !== 'tex-maths')
    for (at = span; at && at.localName !== 'tex-maths';) at = at.previousElementSibling;
  return at;
}
