/** How close one text comes to another: word error rate and ROUGE. */
import { porterStem } from './porter-stem.ts';

/** Edits (insert, delete, replace) that turn the words of `given` into those of `truth`, a word of `truth`. At least 0, may pass 1. */
export function wordErrorRate(given: string, truth: string): number {
  const [from, to] = [given, truth].map((text) => text.split(/\s+/u).filter((word) => word !== ''));
  if (to.length === 0) return from.length === 0 ? 0 : 1;
  let row = to.map((_, j) => j + 1);
  for (const [i, word] of from.entries()) {
    let diagonal = i;
    let left = i + 1;
    row = row.map((up, j) => {
      left = Math.min(left + 1, up + 1, diagonal + (word === to[j] ? 0 : 1));
      diagonal = up;
      return left;
    });
  }
  return row[to.length - 1] / to.length;
}

/**
 * Mean of the F1 of ROUGE-1, ROUGE-2 and ROUGE-L (Lin 2004) over lower-cased words of letters and digits, without stemming.
 * A ROUGE-n that neither text is long enough for is left out of the mean (ours), so that a right one-word answer scores 1.
 */
export function rougeMean(given: string, truth: string): number {
  const [a, b] = [given, truth].map((text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  if (a.length === 0 || b.length === 0) return 0;
  const { rouge1, rouge2, rougeL } = rouge(a, b);
  return Math.max(a.length, b.length) > 1 ? (rouge1 + rouge2 + rougeL) / 3 : (rouge1 + rougeL) / 2;
}

/**
 * The same mean as the package rouge_score gives it with its stemmer: over lower-cased words of a to z and digits, those of over three
 * letters stemmed. ROUGE-2 of texts of one word is 0.
 */
export function stemmedRougeMean(given: string, truth: string): number {
  const [a, b] = [given, truth].map((text) =>
    (text.toLowerCase().match(/[a-z0-9]+/gu) ?? []).map((word) => (word.length > 3 ? porterStem(word) : word)),
  );
  const { rouge1, rouge2, rougeL } = rouge(a, b);
  return (rouge1 + rouge2 + rougeL) / 3;
}

function rouge(a: readonly string[], b: readonly string[]): Record<'rouge1' | 'rouge2' | 'rougeL', number> {
  return {
    rouge1: overlapF1(a, b),
    rouge2: overlapF1(bigrams(a), bigrams(b)),
    rougeL: harmonic(longestCommonSubsequence(a, b), a.length, b.length),
  };
}

/** F1 of `common` items found among `given` and among `truth` ones: 2 · common / (given + truth); 0 where there are none at all. */
function harmonic(common: number, given: number, truth: number): number {
  return common === 0 ? 0 : (2 * common) / (given + truth);
}

function overlapF1(a: readonly string[], b: readonly string[]): number {
  const left = new Map<string, number>();
  for (const gram of b) left.set(gram, (left.get(gram) ?? 0) + 1);
  let common = 0;
  for (const gram of a) {
    const count = left.get(gram) ?? 0;
    if (count > 0) common += 1;
    left.set(gram, count - 1);
  }
  return harmonic(common, a.length, b.length);
}

function bigrams(words: readonly string[]): string[] {
  return words.slice(1).map((word, i) => `${words[i]} ${word}`);
}

function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  const row = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    let diagonal = 0;
    for (let j = 1; j <= b.length; j += 1) {
      const up = row[j];
      row[j] = word === b[j - 1] ? diagonal + 1 : Math.max(up, row[j - 1]);
      diagonal = up;
    }
  }
  return row[b.length];
}
