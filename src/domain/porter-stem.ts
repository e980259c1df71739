/**
 * Porter's stemmer (M. F. Porter, "An algorithm for suffix stripping", Program 14.3, 1980) as NLTK's default mode extends it, which
 * rouge_score uses: irregular words, four-letter words in -ies and -ied, -y after a consonant, -fulli, and -logi after short stems.
 */

const irregular = new Map([
  ...['sky', 'news', 'inning', 'outing', 'canning', 'howe', 'proceed', 'exceed', 'succeed'].map(
    (word) => [word, word] as const,
  ),
  ...['inning', 'outing', 'canning'].map((word) => [`${word}s`, word] as const),
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
]);

/** Suffixes with what replaces them; where several fit, the longest stands first. */
type Suffixes = readonly (readonly [suffix: string, replacement: string])[];

const step2: Suffixes = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['izer', 'ize'],
  ['bli', 'ble'],
  ['alli', 'al'],
  ['entli', 'ent'],
  ['eli', 'e'],
  ['ousli', 'ous'],
  ['ization', 'ize'],
  ['ation', 'ate'],
  ['ator', 'ate'],
  ['alism', 'al'],
  ['iveness', 'ive'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['aliti', 'al'],
  ['iviti', 'ive'],
  ['biliti', 'ble'],
  ['fulli', 'ful'],
];
const step3: Suffixes = [
  ['icate', 'ic'],
  ['ative', ''],
  ['alize', 'al'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ful', ''],
  ['ness', ''],
];
const step4: Suffixes = 'al ance ence er ic able ible ant ement ment ent ou ism ate iti ous ive ize'
  .split(' ')
  .map((suffix) => [suffix, '']);

/** The stem of a word in small letters. Linear in its length. */
export function porterStem(word: string): string {
  const known = irregular.get(word);
  if (known !== undefined) return known;
  if (word.length < 3) return word;
  return withoutE(derived(inflected(word)));
}

/** Steps 1a to 1c: plurals, -ed, -ing and -y. */
function inflected(word: string): string {
  let stem = word;
  if (stem.endsWith('ies')) stem = stem.slice(0, stem.length === 4 ? -1 : -2);
  else if (/(?:sses|[^s]s)$/u.test(stem)) stem = stem.slice(0, stem.endsWith('sses') ? -2 : -1);
  stem = past(stem);
  return stem.length > 2 && /c.$/u.test(shapeOf(stem)) && stem.endsWith('y') ? `${stem.slice(0, -1)}i` : stem;
}

function past(word: string): string {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const stem = /^(.+)(?:ed|ing)$/u.exec(word)?.[1];
  if (stem === undefined || !shapeOf(stem).includes('v')) return word;
  if (/(?:at|bl|iz)$/u.test(stem)) return `${stem}e`;
  if (/(.)\1$/u.test(stem) && shapeOf(stem).endsWith('c')) return /[lsz]$/u.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

/** Steps 2 to 4: suffixes that make one word of another. */
function derived(word: string): string {
  let stem = word;
  if (stem.endsWith('alli') && measure(stem.slice(0, -4)) > 0) stem = stem.slice(0, -2);
  if (stem.endsWith('logi')) stem = measure(stem.slice(0, -3)) > 0 ? stem.slice(0, -1) : stem;
  else stem = replaced(stem, step2, 1);
  stem = replaced(stem, step3, 1);
  return /[st]ion$/u.test(stem) && measure(stem.slice(0, -3)) > 1 ? stem.slice(0, -3) : replaced(stem, step4, 2);
}

/** Step 5: -e, and one l of two. */
function withoutE(word: string): string {
  let stem = word;
  if (stem.endsWith('e')) {
    const rest = stem.slice(0, -1);
    const long = measure(rest);
    if (long > 1 || (long === 1 && !endsShort(rest))) stem = rest;
  }
  return stem.endsWith('ll') && measure(stem.slice(0, -1)) > 1 ? stem.slice(0, -1) : stem;
}

/** The first suffix that fits, replaced where what stands before it measures `least` or more. */
function replaced(word: string, suffixes: Suffixes, least: number): string {
  const [suffix, replacement] = suffixes.find(([end]) => word.endsWith(end)) ?? ['', ''];
  const stem = word.slice(0, word.length - suffix.length);
  return suffix !== '' && measure(stem) >= least ? stem + replacement : word;
}

/** A letter 'c' for each consonant, 'v' for each vowel; y is a vowel after a consonant. */
function shapeOf(word: string): string {
  let shape = '';
  for (const letter of word) shape += /[aeiou]/u.test(letter) || (letter === 'y' && shape.endsWith('c')) ? 'v' : 'c';
  return shape;
}

/** Porter's m: how many times a consonant follows a vowel. */
function measure(stem: string): number {
  return shapeOf(stem).split('vc').length - 1;
}

/** Whether it ends as "hop" does (not in w, x or y), or is a vowel and a consonant alone. */
function endsShort(stem: string): boolean {
  const shape = shapeOf(stem);
  return shape === 'vc' || (shape.endsWith('cvc') && !/[wxy]$/u.test(stem));
}
