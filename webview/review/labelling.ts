/** How an edit changes the boundaries of a completion. Pure: text and boundaries in, boundaries out. */
import { partitionPoint } from '../../src/domain/partition-point.ts';
import { insideCodePoint, phaseAt, ungrounded, type LabelValue } from '../../src/domain/phase.ts';

/** Where an edit starts from when there is no label: everything is the first phase, every boundary waits at the end. */
export function unlabelled(text: string, phaseCount: number): number[] {
  return Array<number>(phaseCount - 1).fill(text.length);
}

/**
 * Phase `phase` starts at `offset`: earlier phases start there at the latest and later ones there at the earliest, so the
 * phases stay contiguous and in order. Phase 0 always starts at 0: "the text up to the offset is the first phase".
 */
export function startPhase(text: string, boundaries: readonly number[], phase: number, offset: number): number[] {
  const at = insideCodePoint(text, offset) ? offset - 1 : offset;
  return boundaries.map((boundary, index) => {
    const starts = index + 1;
    if (starts === phase) return at;
    return starts < phase ? Math.min(boundary, at) : Math.max(boundary, at);
  });
}

/** What a first edit changes: everything is the first phase, and no phase is grounded. */
export const blankLabel = (text: string, phaseCount: number): LabelValue => ({
  boundaries: unlabelled(text, phaseCount),
  grounding: ungrounded(phaseCount),
});

/** Splits at `offset`: the phase after the one there starts at it. Null in the last phase, which has none after it. */
export function splitAt(text: string, boundaries: readonly number[], offset: number): number[] | null {
  // The text just before the offset says which phase is cut: a boundary at the offset itself is already a cut.
  const phase = offset === 0 ? 0 : phaseAt(boundaries, offset - 1);
  return phase === boundaries.length ? null : startPhase(text, boundaries, phase + 1, offset);
}

/** The offset `count` units after (or before, when negative) the unit nearest to `offset`. */
export function byUnits(starts: readonly number[], length: number, offset: number, count: number): number {
  const stops = [...new Set([0, ...starts, length])];
  if (count > 0) {
    const next = stops.findIndex((stop) => stop > offset);
    return next < 0 ? length : (stops[next + count - 1] ?? length);
  }
  const previous = stops.findLastIndex((stop) => stop < offset);
  return previous < 0 ? 0 : (stops[previous + count + 1] ?? 0);
}

/** The start of a unit (or the text's end) nearest to `offset`. */
export function snap(starts: readonly number[], length: number, offset: number): number {
  const after = partitionPoint(starts, (start) => start <= offset);
  const low = starts[after - 1] ?? 0;
  const high = starts[after] ?? length;
  return offset - low <= high - offset ? low : high;
}

/** The code-point border one step from `offset`, forward or back. */
export function step(text: string, offset: number, direction: 1 | -1): number {
  const next = Math.min(Math.max(offset + direction, 0), text.length);
  return insideCodePoint(text, next) ? next + direction : next;
}
