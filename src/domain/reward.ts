/** Rewards of a completion: by which rule they are read, a judge's score, and their sum by stage. */
import type { Prompt, Stage } from './rollout.ts';
import { authors } from './rules/authors.ts';
import { ours } from './rules/ours.ts';
import type { RewardRule } from './rules/rule.ts';
import { mean } from './statistics.ts';

/** By whose rule a run reads answers: Rollout Lab's own, or that of AVATAR's authors. */
export const rewardRuleNames = ['ours', 'authors'] as const;
export type RewardRuleName = (typeof rewardRuleNames)[number];
export const rewardRules: Readonly<Record<RewardRuleName, RewardRule>> = { ours, authors };

/** The rule a run's configuration names: ours where it names none, or one that this version does not know. */
export function rewardRuleOf(config: { rewardRule?: string } | undefined): RewardRuleName {
  return rewardRuleNames.find((name) => name === config?.rewardRule) ?? 'ours';
}

/** Whether a prompt ends with the tag that opens the reasoning, so that its completions go on from there. */
export function opensThinking(prompt: string): boolean {
  return /<think>\s*$/u.test(prompt);
}

/** A completion with the tag that opens the reasoning, where its prompt holds it (`opened`) and the completion does not repeat it. */
export function withFirstTag(completion: string, opened: boolean): string {
  return opened && !/^\s*<think>/u.test(completion) ? `<think>${completion}` : completion;
}

/** Scores a completion's reasoning in one or several parts, each in [0, 1]. No parts score 0; null where what it says cannot be read. */
export interface Judge {
  readonly name: string;
  score(prompt: Prompt, completion: string): Promise<number[] | null>;
}

/** The judge reward: the mean of its scores. Throws RangeError when a score leaves [0, 1]. */
export function judgeReward(scores: readonly number[]): number {
  const stray = scores.find((score) => !(score >= 0 && score <= 1));
  if (stray !== undefined) throw new RangeError(`a judge's score must lie in [0, 1], not ${stray}`);
  return mean(scores);
}

export const rewardParts = ['format', 'accuracy', 'self', 'judge'] as const;
export type RewardPart = (typeof rewardParts)[number];
export type RewardWeights = Readonly<Partial<Record<RewardPart, number>>>;

/** What the parts weigh for prompts of each RL stage. */
export type StageWeights = Readonly<Record<Stage, RewardWeights>>;

export const stageWeightNames = ['page', 'readme'] as const;

/**
 * AVATAR's weights by where they stand: on its project page, where the third stage is ours, for it is not given in full; and in the README of
 * its code (February 2026), which trains the stages as separate jobs.
 */
export const stageWeights: Readonly<Record<(typeof stageWeightNames)[number], StageWeights>> = {
  page: {
    visual: { format: 0.5, accuracy: 0.5 },
    'audio-visual': { format: 0.2, accuracy: 0.4, self: 0.4 },
    localisation: { format: 0.2, accuracy: 0.4, judge: 0.4 },
  },
  readme: {
    visual: { format: 0.5, accuracy: 1 },
    'audio-visual': { format: 0.5, self: 1 },
    localisation: { format: 0.5, judge: 1 },
  },
};

/** A run's weights: by name, of all prompts alike, or stage by stage; null is the page's. */
export type WeightChoice = (typeof stageWeightNames)[number] | RewardWeights | StageWeights | null;

/** The weights of each stage that a choice comes to. */
export function weightsByStage(choice: WeightChoice): StageWeights {
  if (choice === null) return stageWeights.page;
  if (typeof choice === 'string') return stageWeights[choice];
  return isStaged(choice) ? choice : { visual: choice, 'audio-visual': choice, localisation: choice };
}

function isStaged(weights: RewardWeights | StageWeights): weights is StageWeights {
  return 'visual' in weights;
}

/** The reward the advantage is computed from: Σ weight · part over the weighted parts; a part without a score counts 0. */
export function totalReward(parts: Readonly<Record<string, number>>, weights: RewardWeights): number {
  return rewardParts.reduce((sum, part) => sum + (weights[part] ?? 0) * (parts[part] ?? 0), 0);
}
