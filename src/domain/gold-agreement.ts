/** How far each annotator agrees with gold labels, and with gold judgements of steps. */
import { metricTexts } from './agreement.ts';
import {
  figuresOf,
  figureText,
  measureRollout,
  type MeasuredRollout,
  type ScopeAgreement,
} from './agreement-report.ts';
import { measureJudgements, type JudgementScope } from './judgement-agreement.ts';
import type { StepJudgement } from './judgement.ts';
import type { Tokenised } from './unit.ts';

/** A rollout that an annotator submitted, and what gold says of it. */
export interface GoldItem extends Tokenised {
  rolloutId: string;
  annotator: string;
  /** Boundaries: the annotator's, and gold's. */
  labels: [own: number[], gold: number[]];
  judgements: [own: StepJudgement[], gold: StepJudgement[]];
}

/** Of one annotator against all of gold. */
export interface GoldAgreement {
  annotator: string;
  labels: ScopeAgreement;
  /** On steps that both judged. */
  judgements: JudgementScope;
}

/** Of each annotator, by name. The same items in the same order give the same intervals. */
export function goldAgreement(items: readonly GoldItem[]): GoldAgreement[] {
  const names = [...new Set(items.map(({ annotator }) => annotator))].sort();
  return names.map((annotator) => {
    const own = items.filter((item) => item.annotator === annotator);
    const judged = own.flatMap((item) => measuredJudgements(item) ?? []);
    const { kappa, alpha } = figuresOf(judged, ['gold judgements', annotator]);
    return {
      annotator,
      labels: { rollouts: countOf(own), figures: figuresOf(own.map(measuredLabels), ['gold', annotator]) },
      judgements: { rollouts: countOf(judged), figures: { kappa, alpha } },
    };
  });
}

/** Gold of several names counts as of one. */
const gold = 'gold';

function measuredLabels({ annotator, labels: [own, right], ...rollout }: GoldItem): MeasuredRollout {
  const labels = [
    { annotator, boundaries: own },
    { annotator: gold, boundaries: right },
  ];
  return measureRollout({ ...rollout, labels });
}

function measuredJudgements({ rolloutId, annotator, judgements: [own, right] }: GoldItem): MeasuredRollout | null {
  const judgements = [
    { annotator, steps: own },
    { annotator: gold, steps: right },
  ];
  return measureJudgements({ rolloutId, judgements });
}

const countOf = (items: readonly { rolloutId: string }[]): number =>
  new Set(items.map(({ rolloutId }) => rolloutId)).size;

/** What is told of an annotator against gold, in this order. */
export const goldMetrics = ['boundarySimilarity', 'kappa'] as const;

/** "Boundary Similarity 0.75, Cohen’s κ 0.90; Cohen’s κ of judgements 0.40". */
export function goldText({ labels, judgements }: GoldAgreement): string {
  const said = goldMetrics.map((metric) => `${metricTexts[metric].label} ${figureText(labels.figures[metric])}`);
  const judged = `${metricTexts.kappa.label} of judgements ${figureText(judgements.figures.kappa)}`;
  return [said.join(', '), ...(judgements.rollouts > 0 ? [judged] : [])].join('; ');
}
