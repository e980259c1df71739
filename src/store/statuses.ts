/** Where a rollout stands with each annotator, apart from the label; and flags, for everyone to see. Every change is kept. */
import type { Mark, ReasonedMark, Status } from '../domain/review.ts';
import type { Connection } from './connection.ts';
import { laterThan } from './later-than.ts';
import { marksOf } from './people.ts';
import { rolloutNumber } from './row-numbers.ts';
import type { RolloutMarks, StatusChange } from './rows.ts';

/** Reasons offered again. */
const recentReasons = 9;

export class Statuses {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /**
   * Says where a rollout stands with an annotator; on the disk when this returns. Throws when one without a label is submitted, or one is
   * skipped without a reason; nothing is changed then.
   */
  set(rolloutId: string, annotator: string, status: Status, reason = ''): void {
    this.#db.durable(() => {
      const n = this.#number(rolloutId, annotator);
      const because = status === 'skipped' ? reason.trim() : null;
      if (because === '') throw new RangeError('skipping needs a reason');
      if (status === 'submitted' && !this.#labelled(n, annotator))
        throw new RangeError(`rollout ${rolloutId} has no label of ${annotator} to submit: label it, or skip it`);
      const before = this.#db.get<{ status: Status; reason: string | null }>(
        'SELECT status, reason FROM statuses WHERE rollout_n = ? AND annotator = ?',
        [n, annotator],
      );
      if ((before?.status ?? 'open') === status && (before?.reason ?? null) === because) return;
      writeStatus(this.#db, n, annotator, status, because);
    });
  }

  /** Raises an annotator's own flag, which everyone sees, with a reason or without; or takes it down. */
  flag(rolloutId: string, annotator: string, raised: boolean, reason = ''): void {
    this.#db.durable(() => {
      const because = raised ? reason.trim() || null : null;
      writeFlag(this.#db, this.#number(rolloutId, annotator), annotator, raised, because);
    });
  }

  /** The same of several rollouts at once. Returns how many of them that changed. */
  flagAll(rolloutIds: readonly string[], annotator: string, raised: boolean): number {
    return this.#db.durable(
      () => rolloutIds.filter((id) => writeFlag(this.#db, this.#number(id, annotator), annotator, raised, null)).length,
    );
  }

  of(rolloutId: string): RolloutMarks {
    const n = rolloutNumber(this.#db, rolloutId) ?? 0;
    return marksOf(this.#db, [n])(n);
  }

  /** Every change of status and flag, oldest first. */
  history(rolloutId: string): StatusChange[] {
    return this.#db.all<StatusChange>(
      `SELECT annotator, at, change, reason FROM status_changes
       WHERE rollout_n = (SELECT n FROM rollouts WHERE id = ?) ORDER BY seq`,
      [rolloutId],
    );
  }

  /** Why this annotator skipped rollouts lately, or flagged some, the latest reason first. */
  reasons(annotator: string, change: ReasonedMark): string[] {
    return this.#db
      .all<{ reason: string }>(
        `SELECT reason FROM status_changes WHERE annotator = ? AND change = ? AND reason IS NOT NULL
         GROUP BY reason ORDER BY max(seq) DESC LIMIT ?`,
        [annotator, change, recentReasons],
      )
      .map(({ reason }) => reason);
  }

  #number(rolloutId: string, annotator: string): number {
    if (annotator.trim() === '') throw new RangeError('an annotator needs a name');
    const row = this.#db.get<{ n: number }>('SELECT n FROM rollouts WHERE id = ?', [rolloutId]);
    if (!row) throw new Error(`there is no rollout ${rolloutId} in this store`);
    return row.n;
  }

  #labelled(n: number, annotator: string): boolean {
    return this.#db.get('SELECT 1 FROM labels WHERE rollout_n = ? AND annotator = ?', [n, annotator]) !== undefined;
  }
}

/** Writes where a rollout stands with an annotator, and the change: made at `made` where a journal says when, else now. */
export function writeStatus(
  db: Connection,
  n: number,
  annotator: string,
  status: Status,
  reason: string | null,
  made?: string,
): void {
  const at = log(db, n, annotator, status, reason, made);
  if (status === 'open') db.run('DELETE FROM statuses WHERE rollout_n = ? AND annotator = ?', [n, annotator]);
  else
    db.run('INSERT OR REPLACE INTO statuses (rollout_n, annotator, status, reason, at) VALUES (?, ?, ?, ?, ?)', [
      ...[n, annotator, status, reason, at],
    ]);
}

/** The same of a flag; nothing, and false, where it is so already. */
export function writeFlag(
  db: Connection,
  n: number,
  annotator: string,
  raised: boolean,
  reason: string | null,
  made?: string,
): boolean {
  const key = [n, annotator];
  const { changes } = raised
    ? db.run('INSERT OR IGNORE INTO flags (rollout_n, annotator) VALUES (?, ?)', key)
    : db.run('DELETE FROM flags WHERE rollout_n = ? AND annotator = ?', key);
  if (changes > 0) log(db, n, annotator, raised ? 'flagged' : 'unflagged', reason, made);
  return changes > 0;
}

/** Returns the time it wrote. */
function log(
  db: Connection,
  n: number,
  annotator: string,
  change: Mark,
  reason: string | null,
  made: string | undefined,
): string {
  const last = db.get<{ at: string | null }>(
    'SELECT max(at) AS at FROM status_changes WHERE rollout_n = ? AND annotator = ?',
    [n, annotator],
  )!.at;
  const at = laterThan(last, made);
  db.note(n, { kind: 'status', annotator, at, change, reason });
  db.run('INSERT INTO status_changes (rollout_n, annotator, at, change, reason) VALUES (?, ?, ?, ?, ?)', [
    ...[n, annotator, at, change, reason],
  ]);
  return at;
}

/** SQL: that `:annotator` has not skipped the rollout of this row number. */
export function notSkipped(rolloutN: string): string {
  return `NOT EXISTS (SELECT 1 FROM statuses s
    WHERE s.rollout_n = ${rolloutN} AND s.annotator = :annotator AND s.status = 'skipped')`;
}
