/** Seeded randomness: every random choice of a result comes from here, so that a run can be repeated and resumed. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** A xoroshiro128+ generator whose whole state is four 32-bit integers. */
export class Random {
  readonly #generator: RandomGenerator;

  /** Continues from what `state` returned. */
  constructor(state: readonly number[]) {
    this.#generator = xoroshiro128plusFromState(state);
  }

  /**
   * A generator for one purpose. The same seed and stream give the same numbers; different streams are independent, so
   * that one purpose drawing more or less does not move another.
   */
  static seeded(seed: number, ...stream: (string | number)[]): Random {
    return new Random(hashedState([seed, ...stream].join('\u0000')));
  }

  state(): number[] {
    return [...this.#generator.getState()];
  }

  /** Uniform in [0, 1), a multiple of 2⁻⁵³. */
  uniform(): number {
    return uniformFloat64(this.#generator);
  }

  /** Fills `data` with values uniform in [−bound, bound), multiples of bound · 2⁻³¹: much quicker than as many calls of `uniform`. */
  fill(data: Float32Array, bound: number): void {
    const scale = bound * 2 ** -31;
    for (let i = 0; i < data.length; i += 1) data[i] = scale * this.#generator.next();
  }

  /** Uniform integer in [0, below). */
  integer(below: number): number {
    return uniformInt(this.#generator, 0, below - 1);
  }

  /** A new array with the items in random order (Fisher and Yates). */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const result = [...items];
    for (let last = result.length - 1; last > 0; last -= 1) {
      const other = this.integer(last + 1);
      [result[last], result[other]] = [result[other], result[last]];
    }
    return result;
  }

  /** Index i with probability weights[i] / Σ weights. The weights are finite, not negative and not all zero. */
  weighted(weights: readonly number[] | Float32Array | Float64Array): number {
    let all = 0;
    for (let i = 0; i < weights.length; i += 1) all += weights[i];
    let left = this.uniform() * all;
    for (let i = 0; i < weights.length; i += 1) {
      left -= weights[i];
      if (left < 0) return i;
    }
    return weights.findLastIndex((weight) => weight > 0);
  }
}

/** Four well-mixed words from a text: FNV-1a, then MurmurHash3's finaliser on four steps of the golden ratio. */
function hashedState(text: string): number[] {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return [1, 2, 3, 4].map((step) => {
    let word = (hash + Math.imul(step, 0x9e3779b9)) | 0;
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return word ^ (word >>> 16);
  });
}
