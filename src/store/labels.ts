/** Labels: one segmentation a rollout and annotator, with every edit, undo and redo kept as a revision. */
import {
  groundingFault,
  segmentationFault,
  ungrounded,
  type LabelValue,
  type Phase,
  type RevisionAction,
  type Segmentation,
} from '../domain/phase.ts';
import { movedLabel, type PhaseMove } from '../domain/phase-schema.ts';
import type { PlaceIn } from '../domain/text-change.ts';
import type { Connection } from './connection.ts';
import type { Phases } from './phases.ts';
import { rolloutNumber } from './rollout-number.ts';
import type { LabelRow, Revision, SegmentationState } from './rows.ts';
import { notSkipped } from './statuses.ts';

interface Target {
  n: number;
  completion: string;
}

interface RevisionRow {
  seq: number;
  action: RevisionAction;
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

  /** Writes a label and its revision. Throws when it cannot cut the completion, or there is no such rollout. */
  set(segmentation: Segmentation): SegmentationState {
    return this.#db.durable(() => {
      const { annotator } = segmentation;
      const { n, completion } = this.#target(segmentation.rolloutId, annotator);
      const before = this.#current(n, annotator);
      const after = this.#checked(segmentation, completion, before);
      if (after !== before) this.#write(n, annotator, 'set', before, after);
      return this.#state(n, annotator);
    });
  }

  undo(rolloutId: string, annotator: string, seen?: string | null): SegmentationState {
    return this.#step(rolloutId, annotator, 'undo', seen);
  }

  redo(rolloutId: string, annotator: string, seen?: string | null): SegmentationState {
    return this.#step(rolloutId, annotator, 'redo', seen);
  }

  /** Takes the last edit back, or makes the last one taken back again; nothing when there is none, or it was not `seen`. */
  #step(rolloutId: string, annotator: string, action: 'undo' | 'redo', seen?: string | null): SegmentationState {
    return this.#db.durable(() => {
      const { n } = this.#target(rolloutId, annotator);
      const state = this.#state(n, annotator);
      if (seen !== undefined && seen !== state.savedAt) return state;
      const { done, undone } = this.#edits(n, annotator);
      const edit = (action === 'undo' ? done : undone).at(-1);
      if (edit) {
        const [before, after] = action === 'undo' ? [edit.after, edit.before] : [edit.before, edit.after];
        this.#write(n, annotator, action, before, after);
      }
      return this.#state(n, annotator);
    });
  }

  /** Keeps an imported label, unless this annotator has been here already; returns whether it was kept. */
  adopt(segmentation: Segmentation): boolean {
    const { annotator } = segmentation;
    const { n, completion } = this.#target(segmentation.rolloutId, annotator);
    const value = this.#checked(segmentation, completion, null);
    const known = this.#db.get('SELECT 1 FROM revisions WHERE rollout_n = ? AND annotator = ?', [n, annotator]);
    if (!known) this.#write(n, annotator, 'set', null, value);
    return !known;
  }

  state(rolloutId: string, annotator: string): SegmentationState {
    return this.#state(this.#target(rolloutId, annotator).n, annotator);
  }

  all(rolloutId: string): LabelRow[] {
    return this.#db
      .all<{ annotator: string; value: string; saved_at: string }>(
        `SELECT annotator, value, saved_at FROM labels
         WHERE rollout_n = (SELECT n FROM rollouts WHERE id = ?) ORDER BY annotator`,
        [rolloutId],
      )
      .map(({ annotator, value, saved_at }) => ({ rolloutId, annotator, ...valueOf(value), savedAt: saved_at }));
  }

  history(rolloutId: string): Revision[] {
    return this.#db
      .all<RevisionRow & { annotator: string; at: string }>(
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

  latestRevision(): number {
    return this.#db.get<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM revisions')!.seq;
  }

  /** The next rollout in the tree's order (dataset, prompt, group) after `after` that `annotator` has not labelled or skipped. */
  nextUnlabelled(annotator: string, after: string | null): string | null {
    const from =
      after === null
        ? undefined
        : this.#db.get<{ dataset: string; prompt_n: number; group_n: number; n: number }>(
            `SELECT p.dataset, r.prompt_n, r.group_n, r.n FROM rollouts r JOIN prompts p ON p.n = r.prompt_n
             WHERE r.id = ?`,
            [after],
          );
    const open = `NOT EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n AND l.annotator = :annotator)
      AND ${notSkipped('r.n')}`;
    const inPrompt = (): { id: string } | undefined =>
      from &&
      this.#db.get(
        `SELECT r.id FROM rollouts r WHERE r.prompt_n = :prompt AND (r.group_n, r.n) > (:group, :n) AND ${open}
         ORDER BY r.group_n, r.n LIMIT 1`,
        { prompt: from.prompt_n, group: from.group_n, n: from.n, annotator },
      );
    const inPromptsAfter = (dataset: string, prompt: number): { id: string } | undefined =>
      this.#db.get(
        `SELECT r.id FROM prompts p CROSS JOIN rollouts r ON r.prompt_n = p.n
         WHERE (p.dataset, p.n) > (:dataset, :prompt) AND ${open} ORDER BY p.dataset, p.n, r.group_n, r.n LIMIT 1`,
        { dataset, prompt, annotator },
      );
    const next = inPrompt() ?? (from && inPromptsAfter(from.dataset, from.prompt_n)) ?? inPromptsAfter('', -1);
    return next?.id ?? null;
  }

  #target(rolloutId: string, annotator: string): Target {
    if (annotator.trim() === '') throw new RangeError('an annotator needs a name');
    const target = this.#db.get<Target>('SELECT n, completion FROM rollouts WHERE n = ?', [
      rolloutNumber(this.#db, rolloutId) ?? null,
    ]);
    if (!target) throw new Error(`there is no rollout ${rolloutId} in this store`);
    return target;
  }

  /**
   * Brings every label to another schema, `phases` being the one before, as edits that undo does not take back, for what was before has
   * no place in the new one. Returns how many. Throws, changing nothing, when a label has something in a phase that is to go.
   */
  move(phases: readonly Phase[], move: PhaseMove): number {
    const labels = this.#db.all<{ n: number; annotator: string; value: string | null }>(
      `SELECT e.rollout_n AS n, e.annotator, l.value FROM (SELECT DISTINCT rollout_n, annotator FROM revisions) e
       LEFT JOIN labels l ON l.rollout_n = e.rollout_n AND l.annotator = e.annotator ORDER BY e.rollout_n, e.annotator`,
    );
    const stuck: string[] = [];
    for (const { n, annotator, value } of labels) {
      const { id, completion } = this.#db.get<{ id: string; completion: string }>(
        'SELECT id, completion FROM rollouts WHERE n = ?',
        [n],
      )!;
      const after = value === null ? null : movedLabel(completion.length, valueOf(value), move);
      if (value !== null && after === null) stuck.push(`${annotator}’s of rollout ${id}`);
      else this.#write(n, annotator, 'move', value, after && written(after));
    }
    if (stuck.length > 0) throw new RangeError(stuckText(stuck, phases, move));
    return labels.filter(({ value }) => value !== null).length;
  }

  /** Whose label of a rollout has a boundary that has no place in a changed text; null when all have theirs. */
  stuck(n: number, place: PlaceIn): string | null {
    const labels = this.#db.all<{ annotator: string; value: string }>(
      'SELECT annotator, value FROM labels WHERE rollout_n = ? ORDER BY annotator',
      [n],
    );
    return labels.find(({ value }) => valueOf(value).boundaries.some((one) => place(one) === null))?.annotator ?? null;
  }

  /** Brings a rollout's labels to a changed text, as edits that undo does not take back; those that are as they were, with all before, stay. */
  carry(n: number, place: PlaceIn): void {
    const stays = (value: string | null): boolean =>
      value === null || valueOf(value).boundaries.every((one) => place(one) === one);
    const edits = this.#db.all<RevisionRow & { annotator: string }>(
      'SELECT seq, annotator, action, before, after FROM revisions WHERE rollout_n = ? ORDER BY seq',
      [n],
    );
    for (const [annotator, rows] of Map.groupBy(edits, (edit) => edit.annotator)) {
      if (rows.every(({ before, after }) => stays(before) && stays(after))) continue;
      const current = this.#current(n, annotator);
      const value = current === null ? null : valueOf(current);
      const carried = value && written({ ...value, boundaries: value.boundaries.map((one) => place(one)!) });
      this.#write(n, annotator, 'carry', current, carried);
    }
  }

  /** An edit's value as it is stored, with what `before` has and the edit does not speak of. Throws when the completion cannot have it. */
  #checked(
    { rolloutId, boundaries, grounding, origin }: Segmentation,
    completion: string,
    before: string | null,
  ): string {
    const count = this.#phases.get().length;
    const kept = before === null ? null : valueOf(before);
    const grounded = grounding ?? kept?.grounding ?? ungrounded(count);
    const fault = segmentationFault(completion, boundaries, count) ?? groundingFault(grounded, count);
    if (fault !== null) throw new RangeError(`rollout ${rolloutId}: ${fault}`);
    return written({ boundaries, grounding: grounded, origin: origin ?? kept?.origin });
  }

  #current(n: number, annotator: string): string | null {
    return (
      this.#db.get<{ value: string }>('SELECT value FROM labels WHERE rollout_n = ? AND annotator = ?', [n, annotator])
        ?.value ?? null
    );
  }

  #write(n: number, annotator: string, action: RevisionAction, before: string | null, after: string | null): void {
    const at = new Date().toISOString();
    this.#db.run('INSERT INTO revisions (rollout_n, annotator, at, action, before, after) VALUES (?, ?, ?, ?, ?, ?)', [
      n,
      annotator,
      at,
      action,
      before,
      after,
    ]);
    if (after === null) this.#db.run('DELETE FROM labels WHERE rollout_n = ? AND annotator = ?', [n, annotator]);
    else
      this.#db.run('INSERT OR REPLACE INTO labels (rollout_n, annotator, value, saved_at) VALUES (?, ?, ?, ?)', [
        n,
        annotator,
        after,
        at,
      ]);
  }

  /** The edits that stand and those taken back, newest last, by playing the revisions through. */
  #edits(n: number, annotator: string): { done: RevisionRow[]; undone: RevisionRow[] } {
    const done: RevisionRow[] = [];
    const undone: RevisionRow[] = [];
    const rows = this.#db.all<RevisionRow>(
      'SELECT seq, action, before, after FROM revisions WHERE rollout_n = ? AND annotator = ? ORDER BY seq',
      [n, annotator],
    );
    for (const row of rows) {
      if (row.action === 'set') {
        done.push(row);
        undone.length = 0;
      } else if (row.action === 'move' || row.action === 'carry') {
        done.length = 0;
        undone.length = 0;
      } else if (row.action === 'undo') undone.push(done.pop()!);
      else done.push(undone.pop()!);
    }
    return { done, undone };
  }

  #state(n: number, annotator: string): SegmentationState {
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

function written({ boundaries, grounding, origin }: LabelValue): string {
  return JSON.stringify({ boundaries, ...(grounding.some((span) => span !== null) && { grounding }), origin });
}

/** A stored value; one without grounding is stored without it. */
export function valueOf(json: string): LabelValue {
  const value = JSON.parse(json) as Pick<LabelValue, 'boundaries'> & Partial<LabelValue>;
  return { grounding: ungrounded(value.boundaries.length + 1), ...value };
}

function stuckText(stuck: readonly string[], phases: readonly Phase[], move: PhaseMove): string {
  const gone = phases.flatMap(({ name }, index) => (move.includes(index) ? [] : name)).join(' and ');
  const others = stuck.length > 3 ? ` and ${stuck.length - 3} others` : '';
  const labels = stuck.length === 1 ? '1 label has' : `${stuck.length} labels have`;
  return `${labels} something in ${gone}: ${stuck.slice(0, 3).join(', ')}${others}. Keep the phase, or empty it in those labels first.`;
}
