/** Sections of the text that are folded: only their tags are seen. Pure; a fold is known by where its section starts. */
import type { Section } from './structure.ts';
import type { TextRange } from '../label/text-range.ts';

/** What folded sections hide, the outer before the inner. */
export function hiddenBy(sections: readonly Section[], folded: readonly number[]): TextRange[] {
  return sections.flatMap(({ start, inside }) => (folded.includes(start) && inside.to > inside.from ? inside : []));
}

/** The innermost section that can be folded at `offset`; undefined where there is none. */
export function foldable(sections: readonly Section[], offset: number): Section | undefined {
  return sections.findLast(({ start, end, inside }) => start <= offset && offset <= end && inside.to > inside.from);
}

/** `folded` without those that hide something of `range`, or the place that it is. `length` is the text's. */
export function showing(
  sections: readonly Section[],
  folded: readonly number[],
  { from, to }: TextRange,
  length: number,
): readonly number[] {
  const hiding = sections.filter(
    ({ inside }) => (inside.from < to && from < inside.to) || (inside.to === length && from === length),
  );
  const left = folded.filter((fold) => !hiding.some(({ start }) => start === fold));
  return left.length === folded.length ? folded : left;
}
