/** What the page's components tell the app. */
import type { CorrectionChange } from '../../../src/domain/correction.ts';
import type { Label, MediaSpan } from '../../../src/domain/phase.ts';
import type { ReasonedMark } from '../../../src/domain/review.ts';
import type { Density, LabelReview, PagePart, Preferences } from '../../../src/protocol/review.ts';
import type { KeyAction } from './keys.ts';

export type CommentAction =
  | { kind: 'write'; body: string }
  /** Takes the place where caret and play head are now, or none. */
  | { kind: 'place'; what: 'text' | 'video'; on: boolean }
  /** The stretch of the video ends where the play head is. */
  | { kind: 'until' }
  | { kind: 'save' | 'drop' | 'leave' }
  | { kind: 'edit' | 'delete' | 'go'; id: string }
  | { kind: 'resolve'; id: string; resolved: boolean };

/** Edits that are not saved, of one store and for one reason. */
export interface Failed {
  store: string;
  error: string;
  count: number;
}

export type PageAction =
  /** What a key does, and a button that stands for it. */
  | KeyAction
  | { kind: 'seek'; seconds: number }
  | { kind: 'time'; seconds: number }
  /** The caret was put at this offset of the completion. */
  | { kind: 'caret'; offset: number }
  /** What a drag changes of the label so far; null when the drag was given up. */
  | { kind: 'preview'; change: Partial<Label> | null }
  | { kind: 'edit'; change: Partial<Label> }
  /** A place of the text is gone to, at the top of what is seen. */
  | { kind: 'jump'; offset: number }
  /** Where one reads, as a place of the outline. */
  | { kind: 'present'; place: number }
  /** How far down the guidelines are, in pixels. */
  | { kind: 'guidelines-top'; top: number }
  | { kind: 'density'; density: Density }
  /** The sections that are folded, by where they start. */
  | { kind: 'folded'; folded: readonly number[] }
  /** An edge of what a phase talks about was moved, or is while it is `dragged`. */
  | { kind: 'ground'; phase: number; span: MediaSpan; dragged: boolean }
  | { kind: 'commenting'; comment: CommentAction }
  /** The pointer is over this unit; `reveal` brings it into view in the text. */
  | { kind: 'hover-unit'; unit: number | null; reveal?: boolean }
  /** What a rule took from the text is pointed at, or nothing; gone to when it is chosen. */
  | { kind: 'answer-read'; at: { from: number; to: number } | null; go: boolean }
  | { kind: 'open'; rolloutId: string }
  | { kind: 'review-label'; annotator: string; verdict: LabelReview['verdict'] }
  /** The group view shows these and does not know them. */
  | { kind: 'read-completions'; rolloutIds: string[] }
  /** More of what was done is to be shown. */
  | { kind: 'older' }
  /** A boundary of the suggestion; all that it still offers without one. */
  | { kind: 'accept' | 'refuse'; boundary?: number }
  | {
      kind:
        | 'submit'
        | 'reopen'
        | 'retry'
        | 'prepare'
        | 'allow-folder'
        | 'undo'
        | 'redo'
        | 'retry-save'
        | 'drop-save'
        | 'rescue'
        | 'choose-guidelines';
    }
  /** A correction is being written, or what is written is given up, or is kept; null takes back what was kept. */
  | { kind: 'correcting'; text: string }
  | { kind: 'discard' }
  | ({ kind: 'correct' } & CorrectionChange)
  /** What is wrong with the step at the caret; null is something that has no name. */
  | { kind: 'error'; error: string | null }
  /** Edits of others than the label shown are given up. */
  | { kind: 'drop-failed'; failed: Failed }
  /** The rollout shown is to be skipped or flagged, for this reason. */
  | { kind: 'because'; mark: ReasonedMark; reason: string }
  /** A tag of the annotator's own is put on the rollout shown, or taken off. */
  | { kind: 'tag'; tag: string; on: boolean }
  /** Folds a part of the page away, or brings it back. */
  | { kind: 'fold-part'; part: PagePart }
  | { kind: 'prefer'; change: Partial<Preferences> };
