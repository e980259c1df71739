/** Labels: one a rollout and annotator, with every edit, undo and redo kept as a revision. */
import {
  boundariesFault,
  groundingFault,
  ungrounded,
  type Label,
  type LabelState,
  type NewLabel,
  type RevisionAction,
} from '../domain/phase.ts';
import { goldNameOf } from '../domain/gold.ts';
import { isProgram } from '../domain/weight-source.ts';
import { toInt32 } from './blob.ts';
import type { Connection } from './connection.ts';
import { needText } from './edited-text.ts';
import { hasGold } from './gold.ts';
import { laterThan, nextOf } from './later-than.ts';
import { labelledCondition } from './outcome-conditions.ts';
import type { Phases } from './phases.ts';
import { lastOf, played, stepped, type Played } from './played.ts';
import { rolloutNumber } from './row-numbers.ts';
import type { LabelRow, LabelledCompletion, Revision } from './rows.ts';
import { notSkipped } from './statuses.ts';

interface Target {
  n: number;
  completion: string;
}

interface RevisionRow {
  seq: number;
  action: RevisionAction;
  at: string;
  before: string | null;
  after: string | null;
}

export class Labels {
  readonly #db: Connection;
  readonly #phases: Phases;

  constructor(db: Connection, phases: Phases) {
    this.#db = db;
    this.#phases = phases;
  }

  /**
   * Writes a label and one revision; both are on the disk when this returns. Throws when it cannot cut the completion, which with `of` is the
   * one in which its boundaries count (`textHash`), or there is no such rollout.
   */
  set(label: NewLabel, of?: string): LabelState {
    return this.#db.durable(() => {
      const { annotator } = label;
      const { n, completion } = this.#target(label.rolloutId, annotator);
      needText(completion, of, label.rolloutId);
      const before = currentLabel(this.#db, n, annotator);
      const after = this.#checked(label, completion, before);
      if (after !== before) writeLabel(this.#db, n, annotator, 'set', before, after);
      return this.#state(n, annotator);
    });
  }

  /**
   * Takes the annotator's last edit back. With `seen`, when the label that they look at was saved, it changes nothing while theirs is
   * another one: an edit of another window is not undone before it was seen.
   */
  undo(rolloutId: string, annotator: string, seen?: string | null): LabelState {
    return this.#step(rolloutId, annotator, 'undo', seen);
  }

  /** Makes the last edit that was taken back again; `seen` as for `undo`. */
  redo(rolloutId: string, annotator: string, seen?: string | null): LabelState {
    return this.#step(rolloutId, annotator, 'redo', seen);
  }

  #step(rolloutId: string, annotator: string, action: 'undo' | 'redo', seen?: string | null): LabelState {
    return this.#db.durable(() => {
      const { n } = this.#target(rolloutId, annotator);
      return stepped(action, seen, {
        state: () => this.#state(n, annotator),
        played: () => this.#edits(n, annotator),
        write: (edit) => {
          const [before, after] = action === 'undo' ? [edit.after, edit.before] : [edit.before, edit.after];
          writeLabel(this.#db, n, annotator, action, before, after);
        },
      });
    });
  }

  /** Keeps an imported label, unless this annotator has been here already; returns whether it was kept. */
  adopt(label: NewLabel): boolean {
    return this.#db.transaction(() => {
      const { annotator } = label;
      const { n, completion } = this.#target(label.rolloutId, annotator);
      const value = this.#checked(label, completion, null);
      const known = this.#db.get('SELECT 1 FROM revisions WHERE rollout_n = ? AND annotator = ?', [n, annotator]);
      if (!known) writeLabel(this.#db, n, annotator, 'set', null, value);
      return !known;
    });
  }

  /** An annotator's label, and what undo and redo would do. */
  get(rolloutId: string, annotator: string): LabelState {
    return this.#state(this.#target(rolloutId, annotator).n, annotator);
  }

  /** When the edit was made that undo would take back, or taken back that redo would make again; null where there is none. */
  lastStep(rolloutId: string, annotator: string, action: 'undo' | 'redo'): string | null {
    return lastOf(this.#edits(this.#target(rolloutId, annotator).n, annotator), action)?.at ?? null;
  }

  /** Everybody's, by annotator. */
  of(rolloutId: string): LabelRow[] {
    return this.#db
      .all<{ annotator: string; value: string; saved_at: string }>(
        `SELECT annotator, value, saved_at FROM labels
         WHERE rollout_n = (SELECT n FROM rollouts WHERE id = ?) ORDER BY annotator`,
        [rolloutId],
      )
      .map(({ annotator, value, saved_at }) => ({ rolloutId, annotator, ...valueOf(value), savedAt: saved_at }));
  }

  /** Every revision, oldest first. */
  history(rolloutId: string): Revision[] {
    return this.#db
      .all<RevisionRow & { annotator: string }>(
        `SELECT seq, annotator, at, action, before, after FROM revisions
         WHERE rollout_n = (SELECT n FROM rollouts WHERE id = ?) ORDER BY seq`,
        [rolloutId],
      )
      .map(({ before, after, ...row }) => ({
        ...row,
        rolloutId,
        before: before === null ? null : valueOf(before),
        after: after === null ? null : valueOf(after),
      }));
  }

  /** Number of the newest edit of any label, 0 before the first: labels are the same while it is. */
  latestRevision(): number {
    return this.#db.get<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM revisions')!.seq;
  }

  /**
   * The next rollout that this annotator has neither labelled nor skipped, in the tree's order (dataset, prompt, group) after `after`, wrapping
   * once; null when there is none. Those with a gold label are passed over where they come `apart`.
   */
  nextUnlabelled(annotator: string, after: string | null, apart = false): string | null {
    const from =
      after === null
        ? undefined
        : this.#db.get<{ dataset: string; prompt_n: number; group_n: number; n: number }>(
            `SELECT p.dataset, r.prompt_n, r.group_n, r.n FROM rollouts r JOIN prompts p ON p.n = r.prompt_n
             WHERE r.id = ?`,
            [after],
          );
    const open = `NOT EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n AND l.annotator = :annotator)
      AND ${notSkipped('r.n')}${apart ? ` AND NOT ${hasGold}` : ''}`;
    const who = { annotator, ...(apart && { goldName: goldNameOf(annotator) }) };
    const inPrompt = (): { id: string } | undefined =>
      from &&
      this.#db.get(
        `SELECT r.id FROM rollouts r WHERE r.prompt_n = :prompt AND (r.group_n, r.n) > (:group, :n) AND ${open}
         ORDER BY r.group_n, r.n LIMIT 1`,
        { prompt: from.prompt_n, group: from.group_n, n: from.n, ...who },
      );
    const inPromptsAfter = (dataset: string, prompt: number): { id: string } | undefined =>
      this.#db.get(
        `SELECT r.id FROM prompts p CROSS JOIN rollouts r ON r.prompt_n = p.n
         WHERE (p.dataset, p.n) > (:dataset, :prompt) AND ${open} ORDER BY p.dataset, p.n, r.group_n, r.n LIMIT 1`,
        { dataset, prompt, ...who },
      );
    const next = inPrompt() ?? (from && inPromptsAfter(from.dataset, from.prompt_n)) ?? inPromptsAfter('', -1);
    return next?.id ?? null;
  }

  /** What people have labelled, oldest label first; with `annotator`, one of them. Labels of another phase schema are left out. */
  texts(annotator?: string): LabelledCompletion[] {
    return this.#db
      .all<Omit<LabelledCompletion, 'boundaries' | 'tokens'> & { boundaries: string; offsets: Buffer | null }>(
        `SELECT r.id AS rolloutId, p.id AS promptId, r.completion, r.token_offsets AS offsets, l.annotator, l.boundaries,
           l.value ->> '$.origin.source' AS takenFrom
         FROM labels l JOIN rollouts r ON r.n = l.rollout_n JOIN prompts p ON p.n = r.prompt_n
         WHERE json_array_length(l.boundaries) = :boundaries AND (:annotator IS NULL OR l.annotator = :annotator)
         ORDER BY l.saved_at, l.rollout_n, l.annotator`,
        { boundaries: this.#phases.get().length - 1, annotator: annotator ?? null },
      )
      .filter((row) => !isProgram(row.annotator))
      .map(({ boundaries, offsets, ...row }) => {
        const starts = toInt32(offsets);
        return { ...row, boundaries: JSON.parse(boundaries) as number[], tokens: starts && { offsets: starts } };
      });
  }

  #target(rolloutId: string, annotator: string): Target {
    if (annotator.trim() === '') throw new RangeError('an annotator needs a name');
    const target = this.#db.get<Target>('SELECT n, completion FROM rollouts WHERE n = ?', [
      rolloutNumber(this.#db, rolloutId) ?? null,
    ]);
    if (!target) throw new Error(`there is no rollout ${rolloutId} in this store`);
    return target;
  }

  /** An edit's value as it is stored, with what `before` has and the edit does not speak of. Throws when the completion cannot have it. */
  #checked({ rolloutId, boundaries, grounding, origin }: NewLabel, completion: string, before: string | null): string {
    const count = this.#phases.get().length;
    const kept = before === null ? null : valueOf(before);
    const grounded = grounding ?? kept?.grounding ?? ungrounded(count);
    const fault = boundariesFault(completion, boundaries, count) ?? groundingFault(grounded, count);
    if (fault !== null) throw new RangeError(`rollout ${rolloutId}: ${fault}`);
    return written({ boundaries, grounding: grounded, origin: origin ?? kept?.origin });
  }

  /** The edits that stand and those taken back, newest last, by playing the revisions through. */
  #edits(n: number, annotator: string): Played<RevisionRow> {
    return played(
      this.#db.all<RevisionRow>(
        'SELECT seq, action, at, before, after FROM revisions WHERE rollout_n = ? AND annotator = ? ORDER BY seq',
        [n, annotator],
      ),
    );
  }

  #state(n: number, annotator: string): LabelState {
    const { done, undone } = this.#edits(n, annotator);
    const label = this.#db.get<{ value: string; saved_at: string }>(
      'SELECT value, saved_at FROM labels WHERE rollout_n = ? AND annotator = ?',
      [n, annotator],
    );
    return {
      ...(label ? valueOf(label.value) : { boundaries: null, grounding: ungrounded(this.#phases.get().length) }),
      canUndo: done.length > 0,
      canRedo: undone.length > 0,
      savedAt: label?.saved_at ?? null,
    };
  }
}

/** A label as it is stored; null when the annotator has none. */
export function currentLabel(db: Connection, n: number, annotator: string): string | null {
  return (
    db.get<{ value: string }>('SELECT value FROM labels WHERE rollout_n = ? AND annotator = ?', [n, annotator])
      ?.value ?? null
  );
}

/** Writes a label, or with null removes it, and the revision that says so: made at `at` where a journal says when, else now. */
export function writeLabel(
  db: Connection,
  n: number,
  annotator: string,
  action: RevisionAction,
  before: string | null,
  after: string | null,
  made?: string,
): void {
  const last = (): string | null =>
    db.get<{ at: string | null }>('SELECT max(at) AS at FROM revisions WHERE rollout_n = ? AND annotator = ?', [
      ...[n, annotator],
    ])!.at;
  const at = made === undefined ? nextOf(db, n, annotator) : laterThan(last(), made);
  db.note(n, { kind: 'label', annotator, at, action, label: after === null ? null : (JSON.parse(after) as Label) });
  db.run('INSERT INTO revisions (rollout_n, annotator, at, action, before, after) VALUES (?, ?, ?, ?, ?, ?)', [
    n,
    annotator,
    at,
    action,
    before,
    after,
  ]);
  if (after === null) db.run('DELETE FROM labels WHERE rollout_n = ? AND annotator = ?', [n, annotator]);
  else
    db.run('INSERT OR REPLACE INTO labels (rollout_n, annotator, value, saved_at) VALUES (?, ?, ?, ?)', [
      n,
      annotator,
      after,
      at,
    ]);
  if ((before === null) !== (after === null)) countLabelled(db, n);
}

/** Brings the count of labelled rollouts of a rollout's group up to date. */
function countLabelled(db: Connection, n: number): void {
  db.run(
    `UPDATE groups SET labelled = (SELECT count(*) FROM rollouts r WHERE r.group_n = groups.n AND ${labelledCondition})
     WHERE n = (SELECT group_n FROM rollouts WHERE n = ?)`,
    [n],
  );
}

/** A value as it is stored. */
export function written({ boundaries, grounding, origin }: Label): string {
  return JSON.stringify({ boundaries, ...(grounding.some((span) => span !== null) && { grounding }), origin });
}

/** A stored value; one without grounding is stored without it. */
export function valueOf(json: string): Label {
  const value = JSON.parse(json) as Pick<Label, 'boundaries'> & Partial<Label>;
  return { grounding: ungrounded(value.boundaries.length + 1), ...value };
}
