import { describe, expect, it } from 'vitest';
import { accuracyReward, correctness, correctnessMark, correctnessText } from '../../../src/domain/correctness.ts';

describe('whether an answer is right', () => {
  it.each([
    'accuracy',
    'accuracy_reward',
    'reasoning_accuracy_reward',
    'reward_accuracy',
    'rewards/accuracy_reward/mean',
    'Accuracy',
    'ExternalAccuracy',
    'CustomAccuracyReward',
    'MultiModalAccuracyORM',
    'MATHAccuracy',
    'acc',
    'Acc',
    'external_r1v_acc',
    'correct',
    'is_correct',
    'correct_answer',
    'correctness_reward_func',
  ])('is told by %s', (name) => {
    expect(correctness({ format: 1, [name]: 0 }, 1)).toEqual({ right: false, by: name });
    expect(correctness({ format: 0, [name]: 1 }, 0)).toEqual({ right: true, by: name });
  });

  it.each(['format', 'FormatAccuracy', 'correct_format', 'incorrect', 'accept', 'account', 'self', 'length'])(
    'is not told by %s',
    (name) => expect(correctness({ [name]: 1 }, 1)).toBeNull(),
  );

  it('is told by the plainest name of several, and by none without a value', () => {
    expect(accuracyReward({ location_acc_score: 0, accuracy_reward: 1, tool_use_accuracy: 0 })).toBe('accuracy_reward');
    expect(correctness({ accuracy: null, accuracy_reward: 1 }, 0)).toEqual({ right: true, by: 'accuracy_reward' });
  });

  it('needs more than half of what can be earned', () => {
    const right = [-1, 0, 0.5, 0.51, 1, 2].map((acc) => correctness({ acc }, null)?.right);
    expect(right).toEqual([false, false, false, true, true, true]);
  });

  it('is told by the whole reward where that is all there is, and all or nothing', () => {
    const whole = [1, 0, -1, 0.5, 0.7, -3.2, 2, null].map((reward) => correctness({}, reward)?.right ?? null);
    expect(whole).toEqual([true, false, false, null, null, null, null, null]);
    expect(correctness({ format: 1, length: 0.2 }, 1)).toBeNull();
  });

  it('is marked, and said with what tells it', () => {
    const each = [correctness({ accuracy_reward: 1 }, 2), correctness({}, 0), null];
    expect(each.map(correctnessMark)).toEqual(['✓', '✗', '']);
    expect(each.map(correctnessText)).toEqual(['right by accuracy_reward', 'wrong by the whole reward', '']);
  });
});
