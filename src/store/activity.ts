/** All that people did to rollouts: edits of labels, reviews of them, judgements of steps, preferences, corrections, comments, and changes of status, flag and tags. */
import type { CommentChange } from '../domain/comment.ts';
import type { CorrectionAction } from '../domain/correction.ts';
import type { JudgementAction, StepJudgement } from '../domain/judgement.ts';
import type { Label, RevisionAction } from '../domain/phase.ts';
import type { PairVerdict, PreferenceAction } from '../domain/preference.ts';
import type { Mark, ReviewVerdict } from '../domain/review.ts';
import type { TagChange } from '../domain/tag.ts';
import type { Connection } from './connection.ts';
import { valueOf } from './labels.ts';
import { notGold } from './outcome-conditions.ts';
import type { Activity } from './rows.ts';

interface Row {
  kind: Activity['kind'];
  seq: number;
  at: string;
  who: string;
  whose: string;
  what: string;
  before: string | null;
  after: string | null;
  /** Why it was skipped, what the comment says, the tag, what the rollout is against another, or that a correction is gone. */
  words: string | null;
  outdated: number;
}

/**
 * Newest first, of one moment what comes after the other last. A label from before its annotator's last 'move' or 'carry' is of the
 * phases, or of the text, that there were then.
 */
const query = `
WITH moves AS (
  SELECT annotator, max(at) AS at FROM revisions WHERE rollout_n = :n AND action IN ('move', 'carry') GROUP BY annotator
), done AS (
  SELECT 'label' AS kind, seq, at, annotator AS who, annotator AS whose, action AS what, before, after, NULL AS words
    FROM revisions WHERE rollout_n = :n
  UNION ALL
  SELECT 'review', seq, at, reviewer, annotator, verdict, NULL, value, NULL FROM reviews WHERE rollout_n = :n
  UNION ALL
  SELECT 'status', seq, at, annotator, annotator, change, NULL, NULL, reason FROM status_changes WHERE rollout_n = :n
  UNION ALL
  SELECT 'tag', seq, at, annotator, annotator, change, NULL, NULL, tag FROM tag_changes WHERE rollout_n = :n
  UNION ALL
  SELECT 'judgement', seq, at, annotator, annotator, action,
      coalesce(lag(steps) OVER (PARTITION BY annotator ORDER BY seq), '[]'), steps, NULL
    FROM judgement_changes WHERE rollout_n = :n
  UNION ALL
  SELECT 'preference', seq, at, annotator, annotator, action, NULL, NULL, verdict
    FROM preference_changes WHERE rollout_n = :n
  UNION ALL
  SELECT 'preference', seq, at, annotator, annotator, action, NULL, NULL,
      CASE verdict WHEN 'better' THEN 'worse' WHEN 'worse' THEN 'better' ELSE verdict END
    FROM preference_changes WHERE other_n = :n
  UNION ALL
  SELECT 'correction', seq, at, annotator, annotator, action, NULL, NULL, iif(text IS NULL, 'gone', NULL)
    FROM correction_changes WHERE rollout_n = :n
  UNION ALL
  SELECT 'comment', c.seq, c.at, c.annotator, a.annotator, c.change, NULL, NULL, (
      SELECT d.value ->> 'body' FROM comment_changes d
      WHERE d.comment = c.comment AND d.value IS NOT NULL AND d.seq <= c.seq ORDER BY d.seq DESC LIMIT 1
    ) FROM comment_changes c JOIN comment_changes a ON a.comment = c.comment AND a.change = 'add' WHERE c.rollout_n = :n
)
SELECT done.*, coalesce(done.at < moves.at, 0) AS outdated FROM done LEFT JOIN moves ON moves.annotator = done.whose
WHERE (:by IS NULL OR (done.who = :by AND done.whose = :by))
  AND (:except IS NULL OR done.who = :except OR (${notGold('done.who')} AND ${notGold('done.whose')})) ORDER BY done.at DESC, done.kind DESC, done.seq DESC LIMIT :limit`;

export class Activities {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /**
   * The last `limit` things that people did to a rollout, or one of them to what is their own, newest first; where gold is hidden from somebody,
   * without what others did to it or as it.
   */
  of(rolloutId: string, limit: number, by: string | null = null, goldHiddenFrom: string | null = null): Activity[] {
    const rollout = this.#db.get<{ n: number }>('SELECT n FROM rollouts WHERE id = ?', [rolloutId]);
    if (!rollout) throw new Error(`there is no rollout ${rolloutId} in this store`);
    return this.#db.all<Row>(query, { n: rollout.n, by, except: goldHiddenFrom, limit }).map(activityOf);
  }

  /** Rises with everything that anybody does to any rollout: edits, reviews, judgements, preferences, corrections, comments, changes of status, flag and tags. */
  latest(): number {
    return this.#db.get<{ changes: number }>(
      `SELECT (SELECT coalesce(max(seq), 0) FROM revisions) + (SELECT coalesce(max(seq), 0) FROM reviews)
         + (SELECT coalesce(max(seq), 0) FROM status_changes) + (SELECT coalesce(max(seq), 0) FROM comment_changes)
         + (SELECT coalesce(max(seq), 0) FROM tag_changes)
         + (SELECT coalesce(max(seq), 0) FROM judgement_changes)
         + (SELECT coalesce(max(seq), 0) FROM preference_changes)
         + (SELECT coalesce(max(seq), 0) FROM correction_changes)
         AS changes`,
    )!.changes;
  }
}

function activityOf({ kind, seq, at, who, whose, what, before, after, words, outdated }: Row): Activity {
  const done = { seq, at, who };
  const label = (json: string | null): Label | null => (json === null ? null : valueOf(json));
  switch (kind) {
    case 'label': {
      const action = what as RevisionAction;
      return { ...done, kind, action, before: label(before), after: label(after), outdated: outdated === 1 };
    }
    case 'review': {
      const verdict = what as ReviewVerdict;
      return { ...done, kind, whose, verdict, after: label(after), outdated: outdated === 1 };
    }
    case 'judgement': {
      const [from, to] = [before, after].map((json) => JSON.parse(json!) as StepJudgement[]);
      return { ...done, kind, action: what as JudgementAction, before: from, after: to };
    }
    case 'preference':
      return { ...done, kind, action: what as PreferenceAction, verdict: words as PairVerdict | null };
    case 'correction':
      return { ...done, kind, action: what as CorrectionAction, gone: words !== null };
    case 'status':
      return { ...done, kind, change: what as Mark, reason: words };
    case 'tag':
      return { ...done, kind, change: what as TagChange, tag: words! };
    case 'comment':
      return { ...done, kind, whose, change: what as CommentChange, body: words! };
  }
}
