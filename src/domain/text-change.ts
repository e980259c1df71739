/** What becomes of places in a text that changes. */
import { insideCodePoint } from './phase.ts';

/** Where a place (a UTF-16 offset) of the old text is in the new one; null where what is around it is gone. */
export type PlaceIn = (offset: number) => number | null;

/** How much of two texts, in UTF-16 units, is the same at their beginning and, of the rest, at their end. */
export function commonEnds(before: string, after: string): { start: number; end: number } {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  if (insideCodePoint(before, start) || insideCodePoint(after, start)) start -= 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  if (insideCodePoint(before, before.length - end) || insideCodePoint(after, after.length - end)) end -= 1;
  return { start, end };
}

/** Places of `before` in `after`: what both begin with, and what both end with, is the same text. */
export function placesIn(before: string, after: string): PlaceIn {
  const { start, end } = commonEnds(before, after);
  return (offset) => {
    if (offset <= start) return offset;
    return offset >= before.length - end ? offset + after.length - before.length : null;
  };
}
