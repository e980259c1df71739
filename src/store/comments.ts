/** What people say of places of a rollout. Every comment, edit, resolving, reopening and deletion is a row; none is ever changed. */
import { randomUUID } from 'node:crypto';
import { commentFault, type CommentChange, type CommentValue } from '../domain/comment.ts';
import type { PlaceIn } from '../domain/text-change.ts';
import type { Connection } from './connection.ts';
import { needText } from './edited-text.ts';
import { laterThan } from './later-than.ts';
import { notGold } from './outcome-conditions.ts';
import { rolloutNumber } from './row-numbers.ts';
import type { CommentChangeRow, CommentRow } from './rows.ts';

interface ChangeRow {
  comment: string;
  annotator: string;
  at: string;
  change: CommentChangeRow['change'];
  value: string | null;
}

interface Target {
  n: number;
  completion: string;
}

export class Comments {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /**
   * Keeps what an annotator says of a place of a rollout and returns the comment's id; on the disk when this returns. Throws when it says nothing
   * or its place is not in the completion, which with `of` is the one in which it counts (`textHash`); nothing is written then.
   */
  add(rolloutId: string, annotator: string, value: CommentValue, of?: string): string {
    return this.#db.durable(() => {
      const target = this.#db.get<Target>('SELECT n, completion FROM rollouts WHERE id = ?', [rolloutId]);
      if (!target) throw new Error(`there is no rollout ${rolloutId} in this store`);
      if (value.text) needText(target.completion, of);
      const id = randomUUID();
      this.#write(target, id, annotator, 'add', value);
      return id;
    });
  }

  /** Says a comment of one's own anew; what it said before is kept. Throws when it is another's; `of` as for `add`. */
  edit(id: string, annotator: string, value: CommentValue, of?: string): void {
    this.#db.durable(() => {
      const target = this.#ownTarget(id, annotator, 'edit');
      if (value.text) needText(target.completion, of);
      this.#write(target, id, annotator, 'edit', value);
    });
  }

  /** Takes a comment of one's own out of what stands; the history keeps it. Throws when it is another's. */
  delete(id: string, annotator: string): void {
    this.#db.durable(() => {
      this.#write(this.#ownTarget(id, annotator, 'delete'), id, annotator, 'delete', null);
    });
  }

  /** Resolves a comment or opens it again, whoever wrote it; nothing when it is so already. */
  resolve(id: string, annotator: string, resolved: boolean): void {
    this.#db.durable(() => {
      const target = this.#target(id);
      const last = this.#db.get<{ change: string }>(
        "SELECT change FROM comment_changes WHERE comment = ? AND change IN ('resolve', 'reopen') ORDER BY at DESC, seq DESC LIMIT 1",
        [id],
      );
      if ((last?.change === 'resolve') !== resolved)
        this.#write(target, id, annotator, resolved ? 'resolve' : 'reopen', null);
    });
  }

  /**
   * Keeps changes made in another store that are not here yet; the latest in time stands, wherever it was made. Changes of a comment that
   * is on another rollout here, or was never added, are left out. Returns how many comments are new here.
   */
  adopt(rolloutId: string, changes: readonly CommentChangeRow[]): number {
    return this.#db.transaction(() => {
      const n = rolloutNumber(this.#db, rolloutId);
      if (n === undefined) throw new Error(`there is no rollout ${rolloutId} in this store`);
      let added = 0;
      const additionsFirst = [...changes].sort((a, b) => Number(b.change === 'add') - Number(a.change === 'add'));
      for (const { id, annotator, at, change, value } of additionsFirst) {
        const known = this.#db.all<{ rollout_n: number; at: string; change: string }>(
          'SELECT rollout_n, at, change FROM comment_changes WHERE comment = ?',
          [id],
        );
        const fits = known.every((row) => row.rollout_n === n) && known.length > 0 === (change !== 'add');
        if (!fits || known.some((row) => row.at === at && row.change === change)) continue;
        this.#insert([id, n, annotator, at, change, value && written(value)]);
        if (change === 'add') added += 1;
      }
      return added;
    });
  }

  /** As they stand, resolved ones too, oldest first. */
  of(rolloutId: string): CommentRow[] {
    const history = this.history(rolloutId);
    const added = history.filter(({ change }) => change === 'add');
    const comments = new Map(
      added.map(({ id, annotator, at, value }): [string, CommentRow] => [
        id,
        { id, annotator, at, ...value!, editedAt: null, resolved: null },
      ]),
    );
    for (const { id, annotator, at, change, value } of history) {
      const comment = comments.get(id)!;
      if (change === 'edit') Object.assign(comment, value, { editedAt: at });
      if (change === 'resolve') comment.resolved = { annotator, at };
      if (change === 'reopen') comment.resolved = null;
    }
    for (const { id, change } of history) if (change === 'delete') comments.delete(id);
    return [...comments.values()];
  }

  /** Every change, oldest first; of one moment additions first, as `adopt` keeps them, so that every store has the same order. */
  history(rolloutId: string): CommentChangeRow[] {
    return this.#db
      .all<ChangeRow>(
        `SELECT comment, annotator, at, change, value FROM comment_changes
         WHERE rollout_n = (SELECT n FROM rollouts WHERE id = ?) ORDER BY at, change <> 'add', seq`,
        [rolloutId],
      )
      .map(({ comment, value, ...row }) => ({
        id: comment,
        ...row,
        value: value === null ? null : (JSON.parse(value) as CommentValue),
      }));
  }

  /** The rollout of a comment that stands, and who wrote it. */
  #target(id: string): Target & { author: string } {
    const target = this.#db.get<Target & { author: string; deleted: number }>(
      `SELECT r.n, r.completion, c.annotator AS author, ${deletedOf('c.comment')} AS deleted
       FROM comment_changes c JOIN rollouts r ON r.n = c.rollout_n WHERE c.comment = ? AND c.change = 'add'`,
      [id],
    );
    if (!target) throw new Error(`there is no comment ${id} in this store`);
    if (target.deleted) throw new RangeError(`${target.author} has deleted this comment`);
    return target;
  }

  #ownTarget(id: string, annotator: string, change: 'edit' | 'delete'): Target {
    const target = this.#target(id);
    if (target.author !== annotator)
      throw new RangeError(`${annotator} cannot ${change} a comment of ${target.author}`);
    return target;
  }

  #write(
    { n, completion }: Target,
    id: string,
    annotator: string,
    change: CommentChangeRow['change'],
    value: CommentValue | null,
  ): void {
    if (annotator.trim() === '') throw new RangeError('an annotator needs a name');
    const fault = value && commentFault(completion, value);
    if (fault) throw new RangeError(fault);
    const { last } = this.#db.get<{ last: string | null }>(
      'SELECT max(at) AS last FROM comment_changes WHERE comment = ?',
      [id],
    )!;
    this.#insert([id, n, annotator, laterThan(last), change, value && written(value)]);
  }

  #insert(
    row: [id: string, n: number, annotator: string, at: string, change: CommentChange, value: string | null],
  ): void {
    const [id, n, annotator, at, change, value] = row;
    this.#db.note(n, {
      ...{ kind: 'comment', id, annotator, at, change },
      value: value === null ? null : (JSON.parse(value) as CommentValue),
    });
    this.#db.run(
      'INSERT INTO comment_changes (comment, rollout_n, annotator, at, change, value) VALUES (?, ?, ?, ?, ?, ?)',
      row,
    );
  }
}

function written({ body, text, video }: CommentValue): string {
  return JSON.stringify({
    body: body.trim(),
    text: text && { start: text.start, end: text.end },
    video: video && { start: video.start, end: video.end },
  });
}

/** Whose comment on a rollout is on a part of the text that is not where it was in a changed one; null when none is. */
export function stuckComment(db: Connection, n: number, place: PlaceIn): string | null {
  const said = db.all<{ annotator: string; start: number | null; end: number | null }>(
    `SELECT annotator, value ->> '$.text.start' AS start, value ->> '$.text.end' AS "end" FROM comment_changes
     WHERE rollout_n = ? AND value IS NOT NULL ORDER BY seq`,
    [n],
  );
  const moves = (offset: number | null): boolean => offset !== null && place(offset) !== offset;
  return said.find(({ start, end }) => moves(start) || moves(end))?.annotator ?? null;
}

/** SQL: the rollout of each open comment that is not gold’s, as `rollout_n`. */
export const commentedRollouts = `SELECT c.rollout_n FROM comment_changes c WHERE c.change = 'add' AND ${notGold('c.annotator')} AND 'resolve' IS NOT
  (SELECT d.change FROM comment_changes d WHERE d.comment = c.comment AND d.change IN ('resolve', 'reopen')
   ORDER BY d.at DESC, d.seq DESC LIMIT 1) AND NOT ${deletedOf('c.comment')}`;

/** SQL: the comment of this id was deleted. */
function deletedOf(comment: string): string {
  return `EXISTS (SELECT 1 FROM comment_changes x WHERE x.comment = ${comment} AND x.change = 'delete')`;
}
