/** What people say of steps of rollouts, for each annotator all that they say of one. Every change is a row; none is ever changed. */
import {
  carriedSteps,
  stepsFault,
  withStep,
  type JudgementAction,
  type JudgementState,
  type StepJudgement,
  type StepVerdict,
} from '../domain/judgement.ts';
import type { PlaceIn } from '../domain/text-change.ts';
import type { Connection } from './connection.ts';
import { needText } from './edited-text.ts';
import type { ErrorTypes } from './error-types.ts';
import { laterThan, nextOf } from './later-than.ts';
import { lastOf, played, stepped, type Played } from './played.ts';
import { rolloutNumber } from './row-numbers.ts';
import type { JudgementRow } from './rows.ts';

interface Target {
  n: number;
  completion: string;
}

interface ChangeRow {
  action: JudgementAction;
  at: string;
  steps: string;
}

/** What an annotator says who says nothing. */
const none = '[]';

export class Judgements {
  readonly #db: Connection;
  readonly #errors: ErrorTypes;

  constructor(db: Connection, errors: ErrorTypes) {
    this.#db = db;
    this.#errors = errors;
  }

  /**
   * Keeps what an annotator says of a stretch of a rollout's text, in place of what they said of any of it; with a verdict of null they say
   * nothing of it any more. On the disk when this returns. Throws, and changes nothing, when the stretch is not in the completion, which with
   * `of` is the one in which it counts (`textHash`), or the project has no such error type.
   */
  set(
    rolloutId: string,
    annotator: string,
    step: Omit<StepJudgement, 'verdict'> & { verdict: StepVerdict | null },
    of?: string,
  ): JudgementState {
    return this.#db.durable(() => {
      const { n, completion } = this.#target(rolloutId, annotator);
      needText(completion, of, rolloutId);
      const { verdict, ...stretch } = step;
      const fault =
        stepsFault(completion, [{ ...stretch, verdict: verdict ?? 'wrong' }]) ?? this.#errorFault(step.error);
      if (fault !== null) throw new RangeError(`rollout ${rolloutId}: ${fault}`);
      const before = currentSteps(this.#db, n, annotator);
      const after = JSON.stringify(withStep(JSON.parse(before) as StepJudgement[], step));
      if (after !== before) writeSteps(this.#db, n, annotator, 'set', after);
      return this.#state(n, annotator);
    });
  }

  /**
   * Takes the annotator's last change back; nothing with `seen`, when what they look at was saved, while another window has changed it
   * since.
   */
  undo(rolloutId: string, annotator: string, seen?: string | null): JudgementState {
    return this.#step(rolloutId, annotator, 'undo', seen);
  }

  /** Makes the last change that was taken back again; `seen` as for `undo`. */
  redo(rolloutId: string, annotator: string, seen?: string | null): JudgementState {
    return this.#step(rolloutId, annotator, 'redo', seen);
  }

  #step(rolloutId: string, annotator: string, action: 'undo' | 'redo', seen?: string | null): JudgementState {
    return this.#db.durable(() => {
      const { n } = this.#target(rolloutId, annotator);
      return stepped(action, seen, {
        state: () => this.#state(n, annotator),
        played: () => this.#played(n, annotator),
        write: ({ before, after }) => writeSteps(this.#db, n, annotator, action, action === 'undo' ? before : after),
      });
    });
  }

  /** Keeps what a file has of an annotator, unless they have said something of the rollout here; returns whether it was kept. */
  adopt(rolloutId: string, { annotator, steps, savedAt }: Omit<JudgementRow, 'rolloutId'>): boolean {
    return this.#db.transaction(() => {
      const { n, completion } = this.#target(rolloutId, annotator);
      const fault = stepsFault(completion, steps);
      if (fault !== null) throw new RangeError(`rollout ${rolloutId}: judgement of ${annotator}: ${fault}`);
      const known = this.#db.get('SELECT 1 FROM judgement_changes WHERE rollout_n = ? AND annotator = ?', [
        n,
        annotator,
      ]);
      if (!known) writeSteps(this.#db, n, annotator, 'set', written(steps), savedAt);
      return !known;
    });
  }

  /** What an annotator says, and what undo and redo would do. */
  get(rolloutId: string, annotator: string): JudgementState {
    return this.#state(this.#target(rolloutId, annotator).n, annotator);
  }

  /** Everybody's who says something, by annotator. */
  of(rolloutId: string): JudgementRow[] {
    return this.#db
      .all<{ annotator: string; steps: string; at: string }>(
        `SELECT annotator, steps, at, max(seq) FROM judgement_changes
         WHERE rollout_n = (SELECT n FROM rollouts WHERE id = ?) GROUP BY annotator ORDER BY annotator`,
        [rolloutId],
      )
      .filter(({ steps }) => steps !== none)
      .map(({ annotator, steps, at }) => ({
        ...{ rolloutId, annotator, savedAt: at },
        steps: JSON.parse(steps) as StepJudgement[],
      }));
  }

  /** The rollouts of which somebody ever said something, in the order in which they came in. */
  judged(): string[] {
    return this.#db
      .all<{ id: string }>(
        'SELECT id FROM rollouts WHERE n IN (SELECT DISTINCT rollout_n FROM judgement_changes) ORDER BY n',
      )
      .map(({ id }) => id);
  }

  /** When the change was made that undo would take back, or taken back that redo would make again; null where there is none. */
  lastStep(rolloutId: string, annotator: string, action: 'undo' | 'redo'): string | null {
    return lastOf(this.#played(this.#target(rolloutId, annotator).n, annotator), action)?.at ?? null;
  }

  /** Number of the newest change of any, 0 before the first: all are the same while it is. */
  latest(): number {
    return this.#db.get<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM judgement_changes')!.seq;
  }

  #target(rolloutId: string, annotator: string): Target {
    if (annotator.trim() === '') throw new RangeError('an annotator needs a name');
    const target = this.#db.get<Target>('SELECT n, completion FROM rollouts WHERE n = ?', [
      rolloutNumber(this.#db, rolloutId) ?? null,
    ]);
    if (!target) throw new Error(`there is no rollout ${rolloutId} in this store`);
    return target;
  }

  #errorFault(error: string | null): string | null {
    const names = this.#errors.get().map(({ name }) => name);
    if (error === null || names.includes(error)) return null;
    return `the project has no error type “${error}”: it has ${names.join(', ') || 'none'}`;
  }

  #played(n: number, annotator: string): Played<ChangeRow & { before: string; after: string }> {
    const rows = this.#db.all<ChangeRow>(
      'SELECT action, at, steps FROM judgement_changes WHERE rollout_n = ? AND annotator = ? ORDER BY seq',
      [n, annotator],
    );
    return played(rows.map((row, i) => ({ ...row, before: rows[i - 1]?.steps ?? none, after: row.steps })));
  }

  #state(n: number, annotator: string): JudgementState {
    const { done, undone } = this.#played(n, annotator);
    const last = this.#db.get<{ steps: string; at: string }>(lastChange, [n, annotator]);
    return {
      steps: JSON.parse(last?.steps ?? none) as StepJudgement[],
      canUndo: done.length > 0,
      canRedo: undone.length > 0,
      savedAt: last?.at ?? null,
    };
  }
}

const lastChange =
  'SELECT steps, at FROM judgement_changes WHERE rollout_n = ? AND annotator = ? ORDER BY seq DESC LIMIT 1';

/** What an annotator says, as it is stored. */
function currentSteps(db: Connection, n: number, annotator: string): string {
  return db.get<{ steps: string }>(lastChange, [n, annotator])?.steps ?? none;
}

/** Writes what an annotator says of a rollout's steps from now on: said at `made` where a journal or a file says when, else now. */
export function writeSteps(
  db: Connection,
  n: number,
  annotator: string,
  action: JudgementAction,
  steps: string,
  made?: string,
): void {
  const last = (): string | null => db.get<{ at: string }>(lastChange, [n, annotator])?.at ?? null;
  const at = made === undefined ? nextOf(db, n, annotator) : laterThan(last(), made);
  db.note(n, { kind: 'judgement', annotator, at, action, steps: JSON.parse(steps) as StepJudgement[] });
  db.run('INSERT INTO judgement_changes (rollout_n, annotator, at, action, steps) VALUES (?, ?, ?, ?, ?)', [
    ...[n, annotator, at, action, steps],
  ]);
}

/** Steps as they are stored. */
export const written = (steps: readonly StepJudgement[]): string =>
  JSON.stringify(steps.map(({ start, end, verdict, error }) => ({ start, end, verdict, error })));

interface Judged {
  annotator: string;
  steps: StepJudgement[];
}

/** What every annotator says who ever said something of a rollout. */
const judgedBy = (db: Connection, n: number): Judged[] =>
  db
    .all<{ annotator: string; steps: string }>(
      'SELECT annotator, steps, max(seq) FROM judgement_changes WHERE rollout_n = ? GROUP BY annotator ORDER BY annotator',
      [n],
    )
    .map(({ annotator, steps }) => ({ annotator, steps: JSON.parse(steps) as StepJudgement[] }));

/** Whose judgement of a step has no place in a changed text; null when all have theirs. */
export function stuckJudgement(db: Connection, n: number, place: PlaceIn): string | null {
  return judgedBy(db, n).find(({ steps }) => carriedSteps(steps, place) === null)?.annotator ?? null;
}

/** Brings what is said of a rollout's steps to a changed text, as changes that undo does not take back; what is where it was, with all before, stays. */
export function carryJudgements(db: Connection, n: number, place: PlaceIn): void {
  const stays = (steps: string): boolean =>
    (JSON.parse(steps) as StepJudgement[]).every(({ start, end }) => place(start) === start && place(end) === end);
  for (const { annotator, steps } of judgedBy(db, n)) {
    const rows = db.all<{ steps: string }>(
      'SELECT steps FROM judgement_changes WHERE rollout_n = ? AND annotator = ?',
      [n, annotator],
    );
    if (!rows.every((row) => stays(row.steps)))
      writeSteps(db, n, annotator, 'carry', written(carriedSteps(steps, place)!));
  }
}
