/** Undo and redo of what is kept as a list of everything that was done. */
import type { RevisionAction } from '../domain/phase.ts';

/** Something that was done: an edit, an undo, a redo, or a move that neither takes back. */
interface Done {
  action: RevisionAction;
  at: string;
}

/** The edits that stand and those that were taken back, newest last. */
export interface Played<Row extends Done> {
  done: Row[];
  undone: Row[];
}

/** `rows` played through, oldest first; each edit with the time at which it was last made or taken back. */
export function played<Row extends Done>(rows: readonly Row[]): Played<Row> {
  const done: Row[] = [];
  const undone: Row[] = [];
  for (const row of rows) {
    if (row.action === 'set') {
      done.push(row);
      undone.length = 0;
    } else if (row.action === 'move' || row.action === 'carry') {
      done.length = 0;
      undone.length = 0;
    } else {
      const [from, to] = row.action === 'undo' ? [done, undone] : [undone, done];
      const edit = from.pop();
      // What a journal brought back may begin after the edit that is undone.
      if (edit) to.push({ ...edit, at: row.at });
    }
  }
  return { done, undone };
}

/**
 * Takes the last edit back, or makes the last one taken back again, and returns what is so then. With `seen`, when what a person looks at was
 * saved, it changes nothing while that is another one: an edit of another window is not undone before it was seen.
 */
export function stepped<Row extends Done, State extends { savedAt: string | null }>(
  action: 'undo' | 'redo',
  seen: string | null | undefined,
  { state, played, write }: { state: () => State; played: () => Played<Row>; write: (edit: Row) => void },
): State {
  const now = state();
  if (seen !== undefined && seen !== now.savedAt) return now;
  const edit = lastOf(played(), action);
  if (edit) write(edit);
  return state();
}

/** What undo would take back, or redo make again. */
export const lastOf = <Row extends Done>({ done, undone }: Played<Row>, action: 'undo' | 'redo'): Row | undefined =>
  (action === 'undo' ? done : undone).at(-1);
