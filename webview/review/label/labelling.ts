/** How an edit changes the boundaries of a completion. Pure: text and boundaries in, boundaries out. */
import { partitionPoint } from '../../../src/domain/partition-point.ts';
import { insideCodePoint, phaseAt, ungrounded, type Label } from '../../../src/domain/phase.ts';
import { clusterAt } from './stops.ts';

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
export const blankLabel = (text: string, phaseCount: number): Label => ({
  boundaries: unlabelled(text, phaseCount),
  grounding: ungrounded(phaseCount),
});

/** Splits at `offset`: the phase after the one there starts at it. Null in the last phase, which has none after it. */
export function splitAt(text: string, boundaries: readonly number[], offset: number): number[] | null {
  // The text just before the offset says which phase is cut: a boundary at the offset itself is already a cut.
  const phase = offset === 0 ? 0 : phaseAt(boundaries, offset - 1);
  return phase === boundaries.length ? null : startPhase(text, boundaries, phase + 1, offset);
}

/** The stop `count` after `offset` (or before, when negative); the text's ends are stops too. `stops` ascend. */
export function byStops(stops: readonly number[], length: number, offset: number, count: number): number {
  if (count > 0) return stops[partitionPoint(stops, (stop) => stop <= offset) + count - 1] ?? length;
  return stops[partitionPoint(stops, (stop) => stop < offset) + count] ?? 0;
}

/** The stop (or the text's end) nearest to `offset`. */
export function snap(stops: readonly number[], length: number, offset: number): number {
  const after = partitionPoint(stops, (stop) => stop <= offset);
  const low = stops[after - 1] ?? 0;
  const high = stops[after] ?? length;
  return offset - low <= high - offset ? low : high;
}

/** The border between grapheme clusters one step from `offset`, forward or back. */
export function step(text: string, offset: number, direction: 1 | -1): number {
  return direction === 1 ? clusterAt(text, offset).end : clusterAt(text, Math.max(offset - 1, 0)).start;
}
