/** The phases of a corrected text: those of the label of its completion as far as that stands there, or its own. */
import { differenceOf } from './difference.ts';
import { firstLetter } from './suggestion/sentences.ts';

export interface CarriedBoundaries {
  boundaries: number[];
  /** Of each, whether the word that its phase begins with is in the corrected text, too; where that was replaced, the boundary is where what replaced it begins. */
  stands: boolean[];
}

/** Boundaries of `before` in `after`. Offsets in UTF-16 units. */
export function carriedBoundaries(before: string, after: string, boundaries: readonly number[]): CarriedBoundaries {
  const letters = boundaries.map((boundary) => firstLetter(before, boundary));
  const places = letters.map(() => after.length);
  const stands = letters.map((letter) => letter === before.length);
  let [from, to] = [0, 0];
  for (const { kind, text } of differenceOf(before, after)) {
    letters.forEach((letter, index) => {
      const into = letter - from;
      if (kind === 'inserted' || into < 0 || into >= text.length) return;
      stands[index] = kind === 'same';
      places[index] = kind === 'same' ? to + into : to;
    });
    if (kind !== 'inserted') from += text.length;
    if (kind !== 'deleted') to += text.length;
  }
  // The white space before a phase's first word is its own.
  const space = places.map((place, index) => {
    let least = stands[index] ? place - (letters[index] - boundaries[index]) : place;
    while (least < place && after.slice(least, place).trim() !== '') least += 1;
    return Math.max(least, 0);
  });
  let last = 0;
  return { boundaries: space.map((place) => (last = Math.max(last, place))), stands };
}
