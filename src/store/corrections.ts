/** What people write in place of completions, each annotator their own. Every change is a row; none is ever changed. Of what is not saved yet the last is kept. */
import { carriedBoundaries } from '../domain/corrected-phases.ts';
import { correctionFault, type CorrectionAction, type CorrectionState } from '../domain/correction.ts';
import { boundariesFault } from '../domain/phase.ts';
import type { Connection } from './connection.ts';
import { laterThan, nextOf } from './later-than.ts';
import type { Phases } from './phases.ts';
import { lastOf, played, stepped, type Played } from './played.ts';
import { rolloutNumber } from './row-numbers.ts';
import type { CorrectionRow } from './rows.ts';

/** A correction as it is stored. */
interface Value {
  /** Null where there is none any more. */
  text: string | null;
  /** JSON. */
  boundaries: string | null;
}

interface ChangeRow extends Value {
  action: CorrectionAction;
  at: string;
}

export class Corrections {
  readonly #db: Connection;
  readonly #phases: Phases;

  constructor(db: Connection, phases: Phases) {
    this.#db = db;
    this.#phases = phases;
  }

  /**
   * Keeps an annotator's text in place of a completion, or with null takes it back. Its `boundaries` are its own phases, or with null those of
   * the label; left out, its own go with the text as it changes. On the disk when this returns. Throws, and changes nothing, where the text
   * says nothing, or just what the completion does, or cannot be cut there.
   */
  set(
    rolloutId: string,
    annotator: string,
    text: string | null,
    boundaries?: readonly number[] | null,
  ): CorrectionState {
    return this.#db.durable(() => {
      const { n, completion } = this.#target(rolloutId, annotator);
      const count = this.#phases.get().length;
      const fault =
        text === null
          ? null
          : (correctionFault(completion, text) ?? (boundaries ? boundariesFault(text, boundaries, count) : null));
      if (fault !== null) throw new RangeError(`rollout ${rolloutId}: ${fault}`);
      const before = last(this.#db, n, annotator) ?? nothing;
      const own = text === null ? null : boundaries === undefined ? carried(before, text) : boundaries;
      const after = { text, boundaries: own && JSON.stringify(own) };
      if (after.text !== before.text || after.boundaries !== before.boundaries)
        writeCorrection(this.#db, n, annotator, 'set', after);
      if (text !== null && draftOf(this.#db, n, annotator).draft === text) writeDraft(this.#db, n, annotator, none);
      return this.#state(n, annotator);
    });
  }

  /** Keeps what an annotator writes before it is saved; none where that says just what is saved, or what the completion does. */
  draft(rolloutId: string, annotator: string, text: string): CorrectionState {
    return this.#db.durable(() => {
      const { n, completion } = this.#target(rolloutId, annotator);
      const draft = text === (last(this.#db, n, annotator)?.text ?? completion) ? null : text;
      if (draft !== draftOf(this.#db, n, annotator).draft)
        writeDraft(this.#db, n, annotator, { draft, discarded: null });
      return this.#state(n, annotator);
    });
  }

  /** Gives an annotator's draft up; it can be brought back until something else is written or saved. */
  discard(rolloutId: string, annotator: string): CorrectionState {
    return this.#db.durable(() => {
      const { n } = this.#target(rolloutId, annotator);
      const { draft } = draftOf(this.#db, n, annotator);
      if (draft !== null) writeDraft(this.#db, n, annotator, { draft: null, discarded: draft });
      return this.#state(n, annotator);
    });
  }

  /**
   * Takes the annotator's last change back; nothing with `seen`, when what they look at was saved, while another window has changed it
   * since.
   */
  undo(rolloutId: string, annotator: string, seen?: string | null): CorrectionState {
    return this.#step(rolloutId, annotator, 'undo', seen);
  }

  /** Makes the last change that was taken back again; `seen` as for `undo`. */
  redo(rolloutId: string, annotator: string, seen?: string | null): CorrectionState {
    return this.#step(rolloutId, annotator, 'redo', seen);
  }

  #step(rolloutId: string, annotator: string, action: 'undo' | 'redo', seen?: string | null): CorrectionState {
    return this.#db.durable(() => {
      const { n } = this.#target(rolloutId, annotator);
      return stepped(action, seen, {
        state: () => this.#state(n, annotator),
        played: () => this.#played(n, annotator),
        write: ({ before, ...after }) =>
          writeCorrection(this.#db, n, annotator, action, action === 'undo' ? before : after),
      });
    });
  }

  /** Keeps what a file has of an annotator, unless they have corrected the rollout here; returns whether it was kept. */
  adopt(rolloutId: string, { annotator, text, boundaries, savedAt }: Omit<CorrectionRow, 'rolloutId'>): boolean {
    return this.#db.transaction(() => {
      const { n, completion } = this.#target(rolloutId, annotator);
      const fault = correctionFault(completion, text);
      if (fault !== null) throw new RangeError(`rollout ${rolloutId}: correction of ${annotator}: ${fault}`);
      if (last(this.#db, n, annotator)) return false;
      const value = { text, boundaries: boundaries && JSON.stringify(boundaries) };
      writeCorrection(this.#db, n, annotator, 'set', value, savedAt);
      return true;
    });
  }

  /** An annotator's, and what undo and redo would do. */
  get(rolloutId: string, annotator: string): CorrectionState {
    return this.#state(this.#target(rolloutId, annotator).n, annotator);
  }

  /** Everybody's, by annotator. */
  of(rolloutId: string): CorrectionRow[] {
    return this.#db
      .all<Value & { annotator: string; at: string }>(
        `SELECT annotator, text, boundaries, at, max(seq) FROM correction_changes
         WHERE rollout_n = (SELECT n FROM rollouts WHERE id = ?) GROUP BY annotator ORDER BY annotator`,
        [rolloutId],
      )
      .flatMap(({ annotator, text, boundaries, at }) =>
        text === null ? [] : [{ rolloutId, annotator, text, boundaries: this.#own(boundaries), savedAt: at }],
      );
  }

  /** The rollouts that somebody ever corrected, in the order in which they came in. */
  corrected(): string[] {
    return this.#db
      .all<{ id: string }>(
        'SELECT id FROM rollouts WHERE n IN (SELECT DISTINCT rollout_n FROM correction_changes) ORDER BY n',
      )
      .map(({ id }) => id);
  }

  /** When the change was made that undo would take back, or taken back that redo would make again; null where there is none. */
  lastStep(rolloutId: string, annotator: string, action: 'undo' | 'redo'): string | null {
    return lastOf(this.#played(this.#target(rolloutId, annotator).n, annotator), action)?.at ?? null;
  }

  #target(rolloutId: string, annotator: string): { n: number; completion: string } {
    if (annotator.trim() === '') throw new RangeError('an annotator needs a name');
    const target = this.#db.get<{ n: number; completion: string }>('SELECT n, completion FROM rollouts WHERE n = ?', [
      rolloutNumber(this.#db, rolloutId) ?? null,
    ]);
    if (!target) throw new Error(`there is no rollout ${rolloutId} in this store`);
    return target;
  }

  /** Those of phases that the project has no more are none of its. */
  #own(json: string | null): number[] | null {
    const boundaries = json === null ? null : (JSON.parse(json) as number[]);
    return boundaries?.length === this.#phases.get().length - 1 ? boundaries : null;
  }

  #played(n: number, annotator: string): Played<ChangeRow & { before: Value }> {
    const rows = this.#db.all<ChangeRow>(
      'SELECT action, at, text, boundaries FROM correction_changes WHERE rollout_n = ? AND annotator = ? ORDER BY seq',
      [n, annotator],
    );
    return played(rows.map((row, i) => ({ ...row, before: rows[i - 1] ?? nothing })));
  }

  #state(n: number, annotator: string): CorrectionState {
    const { done, undone } = this.#played(n, annotator);
    const now = last(this.#db, n, annotator);
    return {
      text: now?.text ?? null,
      boundaries: this.#own(now?.boundaries ?? null),
      ...draftOf(this.#db, n, annotator),
      canUndo: done.length > 0,
      canRedo: undone.length > 0,
      savedAt: now?.at ?? null,
    };
  }
}

const nothing: Value = { text: null, boundaries: null };

/** Own phases of a correction in its next text. */
const carried = ({ text, boundaries }: Value, next: string): number[] | null =>
  text === null || boundaries === null
    ? null
    : carriedBoundaries(text, next, JSON.parse(boundaries) as number[]).boundaries;

const last = (db: Connection, n: number, annotator: string): (Value & { at: string }) | undefined =>
  db.get(
    'SELECT text, boundaries, at FROM correction_changes WHERE rollout_n = ? AND annotator = ? ORDER BY seq DESC LIMIT 1',
    [...[n, annotator]],
  );

type Draft = Pick<CorrectionState, 'draft' | 'discarded'>;
const none: Draft = { draft: null, discarded: null };

const draftOf = (db: Connection, n: number, annotator: string): Draft =>
  db.get<Draft>('SELECT draft, discarded FROM correction_drafts WHERE rollout_n = ? AND annotator = ?', [
    ...[n, annotator],
  ]) ?? none;

/** Writes what an annotator has in draft from now on: written at `made` where a journal says when, else now. */
export function writeDraft(
  db: Connection,
  n: number,
  annotator: string,
  { draft, discarded }: Draft,
  made?: string,
): void {
  const isTheirs = 'WHERE rollout_n = ? AND annotator = ?';
  const before = db.get<{ at: string }>(`SELECT at FROM correction_drafts ${isTheirs}`, [n, annotator]);
  const at = laterThan(before?.at ?? null, made);
  db.note(n, { kind: 'draft', annotator, at, draft, discarded });
  db.run(`DELETE FROM correction_drafts ${isTheirs}`, [n, annotator]);
  db.run('INSERT INTO correction_drafts (rollout_n, annotator, at, draft, discarded) VALUES (?, ?, ?, ?, ?)', [
    ...[n, annotator, at, draft, discarded],
  ]);
}

/** Writes an annotator's correction from now on: written at `made` where a journal or a file says when, else now. */
export function writeCorrection(
  db: Connection,
  n: number,
  annotator: string,
  action: CorrectionAction,
  { text, boundaries }: Value,
  made?: string,
): void {
  const at = made === undefined ? nextOf(db, n, annotator) : laterThan(last(db, n, annotator)?.at ?? null, made);
  const own = boundaries === null ? null : (JSON.parse(boundaries) as number[]);
  db.note(n, { kind: 'correction', annotator, at, action, corrected: text, boundaries: own });
  db.run(
    'INSERT INTO correction_changes (rollout_n, annotator, at, action, text, boundaries) VALUES (?, ?, ?, ?, ?, ?)',
    [n, annotator, at, action, text, boundaries],
  );
}
