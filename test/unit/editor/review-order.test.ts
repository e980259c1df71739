import { expect, it } from 'vitest';
import { ReviewOrder } from '../../../src/editor/review-order.ts';
import { clientOf, makeGroup, makePrompt, openStore } from '../store/fixture.ts';

it('Review follows the table’s order, says how far it is, and passes over what is gone', async () => {
  const store = openStore();
  const prompt = makePrompt();
  const rollouts = makeGroup(prompt, [1, 0, 0.5, 0]);
  store.addRollouts([prompt], rollouts);
  const [a, b, c, d] = rollouts.map(({ id }) => id);
  const order = new ReviewOrder(clientOf(store));
  expect([order.isEmpty, await order.place(a), await order.next(a)]).toEqual([true, null, null]);

  const numbers = store.table.order({ line: 'reward:<1', sort: { by: 'reward', descending: true }, blindFor: null });
  order.set(Int32Array.of(numbers[0], 999, ...numbers.subarray(1)));
  expect(await order.place(c)).toEqual({ place: 1, of: 4 });
  expect(await order.place(a)).toEqual({ place: null, of: 4 });
  expect(await order.next(a)).toBe(c);
  expect(await order.next(null)).toBe(c);
  expect(await order.next(c)).toBe(b);
  expect(await order.next(b)).toBe(d);
  expect(await order.next(d)).toBeNull();
});
