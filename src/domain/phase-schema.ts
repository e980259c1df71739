/** A project's phases: what its schema may say, and what a change of it does to the labels made under the one before. */
import * as v from 'valibot';
import { phaseColours, spans, type Label, type Phase } from './phase.ts';

const name = v.pipe(v.string(), v.trim(), v.minLength(1, 'a phase needs a name'), v.maxLength(40));
const phase = v.strictObject({
  name,
  key: v.pipe(v.string(), v.regex(/^[1-9]$/u, 'the key is a digit from 1 to 9')),
  colour: v.picklist(phaseColours),
  weight: v.pipe(
    v.number(),
    v.minValue(0, 'the weight is from 0 to 1, in units of λ'),
    v.maxValue(1, 'the weight is from 0 to 1, in units of λ'),
  ),
});

/** The phases of a project, in the order in which reasoning goes through them. */
export const phaseSchema = v.pipe(
  v.array(phase),
  v.minLength(2, 'reasoning has at least two phases'),
  v.maxLength(9, 'at most nine phases: each has a digit as its key'),
  v.check((phases) => unique(phases.map(({ name }) => name)), 'two phases have one name'),
  v.check((phases) => unique(phases.map(({ key }) => key)), 'two phases have one key'),
);

const unique = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** For each phase of the new schema the place it had in the old one; null is a phase that was not there. */
export type PhaseMove = (number | null)[];

/**
 * How the phases of `before` become those of `after`. Phases are known by name and keep their order; as many new names as old
 * ones between two phases that stay are these renamed. Throws RangeError when phases change places: their labels would then
 * say what nobody said.
 */
export function phaseMove(before: readonly Phase[], after: readonly Phase[]): PhaseMove {
  const move: PhaseMove = after.map(({ name }) => {
    const old = before.findIndex((phase) => phase.name === name);
    return old < 0 ? null : old;
  });
  const stays = move.filter((old) => old !== null);
  const swapped = stays.findIndex((old, index) => index > 0 && old < stays[index - 1]);
  if (swapped > 0) {
    const [first, second] = [before[stays[swapped]].name, before[stays[swapped - 1]].name];
    throw new RangeError(`${first} came before ${second} in the labels made so far: phases cannot change places`);
  }
  // Between each phase that stays and the next: [from, to) of both schemas.
  const fixed = [-1, ...move.flatMap((old, index) => (old === null ? [] : index)), after.length];
  fixed.slice(1).forEach((to, i) => {
    const from = fixed[i] + 1;
    const oldFrom = from === 0 ? 0 : move[from - 1]! + 1;
    const oldTo = to === after.length ? before.length : move[to]!;
    if (to - from === oldTo - oldFrom)
      for (let index = from; index < to; index += 1) move[index] = oldFrom + index - from;
  });
  return move;
}

/** Whether labels stay as they are under this move: no phase came or went. */
export const keepsLabels = (move: PhaseMove, before: number): boolean =>
  move.length === before && move.every((old, index) => old === index);

/**
 * A label under the new schema: a phase that was not there is empty, where it stands in the order. Null when the label has text or
 * video in a phase that is no longer there, for a change of schema never drops what somebody marked.
 */
export function movedLabel(length: number, { boundaries, grounding, origin }: Label, move: PhaseMove): Label | null {
  const old = spans(length, boundaries);
  const lost = old.some(({ start, end }, index) => !move.includes(index) && (end > start || grounding[index] !== null));
  if (lost) return null;
  // A phase that was not there is empty: it ends where it starts, at the start of the next one that was.
  const starts = move.map((from, index) => {
    const next = from ?? move.slice(index).find((later) => later !== null);
    return next === undefined ? length : old[next].start;
  });
  return {
    boundaries: starts.slice(1),
    grounding: move.map((from) => (from === null ? null : grounding[from])),
    // A phase's score is that of the boundary it begins at.
    ...(origin && {
      origin: { ...origin, scores: move.slice(1).map((from) => (from ? (origin.scores[from - 1] ?? null) : null)) },
    }),
  };
}
