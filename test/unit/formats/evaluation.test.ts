import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { defaultWeights, exportRollouts, exportTraining } from '../../../src/formats/export.ts';
import { importFiles } from '../../../src/formats/import.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';
import { trainers } from './fixture.ts';

/** A store with one logged group and an evaluation, made here, of the same prompt. */
function filled() {
  const store = openStore();
  const prompt = makePrompt({ split: 'test', category: 'Art' });
  store.evaluations.add({
    ...{ id: '0b8a7b4c-0000-4000-8000-000000000001', name: 'tiny on clips test', policy: 'tiny', policyVersion: 0 },
    ...{ adapter: null, dataset: 'clips', split: 'test', source: 'evaluate', status: 'finished', total: 2 },
    ...{ settings: null, createdAt: '2026-01-01T00:00:00.000Z' },
  });
  const [{ id: evaluationId }] = store.evaluations.all();
  const evaluated = makeGroup(prompt, [1, 0], { name: 'evaluated', evaluationId });
  store.addRollouts([prompt], [...makeGroup(prompt, [1]), ...evaluated]);
  return store;
}

it('an evaluation’s rollouts stay its own in our own file, here and in another store', async () => {
  const store = filled();
  const file = join(temporaryFolder(), 'rollouts.jsonl');
  await exportRollouts(store, file, 'rollout-lab');
  const before = store.evaluations.all();
  expect(await importFiles(store, [file])).toMatchObject({ rollouts: 0, duplicates: 3, rejected: [] });
  expect(store.evaluations.all()).toEqual(before);

  const other = openStore();
  expect(await importFiles(other, [file])).toMatchObject({ rollouts: 3, rejected: [] });
  expect(other.evaluations.all()).toMatchObject([{ name: 'tiny on clips test', done: 2, total: 2, dataset: 'clips' }]);
  expect(other.prompts.page().rows).toMatchObject([{ category: 'Art' }]);
  expect(other.rollouts.page().rows.filter(({ evaluationId }) => evaluationId)).toHaveLength(2);
});

it('a judge’s verdicts go out and come in with the replies, and are lost by no import', async () => {
  const store = filled();
  const [{ id }] = store.evaluations.all();
  const judge = { endpoint: 'https://host/v1', model: 'small' };
  const [first, second] = store.evaluations.rollouts(id).rows;
  store.evaluations.addVerdict(id, judge, first, { extracted: 'B', correct: true });
  store.evaluations.addVerdict(id, judge, second, { extracted: null, correct: false });
  const verdicts = (of: Store) => {
    const [evaluation] = of.evaluations.all();
    return of.evaluations.rollouts(evaluation.id).rows.map(({ verdict }) => verdict);
  };
  const before = verdicts(store);
  const file = join(temporaryFolder(), 'rollouts.jsonl');
  await exportRollouts(store, file, 'rollout-lab');
  await importFiles(store, [file]);
  expect(verdicts(store)).toEqual(before);

  const other = openStore();
  expect(await importFiles(other, [file])).toMatchObject({ rollouts: 3, rejected: [] });
  expect(verdicts(other)).toEqual(before);
  expect(other.evaluations.all()).toMatchObject([{ judge }]);
  other.evaluations.setJudge(other.evaluations.all()[0].id, { ...judge, model: 'large' });
  await importFiles(other, [file]);
  expect(other.evaluations.all()).toMatchObject([{ judge: { model: 'large' } }]);
});

it('a training set has an evaluation’s rollouts only where that is asked for', async () => {
  const store = filled();
  const file = join(temporaryFolder(), 'training.jsonl');
  const written = async (query: Parameters<typeof exportTraining>[3]) => {
    const { rollouts, left } = await exportTraining(store, file, 'training-jsonl', query, defaultWeights, { trainers });
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(rollouts);
    return { rollouts, left };
  };
  const told = { count: 2, reason: 'replies of evaluations are not for training' };
  expect(await written({})).toEqual({ rollouts: 1, left: [told] });
  expect(await written({ evaluationId: store.evaluations.all()[0].id })).toEqual({ rollouts: 2, left: [] });
});
