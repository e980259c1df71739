/** Boundaries in a text that came back with other line ends than the completion it was. */

const lineEnd = /\r\n?|\n/gu;

/** `boundaries` in `text` (UTF-16) as boundaries in `completion`. Throws where the two differ in more than line ends. */
export function carriedOver(boundaries: readonly number[], text: string, completion: string): number[] {
  if (text === completion) return [...boundaries];
  const [one, other] = [text, completion].map((all) => all.replaceAll(lineEnd, '\n'));
  if (one !== other) {
    let place = 0;
    while (one[place] === other[place]) place += 1;
    throw new Error(
      `its text is not the rollout’s completion: from character ${place + 1} it is “${one.slice(place, place + 20)}”, not “${other.slice(place, place + 20)}”`,
    );
  }
  // The completion’s offset after each character, a line end counting as one.
  const ends = [0];
  for (const { index, 0: unit } of completion.matchAll(/\r\n?|[^\r]/gs)) ends.push(index + unit.length);
  return boundaries.map((boundary) => ends[text.slice(0, boundary).replaceAll(lineEnd, '\n').length]);
}
