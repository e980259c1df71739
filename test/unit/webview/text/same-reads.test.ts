import { expect, it } from 'vitest';
import { sameReads } from '../../../../webview/review/text/same-reads.ts';

it('rules that take the same from the same place are told of once, those that take nothing last', () => {
  const at = { start: 3, end: 4 };
  const reads = [
    { title: 'one', extracted: null, correct: false, how: 'no <answer>', at: null },
    { title: 'two', extracted: 'B', correct: true, how: 'the last <answer>', at },
    { title: 'three', extracted: 'B', correct: true, how: 'the last capital', at: { ...at } },
    { title: 'four', extracted: 'B', correct: true, how: 'the first letter', at: { start: 9, end: 10 } },
  ];
  const same = sameReads(reads).map(({ extracted, at, rules }) => [
    extracted,
    at?.start,
    rules.map(({ title }) => title),
  ]);
  expect(same).toEqual([
    ['B', 3, ['two', 'three']],
    ['B', 9, ['four']],
    [null, undefined, ['one']],
  ]);
});
