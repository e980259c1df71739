/** What a tagger sees of a text: sparse binary features of every word and every place between words, as 32-bit hashes. */
import { markedPhases, markersOf } from './markers.ts';
import { readText, type ReadText } from './sentences.ts';

/** Lists of features end to end: list i is `items` from `ends[i − 1]` (0 for the first) to `ends[i]`. */
export interface FeatureLists {
  items: Int32Array;
  ends: Int32Array;
}

/** Features of T words and the T + 1 places around them. */
export interface Features {
  /** UTF-16 offset of every word, white space before it included. */
  starts: number[];
  unit: FeatureLists;
  place: FeatureLists;
}

/** How a sentence is known: its markers, its tags, and whether it is the first with them. */
interface Class {
  markers: string;
  tags: string;
  isFirst: boolean;
}

const outside = '\u0000';

export function featuresOf(text: string): Features {
  const read = readText(text);
  const words = read.words.map(shapeOf);
  const classes = classesOf(read);
  const sentenceAt = new Int32Array(words.length + 1).fill(read.sentences.length);
  const begins = new Uint8Array(words.length + 1);
  read.sentences.forEach(({ from, to }, i) => {
    sentenceAt.fill(i, from, to);
    begins[from] = 1;
  });
  begins[words.length] = 1;
  const nothing: Class = { markers: '', tags: '', isFirst: false };
  const word = (t: number): string => words[t] ?? outside;
  const decile = (t: number): number => Math.floor((10 * t) / (words.length + 1));

  const unit = words.map((_, t) => {
    const { markers, tags } = classes[sentenceAt[t]];
    return hashes('unit', [
      '',
      `word ${word(t)}`,
      `words ${word(t)} ${word(t + 1)}`,
      `markers ${markers}`,
      `tags ${tags}`,
      `decile ${decile(t)}`,
      `markers in ${tags} ${markers}`,
    ]);
  });
  const place = Array.from({ length: words.length + 1 }, (_, t) => {
    const here = [
      '',
      `word ${word(t)}`,
      `before ${word(t - 1)}`,
      `after ${word(t + 1)}`,
      `words ${word(t - 1)} ${word(t)}`,
      `next ${word(t)} ${word(t + 1)}`,
      `around ${word(t - 1)} ${word(t)} ${word(t + 1)}`,
    ];
    if (begins[t] === 0) return hashes('inside', here);
    const is = classes[sentenceAt[t]] ?? nothing;
    const was = classes[sentenceAt[t] - 1] ?? nothing;
    return hashes('sentence', [
      ...here,
      `markers ${is.markers}`,
      `was ${was.markers}`,
      `turn ${was.markers} ${is.markers}`,
      `first ${is.isFirst} ${is.markers}`,
      `tags ${was.tags} ${is.tags}`,
      `decile ${decile(t)}`,
      `length ${Math.min(sentenceAt[t], 6)}`,
    ]);
  });
  return { starts: read.starts, unit: joined(unit), place: joined(place) };
}

function classesOf({ sentences }: ReadText): Class[] {
  const seen = new Set<string>();
  return sentences.map((sentence) => {
    const found = markersOf(sentence);
    const markers = markedPhases.filter((phase) => found[phase] >= 1).join('+');
    const isFirst = !seen.has(markers);
    seen.add(markers);
    return { markers, tags: sentence.tags.join('/'), isFirst };
  });
}

/** A word without case and with every digit a 0, so that "0:07" is any time. */
function shapeOf(word: string): string {
  return word.toLowerCase().replaceAll(/\d/gu, '0');
}

function joined(lists: readonly number[][]): FeatureLists {
  let end = 0;
  return { items: Int32Array.from(lists.flat()), ends: Int32Array.from(lists, ({ length }) => (end += length)) };
}

/** FNV-1a of each feature under its kind. */
function hashes(kind: string, features: readonly string[]): number[] {
  return features.map((feature) => {
    let hash = 0x811c9dc5;
    for (const text of [kind, outside, feature]) {
      for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    return hash;
  });
}
