import { describe, expect, it } from 'vitest';
import {
  defaultHintForm,
  freshHintState,
  visited,
  wantsHint,
  type HintRule,
  type Visit,
} from '../../../src/domain/hint.ts';

const rule: HintRule = {
  enabled: true,
  rule: 'visits',
  visits: 3,
  rewardThreshold: 0.3,
  klThreshold: 0.01,
  ...defaultHintForm,
};
/** A visit whose completions earn these accuracies, and half a point for their format. */
const visit = (...accuracies: number[]): Visit => ({
  accuracies,
  totals: accuracies.map((accuracy) => accuracy + 0.5),
  hinted: false,
});

describe('a hint', () => {
  it('is given after three visits running without accuracy, and no longer after a success', () => {
    let state = freshHintState;
    for (const given of [false, false, true]) {
      state = visited(state, visit(0, 0, 0, 0), 'easy');
      expect(wantsHint(rule, state, 0.9, 1)).toBe(given);
    }
    expect(wantsHint(rule, visited(state, visit(0, 0.1), 'easy'), 0.9, 1)).toBe(false);
  });

  it('is given to a prompt that stays hard, earns little and no longer moves the policy', () => {
    let state = freshHintState;
    for (let i = 0; i < 3; i += 1) state = visited(state, visit(0, 1), 'hard');
    expect(wantsHint(rule, state, 0.3, 0.005)).toBe(true);
    expect(wantsHint(rule, state, 0.31, 0.005)).toBe(false);
    expect(wantsHint(rule, state, 0.3, 0.01)).toBe(false);
    expect(wantsHint(rule, visited(state, visit(1), 'medium'), 0.3, 0.005)).toBe(false);
  });

  it('by completions is given after three of no reward at all, and kept after what is made with it', () => {
    const completions: HintRule = { ...rule, rule: 'completions', rewardThreshold: null, klThreshold: null };
    const rewarded = (totals: number[], hinted = false): Visit => ({ accuracies: totals, totals, hinted });
    let state = visited(freshHintState, rewarded([0.5, 0, 0]), 'hard');
    expect(wantsHint(completions, state, 0, 0)).toBe(false);
    state = visited(state, rewarded([0, 0.5, 0, 0]), 'hard');
    expect(wantsHint(completions, state, 0, 0)).toBe(false);
    state = visited(state, rewarded([0]), 'hard');
    expect(wantsHint(completions, state, 0, 0)).toBe(true);
    expect(wantsHint(completions, visited(state, rewarded([1, 1], true), 'easy'), 1, 1)).toBe(true);
    expect(wantsHint(completions, visited(state, rewarded([1]), 'easy'), 1, 1)).toBe(false);
  });

  it('of a stuck prompt asks only the thresholds that there are', () => {
    const hard = { ...freshHintState, hardVisits: 3 };
    expect(wantsHint({ ...rule, klThreshold: null }, hard, 0.3, 9)).toBe(true);
    expect(wantsHint({ ...rule, rewardThreshold: null }, hard, 9, 0)).toBe(true);
    expect(wantsHint({ ...rule, rewardThreshold: null, klThreshold: null }, hard, 0, 0)).toBe(false);
  });

  it('is never given when the run has hints off', () => {
    const state = { failedVisits: 9, hardVisits: 9, zeroRewards: 9 };
    expect(wantsHint({ ...rule, enabled: false }, state, 0, 0)).toBe(false);
  });
});
