import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EvaluationSettings } from '../../../src/domain/evaluation.ts';
import { overridden, presetConfig, rayDefaults } from '../../../src/domain/preset.ts';
import type { Prompt, Rollout } from '../../../src/domain/rollout.ts';
import { partOfRun } from '../../../src/domain/run-prompts.ts';
import type { NewEvaluation, RemoteJob, RunParcel, RunRow, Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from './fixture.ts';

const evaluation: NewEvaluation = {
  ...{ id: 'scored', name: 'scored', policy: 'tiny', policyVersion: 0, adapter: null, dataset: 'one', split: 'test' },
  ...{ settings: null, source: 'import:/data/scored.json', status: 'finished', total: null },
  createdAt: '2026-01-01T00:00:00.000Z',
};

const remote: RemoteJob = { address: 'http://127.0.0.1:8265', version: '2', session: 's', attempt: 2, taken: 3 };

function storeWith(overrides: string[] = []): { store: Store; run: RunRow; other: RunRow; folder: string } {
  const folder = temporaryFolder();
  const store = openStore(join(folder, 'rollouts.db'));
  const prompts = ['one', 'two'].flatMap((dataset) =>
    ['clip', 'text'].map((kind) =>
      makePrompt({
        ...{ dataset, question: `${dataset} ${kind}` },
        video: kind === 'clip' ? join(folder, `${dataset}.mp4`) : null,
      }),
    ),
  );
  store.addRollouts(
    prompts,
    prompts.flatMap((prompt) => makeGroup(prompt, [1, 0])),
  );
  const config = overridden(presetConfig('avatar', 'policy', 1), ['dataset=one', ...overrides]);
  const [run, other] = ['run', 'other'].map((name) => store.runs.create(name, config));
  for (const [{ id }, name] of [
    [run, 'mine'],
    [other, 'theirs'],
  ] as const)
    store.runs.addIteration(
      id,
      { iteration: 1, at: 0, values: { reward: 1 }, advantages: [1] },
      makeGroup(prompts[0], [1, 0], { runId: id, name }),
    );
  store.runs.addCheckpoint(run.id, 1);
  store.runs.claim(run.id);
  store.runs.update(run.id, { remote });
  const [labelled] = store.rollouts.page({ promptId: prompts[0].id }).rows;
  store.labels.set({ rolloutId: labelled.id, annotator: 'ann', boundaries: [8, 21] });
  return { store, run, other, folder };
}

function extracted(store: Store, run: RunRow, media = new Map<string, string>()): Store {
  const file = join(temporaryFolder(), 'extract.db');
  store.extractRun(run.id, file, { policy: 'elsewhere', adapter: null, media });
  return openStore(file);
}

const rolloutsOf = (store: Store): string[] =>
  store.prompts
    .page({})
    .rows.flatMap(({ id }) => store.rollouts.page({ promptId: id }).rows.map(({ runId, id: own }) => runId ?? own));

describe('an extract of the store', () => {
  it('has the run as one that nobody has begun, its dataset’s prompts, and what it may learn from', () => {
    const { store, run, folder } = storeWith();
    const clip = join(folder, 'one.mp4');
    expect(store.promptMedia({ dataset: 'one', split: null })).toEqual([clip]);
    expect(store.promptMedia({ dataset: 'one', split: 'test' })).toEqual([]);
    const extract = extracted(store, run, new Map([[clip, 'media/0.mp4']]));
    expect(extract.runs.all().map(({ id }) => id)).toEqual([run.id]);
    const { status, claims, remote: job, config } = extract.runs.get(run.id)!;
    expect({ status, claims, job, policy: config.policy }).toEqual({
      ...{ status: 'queued', claims: 0, job: null, policy: 'elsewhere' },
    });
    expect(extract.runs.latestCheckpoint(run.id)?.iteration).toBe(1);
    expect(extract.runs.metrics(run.id, -1)).toEqual(store.runs.metrics(run.id, -1));
    const prompts = extract.prompts.page({}).rows;
    expect(prompts.map(({ question, video }) => [question, video])).toEqual([
      ['one clip', 'media/0.mp4'],
      ['one text', null],
    ]);
    expect(rolloutsOf(extract).filter((id) => id === run.id)).toHaveLength(2);
    expect(rolloutsOf(extract)).toHaveLength(6);
    expect(extract.runs.claim(run.id).status).toBe('running');
    // What it was made of is as it was.
    expect(store.runs.get(run.id)).toMatchObject({ status: 'running', remote, config: { policy: 'policy' } });
  });

  it('has labels, which shape the weights there as here', () => {
    const { store, run } = storeWith();
    const labels = (of: Store): unknown[] =>
      of.prompts
        .page({})
        .rows.flatMap(({ id }) => of.rollouts.page({ promptId: id }).rows)
        .flatMap(({ id }) => of.labels.of(id));
    expect(labels(extracted(store, run))).toEqual(labels(store));
    expect(labels(store)).toHaveLength(1);
  });

  it.each([
    ['none', [2, 0]],
    ['all', [2, 2]],
  ])('has of others’ rollouts what the run may begin with: %s', (choice, [own, others]) => {
    const { store, run, other } = storeWith([`storedRollouts=${choice}`]);
    const found = rolloutsOf(extracted(store, run));
    expect([run, other].map(({ id }) => found.filter((one) => one === id).length)).toEqual([own, others]);
  });

  it('of a run on a selection has of its training split those alone, by a former id too, with their media and rollouts', () => {
    const { store, run, folder } = storeWith();
    const [, text] = store.prompts.page({ dataset: 'one' }).rows;
    const held = makePrompt({ dataset: 'one', question: 'held out', split: 'validation', video: 'held.mp4' });
    const filmed = { ...makePrompt({ question: text.question, video: join(folder, 'late.mp4') }), dataset: 'one' };
    store.addRollouts([held, filmed], []);
    expect(store.prompts.joinMedia()).toBe(1);
    const config = overridden(run.config, ['dataset=null', `prompts=${text.id}`]);
    const selected = store.runs.create('selected', config);
    expect(store.promptMedia(partOfRun(config))).toEqual(['held.mp4', join(folder, 'late.mp4')]);
    const extract = extracted(store, selected);
    expect(extract.prompts.page({}).rows.map(({ question }) => question)).toEqual(['held out', text.question]);
    expect(extract.runPrompts(extract.runs.get(selected.id)!.config)).toMatchObject({
      ...{ unknown: [], left: 0, stages: [{ prompts: 1 }] },
    });
    expect(rolloutsOf(extract)).toHaveLength(2);
  });

  it('is not there where it could not be made', () => {
    const { store } = storeWith();
    const file = join(temporaryFolder(), 'extract.db');
    const none = '00000000-0000-4000-8000-000000000000';
    const change = { policy: 'policy', adapter: null, media: new Map() };
    expect(() => store.extractRun(none, file, change)).toThrow('there is no run');
    expect(() => store.extractEvaluation(none, file, change)).toThrow('there is no evaluation');
    expect(existsSync(file)).toBe(false);
  });
});

describe('what a job tells', () => {
  const parcel = (iteration: number): RunParcel => ({
    iterations: [{ metric: { iteration, at: 5, values: { reward: 2 }, advantages: [] }, rollouts: [] }],
    snapshot: [],
    log: [{ at: 7, level: 'info', message: `At ${iteration}` }],
    change: { backend: 'torch' },
    checkpoint: iteration,
  });

  it('is taken once, in order, and as a whole', () => {
    const { store, run } = storeWith();
    store.runs.receive(run.id, 4, parcel(2));
    store.runs.receive(run.id, 4, parcel(2));
    expect(store.runs.get(run.id)).toMatchObject({ iteration: 2, backend: 'torch', remote: { ...remote, taken: 4 } });
    expect(store.runs.log(run.id, 0)).toEqual([expect.objectContaining({ at: 7, message: 'At 2' })]);
    expect(store.runs.latestCheckpoint(run.id)?.iteration).toBe(2);
    expect(() => store.runs.receive(run.id, 6, parcel(3))).toThrow(/parcel 6 .* comes before others/u);
    const faulty = {
      ...parcel(3),
      iterations: [{ ...parcel(3).iterations[0], rollouts: makeGroup(makePrompt({ question: 'unknown' }), [1]) }],
    };
    expect(() => store.runs.receive(run.id, 5, faulty)).toThrow('not stored');
    expect(store.runs.get(run.id)).toMatchObject({ iteration: 2, remote: { taken: 4 } });
  });

  it('leaves out what was made to be scored, unless the run says otherwise', () => {
    for (const [overrides, count] of [
      [[], 0],
      [['storedEvaluations=true'], 2],
    ] as const) {
      const { store, run } = storeWith([...overrides]);
      const [prompt] = store.prompts.page({ dataset: 'one' }).rows;
      const scored = makeGroup(prompt, [1, 0], { name: 'scored', evaluationId: 'scored' });
      store.addRollouts([], scored, [], [evaluation]);
      expect(store.evaluations.get('scored')).toMatchObject({ done: 2 });
      const extract = extracted(store, run);
      expect(extract.evaluations.all().map(({ done }) => done)).toEqual(count === 0 ? [] : [count]);
    }
  });
});

describe('an evaluation elsewhere', () => {
  const id = '22222222-2222-4222-8222-222222222222';
  const settings: EvaluationSettings = {
    ...{ policyFolder: '/policies/tiny', policyHash: 'ab', engine: 'ray', backend: 'onnxruntime', threads: 0, n: 2 },
    ...{ temperature: 1, topP: 1, seed: 0, maxNewTokens: 8, system: null, rewardRule: 'ours' },
    ray: { ...rayDefaults, address: 'http://127.0.0.1:8265' },
  };

  function evaluated(): { store: Store; prompts: Prompt[]; made: (prompt: Prompt) => Rollout[] } {
    const { store, folder } = storeWith();
    const prompts = ['asked', 'open', 'other'].map((question) =>
      makePrompt({
        ...{ dataset: 'held', question, split: question === 'other' ? 'train' : 'test' },
        video: join(folder, `${question}.mp4`),
      }),
    );
    store.addRollouts(prompts, []);
    store.evaluations.add({
      ...{ ...evaluation, id, name: 'here', dataset: 'held', settings, source: 'evaluate', status: 'queued' },
      adapter: '/policies/adapter',
      createdAt: new Date().toISOString(),
    });
    store.evaluations.claim(id);
    store.evaluations.update(id, { remote, said: 'Sending.', error: 'It failed.' });
    const made = (prompt: Prompt): Rollout[] => makeGroup(prompt, [1, 0], { name: id, evaluationId: id });
    store.addRollouts([], made(prompts[0]));
    return { store, prompts, made };
  }

  it('takes the prompts that it asks, and what is there of it, as one that nobody has begun', () => {
    const { store, prompts } = evaluated();
    const media = store.promptMedia({ dataset: 'held', split: 'test' });
    expect(media).toEqual(prompts.slice(0, 2).map(({ video }) => video));
    const file = join(temporaryFolder(), 'extract.db');
    const there = { policy: 'policy', adapter: 'adapter', media: new Map([[media[1], 'media/1.mp4']]) };
    store.extractEvaluation(id, file, there);
    const extract = openStore(file);
    expect(extract.evaluations.all()).toEqual([
      {
        ...store.evaluations.get(id)!,
        ...{ status: 'queued', claims: 0, remote: null, said: null, error: null },
        ...{ adapter: 'adapter', settings: { ...settings, policyFolder: 'policy' } },
      },
    ]);
    expect(extract.evaluations.get(id)!.done).toBe(2);
    expect(extract.prompts.page({}).rows.map(({ question, video }) => [question, video])).toEqual([
      ['asked', media[0]],
      ['open', 'media/1.mp4'],
    ]);
    expect(rolloutsOf(extract)).toHaveLength(2);
    expect(extract.runs.all()).toEqual([]);
    expect(extract.evaluations.claim(id).status).toBe('running');
    expect(store.evaluations.get(id)).toMatchObject({ status: 'running', remote, settings });
  });

  it('is told of once, in order, and as a whole', () => {
    const { store, prompts, made } = evaluated();
    const { last } = store.evaluations.madeAfter(id, 0);
    const parcel = { rollouts: made(prompts[1]), change: { total: 4, error: null } };
    store.evaluations.receive(id, 4, parcel);
    store.evaluations.receive(id, 4, parcel);
    expect(store.evaluations.get(id)).toMatchObject({ done: 4, total: 4, remote: { ...remote, taken: 4 } });
    expect(store.evaluations.madeAfter(id, last).ids).toEqual(parcel.rollouts.map((one) => one.id));
    expect(() => store.evaluations.receive(id, 6, parcel)).toThrow(/parcel 6 of evaluation .* comes before others/u);
    const unknown = { ...parcel, rollouts: made(makePrompt({ question: 'unknown' })) };
    expect(() => store.evaluations.receive(id, 5, unknown)).toThrow('not stored');
    expect(store.evaluations.get(id)).toMatchObject({ done: 4, remote: { taken: 4 } });
  });
});
