/** Which rollout a Review panel shows next, in the order that was chosen, and which it showed before. */
import { goldTurn } from '../domain/gold.ts';
import type { Queue } from '../protocol/review.ts';
import type { ReviewOrder } from './review-order.ts';
import type { Stores } from './stores.ts';

export interface QueueParts {
  stores: Stores;
  /** The table's. */
  order: ReviewOrder;
}

/** Disagreements ranked at a time. */
const ranked = 1000;

export class ReviewQueue {
  readonly #parts: QueueParts;
  /** What was shown before, newest last. */
  readonly #trail: string[] = [];
  /** Shown since the order began: not shown again before all others were. */
  readonly #seen = new Set<string>();
  /** The gold item that was mixed in last, and what stood before it. */
  #mixed: { gold: string; after: string | null } | null = null;
  /** The disagreements, worst first, as they were when the order began. */
  #disagreements: string[] | null = null;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  get canGoBack(): boolean {
    return this.#trail.length > 0;
  }

  leave(rolloutId: string): void {
    this.#trail.push(rolloutId);
    this.#seen.add(rolloutId);
  }

  /** Takes back the last `leave`. */
  back(): string | undefined {
    return this.#trail.pop();
  }

  /** Begins an order from its first. */
  restart(): void {
    this.#seen.clear();
    this.#disagreements = null;
  }

  /**
   * The next rollout for an annotator, `shown` being on screen; null at the end of the order, which then begins again. Gold items are mixed into
   * the unlabelled in this share.
   */
  async next(queue: Queue, annotator: string, shown: string | null, goldShare = 0): Promise<string | null> {
    if (queue === 'unlabelled') return this.#nextUnlabelled(annotator, shown, goldShare);
    if (queue === 'table') return this.#parts.order.next(shown);
    if (shown !== null) this.#seen.add(shown);
    const next = await (queue === 'disagreeing' ? this.#nextDisagreeing(annotator) : this.#nextInformative(annotator));
    if (next === null) this.restart();
    return next;
  }

  /** In a share of the turns a gold item, after which the order goes on from where it was; what comes in its own place would be more than that share. */
  async #nextUnlabelled(annotator: string, shown: string | null, share: number): Promise<string | null> {
    const { client } = this.#parts.stores;
    const { open, turn } = share > 0 ? await client.gold.queue(annotator) : { open: [], turn: 0 };
    const after = shown !== null && shown === this.#mixed?.gold ? this.#mixed.after : shown;
    const others = open.filter((id) => id !== shown && !this.#seen.has(id));
    const gold = goldTurn(others, share, annotator, turn + this.#seen.size);
    if (gold !== null) {
      this.#mixed = { gold, after };
      return gold;
    }
    const next = await client.labels.nextUnlabelled(annotator, after, share > 0);
    // At the end those gold items are left that no turn had.
    return next ?? open.find((id) => id !== shown) ?? null;
  }

  async #nextDisagreeing(annotator: string): Promise<string | null> {
    // Apart: reading every label takes seconds for thousands.
    this.#disagreements ??= (
      await this.#parts.stores.current.apart((client) =>
        client.agreement.disagreements({ scope: null, metric: 'boundarySimilarity', limit: ranked }),
      )
    )
      .filter(({ values }) => values.boundarySimilarity !== null && values.boundarySimilarity < 1)
      .map(({ rolloutId }) => rolloutId);
    for (const id of this.#disagreements) {
      if (this.#seen.has(id)) continue;
      const { statuses } = await this.#parts.stores.client.statuses.of(id);
      if (!statuses.some((one) => one.annotator === annotator && one.status === 'skipped')) return id;
    }
    return null;
  }

  async #nextInformative(annotator: string): Promise<string | null> {
    for (let after: string | null = null; ;) {
      const page = await this.#parts.stores.client.suggestions.mostInformative(annotator, { after });
      const found = page.rows.find(({ rolloutId }) => !this.#seen.has(rolloutId));
      if (found) return found.rolloutId;
      if (page.next === null) return null;
      after = page.next;
    }
  }
}
