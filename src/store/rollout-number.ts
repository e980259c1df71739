/** Rollouts by their ids. */
import type { Connection } from './connection.ts';

/** The row number of a rollout by its id or a second one. */
export function rolloutNumber(db: Connection, id: string): number | undefined {
  return db.get<{ n: number }>(
    'SELECT n FROM rollouts WHERE id = :id UNION ALL SELECT rollout_n FROM rollout_aliases WHERE id = :id LIMIT 1',
    { id },
  )?.n;
}
