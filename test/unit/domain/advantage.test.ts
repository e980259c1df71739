import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import {
  groupAdvantages,
  isVanishing,
  offPolicyAdvantage,
  RewardHistory,
  rewardWindow,
  type AdvantageScale,
} from '../../../src/domain/advantage.ts';
import { mean } from '../../../src/domain/statistics.ts';
import { distance, golden } from './golden.ts';

const reward = fc.double({ min: -10, max: 10, noNaN: true });

describe('group advantages', () => {
  it('agree with the golden vectors', () => {
    const cases = golden<{ rewards: number[]; scale: AdvantageScale; advantages: number[] }[]>('group-advantage');
    for (const { rewards, scale, advantages } of cases) {
      expect(distance(groupAdvantages(rewards, scale), advantages)).toBeLessThan(1e-12);
    }
  });

  it('sum to zero and keep the order of the rewards', () => {
    fc.assert(
      fc.property(fc.array(reward, { minLength: 2, maxLength: 16 }), (rewards) => {
        const advantages = groupAdvantages(rewards);
        expect(Math.abs(advantages.reduce((sum, a) => sum + a, 0))).toBeLessThan(1e-6);
        for (const [i, a] of advantages.entries()) {
          for (const [j, b] of advantages.entries()) if (rewards[i] > rewards[j]) expect(a).toBeGreaterThanOrEqual(b);
        }
      }),
    );
  });

  it('are all zero exactly when the group is vanishing', () => {
    expect(isVanishing([0.5, 0.5, 0.5])).toBe(true);
    expect(groupAdvantages([0.5, 0.5, 0.5])).toEqual([0, 0, 0]);
    expect(isVanishing([0.5, 0.5, 0.50001])).toBe(false);
    expect(groupAdvantages([1])).toEqual([0]);
  });
});

describe('off-policy advantages', () => {
  it('agree with the golden vectors, through the window of 20', () => {
    const cases =
      golden<{ reward: number; pushed: number[]; scale: AdvantageScale; advantage: number }[]>('off-policy-advantage');
    for (const { reward: value, pushed, scale, advantage } of cases) {
      const history = new RewardHistory();
      for (const old of pushed) history.push('q', old);
      expect(offPolicyAdvantage(value, history.window('q'), { scale })).toBeCloseTo(advantage, 12);
    }
  });

  it('give a rollout of a vanishing group a signal once the mean has moved', () => {
    const history = new RewardHistory();
    for (let i = 0; i < 8; i += 1) history.push('q', 0.5);
    expect(offPolicyAdvantage(0.5, history.window('q'))).toBe(0);
    for (let i = 0; i < 4; i += 1) history.push('q', 1);
    expect(offPolicyAdvantage(0.5, history.window('q'))).toBeLessThan(-0.5);
  });
});

describe('the reward history', () => {
  it('holds the last rewards of each prompt and comes back whole from its entries', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), reward), { maxLength: 120 }), (pushed) => {
        const history = new RewardHistory();
        for (const [prompt, value] of pushed) history.push(prompt, value);
        for (const prompt of ['a', 'b', 'c']) {
          const all = pushed.filter(([name]) => name === prompt).map(([, value]) => value);
          expect(history.window(prompt)).toEqual(all.slice(-rewardWindow));
          if (all.length > 0) expect(history.means().get(prompt)).toBe(mean(all.slice(-rewardWindow)));
        }
        const again = new RewardHistory(JSON.parse(JSON.stringify(history.entries())) as [string, number[]][]);
        expect(again.entries()).toEqual(history.entries().map(([p, w]) => [p, w.map((v) => (v === 0 ? 0 : v))]));
      }),
    );
  });
});
