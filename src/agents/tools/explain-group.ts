/** Why a group teaches something or nothing. */
import * as v from 'valibot';
import { groupAdvantages, isVanishing } from '../../domain/advantage.ts';
import { correctness } from '../../domain/correctness.ts';
import { answerOf } from '../../domain/rules/ours.ts';
import { mean, sampleStd } from '../../domain/statistics.ts';
import type { RolloutSummary } from '../../store/store.ts';
import { cut, cutOrNull, fewOf, id, toolOf } from '../tool.ts';

const mostRollouts = 64;

export const explainGroup = toolOf({
  name: 'explain_group',
  title: 'Explain a group',
  description:
    'Explains the group of a rollout, that is all completions of one prompt by one version of a policy: whether it is vanishing (its rewards are all the same, so every advantage is 0 and it teaches nothing), why, and what may help. With the rewards, lengths and answers of its rollouts.',
  input: v.strictObject({ rollout: id('Id of any rollout of the group.') }),
  answer(store, { rollout: rolloutId }) {
    const rollout = store.rollouts.get(rolloutId);
    if (!rollout) throw new Error(`there is no rollout ${rolloutId} in this store`);
    const { promptId, groupId } = rollout;
    const { rows, next } = store.rollouts.page({ groupId, limit: mostRollouts });
    const prompt = store.prompts.get(promptId);
    const rewards = rows.flatMap(({ reward }) => reward ?? []);
    const advantages = rewards.length === rows.length ? groupAdvantages(rewards) : null;
    const isOfEvaluation = rollout.evaluationId !== undefined;
    return {
      ...{ groupId, promptId, runId: rollout.runId, policyVersion: rollout.policyVersion },
      vanishing: !isOfEvaluation && rewards.length > 1 && isVanishing(rewards),
      ...{
        meanReward: rewards.length > 0 ? mean(rewards) : null,
        rewardStd: rewards.length > 1 ? sampleStd(rewards) : null,
      },
      why: isOfEvaluation
        ? ['It is of an evaluation: its rollouts are scored and never trained on, so it cannot vanish.']
        : reasonsOf(rows),
      ...(next !== null && { note: `Only the first ${mostRollouts} rollouts of the group are looked at.` }),
      rollouts: rows.map((row, i) => ({
        ...{ id: row.id, reward: row.reward, correct: row.correct && row.correct.right },
        advantage: row.advantage ?? advantages?.[i] ?? null,
        ...{ tokens: row.tokenCount, characters: row.completion.length, hinted: row.hinted },
        untrusted: {
          answer: cutOrNull(answerOf(row.completion), 80),
          finish: cutOrNull(row.finish, 80),
          rewards: fewOf(row.rewards),
        },
      })),
      untrusted: {
        question: cutOrNull(prompt?.question),
        answer: cutOrNull(prompt?.answer),
        policy: cut(rollout.policy),
        parts: fewOf(partsOf(rows)),
      },
    };
  },
});

/** Sentences of our own: what the group's rewards are, what makes them so, and what may help. */
export function reasonsOf(
  rows: readonly Pick<RolloutSummary, 'completion' | 'finish' | 'reward' | 'rewards'>[],
): string[] {
  const rewards = rows.flatMap(({ reward }) => reward ?? []);
  if (rewards.length < 2) return ['Fewer than two of its rollouts have a reward, so there is nothing to compare.'];
  if (!isVanishing(rewards))
    return ['Its rewards differ, so its advantages do: it is not vanishing, and a run learns from it.'];
  const right = rows.map(({ rewards, reward }) => correctness(rewards, reward)?.right);
  const isCut = rows.map(({ finish }) => finish === 'length');
  const answers = new Set(rows.map(({ completion }) => answerOf(completion)?.toLowerCase() ?? null));
  const varying = Object.values(partsOf(rows)).filter(({ std }) => std > 0).length;
  return [
    `All ${rewards.length} rewards are ${rewards[0]}, so every advantage is 0 and the group teaches nothing.`,
    ...(right.every((one) => one === true)
      ? [
          'Every rollout is right: the prompt is too easy for this policy. Harder prompts, or a reward that also tells right answers apart, such as one for the reasoning, would teach something.',
        ]
      : []),
    ...(right.every((one) => one === false)
      ? [
          'No rollout is right: the prompt is too hard for this policy as it is sampled. A hint, more rollouts in the group, a higher temperature, or easier prompts first may help.',
        ]
      : []),
    ...(varying > 0
      ? [
          `${varying} ${varying === 1 ? 'part' : 'parts'} of the reward differ between its rollouts, but the whole does not: they have no weight in it, or cancel out.`,
        ]
      : []),
    ...(isCut.every(Boolean)
      ? ['Every rollout was cut off at the length limit before it ended: a longer limit may let some reach an answer.']
      : isCut.some(Boolean)
        ? [`${isCut.filter(Boolean).length} of its rollouts were cut off at the length limit.`]
        : []),
    ...(new Set(rows.map(({ completion }) => completion)).size === 1
      ? [
          'All completions are the same text: the policy is sampled with too little variety. A higher temperature may help.',
        ]
      : answers.size === 1
        ? answers.has(null)
          ? ['None of them has an answer in answer tags.']
          : ['All of them give the same answer.']
        : [`They give ${answers.size} different answers.`]),
  ];
}

/** Mean and sample standard deviation of each part of the reward. */
function partsOf(rows: readonly Pick<RolloutSummary, 'rewards'>[]): Record<string, { mean: number; std: number }> {
  const names = [...new Set(rows.flatMap(({ rewards }) => Object.keys(rewards)))];
  return Object.fromEntries(
    names.map((name) => {
      const values = rows.flatMap(({ rewards }) => (Object.hasOwn(rewards, name) ? rewards[name] : []));
      return [name, { mean: mean(values), std: values.length > 1 ? sampleStd(values) : 0 }];
    }),
  );
}
