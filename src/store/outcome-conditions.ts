/** SQL conditions on what came of a prompt: that its answers are wrong or labelled, or that its group teaches nothing. */
import { vanishingStd } from '../domain/advantage.ts';
import { goldPrefix } from '../domain/gold.ts';

/** SQL: that group `g` is vanishing, its rewards do not differ: it teaches nothing (docs/algorithm.md, "Group advantage"). One of an evaluation is not to teach. */
export const vanishingCondition = `g.scored > 1 AND g.std < ${vanishingStd} AND g.evaluation_n IS NULL`;

/** SQL: the share of the rollouts of the prompt in row `promptN` that are right; null where nothing says it of any. `also` narrows the rollouts `q`. */
export const passRate = (promptN: string, also = ''): string =>
  `(SELECT avg(q.correct) FROM rollout_facts q WHERE q.prompt_n = ${promptN} ${also})`;

/** SQL: that the answer of rollout `r` is wrong. */
export const wrongCondition = 'is_right(r.rewards, r.reward) = 0';

/** SQL: that this annotator is gold, or is not: what gold says counts nowhere as what somebody says, so that nothing tells which rollouts have it. */
export const byGold = (annotator: string): string => `${annotator} GLOB '${goldPrefix}*'`;
export const notGold = (annotator: string): string => `${annotator} NOT GLOB '${goldPrefix}*'`;

/** SQL: that this annotator is a person who is measured by gold: neither gold nor a program. */
export const byPeople = (annotator: string): string => `${notGold(annotator)} AND ${annotator} NOT GLOB 'suggestion:*'`;

/** SQL: that somebody has labelled rollout `r`. */
export const labelledCondition = `EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n AND ${notGold('l.annotator')})`;
