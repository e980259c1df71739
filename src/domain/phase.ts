/** Phases of a completion: contiguous spans of its text, cut by boundaries at UTF-16 offsets. */

/** One kind of phase. `weight` is its TAS weight in units of λ for `phase-constant`: w = 1 + λ · weight. */
export interface Phase {
  name: string;
  /** One character; pressing it makes the current segment this phase. */
  key: string;
  weight: number;
}

/** The project's schema: planning, evidence, synthesis (AVATAR, section "Temporal Advantage Shaping"). */
export const defaultPhases: readonly Phase[] = [
  { name: 'planning', key: '1', weight: 1 },
  { name: 'evidence', key: '2', weight: 0 },
  { name: 'synthesis', key: '3', weight: 1 },
];

/** One annotator's phases of one rollout. `boundaries.length` is the number of phases minus one; phases may be empty. */
export interface Segmentation {
  rolloutId: string;
  annotator: string;
  boundaries: number[];
}

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
export function segmentationFault(text: string, boundaries: readonly number[], phaseCount: number): string | null {
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
