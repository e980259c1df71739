/** People's edits as the journal has them: read out of a store, and brought back into one. */
import { commentChangeFault } from '../domain/comment.ts';
import { textHash, type Edit, type RolloutEdit } from '../domain/edit.ts';
import { correctionFault } from '../domain/correction.ts';
import { errorText } from '../domain/error-text.ts';
import { boundariesFault, groundingFault, ungrounded } from '../domain/phase.ts';
import { fromOther, type PairVerdict } from '../domain/preference.ts';
import { tagOf } from '../domain/tag.ts';
import type { Comments } from './comments.ts';
import { stepsFault } from '../domain/judgement.ts';
import type { Connection } from './connection.ts';
import { writeCorrection, writeDraft } from './corrections.ts';
import { lastErrorTypes, type ErrorTypes } from './error-types.ts';
import { isStoreFailure } from './failure.ts';
import { isNote, lastEdit, readJournal } from './journal.ts';
import { writeSteps, written as writtenSteps } from './judgements.ts';
import { currentLabel, writeLabel, written } from './labels.ts';
import type { Phases } from './phases.ts';
import { oriented, otherOf, pairFault, writePreference } from './preferences.ts';
import { addReview } from './reviews.ts';
import { rolloutNumber } from './row-numbers.ts';
import { writeFlag, writeStatus } from './statuses.ts';
import { writeTag } from './tags.ts';

/** How far a clock may be ahead, in ms: an edit of later than that would keep every later one out. */
const aheadMs = 86_400_000;

export class Edits {
  readonly #db: Connection;
  readonly #phases: Phases;
  readonly #errorTypes: ErrorTypes;
  readonly #comments: Comments;
  readonly #setPhases: (edit: Extract<Edit, { kind: 'phases' }>) => boolean;

  constructor(
    db: Connection,
    parts: {
      phases: Phases;
      errorTypes: ErrorTypes;
      comments: Comments;
      setPhases: (edit: Extract<Edit, { kind: 'phases' }>) => boolean;
    },
  ) {
    this.#db = db;
    this.#phases = parts.phases;
    this.#errorTypes = parts.errorTypes;
    this.#comments = parts.comments;
    this.#setPhases = parts.setPhases;
  }

  /**
   * Brings an edit back, unless the store has it or a later one of the same thing; returns whether it did. Edits have to come in the order in
   * which they were made. Throws when the rollout is not there, has another completion than then, or cannot have what the edit says.
   */
  adopt(edit: Edit): boolean {
    if (Date.parse(edit.at) > Date.now() + aheadMs) throw new RangeError(`an edit of ${edit.at} was not made yet`);
    return this.#db.transaction(() => {
      if (edit.kind === 'phases') return this.#setPhases(edit);
      if (edit.kind === 'errorTypes') return !this.has(edit) && this.#errorTypes.adopt(edit.types, edit.at);
      return this.#onRollout(edit);
    });
  }

  /** Whether the store has this edit, or a later one of the same thing. */
  has(edit: Edit): boolean {
    if (edit.kind === 'phases') return edit.at <= (this.#db.get<{ at: string }>(lastPhases)?.at ?? '');
    if (edit.kind === 'errorTypes') return edit.at <= (this.#db.get<{ at: string }>(lastErrorTypes)?.at ?? '');
    const n = rolloutNumber(this.#db, edit.rollout);
    return n !== undefined && this.#isKnown(n, edit);
  }

  /** How many edits the journal has that the store has lost and could take. Only its last one is looked at where the store has that. */
  lost(): number {
    const file = this.#db.journal?.file;
    const last = file === undefined ? null : lastEdit(file);
    if (file === undefined || (last && this.has(last))) return 0;
    let edits = 0;
    const undo = new Error('only counted');
    try {
      this.#db.transaction(() => {
        ({ edits } = this.#takeAll(file));
        throw undo;
      });
    } catch (error) {
      if (error !== undo) throw error;
    }
    return edits;
  }

  /** Takes all edits of a journal that the store does not have, in one transaction; returns how many, and which lines it cannot take and why. */
  bringBack(file: string): { edits: number; left: { line: number; reason: string }[] } {
    return this.#db.unjournalled(() => this.#db.durable(() => this.#takeAll(file)));
  }

  #takeAll(file: string): { edits: number; left: { line: number; reason: string }[] } {
    const left: { line: number; reason: string }[] = [];
    let edits = 0;
    for (const line of readJournal(file)) {
      try {
        // In a savepoint: what fails half-way leaves nothing.
        if ('edit' in line) edits += Number(this.#db.database.transaction(() => this.adopt(line.edit))());
        else if (!isNote(line.text)) left.push({ line: line.line, reason: line.reason });
      } catch (error) {
        if (isStoreFailure(error)) throw error;
        left.push({ line: line.line, reason: errorText(error) });
      }
    }
    return { edits, left };
  }

  #onRollout(edit: RolloutEdit): boolean {
    const n = rolloutNumber(this.#db, edit.rollout);
    if (n === undefined) throw new Error(`there is no rollout ${edit.rollout} in this store`);
    if (this.#isKnown(n, edit)) return false;
    const { completion } = this.#db.get<{ completion: string }>('SELECT completion FROM rollouts WHERE n = ?', [n])!;
    if (edit.kind !== 'status' && textHash(completion) !== edit.text)
      throw new Error(`rollout ${edit.rollout} has another completion than when ${edit.annotator} said this of it`);
    switch (edit.kind) {
      case 'label':
        return this.#label(n, completion, edit);
      case 'review':
        addReview(this.#db, n, edit, this.#checked(completion, edit.label), edit.at);
        return true;
      case 'status':
        if (edit.change === 'flagged' || edit.change === 'unflagged')
          return writeFlag(this.#db, n, edit.annotator, edit.change === 'flagged', edit.reason, edit.at);
        writeStatus(this.#db, n, edit.annotator, edit.change, edit.reason, edit.at);
        return true;
      case 'tag':
        return writeTag(this.#db, n, edit.annotator, tagOf(edit.tag), edit.change === 'tagged', edit.at);
      case 'judgement': {
        const fault = stepsFault(completion, edit.steps);
        if (fault !== null) throw new RangeError(`judgement of ${edit.annotator}: ${fault}`);
        writeSteps(this.#db, n, edit.annotator, edit.action, writtenSteps(edit.steps), edit.at);
        return true;
      }
      case 'preference':
        return this.#preference(n, edit);
      case 'correction': {
        const fault = edit.corrected === null ? null : correctionFault(completion, edit.corrected);
        if (fault !== null) throw new RangeError(`correction of ${edit.annotator}: ${fault}`);
        const { corrected, boundaries } = edit;
        const value = { text: corrected, boundaries: boundaries && JSON.stringify(boundaries) };
        writeCorrection(this.#db, n, edit.annotator, edit.action, value, edit.at);
        return true;
      }
      case 'draft':
        writeDraft(this.#db, n, edit.annotator, edit, edit.at);
        return true;
      case 'comment': {
        const fault = commentChangeFault(completion, edit);
        if (fault !== null) throw new Error(`comment of ${edit.annotator}: ${fault}`);
        this.#comments.adopt(edit.rollout, [edit]);
        return true;
      }
    }
  }

  #label(n: number, completion: string, { annotator, action, label, at }: Extract<Edit, { kind: 'label' }>): boolean {
    const before = currentLabel(this.#db, n, annotator);
    if (before === null && label === null) return false;
    writeLabel(this.#db, n, annotator, action, before, label && this.#checked(completion, label), at);
    return true;
  }

  #preference(n: number, { annotator, action, other, verdict, at }: Extract<Edit, { kind: 'preference' }>): boolean {
    const otherN = rolloutNumber(this.#db, other.rollout);
    if (otherN === undefined) throw new Error(`there is no rollout ${other.rollout} in this store`);
    if (otherOf(this.#db, otherN).text !== other.text)
      throw new Error(`rollout ${other.rollout} has another completion than when ${annotator} said this of it`);
    const fault = pairFault(this.#db, n, otherN);
    if (fault !== null) throw new RangeError(`preference of ${annotator}: ${fault}`);
    const [pair, said] = oriented(n, otherN, verdict);
    writePreference(this.#db, pair, annotator, action, said, at);
    return true;
  }

  #checked(completion: string, label: NonNullable<Extract<Edit, { kind: 'label' }>['label']>): string {
    const count = this.#phases.get().length;
    const grounding = label.grounding ?? ungrounded(count);
    const fault = boundariesFault(completion, label.boundaries, count) ?? groundingFault(grounding, count);
    if (fault !== null) throw new RangeError(fault);
    return written({ ...label, grounding });
  }

  #isKnown(n: number, edit: RolloutEdit): boolean {
    const values =
      edit.kind === 'preference'
        ? { ...valuesOf(edit), other: rolloutNumber(this.#db, edit.other.rollout) ?? null }
        : valuesOf(edit);
    return this.#db.get(known[edit.kind], { n, ...values }) !== undefined;
  }
}

const lastPhases = 'SELECT at FROM phase_schemas ORDER BY n DESC LIMIT 1';

/** SQL: a row where the store has the edit or a later one of the same thing. */
const known: Readonly<Record<RolloutEdit['kind'], string>> = {
  label: 'SELECT 1 FROM revisions WHERE rollout_n = :n AND annotator = :annotator AND at >= :at LIMIT 1',
  review:
    'SELECT 1 FROM reviews WHERE rollout_n = :n AND annotator = :annotator AND reviewer = :reviewer AND at >= :at LIMIT 1',
  status: `SELECT 1 FROM status_changes WHERE rollout_n = :n AND annotator = :annotator AND at >= :at
    AND (change IN ('flagged', 'unflagged')) = :flag LIMIT 1`,
  tag: 'SELECT 1 FROM tag_changes WHERE rollout_n = :n AND annotator = :annotator AND tag = :tag AND at >= :at LIMIT 1',
  judgement: 'SELECT 1 FROM judgement_changes WHERE rollout_n = :n AND annotator = :annotator AND at >= :at LIMIT 1',
  preference: `SELECT 1 FROM preference_changes WHERE rollout_n = min(:n, :other) AND other_n = max(:n, :other)
    AND annotator = :annotator AND at >= :at LIMIT 1`,
  correction: 'SELECT 1 FROM correction_changes WHERE rollout_n = :n AND annotator = :annotator AND at >= :at LIMIT 1',
  draft: 'SELECT 1 FROM correction_drafts WHERE rollout_n = :n AND annotator = :annotator AND at >= :at',
  comment: 'SELECT 1 FROM comment_changes WHERE comment = :id AND at = :at AND change = :change',
};

function valuesOf(edit: RolloutEdit): Record<string, string | number> {
  const { annotator, at } = edit;
  switch (edit.kind) {
    case 'label':
    case 'judgement':
    case 'preference':
    case 'correction':
    case 'draft':
      return { annotator, at };
    case 'review':
      return { annotator, at, reviewer: edit.reviewer };
    case 'status':
      return { annotator, at, flag: Number(edit.change === 'flagged' || edit.change === 'unflagged') };
    case 'tag':
      return { annotator, at, tag: edit.tag };
    case 'comment':
      return { at, id: edit.id, change: edit.change };
  }
}

/**
 * What people's rows say now, as edits in the order in which they can be brought back: the last word on each label, judgement, preference, correction, draft, review, status,
 * flag and tag, and every change of comments. Of the rollout in row `only`, or of all with the project's phases and error types before.
 */
export function* editsOf(db: Connection, only: number | null): Generator<Edit> {
  if (only === null) {
    const phases = db.get<{ phases: string; at: string }>(
      'SELECT phases, at FROM phase_schemas ORDER BY n DESC LIMIT 1',
    );
    if (phases) yield { kind: 'phases', at: phases.at, phases: JSON.parse(phases.phases) as never };
    const errors = db.get<{ types: string; at: string }>(lastErrorTypes);
    if (errors) yield { kind: 'errorTypes', at: errors.at, types: JSON.parse(errors.types) as never };
  }
  // A page at a time: the write that this is a part of has the connection.
  for (let after = 0; ;) {
    const rollout = db.get<{ n: number; id: string; completion: string }>(touched, { only, after });
    if (!rollout) return;
    const { n, id, completion } = rollout;
    const on = { rollout: id, text: textHash(completion) };
    for (const { annotator, value, at } of db.all<{ annotator: string; value: string; at: string }>(
      'SELECT annotator, value, saved_at AS at FROM labels WHERE rollout_n = ? ORDER BY annotator',
      [n],
    ))
      yield { kind: 'label', ...on, annotator, at, action: 'set', label: JSON.parse(value) as never };
    for (const { value, ...row } of db.all<{
      annotator: string;
      reviewer: string;
      verdict: never;
      at: string;
      value: string;
    }>(
      `SELECT annotator, reviewer, verdict, at, value, max(seq) FROM reviews WHERE rollout_n = ?
       GROUP BY annotator, reviewer ORDER BY max(seq)`,
      [n],
    )) {
      const { annotator, reviewer, verdict, at } = row;
      yield { kind: 'review', ...on, annotator, reviewer, verdict, at, label: JSON.parse(value) as never };
    }
    for (const { annotator, at, change, reason } of db.all<{
      annotator: string;
      at: string;
      change: never;
      reason: string | null;
    }>(
      `SELECT annotator, at, change, reason, max(seq) FROM status_changes WHERE rollout_n = ?
       GROUP BY annotator, change IN ('flagged', 'unflagged') ORDER BY max(seq)`,
      [n],
    ))
      yield { kind: 'status', ...on, annotator, at, change, reason };
    for (const { annotator, tag, at, change } of db.all<{ annotator: string; tag: string; at: string; change: never }>(
      `SELECT annotator, tag, at, change, max(seq) FROM tag_changes WHERE rollout_n = ?
       GROUP BY annotator, tag ORDER BY max(seq)`,
      [n],
    ))
      yield { kind: 'tag', ...on, annotator, at, change, tag };
    for (const { annotator, at, steps } of db.all<{ annotator: string; at: string; steps: string }>(
      `SELECT annotator, at, steps, max(seq) FROM judgement_changes WHERE rollout_n = ? GROUP BY annotator ORDER BY annotator`,
      [n],
    ))
      yield { kind: 'judgement', ...on, annotator, at, action: 'set', steps: JSON.parse(steps) as never };
    for (const { annotator, at, text, boundaries } of db.all<{
      annotator: string;
      at: string;
      text: string | null;
      boundaries: string | null;
    }>(
      `SELECT annotator, at, text, boundaries, max(seq) FROM correction_changes WHERE rollout_n = ? GROUP BY annotator ORDER BY annotator`,
      [n],
    ))
      yield {
        ...{ kind: 'correction', ...on, annotator, at, action: 'set', corrected: text },
        boundaries: boundaries === null ? null : (JSON.parse(boundaries) as number[]),
      };
    for (const row of db.all<{ annotator: string; at: string; draft: string | null; discarded: string | null }>(
      'SELECT annotator, at, draft, discarded FROM correction_drafts WHERE rollout_n = ? ORDER BY annotator',
      [n],
    ))
      yield { kind: 'draft', ...on, ...row };
    // Of all rollouts, each pair once.
    const earlier = only === null ? null : n;
    for (const { rollout_n, other_n, annotator, at, verdict } of db.all<PreferenceChangeRow>(
      `SELECT rollout_n, other_n, annotator, at, verdict, max(seq) FROM preference_changes
       WHERE rollout_n = :n OR other_n = :earlier GROUP BY rollout_n, other_n, annotator ORDER BY max(seq)`,
      { n, earlier },
    )) {
      const [other, said] = rollout_n === n ? [other_n, verdict] : [rollout_n, fromOther(verdict)];
      yield { kind: 'preference', ...on, annotator, at, action: 'set', other: otherOf(db, other), verdict: said };
    }
    for (const { value, ...row } of db.all<{
      id: string;
      annotator: string;
      at: string;
      change: never;
      value: string | null;
    }>(
      `SELECT comment AS id, annotator, at, change, value FROM comment_changes WHERE rollout_n = ?
       ORDER BY at, change <> 'add', seq`,
      [n],
    ))
      yield { kind: 'comment', ...on, ...row, value: value === null ? null : (JSON.parse(value) as never) };
    after = n;
  }
}

interface PreferenceChangeRow {
  rollout_n: number;
  other_n: number;
  annotator: string;
  at: string;
  verdict: PairVerdict | null;
}

/** SQL: the next rollout that people did something to, each table asked by its index. */
const touched = `SELECT n, id, completion FROM rollouts WHERE n > :after AND n = coalesce(:only, (SELECT min(n) FROM (
  SELECT min(rollout_n) AS n FROM revisions WHERE rollout_n > :after
  UNION ALL SELECT min(rollout_n) FROM status_changes WHERE rollout_n > :after
  UNION ALL SELECT min(rollout_n) FROM tag_changes WHERE rollout_n > :after
  UNION ALL SELECT min(rollout_n) FROM comment_changes WHERE rollout_n > :after
  UNION ALL SELECT min(rollout_n) FROM judgement_changes WHERE rollout_n > :after
  UNION ALL SELECT min(rollout_n) FROM preference_changes WHERE rollout_n > :after
  UNION ALL SELECT min(rollout_n) FROM correction_changes WHERE rollout_n > :after
  UNION ALL SELECT min(rollout_n) FROM correction_drafts WHERE rollout_n > :after)))`;
