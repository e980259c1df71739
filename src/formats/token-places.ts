/** Where tokens stand in a text that may differ from what they decode to: in white space, by normalisation, by special tokens left out. */

/** What one token contributes to the decoded text. */
export interface Piece {
  /** UTF-16 units. */
  length: number;
  /** Whether the text may leave it out. */
  optional: boolean;
}

/**
 * UTF-16 offset in `text` at which each piece of `decoded` starts. White space that one of the two lacks is passed over, and goes with the
 * token after it; a character may stand in `decoded` in its `normal` form. Null where anything else differs.
 */
export function placesOf(
  decoded: string,
  pieces: readonly Piece[],
  text: string,
  normal: (part: string) => string,
): Int32Array | null {
  const optionalEnds = new Map<number, number>();
  let end = 0;
  const starts = Int32Array.from(pieces, ({ length, optional }) => {
    const start = end;
    end += length;
    if (optional && length > 0) optionalEnds.set(start, end);
    return start;
  });
  if (end !== decoded.length) return null;
  if (decoded === text) return starts;
  const places = alignment(decoded, optionalEnds, text, normal);
  return places && starts.map((start) => places[start]);
}

/** Normalising one by one what stands for one character gives what normalising the text does. */
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

const isSpace = (part: string | undefined): boolean => part?.trim() === '';

/** The offset in `text` of each one in `decoded`, its end too. */
function alignment(
  decoded: string,
  optionalEnds: ReadonlyMap<number, number>,
  text: string,
  normal: (part: string) => string,
): Int32Array | null {
  const places = new Int32Array(decoded.length + 1);
  let [at, place] = [0, 0];
  /** Goes on by so much of both. An offset keeps the place at which it was reached, before white space. */
  const pass = (length: number, textLength: number): void => {
    const alike = decoded.slice(at, at + length) === text.slice(place, place + textLength);
    for (let i = 1; i < length; i += 1) places[at + i] = place + (alike ? i : 0);
    [at, place] = [at + length, place + textLength];
    places[at] = place;
  };
  /** Passes what stands in `decoded` alone. */
  const passLeftOut = (): void => {
    for (let end; (end = optionalEnds.get(at)) !== undefined;) {
      const token = decoded.slice(at, end).trim();
      if (text.slice(place).trimStart().startsWith(token)) return;
      pass(end - at, 0);
    }
  };
  for (const { segment } of graphemes.segment(text)) {
    const form = normal(segment).replaceAll('▁', ' ').trim();
    for (;;) {
      passLeftOut();
      if (decoded.startsWith(segment, at)) pass(segment.length, segment.length);
      else if (form !== '' && decoded.startsWith(form, at)) pass(form.length, segment.length);
      else if (isSpace(segment) && isSpace(decoded[at])) pass(1, segment.length);
      else if (isSpace(segment) || form === '') place += segment.length;
      else if (isSpace(decoded[at])) {
        pass(1, 0);
        continue;
      } else return null;
      break;
    }
  }
  while (at < decoded.length) {
    const before = at;
    passLeftOut();
    if (isSpace(decoded[at])) pass(1, 0);
    if (at === before) return null;
  }
  return places;
}
