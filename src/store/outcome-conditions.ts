/** SQL conditions on what came of a prompt: that its answers are wrong or labelled, or that its group teaches nothing. */
import { vanishingStd } from '../domain/advantage.ts';

/** SQL: that group `g` is vanishing, its rewards do not differ: it teaches nothing (docs/algorithm.md, "Group advantage"). One of an evaluation is not to teach. */
export const vanishingCondition = `g.scored > 1 AND g.std < ${vanishingStd} AND g.evaluation_n IS NULL`;

/** SQL: the share of the rollouts of the prompt in row `promptN` that are right; null where nothing says it of any. `also` narrows the rollouts `q`. */
export const passRate = (promptN: string, also = ''): string =>
  `(SELECT avg(q.correct) FROM rollout_facts q WHERE q.prompt_n = ${promptN} ${also})`;

/** SQL: that the answer of rollout `r` is wrong. */
export const wrongCondition = 'is_right(r.rewards, r.reward) = 0';

/** SQL: that somebody has labelled rollout `r`. */
export const labelledCondition = 'EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n)';
