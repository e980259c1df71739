/** SQL of the filters, each such that few rows are read to find that nothing is kept. */
import { commentedRollouts } from './comments.ts';
import { labelledCondition, notGold, vanishingCondition, wrongCondition } from './outcome-conditions.ts';
import type { Filter } from './rows.ts';

type Marked = 'submitted' | 'skipped' | 'flagged' | 'commented';

/** That group `g` has a rollout that is so, by its counts. Each has a partial index whose condition this is, letter for letter. */
export const countedConditions: Record<Exclude<Filter, Marked>, string> = {
  labelled: 'g.labelled > 0',
  unlabelled: 'g.labelled < g.rollouts',
  vanishing: vanishingCondition,
  wrong: 'g.wrong > 0',
  hinted: 'g.hinted > 0',
};

/** That rollout `r` of such a group is so itself. */
const ownConditions: typeof countedConditions = {
  labelled: labelledCondition,
  unlabelled: `NOT ${labelledCondition}`,
  vanishing: 'TRUE',
  wrong: wrongCondition,
  hinted: 'r.hinted',
};

/** The rollouts that somebody marked so, as `rollout_n`. */
export const markedRollouts: Record<Marked, string> = {
  submitted: `SELECT rollout_n FROM statuses WHERE status = 'submitted' AND ${notGold('annotator')}`,
  skipped: `SELECT rollout_n FROM statuses WHERE status = 'skipped' AND ${notGold('annotator')}`,
  flagged: `SELECT rollout_n FROM flags WHERE ${notGold('annotator')}`,
  commented: commentedRollouts,
};

const isMarked = (filter: Filter): filter is Marked => filter in markedRollouts;

/** That a filter keeps rollout `r` of group `g`. */
export function keptRollouts(filter: Filter): string {
  if (isMarked(filter)) return `r.n IN (${markedRollouts[filter]})`;
  return `${countedConditions[filter]} AND ${ownConditions[filter]}`;
}
