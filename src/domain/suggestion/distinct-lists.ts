/** Lists of features, each kept once: texts of one project say much alike, and what is equal scores alike. */
import type { FeatureLists } from './features.ts';

export class DistinctLists {
  #items = new Int32Array(1024);
  readonly #ends: number[] = [];
  /** A list's hash, or the next free number after it → the list's number. */
  readonly #numbers = new Map<number, number>();

  /** The number of each of these lists; those that are new get the next ones. */
  numbersOf({ items, ends }: FeatureLists): Int32Array {
    let from = 0;
    return ends.map((end) => {
      const number = this.#numberOf(items, from, end);
      from = end;
      return number;
    });
  }

  /** List i is the one whose number is i. */
  get lists(): FeatureLists {
    return { items: this.#items.slice(0, this.#ends.at(-1) ?? 0), ends: Int32Array.from(this.#ends) };
  }

  #numberOf(items: Int32Array, from: number, end: number): number {
    let hash = 0;
    for (let i = from; i < end; i += 1) hash = Math.imul(hash ^ items[i], 0x01000193) ^ (items[i] >>> 15);
    for (hash >>>= 2; ; hash += 1) {
      const known = this.#numbers.get(hash);
      if (known === undefined) break;
      if (this.#isSame(known, items, from, end)) return known;
    }
    const number = this.#ends.length;
    this.#numbers.set(hash, number);
    const start = this.#ends.at(-1) ?? 0;
    if (start + end - from > this.#items.length) {
      const grown = new Int32Array(2 * (start + end - from));
      grown.set(this.#items);
      this.#items = grown;
    }
    this.#items.set(items.subarray(from, end), start);
    this.#ends.push(start + end - from);
    return number;
  }

  #isSame(number: number, items: Int32Array, from: number, end: number): boolean {
    const start = this.#ends[number - 1] ?? 0;
    if (this.#ends[number] - start !== end - from) return false;
    for (let i = from; i < end; i += 1) if (this.#items[start + i - from] !== items[i]) return false;
    return true;
  }
}
