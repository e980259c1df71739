import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { Random } from '../../../src/domain/random.ts';

const draws = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.uniform());

describe('seeded randomness', () => {
  it('is the same for a seed and stream, and another for others', () => {
    expect(draws(Random.seeded(7, 'prompts'), 5)).toEqual(draws(Random.seeded(7, 'prompts'), 5));
    const firsts = Array.from({ length: 1000 }, (_, seed) => Random.seeded(seed, 'prompts').uniform());
    expect(new Set(firsts).size).toBe(1000);
    expect(Random.seeded(7, 'replay').uniform()).not.toBe(Random.seeded(7, 'prompts').uniform());
  });

  it('gives first numbers that look uniform over neighbouring seeds', () => {
    const firsts = Array.from({ length: 4000 }, (_, seed) => Random.seeded(seed).uniform());
    for (let bin = 0; bin < 10; bin += 1) {
      const count = firsts.filter((value) => Math.floor(value * 10) === bin).length;
      expect(count).toBeGreaterThan(320);
      expect(count).toBeLessThan(480);
    }
  });

  it('continues from its state', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(20), (seed, skip) => {
        const random = Random.seeded(seed);
        draws(random, skip);
        const again = new Random(JSON.parse(JSON.stringify(random.state())) as number[]);
        expect(draws(again, 5)).toEqual(draws(random, 5));
      }),
    );
  });

  it('shuffles into a permutation and keeps integers below their bound', () => {
    fc.assert(
      fc.property(fc.integer(), fc.uniqueArray(fc.integer()), fc.integer({ min: 1, max: 9 }), (seed, items, below) => {
        const random = Random.seeded(seed);
        expect(random.shuffled(items).toSorted((a, b) => a - b)).toEqual(items.toSorted((a, b) => a - b));
        expect(random.integer(below)).toBeLessThan(below);
      }),
    );
  });

  it('draws by weight, and never what weighs nothing', () => {
    const random = Random.seeded(3);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 8000; i += 1) counts[random.weighted([1, 0, 3, 0])] += 1;
    expect(counts[1] + counts[3]).toBe(0);
    expect(counts[2] / counts[0]).toBeCloseTo(3, 0);
  });
});
