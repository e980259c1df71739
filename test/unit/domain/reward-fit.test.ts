import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import {
  fitRewards,
  groupsUnder,
  rewardOf,
  type RewardWeights,
  type ScoredBatch,
} from '../../../src/domain/reward-fit.ts';

const { fround } = Math;
type Scale = RewardWeights['scale'];

/** As TRL computes it, in float32 (grpo_trainer.py, `_generate_and_score_completions`); `zero`: as it did of what nothing scored, once. */
function batchOf(parts: number[][], size: number, weights: readonly number[], scale: Scale, zero = false): ScoredBatch {
  const sum = (row: number[]): number =>
    row.reduce((all, part, i) => fround(all + (Number.isNaN(part) ? 0 : fround(fround(weights[i]) * fround(part)))), 0);
  const rewards = parts.map((row) => {
    const scored = row.slice(0, weights.length);
    return scored.every(Number.isNaN) && !zero ? Number.NaN : sum(scored);
  });
  const known = (values: number[]): number[] => values.filter((value) => !Number.isNaN(value));
  const meanOf = (values: number[]): number => fround(values.reduce((sum, value) => sum + value, 0) / values.length);
  const stdOf = (values: number[]): number =>
    fround(
      Math.sqrt(values.reduce((sum, value) => sum + fround((value - meanOf(values)) ** 2), 0) / (values.length - 1)),
    );
  const advantages = rewards.map((reward, i) => {
    const group = known(rewards.slice(Math.floor(i / size) * size, (Math.floor(i / size) + 1) * size));
    const centred = fround(reward - meanOf(group));
    const factor = scale === 'leave-one-out' ? group.length / (group.length - 1) : 1;
    const std = { group: stdOf(group), batch: stdOf(known(rewards)), none: 1, 'leave-one-out': 1 }[scale];
    const whole = scale === 'group' || scale === 'batch' ? fround(std + fround(1e-4)) : 1;
    return Number.isNaN(reward) ? 0 : fround((centred * factor) / whole);
  });
  return {
    parts: parts.map((row) => row.map(fround)),
    advantages,
    prompts: parts.map((_, i) => `q${Math.floor(i / size)}`),
  };
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `f${i}`);
const scale = fc.constantFrom<Scale>('group', 'batch', 'none', 'leave-one-out');
const tuple = (values: fc.Arbitrary<number>, count: number) => fc.array(values, { minLength: count, maxLength: count });
/** Rewards of `functions` in fortieths, then columns that are none. */
const rowsOf = (functions: number, others: number, count: number): fc.Arbitrary<number[][]> => {
  const row = fc.tuple(
    tuple(fc.integer({ min: 0, max: 40 }), functions),
    tuple(fc.integer({ min: 0, max: 1e6 }), others),
  );
  return fc.array(
    row.map(([parts, more]) => [...parts.map((part) => part / 40), ...more.map((value) => value / 7e4)]),
    { minLength: count, maxLength: count },
  );
};
const weight = fc.integer({ min: 1, max: 20 }).map((value) => value / 10);

function known(batches: ScoredBatch[], count: number): RewardWeights {
  const fit = fitRewards(batches, names(count));
  if (!('known' in fit)) throw new Error(fit.unknown);
  return fit.known;
}

describe('weights of reward functions', () => {
  it('are found from the advantages, and what else was logged is told from them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4 }).chain((count) => fc.tuple(tuple(weight, count), rowsOf(count, 2, 48))),
        scale,
        ([weights, parts], how) => {
          const batch = batchOf(parts, 8, weights, how);
          const fit = known([batch], weights.length + 2);
          expect(fit.weights).toEqual([...weights, 0, 0]);
          expect(groupsUnder(fit, batch)).toHaveLength(6);
        },
      ),
      { numRuns: 30, seed: 1, endOnFailure: true },
    );
  });

  it('are 1 where a plain sum gives the advantages, also where nothing was scored', () => {
    fc.assert(
      fc.property(rowsOf(3, 1, 32), scale, fc.boolean(), (parts, how, zero) => {
        const gaps = parts.map((row, i) =>
          row.map((part, column) => (column < 3 && (i % 8 === 3 || (i + column) % 7 === 0) ? Number.NaN : part)),
        );
        const batch = batchOf(gaps, 8, [1, 1, 1], how, zero);
        const fit = known([batch], 4);
        expect(fit).toMatchObject({ weights: [1, 1, 1, 0], unscored: zero ? 'zero' : 'left out' });
        expect(batch.parts.map((row) => rewardOf(row, fit)).filter((reward) => reward === null)).toHaveLength(4);
      }),
      { numRuns: 60, seed: 2, endOnFailure: true },
    );
  });

  it('tell two groups of one question apart, which stand in one batch as one run', () => {
    fc.assert(
      fc.property(rowsOf(2, 0, 16), fc.constantFrom<Scale>('group', 'none'), (parts, how) => {
        for (const asked of ['aaaabbbbccccaaaa', 'aaaaaaaabbbbcccc', 'aaaaaaaabbbbbbbb', 'a'.repeat(16)]) {
          const batch = { ...batchOf(parts, 4, [1, 0.5], how), prompts: [...asked] };
          expect(groupsUnder(known([batch], 2), batch)).toEqual(
            [0, 4, 8, 12].map((start) => [0, 1, 2, 3].map((i) => start + i)),
          );
        }
      }),
      { numRuns: 10, seed: 3, endOnFailure: true },
    );
  });

  it('are found in a file that somebody has sorted', () => {
    fc.assert(
      fc.property(rowsOf(2, 0, 16), (rows) => {
        const batch = batchOf(rows, 4, [1, 0.5], 'group');
        const order = rows.map((_, i) => i).sort((a, b) => rows[a][0] - rows[b][0] || a - b);
        const sorted = {
          parts: order.map((i) => batch.parts[i]),
          advantages: order.map((i) => batch.advantages[i]),
          prompts: order.map((i) => batch.prompts[i]),
        };
        expect(known([sorted], 2).weights).toEqual([1, 0.5]);
      }),
      { numRuns: 10, seed: 4, endOnFailure: true },
    );
  });

  const acc = [1, 0, 0, 1, 0, 0, 1, 0];
  it.each([
    ['a column is the same in every group', acc.map((value) => [value, 1]), [1, 1], /f1 never differs within a group/u],
    ['nothing differs', acc.map(() => [1, 1]), [1, 1], /f0, f1 never differs/u],
    [
      'the advantages are of something else',
      acc.map((value, i) => [value, i / 8, i % 3]),
      null,
      /no weights of f0, f1, f2/u,
    ],
    [
      'rewards are too large for their size to show',
      acc.map((value, i) => [900 * value, 100 * i]),
      [1, 0.3],
      /not how large/u,
    ],
  ])('are not told where %s', (_, parts, weights, reason) => {
    const batch = batchOf(parts, 4, weights ?? [1], 'group');
    const other = { ...batch, advantages: [0.1, -0.3, 0.4, -0.2, 0.7, -0.1, -0.2, -0.4] };
    const fit = fitRewards([weights ? batch : other], names(parts[0].length));
    expect(fit).toMatchObject({ unknown: expect.stringMatching(reason) as string });
  });

  it('are told by the groups in which a column differs', () => {
    const one = batchOf(
      acc.map((value) => [value, 1]),
      4,
      [1, 0.5],
      'group',
    );
    const other = batchOf(
      acc.map((value, i) => [value, i % 2]),
      4,
      [1, 0.5],
      'group',
    );
    expect(known([one, other], 2).weights).toEqual([1, 0.5]);
  });
});
