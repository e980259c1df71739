/** Which rows of a long list are seen, and where they are drawn. Pure. */

/** Height of a row in px. */
export const rowHeight = 24;

/** Browsers draw no higher element: Firefox ends at 17.9 million px. In a longer list a px of the scroll bar is more than one of the rows. */
const mostHeight = 15_000_000;

/** A list of `count` rows of which `viewport` px are seen. */
export interface RowWindow {
  count: number;
  viewport: number;
}

/** Height of what is scrolled, in px. */
export function scrollHeight(count: number): number {
  return Math.min(count * rowHeight, mostHeight);
}

/** How many px of rows are above what is seen when the scroll bar is at `scrollTop`. */
export function rowsAbove(scrollTop: number, { count, viewport }: RowWindow): number {
  const [scrolled, rows] = [scrollHeight(count) - viewport, count * rowHeight - viewport];
  return scrolled <= 0 || rows === scrolled ? scrollTop : (scrollTop / scrolled) * rows;
}

/** Where the scroll bar is for so many px of rows above. */
export function scrollTopOf(above: number, { count, viewport }: RowWindow): number {
  const [scrolled, rows] = [scrollHeight(count) - viewport, count * rowHeight - viewport];
  if (scrolled <= 0) return 0;
  return Math.min(Math.max(0, rows === scrolled ? above : (above / rows) * scrolled), scrolled);
}

/** Rows that are drawn beyond those that are seen, on each side. */
const beyond = 3;

/** The rows [first, end) that are drawn: those that are seen, in part too, and some beyond; as many wherever the scroll bar is. */
export function rowsDrawn(scrollTop: number, window: RowWindow): { first: number; end: number } {
  const seen = Math.ceil(window.viewport / rowHeight) + 1;
  const drawn = Math.min(window.count, seen + 2 * beyond);
  const first = Math.floor(rowsAbove(scrollTop, window) / rowHeight) - beyond;
  const start = Math.max(0, Math.min(first, window.count - drawn));
  return { first: start, end: start + drawn };
}

/** Where the scroll bar is to be so that a row is seen whole: where it is, if that will do. */
export function scrollTopToSee(row: number, scrollTop: number, window: RowWindow): number {
  const above = rowsAbove(scrollTop, window);
  const top = row * rowHeight;
  if (top < above) return scrollTopOf(top, window);
  if (top + rowHeight > above + window.viewport) return scrollTopOf(top + rowHeight - window.viewport, window);
  return scrollTop;
}
