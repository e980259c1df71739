/** What people did with rollouts, read of many at once: asked of each by itself, it took longer than all else of a page. */
import { commentedRollouts } from './comments.ts';
import type { Connection } from './connection.ts';
import type { RolloutMarks, RolloutSummary } from './rows.ts';

export type People = RolloutMarks & Pick<RolloutSummary, 'labelledBy' | 'openComments'>;

/** Of rollouts by their row numbers. */
export type Told<What> = (n: number) => What;

type Row<What> = What & { rollout_n: number };

/**
 * SQL that `rollout_n` is one of these numbers, and what it binds. Where they lie close together it is that of all between them, too: one look
 * where nobody did anything, which is mostly so.
 */
function among(numbers: readonly number[]): { isAmong: string; values: Record<string, number | string> } {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return most - least < 10 * numbers.length
    ? { isAmong: 'rollout_n BETWEEN :least AND :most', values: { least, most } }
    : {
        isAmong: 'rollout_n IN (SELECT value FROM json_each(:numbers))',
        values: { numbers: JSON.stringify(numbers) },
      };
}

/** What people did with these rollouts. */
export function peopleOf(db: Connection, numbers: readonly number[]): Told<People> {
  const marks = marksOf(db, numbers);
  const { isAmong, values } = among(numbers);
  const labelled = byRollout(
    db.all<Row<{ annotator: string }>>(
      `SELECT rollout_n, annotator FROM labels WHERE ${isAmong} ORDER BY rollout_n, annotator`,
      values,
    ),
  );
  const commented = byRollout(
    db.all<Row<unknown>>(`SELECT rollout_n FROM (${commentedRollouts}) WHERE ${isAmong}`, values),
  );
  return (n) => ({
    labelledBy: labelled(n).map(({ annotator }) => annotator),
    ...marks(n),
    openComments: commented(n).length,
  });
}

/** What of it stands apart from labels and comments. */
export function marksOf(db: Connection, numbers: readonly number[]): Told<RolloutMarks> {
  const { isAmong, values } = among(numbers);
  const statuses = byRollout(
    db.all<Row<RolloutMarks['statuses'][number]>>(
      `SELECT rollout_n, annotator, status, reason, at FROM statuses WHERE ${isAmong} ORDER BY rollout_n, annotator`,
      values,
    ),
  );
  const flags = byRollout(
    db.all<Row<{ annotator: string }>>(
      `SELECT rollout_n, annotator FROM flags WHERE ${isAmong} ORDER BY rollout_n, annotator`,
      values,
    ),
  );
  const tags = byRollout(
    db.all<Row<RolloutMarks['tags'][number]>>(
      `SELECT rollout_n, annotator, tag FROM tags WHERE ${isAmong} ORDER BY rollout_n, tag, annotator`,
      values,
    ),
  );
  return (n) => ({
    statuses: statuses(n).map(({ annotator, status, reason, at }) => ({ annotator, status, reason, at })),
    flaggedBy: flags(n).map(({ annotator }) => annotator),
    tags: tags(n).map(({ annotator, tag }) => ({ annotator, tag })),
  });
}

function byRollout<Rows extends { rollout_n: number }>(rows: readonly Rows[]): Told<readonly Rows[]> {
  const grouped = Map.groupBy(rows, ({ rollout_n }) => rollout_n);
  return (n) => grouped.get(n) ?? [];
}
