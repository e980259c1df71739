/** What people write in place of a completion: the text as it should have been. The completion itself is never changed. */

export const correctionActions = ['set', 'undo', 'redo'] as const;
export type CorrectionAction = (typeof correctionActions)[number];

/** Where an annotator stands with the correction of a rollout. */
export interface CorrectionState {
  /** Null without one. */
  text: string | null;
  /** Where its own phases but the first begin; null while they are those of the label, carried over. */
  boundaries: number[] | null;
  /** What is written and not saved yet; null while nothing is. */
  draft: string | null;
  /** What was written last and given up since; null once something else is written or saved. */
  discarded: string | null;
  canUndo: boolean;
  canRedo: boolean;
  /** When it became what it is, ISO 8601; null before the first. */
  savedAt: string | null;
}

/** What becomes of a correction. */
export interface CorrectionChange {
  /** Null takes it back. */
  text: string | null;
  /** Its own phases, or with null those of the label; left out, its own go with the text as it changes. */
  boundaries?: readonly number[] | null;
}

/** Says why a text cannot be a correction of `completion`, or null when it can. */
export function correctionFault(completion: string, text: string): string | null {
  if (text.trim() === '') return 'a correction needs a text';
  return text === completion ? 'a correction is another text than the completion' : null;
}
