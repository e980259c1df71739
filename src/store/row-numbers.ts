/** Rows by the ids that the rest of the program knows them by. */
import type { Connection } from './connection.ts';

/** The row number of a prompt by its id or a former one. */
export function promptNumber(db: Connection, id: string): number | undefined {
  return db.get<{ n: number }>(
    'SELECT n FROM prompts WHERE id = :id UNION ALL SELECT prompt_n FROM prompt_aliases WHERE id = :id LIMIT 1',
    { id },
  )?.n;
}

/** SQL: the row numbers of the prompts whose ids, or former ones, the JSON bound to `name` lists. */
export const promptNumbers = (name: string): string =>
  `SELECT n FROM main.prompts WHERE id IN (SELECT value FROM json_each(:${name}))
   UNION SELECT prompt_n FROM main.prompt_aliases WHERE id IN (SELECT value FROM json_each(:${name}))`;

/** The row number of a rollout by its id or a second one. */
export function rolloutNumber(db: Connection, id: string): number | undefined {
  return db.get<{ n: number }>(
    'SELECT n FROM rollouts WHERE id = :id UNION ALL SELECT rollout_n FROM rollout_aliases WHERE id = :id LIMIT 1',
    { id },
  )?.n;
}

/** The row number of a run; throws when there is none of this id. */
export function runNumber(db: Connection, id: string): number {
  const row = db.get<{ n: number }>('SELECT n FROM runs WHERE id = ?', [id]);
  if (!row) throw new Error(`there is no run ${id} in this store`);
  return row.n;
}

/** The row number of an evaluation; throws when there is none of this id. */
export function evaluationNumber(db: Connection, id: string): number {
  const row = db.get<{ n: number }>('SELECT n FROM evaluations WHERE id = ?', [id]);
  if (!row) throw new Error(`there is no evaluation ${id} in this store`);
  return row.n;
}
