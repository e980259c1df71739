/** What a study's runs say, question by question. */
import { replicationOf, type Inputs, type Replication } from './replication.ts';
import { mean } from '../domain/statistics.ts';
import {
  armFinding,
  comparison,
  rateFindings,
  targetAccuracy,
  type Answers,
  type ArmFinding,
  type Comparison,
  type RateFinding,
  type StudyRun,
} from './measured.ts';
import type { Family } from './arms.ts';
import type { StudyRuns } from './conduct.ts';

/** The questions of a study: an arm against another, each named setting/arm. */
const questions = {
  opponent: [['main/avatar', 'main/grpo-8x8-1']],
  matched: [
    ['main/avatar', 'main/grpo-8x8-n'],
    ['main/avatar', 'main/grpo-8x4-n'],
  ],
  steps: [['main/grpo-8x8-n', 'main/grpo-8x8-1']],
  passes: [
    ['steps/grpo-8x8-quarters', 'main/grpo-8x8-n'],
    ['steps/grpo-8x4-quarters', 'main/grpo-8x4-n'],
    ['steps/avatar-quarters', 'main/avatar'],
  ],
  once: [['steps/grpo-8x8-quarters', 'main/grpo-8x8-1']],
  quarters: [
    ['steps/avatar-quarters', 'steps/grpo-8x8-quarters'],
    ['steps/avatar-quarters', 'steps/grpo-8x4-quarters'],
  ],
  replay: [['main/replay-only', 'main/grpo-8x4-n']],
  weights: [
    ['main/tas-only', 'main/grpo-8x4-n'],
    ['main/avatar', 'main/replay-only'],
    ['main/avatar-phase-warped', 'main/replay-only'],
    ['main/avatar-phase-warped', 'main/avatar'],
  ],
  schemes: ['linear-decay', 'linear-incline', 'inverse-parabolic', 'phase-constant'].map((scheme) => [
    `schemes/avatar-${scheme}`,
    'main/replay-only',
  ]),
  hard: [
    ['hard/replay-only', 'hard/grpo-8x4-n'],
    ['hard/avatar', 'hard/replay-only'],
    ['hard/avatar-hints', 'hard/avatar'],
  ],
  few: [
    ['few/replay-only', 'few/grpo-8x4-n'],
    ['few/avatar', 'few/replay-only'],
  ],
  long: [
    ['long/replay-only', 'long/grpo-8x4-n'],
    ['long/avatar', 'long/replay-only'],
    ['long/avatar-phase-warped', 'long/replay-only'],
  ],
  stored: [
    ['own/avatar-warm', 'main/avatar'],
    ['teacher/avatar-warm', 'main/avatar'],
    ['own/offline', 'main/avatar'],
    ['teacher/offline', 'main/avatar'],
    ['teacher/offline', 'own/offline'],
  ],
} as const;
export type Question = keyof typeof questions;

export interface Findings {
  /** The cold start's greedy answers to the test prompts. */
  coldStart: Answers;
  coldAccuracy: number;
  target: number;
  /** Whether the target was fixed from tuned one-step GRPO; else it is half of the cold start's errors. */
  targetFromTuning: boolean;
  rates: { family: Family; chosen: number | null; tried: RateFinding[] }[];
  arms: ArmFinding[];
  answers: Record<Question, Comparison[]>;
  replication: Replication;
  /** Names of jobs not trained yet. */
  missing: string[];
}

export function findingsOf({ tuned, judged, rates, missing }: StudyRuns, coldStart: Answers, inputs: Inputs): Findings {
  const opponent = tuned.filter(({ arm, learningRate }) => arm === 'grpo-8x8-1' && learningRate === rates.get(arm));
  const target = targetAccuracy(coldStart, opponent);
  const byArm = Map.groupBy(judged, ({ setting, arm }) => `${setting}/${arm}`);
  const compared = ([arm, against]: readonly string[]): Comparison[] => {
    const [runs, others]: (StudyRun[] | undefined)[] = [byArm.get(arm), byArm.get(against)];
    const found = runs && others ? comparison(runs, others, target, coldStart) : null;
    return found ? [found] : [];
  };
  const answers = Object.fromEntries(
    Object.entries(questions).map(([question, pairs]) => [question, pairs.flatMap(compared)]),
  ) as Findings['answers'];
  return {
    coldStart,
    coldAccuracy: mean(coldStart.right.map(Number)),
    target,
    targetFromTuning: opponent.length > 0,
    rates: [...Map.groupBy(tuned, ({ arm }) => arm as Family)].map(([family, runs]) => {
      return { family, chosen: rates.get(family) ?? null, tried: rateFindings(runs) };
    }),
    arms: [...byArm.values()].map((runs) => armFinding(runs, target, coldStart)),
    answers,
    replication: replicationOf([...answers.matched, ...answers.quarters], inputs),
    missing: missing.map(({ setting, arm, purpose, seed }) => `${purpose} ${setting.name}/${arm.name} seed ${seed}`),
  };
}
