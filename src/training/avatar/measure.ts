/** What an iteration is measured by. */
import { isVanishing } from '../../domain/advantage.ts';
import type { MetricValues } from '../../domain/metric.ts';
import type { ReplayBuffer } from '../../domain/replay.ts';
import type { Split, Stage } from '../../domain/rollout.ts';
import type { RunConfig } from '../../domain/run.ts';
import { mean } from '../../domain/statistics.ts';
import type { PolicyStats } from '../policy/learner.ts';
import type { Group } from './group.ts';
import type { Member } from './mixture.ts';
import type { Score } from './scoring.ts';

/** Rewards of the fresh completions; accuracy counts those without a hint alone. */
export function rewardMetrics(groups: readonly Group[]): MetricValues {
  if (groups.length === 0) return {};
  const scores = groups.flatMap((group) => group.scores);
  const parts = new Set(scores.flatMap((score) => Object.keys(score.parts) as (keyof Score['parts'])[]));
  const byPart = [...parts].map((part): [`reward/${string}`, number] => [
    `reward/${part}`,
    mean(scores.flatMap((score) => score.parts[part] ?? [])),
  ]);
  const unreadable = scores.filter((score) => score.unreadable).length;
  const unhinted = groups.filter(({ hinted }) => !hinted).flatMap((group) => group.scores);
  return {
    reward: mean(scores.map(({ total }) => total)),
    ...Object.fromEntries(byPart),
    ...(unreadable > 0 && { unreadableVerdicts: unreadable }),
    ...(unhinted.length > 0 && { 'accuracy/train': mean(unhinted.map(({ parts: { accuracy } }) => accuracy ?? 0)) }),
    vanishingFraction: mean(groups.map(({ scores: group }) => Number(isVanishing(group.map(({ total }) => total))))),
  };
}

/** Means over the iteration's gradient steps; the KL where the reference was read. */
export function gradientMetrics(stats: readonly PolicyStats[], hasReferences: boolean): MetricValues {
  const over = (value: (step: PolicyStats) => number): number => mean(stats.map(value));
  return {
    loss: over(({ loss }) => loss),
    ...(hasReferences && { kl: over(({ kl }) => kl) }),
    clipFraction: over(({ clipFraction }) => clipFraction),
    ess: over(({ effectiveSampleSize, tokens }) => effectiveSampleSize / tokens),
    gradNorm: over(({ gradNorm }) => gradNorm),
  };
}

/** The buffer after the iteration, and what was drawn from it at policy version `version`. */
export function replayMetrics(buffer: ReplayBuffer, replayed: readonly Member[], version: number): MetricValues {
  const { easy, medium, hard } = buffer.tierSizes();
  return {
    'tier/easy': easy,
    'tier/medium': medium,
    'tier/hard': hard,
    replayed: replayed.length,
    ...(replayed.length > 0 && { staleness: mean(replayed.map((member) => version - member.version)) }),
  };
}

/** Accuracies of a split's prompts: over all of them, and of each stage where the run has a curriculum. Nothing of no prompts. */
export function evaluationMetrics(
  split: Split,
  scores: readonly { stage: Stage | null; accuracy: number }[],
  { stages }: Pick<RunConfig, 'stages'>,
): MetricValues {
  const accuracy = (of: typeof scores): number => mean(of.map((score) => score.accuracy));
  const byStage = Map.groupBy(scores, ({ stage }) => stage);
  const found = stages.filter(({ stage }) => byStage.has(stage));
  return {
    ...(scores.length > 0 && { [`accuracy/${split}`]: accuracy(scores) }),
    ...Object.fromEntries(found.map(({ stage }) => [`accuracy/${split}/${stage}`, accuracy(byStage.get(stage)!)])),
  };
}
