/** Labels brought to other phases, or to a changed text; each call is part of a transaction of whoever makes it. */
import type { Phase } from '../domain/phase.ts';
import { movedLabel, type PhaseMove } from '../domain/phase-schema.ts';
import type { PlaceIn } from '../domain/text-change.ts';
import type { Connection } from './connection.ts';
import { currentLabel, valueOf, writeLabel, written } from './labels.ts';

interface RevisionValues {
  annotator: string;
  before: string | null;
  after: string | null;
}

/**
 * Brings every label to another schema, `phases` being the one before, as edits that undo does not take back, for what was before has
 * no place in the new one. Returns how many. Throws, changing nothing, when a label has something in a phase that is to go.
 */
export function moveLabels(db: Connection, phases: readonly Phase[], move: PhaseMove, at: string): number {
  const labels = db.all<{ n: number; annotator: string; value: string | null }>(
    `SELECT e.rollout_n AS n, e.annotator, l.value FROM (SELECT DISTINCT rollout_n, annotator FROM revisions) e
     LEFT JOIN labels l ON l.rollout_n = e.rollout_n AND l.annotator = e.annotator ORDER BY e.rollout_n, e.annotator`,
  );
  const stuck: string[] = [];
  for (const { n, annotator, value } of labels) {
    const { id, completion } = db.get<{ id: string; completion: string }>(
      'SELECT id, completion FROM rollouts WHERE n = ?',
      [n],
    )!;
    const after = value === null ? null : movedLabel(completion.length, valueOf(value), move);
    if (value !== null && after === null) stuck.push(`${annotator}’s of rollout ${id}`);
    else writeLabel(db, n, annotator, 'move', value, after && written(after), at);
  }
  if (stuck.length > 0) throw new RangeError(stuckText(stuck, phases, move));
  return labels.filter(({ value }) => value !== null).length;
}

/** Whose label of a rollout has a boundary that has no place in a changed text; null when all have theirs. */
export function stuckLabel(db: Connection, n: number, place: PlaceIn): string | null {
  const labels = db.all<{ annotator: string; value: string }>(
    'SELECT annotator, value FROM labels WHERE rollout_n = ? ORDER BY annotator',
    [n],
  );
  return labels.find(({ value }) => valueOf(value).boundaries.some((one) => place(one) === null))?.annotator ?? null;
}

/** Brings a rollout's labels to a changed text, as edits that undo does not take back; those that are as they were, with all before, stay. */
export function carryLabels(db: Connection, n: number, place: PlaceIn): void {
  const stays = (value: string | null): boolean =>
    value === null || valueOf(value).boundaries.every((one) => place(one) === one);
  const edits = db.all<RevisionValues>(
    'SELECT annotator, before, after FROM revisions WHERE rollout_n = ? ORDER BY seq',
    [n],
  );
  for (const [annotator, rows] of Map.groupBy(edits, (edit) => edit.annotator)) {
    if (rows.every(({ before, after }) => stays(before) && stays(after))) continue;
    const current = currentLabel(db, n, annotator);
    const value = current === null ? null : valueOf(current);
    const carried = value && written({ ...value, boundaries: value.boundaries.map((one) => place(one)!) });
    writeLabel(db, n, annotator, 'carry', current, carried);
  }
}

function stuckText(stuck: readonly string[], phases: readonly Phase[], move: PhaseMove): string {
  const gone = phases.flatMap(({ name }, index) => (move.includes(index) ? [] : name)).join(' and ');
  const others = stuck.length > 3 ? ` and ${stuck.length - 3} others` : '';
  const labels = stuck.length === 1 ? '1 label has' : `${stuck.length} labels have`;
  return `${labels} something in ${gone}: ${stuck.slice(0, 3).join(', ')}${others}. Keep the phase, or empty it in those labels first.`;
}
