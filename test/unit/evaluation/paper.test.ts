import { expect, it } from 'vitest';
import { paperAccuracy } from '../../../src/evaluation/paper.ts';

it('the paper’s accuracies are known by a benchmark’s name, however it is written', () => {
  const named = ['mmvu', 'MMVU val', 'omni-bench', 'OmniBench', 'Video_Holmes_32frame', 'clips', 'my-mmvu', null];
  expect(named.map((name) => paperAccuracy(name)?.benchmark ?? null)).toEqual([
    ...['MMVU', 'MMVU', 'OmniBench', 'OmniBench', 'Video-Holmes'],
    ...[null, null, null],
  ]);
  // The differences that the abstract tells.
  const gained = ['mmvu', 'omnibench', 'videoholmes'].map((name) => paperAccuracy(name)!);
  expect(gained.map(({ base, avatar }) => Number((avatar - base).toFixed(1)))).toEqual([5.4, 4.9, 4.5]);
});
