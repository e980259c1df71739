import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { minibatches, mixed } from '../../../src/domain/minibatch.ts';
import { Random } from '../../../src/domain/random.ts';

const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('minibatches', () => {
  it('are disjoint, of sizes within one, and hold every row once, the same for the same seed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { minLength: 1, maxLength: 70 }),
        fc.integer({ min: 1, max: 9 }),
        (slots, count) => {
          const parts = minibatches(slots, count, Random.seeded(3));
          expect(parts.flat().toSorted((a, b) => a - b)).toEqual(numbers(slots.length));
          expect(parts.length).toBe(Math.min(count, slots.length));
          const sizes = parts.map(({ length }) => length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          expect(minibatches(slots, count, Random.seeded(3))).toEqual(parts);
        },
      ),
    );
  });

  it('of one are all rows in order, and of more another split each time', () => {
    const slots = numbers(32).map((row) => row % 4);
    expect(minibatches(slots, 1, Random.seeded(1))).toEqual([numbers(32)]);
    expect(minibatches(slots, 4, Random.seeded(1))).not.toEqual(minibatches(slots, 4, Random.seeded(2)));
  });

  it('spread the rows of every slot over the parts', () => {
    const slots = numbers(32).map((row) => Math.floor(row / 8));
    for (const part of minibatches(slots, 4, Random.seeded(1))) {
      expect(part.map((row) => slots[row]).toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    }
  });
});

describe('the mixture', () => {
  const groups = [numbers(8), numbers(8, 10)];
  const made = { slots: 2, least: 4 };

  it('trains all fresh rows while there is nothing to replay, and groups of the least always', () => {
    expect(mixed(groups, [], made, Random.seeded(1)).map(({ row }) => row)).toEqual(groups.flat());
    const four = groups.map((group) => group.slice(0, 4));
    expect(mixed(four, numbers(8, 100), made, Random.seeded(1)).map(({ row }) => row)).toEqual([
      ...four.flat(),
      ...numbers(8, 100),
    ]);
  });

  it('lets each replayed row take the place of one of its slot, until the least are left', () => {
    const kept = (replayed: number, slot: number): number[] =>
      mixed(groups, numbers(replayed, 100), made, Random.seeded(1)).flatMap((one) =>
        one.slot === slot && one.row < 100 ? [one.row] : [],
      );
    expect([kept(3, 0).length, kept(3, 1).length]).toEqual([6, 7]);
    expect([kept(8, 0).length, kept(40, 1).length]).toEqual([4, 4]);
    expect(kept(8, 1)).toEqual(kept(8, 1).toSorted((a, b) => a - b));
    expect(kept(8, 0)).not.toEqual(numbers(4));
  });

  it('deals what is replayed to the slots in turn, where nothing is fresh too', () => {
    expect(mixed<string>([], ['a', 'b', 'c'], { slots: 2, least: 0 }, Random.seeded(1))).toEqual([
      { row: 'a', slot: 0 },
      { row: 'b', slot: 1 },
      { row: 'c', slot: 0 },
    ]);
  });
});
