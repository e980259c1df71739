/** The phases of the rollout shown as steps to be judged, its sentences and what is selected, with what is said of each. Pure. */
import { t } from '@vscode/l10n';
import { stepOn, stepText, type StepJudgement, type StepVerdict } from '../../../src/domain/judgement.ts';
import { phaseAt, spans, type Phase, type Span } from '../../../src/domain/phase.ts';
import { sentencesOf } from '../../../src/domain/suggestion/sentences.ts';
import { kept } from '../../ui/kept.ts';
import type { Offer } from '../label/suggestion.ts';
import type { TextRange } from '../label/text-range.ts';

/** A verdict as a sign, which is seen without its colour. */
export const verdictSigns: Record<StepVerdict, string> = { correct: '✓', wrong: '✗', unsupported: '?' };

/** What is said of a stretch of the text. */
interface Said {
  start: number;
  end: number;
  /** Null while nothing is said of it. */
  said: StepJudgement | null;
  /** What is said is of other text than this: the boundaries of the phase moved, or a part of it was judged, or text around it, too. */
  moved: boolean;
}

/** A phase as a step. */
export type Step = Said & Span;

/** What the keys judge: the phase or the sentence at the caret, or what is selected. */
export interface Judged extends Said {
  name: string;
  isPhase: boolean;
}

/** Where phases are cut that can be judged: those of the label, else those of a suggestion that offers all of them. */
export function judgedBoundaries(label: readonly number[] | null, offer: Offer | null): readonly number[] | null {
  if (label) return label;
  const places = offer?.places.filter((place) => place !== null) ?? [];
  return offer && places.length === offer.places.length ? places : null;
}

/** A step for each phase, the empty ones too; none without boundaries. What is said of a small part of a phase is not said of the phase. */
export function stepsOf(
  length: number,
  boundaries: readonly number[] | null,
  said: readonly StepJudgement[],
): readonly Step[] {
  if (!boundaries) return [];
  return spans(length, boundaries).map((span) => {
    const on = saidOn(said, span);
    const isSmall = on.said && isInside(on.said, span) && 2 * (on.said.end - on.said.start) < span.end - span.start;
    return isSmall ? { ...span, said: null, moved: false } : { ...span, ...on };
  });
}

function saidOn(said: readonly StepJudgement[], { start, end }: Pick<Said, 'start' | 'end'>): Said {
  const found = stepOn(said, { start, end });
  return { start, end, said: found?.step ?? null, moved: found !== null && !found.isExact };
}

type Stretch = Pick<Said, 'start' | 'end'>;
const isInside = (inner: Stretch, outer: Stretch): boolean => outer.start <= inner.start && inner.end <= outer.end;

const sentences = kept(sentencesOf);

/** What is judged by whom has the caret there, or selected that; null where there is nothing to judge. */
export function judgedAt({
  text,
  caret,
  selected,
  by,
  steps,
  said,
  phases,
}: {
  text: string;
  caret: number;
  selected: TextRange | null;
  by: 'phase' | 'sentence';
  steps: readonly Step[];
  said: readonly StepJudgement[];
  phases: readonly Pick<Phase, 'name'>[];
}): Judged | null {
  const chosen = selected && trimmed(text, selected);
  if (chosen) return { ...saidOn(said, chosen), name: 'selection', isPhase: false };
  if (by === 'sentence') {
    const sentence = sentenceAt(text, caret);
    return sentence && { ...saidOn(said, sentence), name: 'sentence', isPhase: false };
  }
  const step = stepAt(steps, caret);
  return step && { ...step, name: phases[step.phase].name, isPhase: true };
}

/** The sentence that holds this place or, between two, ends before it; the first one before that begins. Null of a blank text. */
function sentenceAt(text: string, offset: number): Stretch | null {
  const all = sentences(text);
  return all.findLast(({ start }) => start <= offset) ?? all[0] ?? null;
}

/** Where the next one begins of what is judged, after the last the first; null where there is none. */
export function nextJudged(text: string, here: Judged | null, steps: readonly Step[]): number | null {
  const starts = here && !here.isPhase ? sentences(text) : steps.filter(({ start, end }) => end > start);
  return (starts.find(({ start }) => start > (here?.start ?? -1)) ?? starts[0])?.start ?? null;
}

/** Without the white space around it; null where that is all. */
function trimmed(text: string, { from, to }: TextRange): Stretch | null {
  const chosen = text.slice(from, to);
  if (chosen.trim() === '') return null;
  const start = from + chosen.length - chosen.trimStart().length;
  return { start, end: start + chosen.trim().length };
}

/** What is said of other text than just one of the phases, in the order of the text. */
export const saidBeside = (steps: readonly Step[], said: readonly StepJudgement[]): StepJudgement[] =>
  said.filter(({ start, end }) => !steps.some((step) => step.start === start && step.end === end));

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
export function saidText(step: Said & { isPhase?: boolean }): string {
  if (!step.said) return '';
  return step.moved ? `${stepText(step.said)}, ${movedText(step)}` : stepText(step.said);
}

/** Of what else it is said. */
export function movedText({ said, isPhase = true, ...stretch }: Said & { isPhase?: boolean }): string {
  if (said && isInside(said, stretch)) return t('said of a part of it');
  return isPhase ? t('before its boundaries moved') : t('said with text around it');
}
