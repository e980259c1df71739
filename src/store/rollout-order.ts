/** What rollouts can be sorted by, in SQL. */
import { notGold } from './outcome-conditions.ts';
import { numberSql, partSql } from './query-conditions.ts';
import type { TableSort } from './rows.ts';
import { tagsOfRollout } from './tags.ts';

/** What the order by 'pass' asks of each prompt once, before the SELECT. */
export const passRates = `rates AS MATERIALIZED (SELECT q.prompt_n, avg(q.correct) AS rate
  FROM rollout_facts q GROUP BY q.prompt_n)`;

/** By the name of a column, apart from the parts of the reward and tags. */
const sortedSql: Record<string, string> = {
  question: 'p.question COLLATE NOCASE',
  dataset: 'p.dataset COLLATE NOCASE',
  policy: 'r.policy COLLATE NOCASE',
  run: 'runs.name COLLATE NOCASE',
  evaluation: 'e.name COLLATE NOCASE',
  finish: 'r.finish COLLATE NOCASE',
  stage: 'p.stage',
  split: 'p.split',
  correct: 'correct',
  labelled: `(SELECT count(*) FROM labels l WHERE l.rollout_n = r.n AND ${notGold('l.annotator')})`,
  flagged: `(SELECT count(*) FROM flags f WHERE f.rollout_n = r.n AND ${notGold('f.annotator')})`,
  ...numberSql,
  pass: '(SELECT s.rate FROM rates s WHERE s.prompt_n = r.prompt_n)',
};

/** All of a rollout, in one text; null without any. */
const tagsSql = (blindFor: string | null): string =>
  `(SELECT group_concat(tag, ', ') FROM (SELECT DISTINCT x.tag FROM ${tagsOfRollout(blindFor)} ORDER BY x.tag))`;

/**
 * Rollouts of `allRollouts` without a value last, whichever way; those of equal values as they came in. Where `blindFor` names an annotator,
 * whose first pass is blind, tags of others count on what that one has labelled. Throws RangeError on a column that there is not.
 */
export function orderOf(
  { by, descending }: TableSort,
  blindFor: string | null,
): { sql: string; values: Record<string, string> } {
  const isPart = by.startsWith('reward.');
  const isTag = by === 'tag';
  const own = Object.hasOwn(sortedSql, by) ? sortedSql[by] : null;
  const sql = isPart ? partSql(':part') : isTag ? tagsSql(blindFor === null ? null : ':viewer') : own;
  if (sql === null)
    throw new RangeError(
      `rollouts cannot be sorted by ${by}: there are ${[...Object.keys(sortedSql), 'tag', 'reward.NAME'].join(', ')}`,
    );
  return {
    sql: `${sql} ${descending ? 'DESC' : 'ASC'} NULLS LAST, r.n`,
    values: {
      ...(isPart && { part: by.slice('reward.'.length) }),
      ...(isTag && blindFor !== null && { viewer: blindFor }),
    },
  };
}
