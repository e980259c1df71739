import { expect, it } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import type { RunConfig } from '../../../src/domain/run.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

function filled(): Store {
  const store = openStore();
  const prompt = (id: string, more: Partial<ReturnType<typeof makePrompt>> = {}) => ({
    ...{ ...makePrompt({ question: id, dataset: 'clips', stage: 'visual' }), id },
    ...more,
  });
  const run = store.runs.create('before', presetConfig('avatar', 'p', 1));
  const [imported, made] = [prompt('imported'), prompt('made', { answer: null })];
  store.addRollouts(
    [imported, made, prompt('test', { split: 'test' }), prompt('tone', { stage: 'audio-visual', dataset: 'tones' })],
    [...makeGroup(imported, [1, 0]), ...makeGroup(made, [1, 0], { runId: run.id })],
  );
  return store;
}

const config = (changes: Partial<RunConfig> = {}): RunConfig => ({ ...presetConfig('avatar', 'p', 1), ...changes });

it('a store counts the prompts that a run names, stage by stage, and tells which it has not', () => {
  const store = filled();
  expect(store.runPrompts(config())).toEqual({
    ...{ unknown: [], left: 0, stages: [{ stage: null, prompts: 3, answered: 2, learnt: 0 }] },
  });
  const selected = { prompts: ['made', 'imported', 'test', 'gone'] };
  const offline = { ...selected, onPolicy: 0, storedRollouts: 'imported' as const };
  expect(store.runPrompts(config(offline))).toEqual({
    ...{ unknown: ['gone'], left: 1, stages: [{ stage: null, prompts: 2, answered: 1, learnt: 1 }] },
  });
  expect(store.runPrompts(config({ ...offline, storedRollouts: 'all' })).stages).toMatchObject([{ learnt: 2 }]);
  expect(store.runPrompts(config({ ...selected, dataset: 'tones' }))).toMatchObject({ left: 3 });
  const stages = [
    { stage: 'visual' as const, steps: 1 },
    { stage: 'audio-visual' as const, steps: 1 },
  ];
  expect(store.runPrompts(config({ prompts: ['imported', 'tone'], stages, steps: 2 }))).toMatchObject({
    left: 0,
    stages: [
      { stage: 'visual', prompts: 1 },
      { stage: 'audio-visual', prompts: 1 },
    ],
  });
});

it('a prompt is found by a former id, once', () => {
  const store = filled();
  const [bare, filmed] = ['bare', 'filmed'].map((id) => ({
    ...{ ...makePrompt({ question: 'Which?', video: id === 'bare' ? null : 'clip.mp4' }), id },
  }));
  store.addRollouts([bare], makeGroup(bare, [1, 0]));
  store.addRollouts([filmed], []);
  expect(store.prompts.joinMedia()).toBe(1);
  expect(store.prompts.page({ ids: ['bare'] }).rows.map(({ id }) => id)).toEqual(['filmed']);
  expect(store.runPrompts(config({ prompts: ['bare', 'filmed'] }))).toMatchObject({
    ...{ unknown: [], left: 0, stages: [{ prompts: 1 }] },
  });
});
