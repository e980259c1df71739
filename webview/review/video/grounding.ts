/** How an edit changes the spans of the video that phases talk about. Pure: a grounding in, a grounding out. */
import type { Label, MediaSpan } from '../../../src/domain/phase.ts';
import type { Frames } from './frames.ts';

type Grounding = Label['grounding'];

/** A phase's span as the timeline shows it. */
export interface PhaseSpan extends MediaSpan {
  /** Of the label, of the times its text speaks of, or begun and not ended yet. */
  from: 'label' | 'text' | 'under way';
}

/** The span of each phase: the label's, else the one `byText`. */
export function shownSpans(grounding: Grounding, byText: readonly (MediaSpan | null)[]): (PhaseSpan | null)[] {
  return byText.map((spoken, phase) => {
    const span = grounding[phase];
    if (span) return { ...span, from: 'label' };
    return spoken ? { ...spoken, from: 'text' } : null;
  });
}

/** `grounding` with `span` as what `phase` talks about; null clears it. */
export function ground(grounding: Grounding, phase: number, span: MediaSpan | null): Grounding {
  return grounding.map((old, index) => (index === phase ? span : old));
}

/** From the frame of one time to the end of the frame of the other, whichever comes first. */
export function between(one: number, other: number, frames: Frames): MediaSpan {
  const [first, last] = [one, other].map((seconds) => frames.at(seconds)).sort((a, b) => a - b);
  const start = frames.start(first);
  return { start, end: frames.nudge(frames.start(last), 1) };
}

/** `span` with one edge at the frame border nearest to `seconds`, at least a frame from the other. */
export function moveEdge(span: MediaSpan, edge: keyof MediaSpan, seconds: number, frames: Frames): MediaSpan {
  const border = frames.snap(seconds);
  return edge === 'start'
    ? { ...span, start: Math.max(0, Math.min(border, frames.nudge(span.end, -1))) }
    : { ...span, end: Math.max(border, frames.nudge(span.start, 1)) };
}

/**
 * Splits the span of `phase` at the frame of `seconds`: it ends there, and the next phase's begins there and ends where that one ended, or
 * later when it was grounded so. Null when the frame does not cut the span, or no phase comes after.
 */
export function splitSpan(
  grounding: Grounding,
  span: MediaSpan,
  phase: number,
  seconds: number,
  frames: Frames,
): Grounding | null {
  const cut = frames.start(frames.at(seconds));
  if (cut <= span.start || cut >= span.end || phase + 1 >= grounding.length) return null;
  const next = { start: cut, end: Math.max(span.end, grounding[phase + 1]?.end ?? 0) };
  return ground(ground(grounding, phase, { start: span.start, end: cut }), phase + 1, next);
}
