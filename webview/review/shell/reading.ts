/** What the page makes of a completion, its label and the moment of the video. Each part is kept until what it is made of changes. */
import { t } from '@vscode/l10n';
import type { Label, MediaSpan } from '../../../src/domain/phase.ts';
import type { TimeMention } from '../../../src/domain/time-mention.ts';
import type { AnswerRead, Preferences, ReviewSuggestion, Shown } from '../../../src/protocol/review.ts';
import { kept } from '../../ui/kept.ts';
import { judgedBoundaries } from '../judge/steps.ts';
import { commented } from '../comments/comment-text.ts';
import { marksOf, type Mark } from '../label/pieces.ts';
import { phaseTimes, reached, sentenceAt } from '../label/playhead.ts';
import { stopsOf } from '../label/stops.ts';
import { offerOf, type Offer } from '../label/suggestion.ts';
import type { TextRange } from '../label/text-range.ts';
import { markdownOf, withMaths, type Markdown } from '../text/markdown.ts';
import { outlineOf, type Cut, type Place } from '../text/outline.ts';
import { outside } from '../text/maths.ts';
import {
  heatRuns,
  shapedHeat,
  shapingOf,
  surpriseHeat,
  weightHeat,
  type Heat,
  type Shaping,
  type SourcedShaping,
} from '../label/weights.ts';

/** What it is made of. */
export interface Read {
  shown: Shown;
  /** Null without a label. */
  boundaries: readonly number[] | null;
  /** What a suggestion would be added to; null before the label is known. */
  label: Label | null;
  preferences: Preferences;
  /** Of the video, in seconds; 0 without one. */
  duration: number;
  /** Where the video is, in seconds. */
  time: number;
}

export class Reading {
  /** With formulas among them where they are drawn. */
  marks: readonly Mark[] = [];
  /** Null while the text is shown as it is written. */
  markdown: Markdown | null = null;
  /** What the outline names; null while it is closed. */
  places: readonly Place[] | null = null;
  /** The times the text speaks of. */
  times: readonly TimeMention[] = [];
  /** Their seconds, each once. */
  spoken: readonly number[] = [];
  /** Where boundaries may stand. */
  stops: readonly number[] = [];
  shaping: SourcedShaping | null = null;
  heat: readonly Heat[] = [];
  /** Where in the video each phase looks by its text. */
  phaseTimes: readonly (MediaSpan | null)[] = [];
  /** What the suggestion offers beside the label. */
  offer: Offer | null = null;
  /** The sentence that playback has reached. */
  reached: TextRange | null = null;
  /** What rules took for the answer, joined where that overlaps. */
  answers: readonly TextRange[] = [];

  readonly #marks = kept(marksOf);
  readonly #markdown = kept(markdownOf);
  // A snapshot brings phases and units again, as other arrays.
  readonly #places = kept(outlineOf, (a, b) => a[0] === b[0] && a[1] === b[1] && cutText(a[2]) === cutText(b[2]));
  readonly #shownMarks = kept((marks: readonly Mark[], markdown: Markdown | null) =>
    markdown ? withMaths(marks, markdown.maths) : marks,
  );
  readonly #shownStops = kept((stops: readonly number[], markdown: Markdown | null) =>
    markdown ? stops.filter((stop) => outside(markdown.maths, stop, 1) === stop) : stops,
  );
  readonly #times = kept((marks: readonly Mark[]) =>
    marks.flatMap(({ seconds, ...mark }) => (seconds === undefined ? [] : [{ ...mark, seconds }])),
  );
  readonly #spoken = kept((times: readonly TimeMention[]) => [...new Set(times.map(({ seconds }) => seconds))]);
  // A snapshot brings the same units again, as another array.
  readonly #stops = kept(stopsOf, (a, b) => a[0] === b[0] && a[1].length === b[1].length && a[2] === b[2]);
  readonly #offer = kept(
    (suggestion: ReviewSuggestion | null, boundaries: readonly number[] | null, length: number) =>
      boundaries && offerOf(suggestion, boundaries, length),
  );
  readonly #shaping = kept(
    (shown: Shown, boundaries: readonly number[] | null, scheme: Preferences['scheme'], lambda: number) => {
      const weights = shown.phases.map(({ weight }) => weight);
      const shaping = shapingOf(
        shown.rollout.units.starts,
        boundaries ?? shown.shaping?.boundaries ?? null,
        scheme,
        lambda,
        weights,
      );
      return { ...shaping, source: boundaries ? t('your label') : (shown.shaping?.source ?? null) };
    },
  );
  readonly #heat = kept(heatOf);
  // A snapshot brings the same again, as another array.
  readonly #answers = kept(
    (reads: readonly AnswerRead[]) => commented(reads.map(({ at }) => ({ text: at, video: null }))),
    ([a], [b]) => JSON.stringify(a) === JSON.stringify(b),
  );
  readonly #phaseTimes = kept(
    (times: readonly TimeMention[], length: number, boundaries: readonly number[] | null, duration: number) =>
      boundaries ? phaseTimes(times, length, boundaries, duration) : [],
  );
  readonly #reached = kept((text: string, offset: number | undefined): TextRange | null => {
    if (offset === undefined) return null;
    const { start, end } = sentenceAt(text, offset);
    return { from: start, to: end };
  });

  update({ shown, boundaries, label, preferences, duration, time }: Read): void {
    const { completion, units } = shown.rollout;
    const { scheme, lambda, overlay, rendered, outline } = preferences;
    const marks = this.#marks(completion);
    const markdown = rendered || outline ? this.#markdown(completion, marks) : null;
    this.markdown = rendered ? markdown : null;
    this.marks = this.#shownMarks(marks, this.markdown);
    this.times = this.#times(marks);
    this.spoken = this.#spoken(this.times);
    this.stops = this.#shownStops(this.#stops(completion, units.starts, shown.boundaryStops), this.markdown);
    this.offer = this.#offer(shown.suggestion, label?.boundaries ?? null, completion.length);
    const cut = { phases: shown.phases, boundaries: judgedBoundaries(boundaries, this.offer), units };
    this.places = outline && markdown ? this.#places(completion, markdown, cut) : null;
    this.shaping = this.#shaping(shown, boundaries, scheme, lambda);
    this.heat = this.#heat(shown, this.shaping, lambda, overlay);
    this.phaseTimes = this.#phaseTimes(this.times, completion.length, boundaries, duration);
    this.answers = this.#answers(shown.rollout.reads);
    this.reached = this.#reached(completion, time > 0 ? reached(this.times, time)?.start : undefined);
  }
}

const cutText = ({ phases, boundaries, units }: Cut): string =>
  JSON.stringify([phases, boundaries, units.source, units.starts.length]);

/** The advantage of the completion shown; null while it has none. */
export function advantageOf({ group, rollout }: Shown): number | null {
  return group.members.find(({ rolloutId }) => rolloutId === rollout.id)?.advantage ?? null;
}

/** The greatest advantage × weight, either way, that a unit of the group can have. */
export function shapedLimit({ group }: Shown, lambda: number): number {
  const advantages = group.members.map(({ advantage }) => Math.abs(advantage ?? 0));
  return Math.max(...advantages, 0) * (1 + lambda);
}

/** The tint of every unit, as runs. */
function heatOf(shown: Shown, { weights }: Shaping, lambda: number, overlay: Preferences['overlay']): Heat[] {
  const { completion, units, logProbs } = shown.rollout;
  const levels: number[] = {
    weight: () => Array.from(weights, (weight) => weightHeat(weight, lambda)),
    'advantage × weight': () => {
      const limit = shapedLimit(shown, lambda);
      const advantage = advantageOf(shown) ?? 0;
      return Array.from(weights, (weight) => shapedHeat(advantage * weight, limit));
    },
    'log-prob': () => (logProbs ?? []).map(surpriseHeat),
    off: () => [],
  }[overlay]();
  return heatRuns(units.starts, completion.length, levels);
}
