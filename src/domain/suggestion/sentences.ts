/** A reasoning text in the units that suggestions think in: words and sentences. White space goes with what comes after it. */
import { timeMentions } from '../time-mention.ts';
import { wordUnits } from '../unit.ts';

/** A sentence, or a part of one between tags: words [from, to). */
export interface Sentence {
  from: number;
  to: number;
  /** Without tags and the white space around it. */
  text: string;
  /** Names of the tags it stands in, the innermost four, outermost first: "think", "answer". */
  tags: string[];
}

export interface ReadText {
  /** UTF-16 offset at which each word begins, white space before it included. A tag is one word, and so is a time. */
  starts: number[];
  /** Without white space. */
  words: string[];
  sentences: Sentence[];
}

/** [start, end) in UTF-16 units. */
interface Tag {
  start: number;
  end: number;
  name: string;
  closes: boolean;
}

const tagPattern = /<(?<slash>\/?)(?<name>[a-z][\w-]*)>/giu;

/** Cuts `text` into words and sentences. An opening tag begins a sentence, a closing one ends it. */
export function readText(text: string): ReadText {
  const tags = tagsOf(text);
  const starts = wordStarts(text, [...tags, ...timeMentions(text)]);
  const words = starts.map((start, i) => text.slice(start, starts[i + 1] ?? text.length).trim());
  const breaks = sentenceBreaks(text, tags);
  const firsts = starts.flatMap((start, i) => (i === 0 || breaks.has(firstLetter(text, start)) ? [i] : []));
  const open: string[] = [];
  let next = 0;
  const sentences = firsts.map((from, i): Sentence => {
    const to = firsts[i + 1] ?? starts.length;
    const end = starts[to] ?? text.length;
    // An opening tag stands at a sentence's beginning and holds it; a closing one stands at its end.
    const closing: string[] = [];
    for (; next < tags.length && tags[next].start < end; next += 1) {
      if (tags[next].closes) closing.push(tags[next].name);
      else open.push(tags[next].name);
    }
    const within = open.slice(-4);
    for (const name of closing) if (open.includes(name)) open.length = open.lastIndexOf(name);
    return { from, to, text: text.slice(starts[from], end).replaceAll(tagPattern, ' ').trim(), tags: within };
  });
  return { starts, words, sentences };
}

/** Where the sentences of `text`, and the parts of one between tags, begin: the offset of the first letter of each. Empty of a blank text. */
export function sentenceStarts(text: string): number[] {
  return [...sentenceBreaks(text, tagsOf(text))].filter((at) => at < text.length).sort((a, b) => a - b);
}

/** The same sentences as stretches of the text, without the white space around them. */
export function sentencesOf(text: string): { start: number; end: number }[] {
  const starts = sentenceStarts(text);
  return starts.map((start, i) => ({
    start,
    end: start + text.slice(start, starts[i + 1] ?? text.length).trimEnd().length,
  }));
}

function tagsOf(text: string): Tag[] {
  return [...text.matchAll(tagPattern)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    name: match.groups!.name.toLowerCase(),
    closes: match.groups!.slash !== '',
  }));
}

/** The words' starts; one that begins inside a tag or a time is part of it. */
function wordStarts(text: string, wholes: { start: number; end: number }[]): number[] {
  const sorted = wholes.sort((a, b) => a.start - b.start);
  let next = 0;
  return wordUnits(text).starts.filter((start) => {
    const letter = firstLetter(text, start);
    while (next < sorted.length && sorted[next].end <= letter) next += 1;
    return next === sorted.length || letter <= sorted[next].start;
  });
}

/** Offsets at which a sentence's first letter stands. */
function sentenceBreaks(text: string, tags: readonly Tag[]): Set<number> {
  const breaks = new Set<number>();
  for (const { index } of new Intl.Segmenter('und', { granularity: 'sentence' }).segment(text)) {
    breaks.add(firstLetter(text, index));
  }
  for (const { start, end, closes } of tags) breaks.add(closes ? firstLetter(text, end) : start);
  return breaks;
}

/** Where a phase that begins with the word at `start` begins: at its white space, but on its own line. */
export function beginning(text: string, start: number): number {
  const space = text.slice(start, firstLetter(text, start));
  return start + space.lastIndexOf('\n') + 1;
}

/** Offset of the first character at or after `start` that is not white space. */
export function firstLetter(text: string, start: number): number {
  const rest = /\S/gu;
  rest.lastIndex = start;
  return rest.exec(text)?.index ?? text.length;
}
