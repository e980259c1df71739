/** The two completions that are compared: the one that is open, and another that stands beside it. */
import { t } from '@vscode/l10n';
import type { PairVerdict, Preference } from '../../../src/domain/preference.ts';
import type { Side } from '../actions/keys.ts';

/** A completion by its rollout and its number in the group. */
export interface Numbered {
  rolloutId: string;
  number: number;
}

export interface Pair {
  left: Numbered;
  right: Numbered;
  /** Where the one that is open stands, and the rollout of the other. */
  open: Side;
  other: string;
}

/** The one that is `open` and, of the others that are in view, the one `chosen`, else the first; null where they are not both in view. */
export function pairIn(inView: readonly Numbered[], open: string, chosen: string | null): Pair | null {
  const at = inView.findIndex(({ rolloutId }) => rolloutId === open);
  const others = inView.filter((_, i) => i !== at);
  const other = others.find(({ rolloutId }) => rolloutId === chosen) ?? others.at(0);
  if (at < 0 || !other) return null;
  const isLeft = at < inView.indexOf(other);
  const [left, right] = isLeft ? [inView[at], other] : [other, inView[at]];
  return { left, right, open: isLeft ? 'left' : 'right', other: other.rolloutId };
}

/** The one that comes after the other of a pair, after the last the first. */
export function nextOther(inView: readonly Numbered[], open: string, { other }: Pair): string {
  const others = inView.filter(({ rolloutId }) => rolloutId !== open);
  return others[(others.findIndex(({ rolloutId }) => rolloutId === other) + 1) % others.length].rolloutId;
}

/** What the completion that is open then is against the other; null is neither side. */
export function pairVerdict({ open }: Pair, better: Side | null): PairVerdict {
  if (better === null) return 'tie';
  return better === open ? 'better' : 'worse';
}

/** "2 is better", "a tie": what is said of a pair, by numbers; empty while nothing is. */
export function pairText({ left, right, open, other }: Pair, said: readonly Preference[]): string {
  const verdict = said.find((one) => one.other === other)?.verdict;
  if (verdict === undefined) return '';
  if (verdict === 'tie') return t('a tie');
  return t('{0} is better', (verdict === 'better') === (open === 'left') ? left.number : right.number);
}
