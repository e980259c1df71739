/** Tags that people put on rollouts. Every change is kept. */
import { tagOf, type TagChange } from '../domain/tag.ts';
import type { Connection } from './connection.ts';
import { laterThan } from './later-than.ts';
import { notGold } from './outcome-conditions.ts';
import { rolloutNumber } from './row-numbers.ts';
import type { TagRow } from './rows.ts';

/** Tags that are offered again. */
const mostKnown = 200;

export class Tags {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Puts a tag of an annotator's own on rollouts, or takes it off; on the disk when this returns. Returns how many of them that changed. */
  set(rolloutIds: readonly string[], annotator: string, text: string, on: boolean): number {
    const tag = tagOf(text);
    return this.#db.durable(
      () => rolloutIds.filter((id) => writeTag(this.#db, this.#number(id, annotator), annotator, tag, on)).length,
    );
  }

  /** Puts tags that came from a file on a rollout, each unless its annotator has put it there, or taken it off, before. Returns how many. */
  adopt(rolloutId: string, tags: readonly TagRow[]): number {
    return this.#db.transaction(
      () =>
        tags.filter(({ annotator, tag: text }) => {
          const [n, tag] = [this.#number(rolloutId, annotator), tagOf(text)];
          const known = this.#db.get(
            'SELECT 1 FROM tag_changes WHERE rollout_n = ? AND annotator = ? AND tag = ? LIMIT 1',
            [n, annotator, tag],
          );
          return !known && writeTag(this.#db, n, annotator, tag, true);
        }).length,
    );
  }

  /** Of a rollout, by tag and annotator. */
  of(rolloutId: string): TagRow[] {
    return this.#db.all('SELECT annotator, tag FROM tags WHERE rollout_n = ? ORDER BY tag, annotator', [
      rolloutNumber(this.#db, rolloutId) ?? null,
    ]);
  }

  /** Those that are on some rollout, or on one by this annotator, the most frequent first. */
  known(annotator: string | null = null): string[] {
    return this.#db
      .lists<[tag: string]>(
        `SELECT tag FROM tags WHERE :annotator IS NULL OR annotator = :annotator
         GROUP BY tag ORDER BY count(*) DESC, tag LIMIT :limit`,
        { annotator, limit: mostKnown },
      )
      .map(([tag]) => tag);
  }

  /** Every change, oldest first. */
  history(rolloutId: string): (TagRow & { at: string; change: TagChange })[] {
    return this.#db.all(
      'SELECT annotator, at, change, tag FROM tag_changes WHERE rollout_n = (SELECT n FROM rollouts WHERE id = ?) ORDER BY seq',
      [rolloutId],
    );
  }

  #number(rolloutId: string, annotator: string): number {
    if (annotator.trim() === '') throw new RangeError('an annotator needs a name');
    const n = rolloutNumber(this.#db, rolloutId);
    if (n === undefined) throw new Error(`there is no rollout ${rolloutId} in this store`);
    return n;
  }
}

/** Puts a tag on the rollout in row `n` or takes it off, at `made` where a journal says when, else now; nothing, and false, where it is so already. */
export function writeTag(
  db: Connection,
  n: number,
  annotator: string,
  tag: string,
  on: boolean,
  made?: string,
): boolean {
  const key = [n, annotator, tag];
  const { changes } = on
    ? db.run('INSERT OR IGNORE INTO tags (rollout_n, annotator, tag) VALUES (?, ?, ?)', key)
    : db.run('DELETE FROM tags WHERE rollout_n = ? AND annotator = ? AND tag = ?', key);
  if (changes === 0) return false;
  const last = db.get<{ at: string | null }>(
    'SELECT max(at) AS at FROM tag_changes WHERE rollout_n = ? AND annotator = ? AND tag = ?',
    key,
  )!.at;
  const at = laterThan(last, made);
  const change = on ? 'tagged' : 'untagged';
  db.note(n, { kind: 'tag', annotator, at, change, tag });
  db.run('INSERT INTO tag_changes (rollout_n, annotator, tag, at, change) VALUES (?, ?, ?, ?, ?)', [
    ...[n, annotator, tag, at, change],
  ]);
  return true;
}

/**
 * SQL: the tags `x` of rollout `r` that are not gold's. Where `blindFor` is bound to an annotator whose first pass is blind, those of others wait for that one's label.
 */
export function tagsOfRollout(blindFor: string | null): string {
  const seen = `(x.annotator = ${blindFor} OR ${notGold('x.annotator')} AND EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n AND l.annotator = ${blindFor}))`;
  return `tags x WHERE x.rollout_n = r.n AND ${blindFor === null ? notGold('x.annotator') : seen}`;
}
