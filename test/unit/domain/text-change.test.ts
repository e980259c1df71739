import { expect, it } from 'vitest';
import { placesIn } from '../../../src/domain/text-change.ts';

it.each([
  ['an end mark taken off', 'So B.<|end|>', 'So B.', [0, 3, 5, null, null, 5], [0, 3, 5, 6, 11, 12]],
  ['reasoning put before', 'So B.', '<think>x</think>\nSo B.', [0, 18, 22], [0, 1, 5]],
  ['a word in the middle', 'I see red. So A.', 'I see blue. So A.', [2, 6, null, 10, 17], [2, 6, 8, 9, 16]],
  ['a sign that shares its first half', 'a😀b', 'a😁b', [0, 1, 3, 4], [0, 1, 3, 4]],
  ['a sign that shares its second half', '😀b', '\u{1F200}b', [0, 2, 3], [0, 2, 3]],
  ['all of it', 'abc', '', [0, null, 0], [0, 1, 3]],
])('places are carried over %s', (_, before, after, expected, places) => {
  expect(places.map(placesIn(before, after))).toEqual(expected);
});
