import type { StoreClient } from '../store/client.ts';

/** The rollouts that the Rollouts table handed to Review, in its order; none before it did. */
export class ReviewOrder {
  readonly #client: StoreClient;
  /** Row numbers of the store. */
  #numbers: Int32Array = new Int32Array();

  constructor(client: StoreClient) {
    this.#client = client;
  }

  get isEmpty(): boolean {
    return this.#numbers.length === 0;
  }

  set(numbers: Int32Array): void {
    this.#numbers = numbers;
  }

  /** Where a rollout is, from 1, null when it is not among them; null without an order. */
  async place(rolloutId: string): Promise<{ place: number | null; of: number } | null> {
    if (this.isEmpty) return null;
    const at = await this.#at(rolloutId);
    return { place: at < 0 ? null : at + 1, of: this.#numbers.length };
  }

  /** The one after this; the first after one that is not among them. Null at the end. */
  async next(shown: string | null): Promise<string | null> {
    const at = shown === null ? -1 : await this.#at(shown);
    for (let i = at + 1; i < this.#numbers.length; i += 1) {
      const [id] = await this.#client.table.ids([this.#numbers[i]]);
      // What a run took back meanwhile is passed over.
      if (id !== null) return id;
    }
    return null;
  }

  async #at(rolloutId: string): Promise<number> {
    const number = await this.#client.table.number(rolloutId);
    return number === null ? -1 : this.#numbers.indexOf(number);
  }
}
