/** Phases of a completion: contiguous spans of its text, cut by boundaries at UTF-16 offsets. */

import type { LabelOrigin } from './suggestion/suggestion.ts';

/** The theme's chart colours: they hold in light, dark and high contrast. */
export const phaseColours = ['blue', 'yellow', 'green', 'red', 'orange', 'purple'] as const;

/** One kind of phase. */
export interface Phase {
  name: string;
  /** A digit; pressing it makes this phase start at the caret. */
  key: string;
  colour: (typeof phaseColours)[number];
  /** Its TAS weight in units of λ for `phase-constant`: w = 1 + λ · weight. */
  weight: number;
}

/** The schema of a project that defines no other: planning, evidence, synthesis (AVATAR, section "Temporal Advantage Shaping"). */
export const defaultPhases: readonly Phase[] = [
  { name: 'planning', key: '1', colour: 'blue', weight: 1 },
  { name: 'evidence', key: '2', colour: 'yellow', weight: 0 },
  { name: 'synthesis', key: '3', colour: 'green', weight: 1 },
];

/** A span of a video or sound, [start, end) in seconds. */
export interface MediaSpan {
  start: number;
  end: number;
}

/** The phases that somebody cuts a rollout into: the label of a person, or the suggestion of a program. */
export interface Segmentation {
  annotator: string;
  /** One fewer than there are phases; phases may be empty. */
  boundaries: number[];
}

/** A label: what a person says of a rollout's phases. */
export interface Label extends Pick<Segmentation, 'boundaries'> {
  /** For each phase the span of the video it talks about (temporal grounding), null where none is given. */
  grounding: (MediaSpan | null)[];
  /** Where it was taken from a suggestion. */
  origin?: LabelOrigin;
}

/** What makes a revision: an edit, undo, redo, a change of the phase schema ('move') or of the completion, which a newer version reads otherwise. */
export const revisionActions = ['set', 'undo', 'redo', 'move', 'carry'] as const;
export type RevisionAction = (typeof revisionActions)[number];

/** A label to be kept as this annotator's of this rollout. Without `grounding` or `origin`, the one stored stays. */
export interface NewLabel extends Segmentation, Partial<Omit<Label, 'boundaries'>> {
  rolloutId: string;
}

/** Where an annotator stands with the label of a rollout. */
export interface LabelState extends Omit<Label, 'boundaries'> {
  /** Null when there is no label (never set, or undone to nothing); the grounding is then all null. */
  boundaries: number[] | null;
  canUndo: boolean;
  canRedo: boolean;
  /** ISO 8601. */
  savedAt: string | null;
}

/** The grounding of a label that has none. */
export const ungrounded = (phaseCount: number): null[] => Array<null>(phaseCount).fill(null);

/** A phase's place in the text: [start, end) in UTF-16 units. */
export interface Span {
  phase: number;
  start: number;
  end: number;
}

/**
 * Says why `boundaries` cannot cut `text` into `phaseCount` phases, or null when they can: right count, integers within
 * the text, in order, none inside a surrogate pair.
 */
export function boundariesFault(text: string, boundaries: readonly number[], phaseCount: number): string | null {
  if (boundaries.length !== phaseCount - 1) {
    return `${phaseCount} phases need ${phaseCount - 1} boundaries, not ${boundaries.length}`;
  }
  let previous = 0;
  for (const boundary of boundaries) {
    if (!Number.isInteger(boundary) || boundary < 0 || boundary > text.length) {
      return `boundary ${boundary} is outside the completion (0 to ${text.length} UTF-16 units)`;
    }
    if (boundary < previous) return `boundaries must not decrease: ${boundary} comes after ${previous}`;
    if (insideCodePoint(text, boundary)) return `boundary ${boundary} is inside a code point; use ${boundary - 1}`;
    previous = boundary;
  }
  return null;
}

/** Says why `grounding` cannot ground `phaseCount` phases, or null when it can: one span or null for each, none backwards. */
export function groundingFault(grounding: Label['grounding'], phaseCount: number): string | null {
  if (grounding.length !== phaseCount)
    return `${phaseCount} phases need ${phaseCount} spans or nulls, not ${grounding.length}`;
  for (const span of grounding) {
    if (span && !(span.start >= 0 && span.end > span.start && span.end < Infinity))
      return `a phase cannot talk about ${span.start} s to ${span.end} s: a span starts at 0 or later and ends after its start`;
  }
  return null;
}

/** True when `offset` would split a surrogate pair of `text`. */
export function insideCodePoint(text: string, offset: number): boolean {
  if (offset <= 0 || offset >= text.length) return false;
  const before = text.charCodeAt(offset - 1);
  const after = text.charCodeAt(offset);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}

/** The spans that `boundaries` cut a text of `length` UTF-16 units into, one a phase, in order; some may be empty. */
export function spans(length: number, boundaries: readonly number[]): Span[] {
  const edges = [0, ...boundaries, length];
  return edges.slice(1).map((end, phase) => ({ phase, start: edges[phase], end }));
}

/** Moves one boundary to `offset`, kept between its neighbours and off the middle of a code point. Returns new boundaries. */
export function moveBoundary(text: string, boundaries: readonly number[], index: number, offset: number): number[] {
  const low = boundaries[index - 1] ?? 0;
  const high = boundaries[index + 1] ?? text.length;
  const clamped = Math.min(Math.max(offset, low), high);
  const moved = [...boundaries];
  moved[index] = insideCodePoint(text, clamped) ? clamped - 1 : clamped;
  return moved;
}

/** The phase that holds the character at `offset`: the last phase starting at or before it that is not empty there. */
export function phaseAt(boundaries: readonly number[], offset: number): number {
  let phase = 0;
  while (phase < boundaries.length && boundaries[phase] <= offset) phase += 1;
  return phase;
}

/** The texts with which a policy's completions begin their evidence and their synthesis, such as " At " and " So ". */
export interface PhaseCues {
  evidence: string;
  synthesis: string;
}

/** Boundaries of planning, evidence and synthesis where the first cues stand; null when one is missing. */
export function cuedBoundaries(completion: string, cues: PhaseCues): [number, number] | null {
  const evidence = completion.indexOf(cues.evidence);
  const synthesis = evidence < 0 ? -1 : completion.indexOf(cues.synthesis, evidence);
  return synthesis < 0 ? null : [evidence, synthesis];
}
