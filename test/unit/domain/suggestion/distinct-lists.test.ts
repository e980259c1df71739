import { expect, it } from 'vitest';
import fc from '../../fc.ts';
import { DistinctLists } from '../../../../src/domain/suggestion/distinct-lists.ts';
import type { FeatureLists } from '../../../../src/domain/suggestion/features.ts';

const few = fc.array(fc.constantFrom(-1, 0, 1, 0x7fffffff), { maxLength: 3 });
const texts = fc.array(fc.array(few, { maxLength: 20 }), { maxLength: 5 });

function joined(lists: readonly number[][]): FeatureLists {
  let end = 0;
  return { items: Int32Array.from(lists.flat()), ends: Int32Array.from(lists, ({ length }) => (end += length)) };
}

const listAt = ({ items, ends }: FeatureLists, i: number): number[] => [...items.slice(ends[i - 1] ?? 0, ends[i])];

it('lists of features are kept once each, and every text has its own', () => {
  fc.assert(
    fc.property(texts, (all) => {
      const distinct = new DistinctLists();
      const numbers = all.map((lists) => distinct.numbersOf(joined(lists)));
      const { lists } = distinct;
      expect(numbers.map((of) => [...of].map((number) => listAt(lists, number)))).toEqual(all);
      expect(lists.ends).toHaveLength(new Set(all.flat().map(String)).size);
    }),
  );
});

it('lists whose hashes are equal stay apart', () => {
  const distinct = new DistinctLists();
  // A list of nothing and one of a 0 hash alike; so do more than its first room holds.
  const lists = Array.from({ length: 2000 }, (_, length) => Array<number>(length).fill(0));
  expect([...distinct.numbersOf(joined(lists))]).toEqual(lists.map((_, i) => i));
  expect(listAt(distinct.lists, 1999)).toEqual(lists[1999]);
});
