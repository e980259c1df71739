import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { Random } from '../../../src/domain/random.ts';
import {
  ReplayBuffer,
  replayScore,
  tierCounts,
  tiers,
  tierShares,
  tiersOf,
  type ReplayEntry,
  type ReplayOptions,
  type Tier,
} from '../../../src/domain/replay.ts';
import { golden } from './golden.ts';

const options: ReplayOptions = {
  ...{ capacity: 100, sampling: 'uniform', temperature: 1, maxStaleness: 10 },
  ...{ replacement: false, shares: tierShares, quantile: 'linear' },
};
const entry = (rolloutId: string, promptId: string, version = 0, score = 0): ReplayEntry => ({
  rolloutId,
  promptId,
  version,
  reward: 0,
  score,
});
/** Ten prompts whose R̄ is 0.0, 0.1 … 0.9: p0 to p3 hard, p4 to p6 medium, p7 to p9 easy. */
const means = new Map(Array.from({ length: 10 }, (_, i) => [`p${i}`, i / 10]));
const ids = (drawn: readonly ReplayEntry[]): string[] => drawn.map(({ rolloutId }) => rolloutId);

describe('tiers', () => {
  it('agree with the golden vectors', () => {
    for (const { means: values, tiers: expected } of golden<{ means: number[]; tiers: Tier[] }[]>('tier')) {
      const found = tiersOf(new Map(values.map((value, i) => [`p${i}`, value])));
      expect([...found.values()]).toEqual(expected);
    }
  });

  it('have counts that agree with the golden vectors', () => {
    for (const { n, counts } of golden<{ n: number; counts: Record<Tier, number> }[]>('tier-count')) {
      expect([n, tierCounts(n)]).toEqual([n, counts]);
    }
    expect(tierCounts(4)).toEqual({ easy: 1, medium: 1, hard: 2 });
  });

  it('have counts that sum to n and are within one of their share', () => {
    fc.assert(
      fc.property(fc.nat(20_000), (n) => {
        const counts = tierCounts(n);
        expect(counts.easy + counts.medium + counts.hard).toBe(n);
        expect(Math.abs(counts.easy - n * 0.25)).toBeLessThan(1);
        expect(Math.abs(counts.medium - n * 0.35)).toBeLessThan(1);
        expect(Math.abs(counts.hard - n * 0.4)).toBeLessThan(1);
      }),
    );
  });
});

describe('the replay buffer', () => {
  const operation = fc.record({
    added: fc.array(fc.tuple(fc.nat(9), fc.double({ min: -3, max: 3, noNaN: true })), { maxLength: 30 }),
    moved: fc.array(fc.tuple(fc.nat(9), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 5 }),
    n: fc.nat(40),
  });
  const sampling = fc.constantFrom('softmax', 'uniform', 'fifo');

  it('never exceeds its capacity, in whole or by tier, and draws only what it holds, each once', () => {
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 12 }),
        fc.integer({ min: 1, max: 60 }),
        sampling,
        (steps, capacity, how) => {
          const buffer = new ReplayBuffer({ ...options, capacity, sampling: how }, []);
          const now = new Map(means);
          for (const [version, { added, moved, n }] of steps.entries()) {
            for (const [i, value] of moved) now.set(`p${i}`, value);
            buffer.settle(
              now,
              version,
              added.map(([i, score], k) => entry(`${version}/${k}`, `p${i}`, version, score)),
            );
            const sizes = buffer.tierSizes();
            const limits = tierCounts(capacity);
            for (const tier of tiers) expect(sizes[tier]).toBeLessThanOrEqual(limits[tier]);
            expect(sizes.easy + sizes.medium + sizes.hard).toBe(buffer.size);
            expect(buffer.size).toBeLessThanOrEqual(capacity);
            expect(buffer.entries().every((held) => version - held.version <= 10)).toBe(true);
            const drawn = ids(buffer.draw(n, Random.seeded(version)));
            expect(drawn.length).toBe(Math.min(n, buffer.size));
            expect(new Set(drawn).size).toBe(drawn.length);
            const held = new Set(ids(buffer.entries()));
            expect(drawn.every((id) => held.has(id))).toBe(true);
          }
        },
      ),
    );
  });

  it('drops the oldest of a full tier first', () => {
    const buffer = new ReplayBuffer({ ...options, capacity: 10 }, []);
    buffer.settle(
      means,
      0,
      Array.from({ length: 6 }, (_, i) => entry(`r${i}`, 'p0')),
    );
    expect(ids(buffer.entries())).toEqual(['r2', 'r3', 'r4', 'r5']);
    expect(buffer.tierSizes()).toEqual({ easy: 0, medium: 0, hard: 4 });
  });

  it('moves a prompt’s rollouts when its mean crosses a quantile', () => {
    const buffer = new ReplayBuffer(options, []);
    buffer.settle(means, 0, [entry('r', 'p0')]);
    expect(buffer.tierSizes().hard).toBe(1);
    buffer.settle(new Map([...means, ['p0', 1]]), 1);
    expect(buffer.tierSizes()).toEqual({ easy: 1, medium: 0, hard: 0 });
  });

  it('drops a rollout once it is older than the maximum staleness, or never', () => {
    const buffer = new ReplayBuffer(options, [entry('old', 'p0', 0), entry('new', 'p0', 1)]);
    buffer.settle(means, 10);
    expect(buffer.size).toBe(2);
    buffer.settle(means, 11);
    expect(ids(buffer.entries())).toEqual(['new']);
    const patient = new ReplayBuffer({ ...options, maxStaleness: null }, [entry('old', 'p0', 0)]);
    patient.settle(means, 1e6);
    expect(patient.size).toBe(1);
  });

  it('draws 1 easy, 1 medium and 2 hard of 4, and makes up a shortfall from the hardest', () => {
    const held = Array.from({ length: 30 }, (_, i) => entry(`r${i}`, `p${i % 10}`));
    const buffer = new ReplayBuffer(options, []);
    buffer.settle(means, 0, held);
    const tierOf = tiersOf(means);
    const drawnTiers = buffer.draw(4, Random.seeded(1)).map(({ promptId }) => tierOf.get(promptId));
    expect(drawnTiers.toSorted()).toEqual(['easy', 'hard', 'hard', 'medium']);

    const lacking = new ReplayBuffer(options, []);
    lacking.settle(
      means,
      0,
      held.filter(({ promptId }) => tierOf.get(promptId) !== 'easy'),
    );
    const made = lacking.draw(4, Random.seeded(1)).map(({ promptId }) => tierOf.get(promptId));
    expect(made.toSorted()).toEqual(['hard', 'hard', 'hard', 'medium']);
  });

  it('draws by softmax of the score as the golden chances say', () => {
    const cases = golden<{ scores: number[]; temperature: number; chances: number[] }[]>('replay-sampling');
    for (const { scores, temperature, chances } of cases) {
      const buffer = new ReplayBuffer({ ...options, sampling: 'softmax', temperature }, []);
      buffer.settle(
        means,
        0,
        scores.map((score, i) => entry(`r${i}`, 'p0', 0, score)),
      );
      const random = Random.seeded(11);
      const counts = scores.map(() => 0);
      const draws = 20_000;
      for (let i = 0; i < draws; i += 1) counts[Number(buffer.draw(1, random)[0].rolloutId.slice(1))] += 1;
      for (const [i, chance] of chances.entries()) expect(counts[i] / draws).toBeCloseTo(chance, 1.5);
    }
  });

  it('draws the oldest first by fifo, and the same for the same seed', () => {
    const held = Array.from({ length: 20 }, (_, i) => entry(`r${i}`, 'p0'));
    const fifo = new ReplayBuffer({ ...options, sampling: 'fifo' }, []);
    fifo.settle(means, 0, held);
    expect(ids(fifo.draw(3, Random.seeded(0)))).toEqual(['r0', 'r1', 'r2']);
    const uniform = new ReplayBuffer(options, []);
    uniform.settle(means, 0, held);
    expect(ids(uniform.draw(9, Random.seeded(4)))).toEqual(ids(uniform.draw(9, Random.seeded(4))));
    expect(ids(uniform.draw(9, Random.seeded(4)))).not.toEqual(ids(uniform.draw(9, Random.seeded(5))));
  });

  it('scores by advantage and distance from the reference', () => {
    expect(replayScore(1.5, 2)).toBeCloseTo(1.3);
  });
});
