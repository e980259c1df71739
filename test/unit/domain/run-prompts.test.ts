import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import type { RunConfig } from '../../../src/domain/run.ts';
import {
  leftText,
  missingFault,
  partOfRun,
  promptFault,
  selectedText,
  selectionMark,
  toldConfig,
  type RunPrompts,
} from '../../../src/domain/run-prompts.ts';

const avatar = presetConfig('avatar', 'p', 1);
const on = (prompts: string[], more: Partial<RunConfig> = {}): RunConfig => ({ ...avatar, prompts, ...more });
const found = (stage: Partial<RunPrompts['stages'][number]>, more: Partial<RunPrompts> = {}): RunPrompts => ({
  ...{ unknown: [], left: 0, stages: [{ stage: null, prompts: 2, answered: 2, learnt: 2, ...stage }] },
  ...more,
});

describe('a selection of prompts', () => {
  it('is told by how many they are, and from another one of as many', () => {
    expect(selectedText(avatar)).toBeNull();
    expect(selectedText({})).toBeNull();
    expect([on(['a']), on(Array.from({ length: 1200 }, String))].map(selectedText)).toEqual([
      '1 selected prompt',
      '1,200 selected prompts',
    ]);
    expect(selectionMark(on(['a', 'b']))).toMatch(/^2 selected prompts \([\da-f]{6}\)$/u);
    expect(selectionMark(on(['a', 'b']))).not.toBe(selectionMark(on(['a', 'c'])));
    expect(toldConfig(on(['a', 'b']))).toEqual({ ...avatar, prompts: selectionMark(on(['a', 'b'])) });
  });

  it('is of the split that a run trains on: it needs all prompts of the others', () => {
    expect(partOfRun(on(['a'], { dataset: 'clips' }))).toEqual({
      ...{ dataset: 'clips', split: null, selected: { split: 'train', ids: ['a'] } },
    });
    expect(partOfRun(avatar)).toEqual({ dataset: null, split: null, selected: null });
  });

  it.each<[string, RunConfig, RunPrompts, string]>([
    [
      'ids that the store has not, of many the first',
      on(['a', 'b', 'c', 'd', 'e', 'f', 'g']),
      found({}, { unknown: ['a', 'b', 'c', 'd', 'e', 'f'] }),
      '6 of the 7 selected prompts are not in this store: a, b, c, d, e, …. Import them, or leave them out',
    ],
    [
      'none of its split',
      on(['a', 'b']),
      found({ prompts: 0, answered: 0, learnt: 0 }),
      'no prompts to train on: the store, 2 selected prompts, split train has none',
    ],
    [
      'no answer to score by',
      on(['a', 'b']),
      found({ answered: 0 }),
      'none of the 2 prompts has an answer to score by: import the dataset file that holds them',
    ],
    [
      'no stored rollout for a run that makes none',
      on(['a', 'b'], { onPolicy: 0, dataset: 'clips' }),
      found({ learnt: 0 }),
      "an offline run learns from stored rollouts, and dataset clips, 2 selected prompts, split train has none of the kind 'imported': import some, or choose another preset",
    ],
  ])('cannot be trained on with %s', (_, config, prompts, fault) => {
    expect(promptFault(config, prompts)).toBe(fault);
  });

  it('may lack what a run does not need', () => {
    expect(promptFault(on(['a', 'b']), found({ learnt: 0 }))).toBeNull();
    expect(promptFault(on(['a', 'b'], { onPolicy: 0 }), found({ answered: 0 }))).toBeNull();
    expect(missingFault(on(['a', 'b']), found({ answered: 0, learnt: 0 }))).toBeNull();
  });

  it('may hold prompts that are left out, which is said', () => {
    expect(leftText(on(['a', 'b']), found({}))).toBeNull();
    expect(leftText(on(['a', 'b', 'c']), found({}, { left: 1 }))).toBe(
      '1 of the 3 selected prompts is of another dataset, split or stage: the run leaves it out',
    );
  });
});
