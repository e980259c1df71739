import { createHash } from 'node:crypto';

/** How often a completion was seen in its group, in the order of a file: equal ones must stay apart. */
export class Occurrences {
  readonly #seen = new Map<string, number>();

  /** How many times before. */
  of(group: string, completion: string): number {
    const key = createHash('sha256').update(group).update('\0').update(completion).digest('base64');
    const count = this.#seen.get(key) ?? 0;
    this.#seen.set(key, count + 1);
    return count;
  }
}
