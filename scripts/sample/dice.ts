/** Seeded chance for everything the sample project makes. */
import { Random } from '../../src/domain/random.ts';

/** Dice that always fall the same way for one seed and purpose. */
export class Dice {
  readonly #random: Random;

  constructor(seed: number, ...purpose: (string | number)[]) {
    this.#random = Random.seeded(seed, 'sample', ...purpose);
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + this.#random.integer(high - low + 1);
  }

  /** A real number in [low, high). */
  real(low: number, high: number): number {
    return low + (high - low) * this.#random.uniform();
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.#random.uniform() < p;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.#random.integer(list.length)];
  }

  shuffle<T>(list: readonly T[]): T[] {
    return this.#random.shuffled(list);
  }

  /** A standard normal number (Box and Muller 1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random.uniform())) * Math.cos(2 * Math.PI * this.#random.uniform());
  }
}
