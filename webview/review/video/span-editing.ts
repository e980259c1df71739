/** What each phase talks about in the video, while keys and the timeline edit it. */
import type { Label, MediaSpan, Phase } from '../../../src/domain/phase.ts';
import type { Frames } from './frames.ts';
import { between, ground, shownSpans, splitSpan, type PhaseSpan } from './grounding.ts';
import { clock } from '../label/playhead.ts';

type Grounding = Label['grounding'];

/** What is edited, as it is now. */
export interface EditedSpans {
  phases: readonly Phase[];
  /** The phase at the caret. */
  phase: number;
  /** Null without a label. */
  grounding: Grounding | null;
  /** Of each phase, by the times its text speaks of. */
  byText: readonly (MediaSpan | null)[];
  /** Where the video is, in seconds. */
  time: number;
  /** Null without a video. */
  frames: Frames | null;
}

/** What comes of it. */
export interface SpanEffects {
  seek(seconds: number): void;
  tell(notice: string): void;
  /** Saves, or only shows while something is dragged. */
  edit(grounding: Grounding, dragged: boolean): void;
  /** There is something else to show. */
  changed(): void;
}

export class SpanEditing {
  /** A span begun and not ended yet: of which phase, and where. */
  #begun: { phase: number; seconds: number } | null = null;
  /** The phase that is played over and over. */
  #loop: number | null = null;
  readonly #now: () => EditedSpans;
  readonly #effects: SpanEffects;

  constructor(now: () => EditedSpans, effects: SpanEffects) {
    this.#now = now;
    this.#effects = effects;
  }

  /** The span of each phase as it is shown. */
  get shown(): (PhaseSpan | null)[] {
    const { grounding, byText, time, frames } = this.#now();
    const spans = shownSpans(grounding ?? [], byText);
    const begun = this.#begun;
    if (begun && frames) spans[begun.phase] = { ...between(begun.seconds, time, frames), from: 'under way' };
    return spans;
  }

  /** What is played over and over. */
  get loop(): MediaSpan | null {
    return this.#loop === null ? null : this.shown[this.#loop];
  }

  /** Whether that is the phase at the caret. */
  get looping(): boolean {
    return this.#loop === this.#now().phase;
  }

  /** Another rollout is shown. */
  forget(): void {
    this.#begun = null;
    this.#loop = null;
    this.#effects.changed();
  }

  /** Plays the phase at the caret over and over, or no longer. */
  toggleLoop(): void {
    const { phase, time } = this.#now();
    const span = this.shown[phase];
    if (this.looping) {
      this.#loop = null;
    } else if (span) {
      this.#loop = phase;
      if (time < span.start || time >= span.end) this.#effects.seek(span.start);
    } else {
      this.#effects.tell(`${this.#name(phase)} talks about no time of the video yet (V sets it)`);
    }
    this.#effects.changed();
  }

  /** Begins what the phase at the caret talks about here, or ends what was begun. */
  mark(): void {
    const { phase, time, grounding, frames } = this.#now();
    const begun = this.#begun;
    if (!frames) return;
    if (!grounding) {
      this.#effects.tell('mark the phases first: what each talks about is part of the label');
    } else if (begun) {
      this.#begun = null;
      this.set(begun.phase, between(begun.seconds, time, frames));
    } else {
      this.#begun = { phase, seconds: time };
      this.#effects.tell(`${this.#name(phase)} talks about the video from ${clock(time)}: V ends it, Esc gives up`);
    }
    this.#effects.changed();
  }

  /** Forgets what was begun; false when nothing was. */
  giveUp(): boolean {
    const begun = this.#begun;
    this.#begun = null;
    if (begun) this.#effects.tell('');
    this.#effects.changed();
    return begun !== null;
  }

  /** Ends the span of the phase at the caret here; the next phase's goes on. */
  split(): void {
    const { phase, time, grounding, frames } = this.#now();
    const span = this.shown[phase];
    const split = span && grounding && frames && splitSpan(grounding, span, phase, time, frames);
    if (split) this.#effects.edit(split, false);
    else this.#effects.tell(`the video is not inside what ${this.#name(phase)} talks about, or no phase comes after`);
  }

  #name(phase: number): string {
    return this.#now().phases[phase].name;
  }

  /** Sets what a phase talks about; null clears it. */
  set(phase: number, span: MediaSpan | null, dragged = false): void {
    const { grounding } = this.#now();
    if (grounding) this.#effects.edit(ground(grounding, phase, span), dragged);
  }
}
