/**
 * Which words many rollouts have: FTS5 reads every place of every word that begins as an unfinished one does, seconds at a million rollouts,
 * where a few whole words take a millisecond.
 */
import type { Connection } from './connection.ts';

/** In a smaller store every beginning is looked up quickly. */
const fewRollouts = 10_000;

/** Rollouts that are looked at: so many in a row, at so many places of the store. */
const places = 64;
const inRow = 2;

/** Code points of each. */
const lookedAt = 4_000;

/** A beginning is common when one of so many rollouts has a word with it: of a rarer one there is little to read. */
const rarest = 1 / 32;

/** How many words a common beginning stands for. */
const mostWords = 16;

/** The sample is drawn anew when the store has grown by this. */
const growth = 1.25;

export class WordSample {
  readonly #db: Connection;
  /** The row number of the newest rollout when the sample was drawn. */
  #newest = 0;
  /** The folded text of each rollout of it. To take all words out of them would take most of the first search. */
  #rollouts: string[] = [];

  constructor(db: Connection) {
    this.#db = db;
  }

  /** The most frequent words that begin so, where the beginning, of letters and digits alone, is common; else none. */
  common(beginning: string): string[] {
    this.#draw();
    const words = new RegExp(`(?<!${letter})${beginning}${letter}*`, 'gu');
    const counts = new Map<string, number>();
    let having = 0;
    for (const text of this.#rollouts) {
      const found = new Set(text.match(words));
      having += Number(found.size > 0);
      for (const word of found) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    if (having < rarest * this.#rollouts.length || having === 0) return [];
    return [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, mostWords)
      .map(([word]) => word);
  }

  #draw(): void {
    const newest = this.#db.get<{ n: number | null }>('SELECT max(n) AS n FROM rollouts')!.n ?? 0;
    if (newest < fewRollouts || (newest >= this.#newest && newest < growth * this.#newest)) return;
    this.#newest = newest;
    this.#rollouts = Array.from({ length: places }, (_, i) =>
      this.#db.all<{ text: string }>(
        'SELECT substr(completion, 1, :lookedAt) AS text FROM rollouts WHERE n >= :from ORDER BY n LIMIT :inRow',
        { from: Math.floor((i * newest) / places), lookedAt, inRow },
      ),
    ).flatMap((rows) => rows.map(({ text }) => folded(text)));
  }
}

/** What words are made of, as a regular expression. */
const letter = String.raw`[\p{L}\p{N}\p{Co}]`;

/** A text as the search index has it: without case and accents. */
export const folded = (text: string): string => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
