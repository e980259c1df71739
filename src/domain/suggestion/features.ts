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
  markers: number;
  tags: number;
  isFirst: boolean;
}

const nothing: Class = { markers: symbolOf(''), tags: symbolOf(''), isFirst: false };

/** What a feature says, by where it stands: 32 bits each. */
const templatesOf = (kind: string) => {
  const template = (name: string): number => symbolOf(`${kind}\u0000${name}`);
  return {
    ...{ always: template(''), word: template('word'), before: template('before'), after: template('after') },
    ...{ words: template('words'), next: template('next'), around: template('around'), markers: template('markers') },
    ...{ tags: template('tags'), decile: template('decile'), markersIn: template('markers in') },
    ...{ was: template('was'), turn: template('turn'), first: template('first'), length: template('length') },
  };
};
const inUnit = templatesOf('unit');
const insideSentence = templatesOf('inside');
const betweenSentences = templatesOf('sentence');
const outside = symbolOf('\u0000');

export function featuresOf(text: string): Features {
  const read = readText(text);
  const count = read.words.length;
  // With one word of nothing before the text and two after it.
  const words = new Int32Array(count + 3).fill(outside);
  read.words.forEach((word, t) => (words[t + 1] = shapeOf(word)));
  const classes = classesOf(read);
  // Seven features of each word and each place, and seven more of a place where a sentence begins or the text ends.
  const unit = new Writer(count, 7 * count);
  const place = new Writer(count + 1, 7 * (count + 1 + read.sentences.length + 1));
  let sentence = 0;
  for (let t = 0; t <= count; t += 1) {
    if (t === read.sentences[sentence]?.to) sentence += 1;
    const [before, word, after] = [words[t], words[t + 1], words[t + 2]];
    const is = classes[sentence] ?? nothing;
    const decile = Math.floor((10 * t) / (count + 1));
    if (t < count) {
      unit.put(inUnit.always);
      unit.put(inUnit.word, word);
      unit.put(inUnit.words, word, after);
      unit.put(inUnit.markers, is.markers);
      unit.put(inUnit.tags, is.tags);
      unit.put(inUnit.decile, decile);
      unit.put(inUnit.markersIn, is.tags, is.markers);
      unit.end();
    }
    const begins = t === count || t === read.sentences[sentence].from;
    const here = begins ? betweenSentences : insideSentence;
    place.put(here.always);
    place.put(here.word, word);
    place.put(here.before, before);
    place.put(here.after, after);
    place.put(here.words, before, word);
    place.put(here.next, word, after);
    place.put(here.around, before, word, after);
    if (begins) {
      const was = classes[sentence - 1] ?? nothing;
      place.put(here.markers, is.markers);
      place.put(here.was, was.markers);
      place.put(here.turn, was.markers, is.markers);
      place.put(here.first, Number(is.isFirst), is.markers);
      place.put(here.tags, was.tags, is.tags);
      place.put(here.decile, decile);
      place.put(here.length, Math.min(sentence, 6));
    }
    place.end();
  }
  return { starts: read.starts, unit: unit.lists, place: place.lists };
}

/** Fills lists one after another. */
class Writer {
  readonly lists: FeatureLists;
  #item = 0;
  #list = 0;

  constructor(lists: number, items: number) {
    this.lists = { items: new Int32Array(items), ends: new Int32Array(lists) };
  }

  put(template: number, a = 0, b = 0, c = 0): void {
    this.lists.items[this.#item] = mixed(mixed(mixed(template, a), b), c);
    this.#item += 1;
  }

  end(): void {
    this.lists.ends[this.#list] = this.#item;
    this.#list += 1;
  }
}

function classesOf({ sentences }: ReadText): Class[] {
  const seen = new Set<number>();
  return sentences.map((sentence) => {
    const found = markersOf(sentence);
    const markers = symbolOf(markedPhases.filter((phase) => found[phase] >= 1).join('+'));
    const isFirst = !seen.has(markers);
    seen.add(markers);
    return { markers, tags: symbolOf(sentence.tags.join('/')), isFirst };
  });
}

/** A word without case and with every digit a 0, so that "0:07" is any time. */
function shapeOf(word: string): number {
  return symbolOf(word.toLowerCase().replaceAll(/\d/gu, '0'));
}

/** FNV-1a of a text. */
function symbolOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** One step of MurmurHash3 (Appleby 2011). */
function mixed(hash: number, value: number): number {
  let part = Math.imul(value, 0xcc9e2d51);
  part = Math.imul((part << 15) | (part >>> 17), 0x1b873593);
  const sum = hash ^ part;
  return (Math.imul((sum << 13) | (sum >>> 19), 5) + 0xe6546b64) | 0;
}
