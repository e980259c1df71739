/** The phases of the rollout shown as steps to be judged, with what is said of each. Pure. */
import { stepOn, stepText, type StepJudgement, type StepVerdict } from '../../../src/domain/judgement.ts';
import { phaseAt, spans, type Span } from '../../../src/domain/phase.ts';
import type { Offer } from '../label/suggestion.ts';

/** A verdict as a sign, which is seen without its colour. */
export const verdictSigns: Record<StepVerdict, string> = { correct: '✓', wrong: '✗', unsupported: '?' };

/** A phase as a step. */
export interface Step extends Span {
  /** Null while nothing is said of it. */
  said: StepJudgement | null;
  /** What is said is of other text than the phase is now: its boundaries moved. */
  moved: boolean;
}

/** Where phases are cut that can be judged: those of the label, else those of a suggestion that offers all of them. */
export function judgedBoundaries(label: readonly number[] | null, offer: Offer | null): readonly number[] | null {
  if (label) return label;
  const places = offer?.places.filter((place) => place !== null) ?? [];
  return offer && places.length === offer.places.length ? places : null;
}

/** A step for each phase, the empty ones too; none without boundaries. */
export function stepsOf(
  length: number,
  boundaries: readonly number[] | null,
  said: readonly StepJudgement[],
): readonly Step[] {
  if (!boundaries) return [];
  return spans(length, boundaries).map((span) => {
    const found = stepOn(said, span);
    return { ...span, said: found?.step ?? null, moved: found !== null && !found.isExact };
  });
}

/** The step at this place of the text; null while there are none. */
export function stepAt(steps: readonly Step[], caret: number): Step | null {
  if (steps.length === 0) return null;
  const here =
    steps[
      phaseAt(
        steps.slice(1).map(({ start }) => start),
        caret,
      )
    ];
  // At the end of a text whose last phases are empty.
  return here.end > here.start ? here : (steps.findLast(({ start, end }) => end > start) ?? null);
}

/** "wrong: reasoning", "correct, before its boundaries moved"; empty while nothing is said. */
export function saidText({ said, moved }: Pick<Step, 'said' | 'moved'>): string {
  if (!said) return '';
  return moved ? `${stepText(said)}, before its boundaries moved` : stepText(said);
}
