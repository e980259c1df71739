import type { Connection } from './connection.ts';

/**
 * The time of an edit: `made` where a journal says when, else now, but always after the last one of the same thing, so that a clock that was
 * set back turns no order round. ISO 8601.
 */
export function laterThan(last: string | null, made = new Date().toISOString()): string {
  return last === null || made > last ? made : new Date(Date.parse(last) + 1).toISOString();
}

/**
 * The time of what an annotator does to a rollout now: after all of theirs that undo takes back in one turn with it, so that it takes the last
 * back first. ISO 8601.
 */
export function nextOf(db: Connection, n: number, annotator: string): string {
  const isTheirs = 'WHERE rollout_n = :n AND annotator = :annotator';
  const { last } = db.get<{ last: string | null }>(
    `SELECT max(at) AS last FROM (
       SELECT max(at) AS at FROM revisions ${isTheirs}
       UNION ALL SELECT max(at) FROM judgement_changes ${isTheirs}
       UNION ALL SELECT max(at) FROM correction_changes ${isTheirs}
       UNION ALL SELECT max(at) FROM preference_changes ${isTheirs}
       UNION ALL SELECT max(at) FROM preference_changes WHERE other_n = :n AND annotator = :annotator)`,
    { n, annotator },
  )!;
  return laterThan(last);
}
