import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { overridden, presetConfig } from '../../../src/domain/preset.ts';
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
  store.extract(run.id, file, { config: { policy: 'elsewhere' }, media });
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
    expect(store.runMedia(run.id)).toEqual([clip]);
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

  it('is not there where it could not be made', () => {
    const { store } = storeWith();
    const file = join(temporaryFolder(), 'extract.db');
    const none = '00000000-0000-4000-8000-000000000000';
    expect(() => store.extract(none, file, { config: {}, media: new Map() })).toThrow('there is no run');
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
