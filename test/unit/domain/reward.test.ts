import { describe, expect, it } from 'vitest';
import {
  judgeReward,
  opensThinking,
  rewardRules,
  stageWeightNames,
  stageWeights,
  totalReward,
  weightsByStage,
  withFirstTag,
  type WeightChoice,
} from '../../../src/domain/reward.ts';
import { stages } from '../../../src/domain/rollout.ts';

describe('a prompt that opens the reasoning', () => {
  it.each([
    ['low\n</think>\n<answer>B</answer>', 1],
    ['<think>low</think><answer>B</answer>', 1],
    ['low <think> high</think><answer>B</answer>', 0],
    ['low <answer>B</answer>', 0],
    ['low</think><answer>B</answer> and more', 0],
  ])('%j earns %d where the prompt has opened the reasoning', (text, reward) => {
    expect(rewardRules.ours.format(withFirstTag(text, true))).toBe(reward);
  });

  it('looks for the tag at the very end of a prompt', () => {
    expect(
      ['…<｜Assistant｜><think>\n', '…<think>', 'use <think> tags', '<think></think>\n'].map(opensThinking),
    ).toEqual([true, true, false, false]);
  });
});

describe('the total reward', () => {
  const parts = { format: 1, accuracy: 1, self: 0, judge: 0.5 };
  const totals = (choice: WeightChoice): number[] =>
    stages.map((stage) => totalReward(parts, weightsByStage(choice)[stage]));

  it('weighs the parts by stage, as the page or the README has it', () => {
    expect(totals('page')).toEqual([1, 0.6, 0.8].map((total) => expect.closeTo(total) as number));
    expect(totals('readme')).toEqual([1.5, 0.5, 1].map((total) => expect.closeTo(total) as number));
    expect(totals(null)).toEqual(totals('page'));
  });
  it('takes weights of all stages alike, or of each', () => {
    expect(totals({ accuracy: 2 })).toEqual([2, 2, 2]);
    expect(totals({ ...weightsByStage('page'), localisation: { judge: 3 } })[2]).toBe(1.5);
    expect(totals({})).toEqual([0, 0, 0]);
  });
  it('names weights for every stage', () => {
    for (const name of stageWeightNames) expect(Object.keys(stageWeights[name])).toEqual([...stages]);
  });
  it('takes the mean of a judge’s steps and refuses scores outside [0, 1]', () => {
    expect(judgeReward([1, 0.5, 0])).toBeCloseTo(0.5);
    expect(judgeReward([])).toBe(0);
    expect(() => judgeReward([1.2])).toThrow(RangeError);
    expect(() => judgeReward([NaN])).toThrow(RangeError);
  });
});
