/** What people say of the steps of a rollout's reasoning: each is correct, wrong, or unsupported by what it speaks about. */
import { t } from '@vscode/l10n';
import * as v from 'valibot';
import { insideCodePoint, type RevisionAction } from './phase.ts';
import type { PlaceIn } from './text-change.ts';

/** What a step can be: 'unsupported' is one that may be true, but that the video does not show. */
export const stepVerdicts = ['correct', 'wrong', 'unsupported'] as const;
export type StepVerdict = (typeof stepVerdicts)[number];

/** What is said of [start, end) of a completion, in UTF-16 units: in most cases a phase, as it was cut then. */
export interface StepJudgement {
  start: number;
  end: number;
  verdict: StepVerdict;
  /** The name of an error type of the project as it was then; null of a correct step, and where none was chosen. */
  error: string | null;
}

/** What makes a change of a judgement: as of a label, but that no change of phases moves it. */
export type JudgementAction = Exclude<RevisionAction, 'move'>;
export const judgementActions = ['set', 'undo', 'redo', 'carry'] as const satisfies readonly JudgementAction[];

/** Where an annotator stands with the steps of a rollout. */
export interface JudgementState {
  /** In the order of the text; no two have text in common. */
  steps: StepJudgement[];
  canUndo: boolean;
  canRedo: boolean;
  /** When it became what it is, ISO 8601; null before the first. */
  savedAt: string | null;
}

/** A kind of error that a project tells apart. */
export interface ErrorType {
  name: string;
  /** When it is one, in a sentence. */
  about: string;
}

/**
 * The error types of a project that defines no others: those that Video-Holmes' analysis of reasoning counts (visual perception, visual omission,
 * reasoning, and a wrong answer after right thoughts: table 4; Cheng and others 2025), and those that sound, time, the question and what a model
 * brings along add.
 */
export const defaultErrorTypes: readonly ErrorType[] = [
  { name: 'visual perception', about: 'It says that the picture shows something else than it does.' },
  { name: 'visual omission', about: 'It leaves out something in the picture that matters.' },
  { name: 'audio perception', about: 'It mishears a sound or speech, or says that there is one where there is none.' },
  { name: 'time and order', about: 'It puts something at the wrong time, or in the wrong order.' },
  { name: 'reasoning', about: 'It does not follow from what was said before.' },
  { name: 'knowledge', about: 'It says something false about the world.' },
  { name: 'calculation', about: 'It counts or computes wrongly.' },
  { name: 'question', about: 'It answers another question than the one that was asked.' },
  { name: 'think–answer mismatch', about: 'The answer is another one than the reasoning comes to.' },
];

/** The error types of a project; the place of each, from 1, is the digit that chooses it. */
export const errorTypesSchema = v.pipe(
  v.array(
    v.strictObject({
      name: v.pipe(v.string(), v.trim(), v.minLength(1, 'an error type needs a name'), v.maxLength(40)),
      about: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(200)), ''),
    }),
  ),
  v.maxLength(9, 'at most nine error types: each has a digit as its key'),
  v.check((types) => new Set(types.map(({ name }) => name)).size === types.length, 'two error types have one name'),
);

/** A step as files and messages have it; `stepsFault` says whether a completion can have it. */
export const stepSchema = v.object({
  start: v.number(),
  end: v.number(),
  verdict: v.picklist(stepVerdicts),
  error: v.optional(v.nullable(v.string()), null),
});

/** Says why these cannot be judgements of steps of `completion`, or null when they can. */
export function stepsFault(completion: string, steps: readonly StepJudgement[]): string | null {
  let last = 0;
  for (const { start, end, verdict, error } of steps) {
    const said = `the step from ${start} to ${end}`;
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end > completion.length)
      return `${said} is outside the completion (0 to ${completion.length} UTF-16 units)`;
    if (end <= start) return `${said} has no text`;
    if (start < last) return `${said} begins before the one before it ends, or stands out of order`;
    for (const offset of [start, end])
      if (insideCodePoint(completion, offset)) return `offset ${offset} is inside a code point; use ${offset - 1}`;
    if (verdict === 'correct' && error !== null) return `${said} is correct: it has no error, not “${error}”`;
    last = end;
  }
  return null;
}

/** A stretch of a text in UTF-16 units. */
interface Stretch {
  start: number;
  end: number;
}

const overlap = (a: Stretch, b: Stretch): number => Math.min(a.end, b.end) - Math.max(a.start, b.start);

/** `steps` with another one; with a verdict of null, without any there. What was said of some of its text before goes: nothing is said twice. */
export function withStep(
  steps: readonly StepJudgement[],
  { verdict, ...step }: Omit<StepJudgement, 'verdict'> & { verdict: StepVerdict | null },
): StepJudgement[] {
  const others = steps.filter((one) => overlap(one, step) <= 0);
  if (verdict === null) return others;
  return [...others, { start: step.start, end: step.end, verdict, error: step.error }].sort(
    (a, b) => a.start - b.start,
  );
}

/** What is said of most of a stretch, and whether of that stretch just as it is; null where nothing is. */
export function stepOn(
  steps: readonly StepJudgement[],
  stretch: Stretch,
): { step: StepJudgement; isExact: boolean } | null {
  const [step] = steps
    .filter((one) => overlap(one, stretch) > 0)
    .sort((a, b) => overlap(b, stretch) - overlap(a, stretch));
  return step ? { step, isExact: step.start === stretch.start && step.end === stretch.end } : null;
}

/** The steps in a changed text; null where the text of one of them is another there: nobody said anything of that. */
export function carriedSteps(steps: readonly StepJudgement[], place: PlaceIn): StepJudgement[] | null {
  const carried = steps.flatMap((step) => {
    const places = Array.from({ length: step.end - step.start + 1 }, (_, i) => place(step.start + i));
    const [start, end] = [places[0], places[step.end - step.start]];
    const isSame = start !== null && end !== null && end - start === step.end - step.start && !places.includes(null);
    return isSame ? [{ ...step, start, end }] : [];
  });
  return carried.length === steps.length ? carried : null;
}

export const verdictTexts: Readonly<Record<StepVerdict, string>> = {
  correct: t('correct'),
  wrong: t('wrong'),
  unsupported: t('unsupported'),
};

/** "wrong: visual perception". */
export const stepText = ({ verdict, error }: Pick<StepJudgement, 'verdict' | 'error'>): string =>
  error === null ? verdictTexts[verdict] : `${verdictTexts[verdict]}: ${error}`;
