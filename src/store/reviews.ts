/** What reviewers said of others' labels, apart from what annotators did. Nothing here is ever changed: the latest word stands. */
import type { Label } from '../domain/phase.ts';
import { reviewVerdicts, type ReviewVerdict } from '../domain/review.ts';
import type { Connection } from './connection.ts';
import { laterThan } from './later-than.ts';
import type { LabelReviewRow } from './rows.ts';

export class Reviews {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Keeps what a reviewer says of an annotator's label. Throws when there is no such label, or it is the reviewer's own. */
  add(rolloutId: string, annotator: string, reviewer: string, verdict: ReviewVerdict): void {
    if (!reviewVerdicts.includes(verdict))
      throw new RangeError(`a label is ${reviewVerdicts.join(' or ')}, not ${verdict}`);
    if (reviewer.trim() === '') throw new RangeError('a reviewer needs a name');
    if (reviewer === annotator) throw new RangeError(`${reviewer} cannot review a label of their own`);
    this.#db.durable(() => {
      const label = this.#db.get<{ n: number; value: string }>(
        `SELECT l.rollout_n AS n, l.value FROM labels l JOIN rollouts r ON r.n = l.rollout_n
         WHERE r.id = ? AND l.annotator = ?`,
        [rolloutId, annotator],
      );
      if (!label) throw new Error(`rollout ${rolloutId} has no label of ${annotator}`);
      addReview(this.#db, label.n, { annotator, reviewer, verdict }, label.value);
    });
  }

  /** Each reviewer's last word on each label of a rollout. */
  of(rolloutId: string): LabelReviewRow[] {
    return this.#db
      .all<Omit<LabelReviewRow, 'stale'> & { stale: number }>(
        `SELECT v.annotator, v.reviewer, v.verdict, v.at, l.value IS NOT v.value AS stale, max(v.seq) AS seq
         FROM reviews v LEFT JOIN labels l ON l.rollout_n = v.rollout_n AND l.annotator = v.annotator
         WHERE v.rollout_n = (SELECT n FROM rollouts WHERE id = ?)
         GROUP BY v.annotator, v.reviewer ORDER BY v.annotator, seq`,
        [rolloutId],
      )
      .map(({ annotator, reviewer, verdict, at, stale }) => ({ annotator, reviewer, verdict, at, stale: stale === 1 }));
  }
}

/** Writes what a reviewer says of a label whose value is `value`: said at `made` where a journal says when, else now. */
export function addReview(
  db: Connection,
  n: number,
  { annotator, reviewer, verdict }: Pick<LabelReviewRow, 'annotator' | 'reviewer' | 'verdict'>,
  value: string,
  made?: string,
): void {
  const last = db.get<{ at: string | null }>(
    'SELECT max(at) AS at FROM reviews WHERE rollout_n = ? AND annotator = ? AND reviewer = ?',
    [n, annotator, reviewer],
  )!.at;
  const at = laterThan(last, made);
  db.note(n, { kind: 'review', annotator, reviewer, verdict, at, label: JSON.parse(value) as Label });
  db.run('INSERT INTO reviews (rollout_n, annotator, reviewer, verdict, value, at) VALUES (?, ?, ?, ?, ?, ?)', [
    ...[n, annotator, reviewer, verdict, value, at],
  ]);
}
