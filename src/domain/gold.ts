/** Gold labels: of rollouts whose right phases are known, to measure annotators by. Whoever is named `gold:NAME` writes them. */
import { Random } from './random.ts';

export const goldPrefix = 'gold:';

export function isGold(annotator: string): boolean {
  return annotator.startsWith(goldPrefix);
}

/** The gold name of somebody: what they write under it does not measure themselves. */
export const goldNameOf = (annotator: string): string => `${goldPrefix}${annotator}`;

/**
 * Which gold item an annotator gets next in place of an ordinary rollout, null where none: in a share of the turns, and of the `open` ones by
 * chance. The same turn has the same answer, so that asking again tells nothing.
 */
export function goldTurn(open: readonly string[], share: number, annotator: string, turn: number): string | null {
  const random = Random.seeded(0, 'gold', annotator, turn);
  if (open.length === 0 || random.uniform() >= share) return null;
  return open[random.integer(open.length)];
}
