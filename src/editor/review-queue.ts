/** Which rollout a Review panel shows next, in the order that was chosen, and which it showed before. */
import type { Queue } from '../protocol/review.ts';
import type { ReviewOrder } from './review-order.ts';
import type { WorkspaceStore } from './workspace-store.ts';

export interface QueueParts {
  store: WorkspaceStore;
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

  /** The next rollout for an annotator, `shown` being on screen; null at the end of the order, which then begins again. */
  async next(queue: Queue, annotator: string, shown: string | null): Promise<string | null> {
    if (queue === 'unlabelled') return this.#parts.store.client.labels.nextUnlabelled(annotator, shown);
    if (queue === 'table') return this.#parts.order.next(shown);
    if (shown !== null) this.#seen.add(shown);
    const next = await (queue === 'disagreeing' ? this.#nextDisagreeing(annotator) : this.#nextInformative(annotator));
    if (next === null) this.restart();
    return next;
  }

  async #nextDisagreeing(annotator: string): Promise<string | null> {
    // Apart: reading every label takes seconds for thousands.
    this.#disagreements ??= (
      await this.#parts.store.apart((client) =>
        client.agreement.disagreements({ scope: null, metric: 'boundarySimilarity', limit: ranked }),
      )
    )
      .filter(({ values }) => values.boundarySimilarity !== null && values.boundarySimilarity < 1)
      .map(({ rolloutId }) => rolloutId);
    for (const id of this.#disagreements) {
      if (this.#seen.has(id)) continue;
      const { statuses } = await this.#parts.store.client.statuses.of(id);
      if (!statuses.some((one) => one.annotator === annotator && one.status === 'skipped')) return id;
    }
    return null;
  }

  async #nextInformative(annotator: string): Promise<string | null> {
    for (let after: string | null = null; ;) {
      const page = await this.#parts.store.client.suggestions.mostInformative(annotator, { after });
      const found = page.rows.find(({ rolloutId }) => !this.#seen.has(rolloutId));
      if (found) return found.rolloutId;
      if (page.next === null) return null;
      after = page.next;
    }
  }
}
