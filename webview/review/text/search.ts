/** Search in a completion. Pure. */

/** [from, to) in UTF-16 units. */
export interface Match {
  from: number;
  to: number;
}

/**
 * Where `text` says `words`, in order, not overlapping. White space in `words` stands for any run of white space and tags, so
 * that a sentence is found over line breaks and over </think><answer>.
 */
export function search(text: string, words: string, matchCase: boolean): Match[] {
  if (words.trim() === '') return [];
  const parts = words.split(/\s+/u).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&'));
  const pattern = new RegExp(parts.join('(?:\\s|</?[a-zA-Z][\\w-]*>)+'), matchCase ? 'gu' : 'giu');
  return [...text.matchAll(pattern)].map((match) => ({ from: match.index, to: match.index + match[0].length }));
}

/** Index of the match at or after `offset`, else the first: −1 without matches. */
export function matchFrom(matches: readonly Match[], offset: number): number {
  const next = matches.findIndex(({ from }) => from >= offset);
  return next >= 0 ? next : matches.length > 0 ? 0 : -1;
}
