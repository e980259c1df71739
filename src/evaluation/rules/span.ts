/** Parts of a reply, found as the rules' authors find them: in Python. Each in a time linear in the text. */

/** In UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}

/** What Python calls white space in a text: JavaScript has U+FEFF more, and U+001C to U+001F and U+0085 less. */
export const space =
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';

/** A part without the characters at its ends that are among `strays`. */
export function stripped(text: string, { start, end }: Span, strays: string): Span {
  while (start < end && strays.includes(text[start])) start += 1;
  while (start < end && strays.includes(text[end - 1])) end -= 1;
  return { start, end };
}

/** The words of a text: what stands between white space. */
export const wordsOf = (text: string): string[] => text.match(new RegExp(`[^${space}]+`, 'gu')) ?? [];

/** What stands in each `<answer>…</answer>`, stripped. One begins at the first tag after the one before; so it may hold a second opening tag. */
export function taggedAnswers(reply: string): Span[] {
  const [opening, closing] = ['<answer>', '</answer>'];
  const spans: Span[] = [];
  for (let from = 0; ;) {
    const start = reply.indexOf(opening, from) + opening.length;
    const end = reply.indexOf(closing, start);
    if (start < from + opening.length || end < 0) return spans;
    spans.push(stripped(reply, { start, end }, space));
    from = end + closing.length;
  }
}

/** Where one of the `letters` (such as "A-Z") stands alone, with neither letter, digit nor underscore of any script beside it. */
export function aloneIn(text: string, letters: string, start = 0): Span[] {
  const alone = new RegExp(`(?<![\\p{L}\\p{N}_])[${letters}](?![\\p{L}\\p{N}_])`, 'gu');
  alone.lastIndex = start;
  return Array.from(text.matchAll(alone), ({ index }) => ({ start: index, end: index + 1 }));
}

/** The first or last place of `sought` in a text, in any case; null where it is not in it. */
export function placeInAnyCase(text: string, sought: string, which: 'first' | 'last'): Span | null {
  const [lower, small] = [text.toLowerCase(), sought.toLowerCase()];
  const index = which === 'first' ? lower.indexOf(small) : lower.lastIndexOf(small);
  if (index < 0) return null;
  return { start: unlowered(text, index), end: unlowered(text, index + small.length) };
}

/** Where in a text the place `index` of its small letters is: those of "İ" are two. */
function unlowered(text: string, index: number): number {
  let [place, lowered] = [0, 0];
  for (const character of text) {
    if (lowered >= index) break;
    lowered += character.toLowerCase().length;
    place += character.length;
  }
  return place;
}
