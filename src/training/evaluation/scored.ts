/** The replies of a stored evaluation, scored: what reports and comparisons are made of. */
import { scored, type ReaderName, type Scored } from '../../evaluation/score.ts';
import type { Store } from '../../store/store.ts';

/**
 * Reads a page at a time, and tells of each how many replies it had; takes seconds of many replies: on a thread that may. Throws when there
 * is no such evaluation, and the signal's reason.
 */
export function scoredReplies(
  store: Pick<Store, 'evaluations'>,
  id: string,
  readers: readonly ReaderName[],
  signal?: AbortSignal,
  onPage?: (replies: number) => void,
): Scored[] {
  const replies: Scored[] = [];
  for (let after: string | null | undefined; after !== null;) {
    signal?.throwIfAborted();
    const page = store.evaluations.rollouts(id, { limit: 1000, after });
    for (const rollout of page.rows) replies.push(scored(rollout, readers));
    onPage?.(page.rows.length);
    after = page.next;
  }
  return replies;
}
