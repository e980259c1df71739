/** How far annotators agree on the steps of reasoning: on the verdict of every character that they both judged, and on each type of error (κ, α). */
import { t } from '@vscode/l10n';
import { addCoincidences } from './agreement.ts';
import { figuresOf, type Figure, type MeasuredRollout } from './agreement-report.ts';
import { stepVerdicts, type StepJudgement } from './judgement.ts';

/** What several annotators say of the steps of one rollout. */
export interface JudgedByMany {
  rolloutId: string;
  judgements: { annotator: string; steps: readonly StepJudgement[] }[];
}

export const judgementMetrics = ['kappa', 'alpha'] as const;

/** What is compared, in a sentence, and when there is nothing to compute. */
export const judgementText = {
  about: t('Agreement on the verdict of every character that both judged, beyond chance: 1 is full, 0 is chance.'),
  undefinedWhen: t('all gave all of the text one and the same verdict, so no disagreement was possible'),
};

export interface JudgementScope {
  /** Rollouts of which two of them judged some of the same text. */
  rollouts: number;
  figures: Record<(typeof judgementMetrics)[number], Figure>;
}

export interface JudgementAgreement {
  pairs: (JudgementScope & { a: string; b: string })[];
  people: JudgementScope;
  /** Of all people, for each type of error that somebody named on text that another judged too: whether the text has it. By name. */
  errors: (JudgementScope & { error: string })[];
}

/** What is compared of a step: one of `size` classes. */
interface Classes {
  size: number;
  of: (step: StepJudgement) => number;
}

const verdicts: Classes = { size: stepVerdicts.length, of: ({ verdict }) => stepVerdicts.indexOf(verdict) };

const hasError = (error: string): Classes => ({ size: 2, of: (step) => Number(step.error === error) });

/**
 * Compares what every two of them say, as `measureRollout` does for phases: text that only one of them judged says nothing of agreement. Where
 * m of them judged the same text, each pair's part of the coincidences is 1 / (m − 1), as Krippendorff has it for missing values. Null where
 * no two judged the same.
 */
export function measureJudgements(
  { rolloutId, judgements }: JudgedByMany,
  { size, of }: Classes = verdicts,
): MeasuredRollout | null {
  const edges = judgements.flatMap(({ steps }) => steps.flatMap(({ start, end }) => [start, end]));
  const cuts = [...new Set(edges)].sort((a, b) => a - b);
  const coincidences = new Float64Array(size * size);
  const confusions = new Map<string, { a: string; b: string; confusion: Float64Array }>();
  for (const [i, end] of cuts.slice(1).entries()) {
    const said = judgements.flatMap(({ annotator, steps }) => {
      const step = steps.find((one) => one.start <= cuts[i] && end <= one.end);
      return step ? [{ annotator, verdict: of(step) }] : [];
    });
    for (const [j, { annotator: a, verdict }] of said.entries()) {
      for (const { annotator: b, verdict: other } of said.slice(j + 1)) {
        const key = JSON.stringify([a, b]);
        const pair = confusions.get(key) ?? { a, b, confusion: new Float64Array(size * size) };
        confusions.set(key, pair);
        const counts = new Float64Array(size * size);
        counts[verdict * size + other] = end - cuts[i];
        pair.confusion[verdict * size + other] += end - cuts[i];
        addCoincidences(coincidences, counts, said.length);
      }
    }
  }
  if (confusions.size === 0) return null;
  const none = { boundarySimilarity: null, windowDiff: null, pk: null };
  return { rolloutId, coincidences, pairs: [...confusions.values()].map((pair) => ({ ...pair, ...none })) };
}

/** Agreement of every pair and of all; the same rollouts in the same order give the same intervals. */
export function judgementAgreement(rollouts: readonly JudgedByMany[]): JudgementAgreement {
  const measured = rollouts.flatMap((rollout) => measureJudgements(rollout) ?? []);
  const pairs = new Map<string, { a: string; b: string }>();
  for (const { a, b } of measured.flatMap((rollout) => rollout.pairs)) pairs.set(JSON.stringify([a, b]), { a, b });
  const scope = (within: readonly MeasuredRollout[], ...names: string[]): JudgementScope => {
    const { kappa, alpha } = figuresOf(within, ['judgements', ...names]);
    return { rollouts: within.length, figures: { kappa, alpha } };
  };
  return {
    pairs: [...pairs.values()].map(({ a, b }) => {
      const both = rollouts.map(({ rolloutId, judgements }) => ({
        ...{ rolloutId, judgements: judgements.filter(({ annotator }) => annotator === a || annotator === b) },
      }));
      return {
        a,
        b,
        ...scope(
          both.flatMap((rollout) => measureJudgements(rollout) ?? []),
          a,
          b,
        ),
      };
    }),
    people: scope(measured),
    errors: errorsOf(rollouts).flatMap((error) => {
      const within = rollouts.flatMap((rollout) => measureJudgements(rollout, hasError(error)) ?? []);
      // Somebody named it on text that another judged, too: more than that both said it is not there.
      const isCompared = within.some(({ coincidences }) => coincidences.subarray(1).some((count) => count > 0));
      return isCompared ? [{ error, ...scope(within, error) }] : [];
    }),
  };
}

/** The types of error that are named, by name. */
function errorsOf(rollouts: readonly JudgedByMany[]): string[] {
  const steps = rollouts.flatMap(({ judgements }) => judgements.flatMap((one) => one.steps));
  return [...new Set(steps.flatMap(({ error }) => (error === null ? [] : [error])))].sort();
}
