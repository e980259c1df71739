import { describe, expect, it } from 'vitest';
import { defaultHintForm, freshHintState, visited, wantsHint, type HintRule } from '../../../src/domain/hint.ts';

const rule: HintRule = { enabled: true, visits: 3, rewardThreshold: 0.3, klThreshold: 0.01, ...defaultHintForm };

describe('a hint', () => {
  it('is given after three visits running without accuracy, and no longer after a success', () => {
    let state = freshHintState;
    for (const given of [false, false, true]) {
      state = visited(state, [0, 0, 0, 0], 'easy');
      expect(wantsHint(rule, state, 0.9, 1)).toBe(given);
    }
    expect(wantsHint(rule, visited(state, [0, 0.1], 'easy'), 0.9, 1)).toBe(false);
  });

  it('is given to a prompt that stays hard, earns little and no longer moves the policy', () => {
    let state = freshHintState;
    for (let i = 0; i < 3; i += 1) state = visited(state, [0, 1], 'hard');
    expect(wantsHint(rule, state, 0.3, 0.005)).toBe(true);
    expect(wantsHint(rule, state, 0.31, 0.005)).toBe(false);
    expect(wantsHint(rule, state, 0.3, 0.01)).toBe(false);
    expect(wantsHint(rule, visited(state, [1], 'medium'), 0.3, 0.005)).toBe(false);
  });

  it('is never given when the run has hints off', () => {
    const state = { failedVisits: 9, hardVisits: 9 };
    expect(wantsHint({ ...rule, enabled: false }, state, 0, 0)).toBe(false);
  });
});
