/** Rollouts of which every one must have tokens. */
import type { Weighed } from './training-row.ts';

/** More ids than these are counted, not named. */
const named = 3;

/** The rows, whose tokens are known. Throws at their end, with the number and the cure, when some are not. */
export function* withTokens(rows: Iterable<Weighed>): Generator<Weighed & { ids: number[] }> {
  const lacking: string[] = [];
  let count = 0;
  for (const one of rows) {
    count += 1;
    const ids = one.training.token_ids;
    if (ids) yield { ...one, ids };
    else lacking.push(one.row.rollout.id);
  }
  if (lacking.length === 0) return;
  const first = lacking.slice(0, named).join(', ');
  throw new Error(
    `${lacking.length} of ${count} rollouts have no token ids, and a weight stands beside a token (${first}${lacking.length > named ? ' …' : ''}): ` +
      'name the folder of their policy’s tokenizer with --tokenizer, or leave them out with --where tokens:>0',
  );
}
