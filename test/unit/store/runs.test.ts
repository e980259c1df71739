import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import type { Rollout } from '../../../src/domain/rollout.ts';
import { claimTimeoutMs, type RunConfig } from '../../../src/domain/run.ts';
import { shapingOf, type WeightSource } from '../../../src/domain/weight-source.ts';
import { runFiles, RunTaken, Store, type NewSuggestion } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, raw, temporaryFolder } from './fixture.ts';
import { holderOf } from './holder.ts';

const config = { preset: 'avatar', seed: 1, steps: 4 } as unknown as RunConfig;

afterEach(() => vi.useRealTimers());

function storeWithRun() {
  const store = openStore();
  const run = store.runs.create('first', config);
  const prompt = makePrompt();
  store.addRollouts([prompt], []);
  const iterate = (number: number, rewards = [1, 0]) => {
    const rollouts = makeGroup(prompt, rewards, { runId: run.id, name: `${run.id} ${number}`, policyVersion: number });
    store.runs.addIteration(
      run.id,
      { iteration: number, at: number, values: { reward: 0.5 * number }, advantages: [1, -1] },
      rollouts,
    );
    return rollouts;
  };
  return { store, id: run.id, prompt, iterate };
}

describe('the curves of a run that goes on', () => {
  it('are those of a store that is opened now, whatever was added, resumed or measured since; only what is new is read', () => {
    const { store, id } = storeWithRun();
    const trainer = openStore(store.file);
    const measure = (iteration: number, at: number, values: Record<string, number>): void =>
      trainer.runs.addIteration(id, { iteration, at, values, advantages: [] }, []);
    const fresh = (): unknown => openStore(store.file).runs.curves(id);
    const expectSame = (): void => expect(store.runs.curves(id)).toEqual(fresh());
    expectSame();
    for (let i = 1; i <= 5; i += 1) measure(i, 1_000 + i, { reward: i });
    expectSame();
    measure(6, 1_006, { reward: 6, kl: 0.5 });
    expectSame();
    expect(store.runs.curves(id).values.kl).toEqual([null, null, null, null, null, 0.5]);
    // Resumed at its checkpoint: first there is less, then as much again, and more.
    trainer.runs.truncate(id, 3);
    expectSame();
    measure(4, 2_004, { reward: 44 });
    expectSame();
    trainer.runs.truncate(id, 3);
    for (let i = 4; i <= 8; i += 1) measure(i, 3_000 + i, { reward: 100 * i });
    expectSame();
    // No run changes a row that is past: here it shows that none is read twice.
    raw(store.file, (database) => database.exec(`UPDATE metrics SET "values" = '{"reward":-1}' WHERE step = 1`));
    measure(9, 3_009, { reward: 900 });
    expect(store.runs.curves(id).values.reward).toEqual([1, 2, 3, 400, 500, 600, 700, 800, 900]);
    expect(store.runs.curves('none')).toEqual({ iterations: [], values: {} });
  });
});

describe('a run', () => {
  it('is queued, claimed, asked to stop, and ends', () => {
    const { store, id } = storeWithRun();
    expect(store.runs.get(id)).toMatchObject({
      name: 'first',
      config,
      status: 'queued',
      request: 'run',
      iteration: 0,
    });
    expect(store.runs.holder(id)).toBeNull();
    expect(store.runs.claim(id)).toMatchObject({ status: 'running', claims: 1 });
    expect(store.runs.holder(id)).toBe(process.pid);
    expect(store.runs.asked(id)).toBe('run');
    store.runs.request(id, 'stop');
    expect(store.runs.asked(id)).toBe('stop');
    const endedAt = '2026-01-01T00:00:00.000Z';
    store.runs.update(id, { status: 'stopped', endedAt, summary: { accuracy: 0.5 }, measured: { onnxruntime: 12 } });
    expect(store.runs.get(id)).toMatchObject({
      status: 'stopped',
      endedAt,
      summary: { accuracy: 0.5 },
      measured: { onnxruntime: 12 },
    });
    expect(() => store.runs.claim(id)).toThrow('is being trained');
    store.runs.release(id);
    expect(store.runs.claim(id)).toMatchObject({ status: 'running', endedAt: null, claims: 2 });
  });

  it('that a process has is nobody else’s while that lives, even stopped, and lost as soon as it is killed, whatever the clock says', async () => {
    const { store, id } = storeWithRun();
    vi.useFakeTimers({ toFake: ['Date'] });
    const { pid, kill } = await holderOf(store.file, id);
    const other = openStore(store.file);
    for (const now of [0, Date.now(), Date.now() + 1e12]) {
      vi.setSystemTime(now);
      if (process.platform !== 'win32') process.kill(pid, 'SIGSTOP');
      expect(store.runs.get(id)!.status).toBe('running');
      expect(() => store.runs.claim(id)).toThrow(`is being trained by process ${pid}: stop it first`);
      expect(() => other.runs.claim(id)).toThrow(`is being trained by process ${pid}: stop it first`);
    }
    vi.setSystemTime(0);
    await kill();
    expect(store.runs.all()).toMatchObject([
      { status: 'lost', claims: 1, error: expect.stringContaining('killed') as string },
    ]);
    expect(store.runs.claim(id)).toMatchObject({ status: 'running', claims: 2 });
    expect(() => other.runs.claim(id)).toThrow(`is being trained by process ${process.pid}`);
    expect(other.runs.holder(id)).toBe(process.pid);
  });

  it('leaves no lock when its process lets go of it, or closes the store', () => {
    const { store, id } = storeWithRun();
    const { lock } = runFiles(store.file, id);
    const other = Store.open(store.file);
    for (const [holder, letGo] of [
      [store, () => store.runs.release(id)],
      [other, () => other.close()],
    ] as const) {
      holder.runs.claim(id);
      expect(existsSync(lock)).toBe(true);
      letGo();
      expect(existsSync(lock)).toBe(false);
    }
  });

  it('is known to be held by whatever path its store is opened', () => {
    const { store, id } = storeWithRun();
    const link = join(temporaryFolder(), 'link.db');
    symlinkSync(store.file, link);
    store.runs.claim(id);
    const other = openStore(link);
    expect(other.runs.get(id)!.status).toBe('running');
    expect(() => other.runs.claim(id)).toThrow('is being trained');
  });

  it('whose lock was removed may be taken by another process; the one that had it finds out, and leaves that one its lock', async () => {
    const { store, id } = storeWithRun();
    const { lock } = runFiles(store.file, id);
    store.runs.claim(id);
    rmSync(lock);
    await holderOf(store.file, id);
    expect(() => store.runs.asked(id)).toThrow(RunTaken);
    store.runs.release(id);
    expect(store.runs.get(id)!.status).toBe('running');
    expect(() => store.runs.claim(id)).toThrow('is being trained');
  });

  it('is lost and free where something else lies in the place of its lock', () => {
    const { store, id } = storeWithRun();
    const { lock } = runFiles(store.file, id);
    store.runs.claim(id);
    store.runs.release(id);
    writeFileSync(lock, 'not a database, but long enough to be read as the head of one '.repeat(20));
    expect(store.runs.get(id)!.status).toBe('lost');
    store.runs.claim(id);
    store.runs.release(id);
    const mine = join(temporaryFolder(), 'mine');
    writeFileSync(mine, 'kept');
    symlinkSync(mine, lock);
    expect(store.runs.get(id)!.status).toBe('lost');
    expect(() => store.runs.claim(id)).toThrow(`${lock} is a symbolic link`);
    expect(readFileSync(mine, 'utf8')).toBe('kept');
  });

  it('is on one page of the list, newest first, also when another one is made meanwhile', () => {
    const store = openStore();
    const made = Array.from({ length: 5 }, (_, i) => store.runs.create(`run ${i}`, config).id);
    const first = store.runs.page({ limit: 2 });
    store.runs.create('late', config);
    const second = store.runs.page({ limit: 2, after: first.next });
    const third = store.runs.page({ limit: 2, after: second.next });
    const listed = [first, second, third].flatMap(({ rows }) => rows.map(({ id }) => id));
    expect(listed).toEqual(made.toReversed());
    expect(third.next).toBeNull();
    expect(() => store.runs.page({ after: 'x' })).toThrow('is not a cursor');
  });

  it('that no process takes is lost, and can still be claimed', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const { store, id } = storeWithRun();
    vi.setSystemTime(1_000_000 + claimTimeoutMs);
    expect(store.runs.get(id)!.status).toBe('queued');
    vi.setSystemTime(1_000_000 + claimTimeoutMs + 1);
    expect(store.runs.all()[0].status).toBe('lost');
    vi.setSystemTime(1_000_000 - claimTimeoutMs - 1);
    expect(store.runs.get(id)!.status).toBe('lost');
    expect(store.runs.claim(id).status).toBe('running');
  });

  it('that there is not is told', () => {
    const { store } = storeWithRun();
    for (const ask of [
      () => store.runs.request('none', 'stop'),
      () => store.runs.claim('none'),
      () => store.runs.update('none', { iteration: 1 }),
      () => store.runs.addLog('none', 'info', 'x'),
    ]) {
      expect(ask).toThrow('there is no run none');
    }
    expect(store.runs.get('none')).toBeNull();
    expect(store.runs.metrics('none', 0)).toEqual([]);
  });
});

describe('what a run writes', () => {
  it('comes back iteration by iteration, with its rollouts under its name', () => {
    const { store, id, prompt, iterate } = storeWithRun();
    const other = makeGroup(prompt, [0, 0, 0]);
    store.addRollouts([], other);
    const rollouts = [...iterate(1), ...iterate(2)];
    expect(store.runs.get(id)!.iteration).toBe(2);
    expect(store.runs.metrics(id, 1)).toEqual([{ iteration: 2, at: 2, values: { reward: 1 }, advantages: [1, -1] }]);
    expect(store.rollouts.page({ runId: id }).rows.map((row) => row.id)).toEqual(rollouts.map((row) => row.id));
    expect(store.prompts.page({ runId: id }).rows).toMatchObject([
      { rollouts: 4, groups: 2, vanishingGroups: 0, meanReward: 0.5 },
    ]);
    expect(store.prompts.page({ runId: id, filter: 'vanishing' }).rows).toEqual([]);
    expect(store.prompts.page().rows).toMatchObject([{ rollouts: 7, vanishingGroups: 1 }]);
  });

  it('after a checkpoint is taken back for a resume, but rollouts that a person labelled, and written again without doubles', () => {
    const { store, id, iterate } = storeWithRun();
    iterate(1);
    store.runs.addCheckpoint(id, 1);
    const [labelled, plain] = iterate(2);
    store.runs.addCheckpoint(id, 2);
    expect(store.runs.latestCheckpoint(id)).toMatchObject({
      ...{ runId: id, iteration: 2, path: join(dirname(store.file), 'runs', id, 'step-2') },
    });
    store.labels.set({ rolloutId: labelled.id, annotator: 'ann', boundaries: [1, 2] });

    store.runs.truncate(id, 1);
    expect(store.runs.get(id)!.iteration).toBe(1);
    expect(store.runs.metrics(id, 0).map((row) => row.iteration)).toEqual([1]);
    expect(store.runs.latestCheckpoint(id)).toMatchObject({ iteration: 1 });
    expect(store.rollouts.get(plain.id)).toBeNull();
    expect(store.rollouts.groups(labelled.promptId).map(({ rollouts }) => rollouts)).toEqual([2, 1]);
    expect(store.search('plan')).toHaveLength(3);

    iterate(2);
    expect(store.rollouts.page({ runId: id }).rows).toHaveLength(4);
    expect(store.labels.get(labelled.id, 'ann').boundaries).toEqual([1, 2]);
    expect(store.rollouts.groups(labelled.promptId)).toMatchObject([
      { rollouts: 2 },
      { rollouts: 2, rewardStd: Math.SQRT1_2 },
    ]);
  });

  it('keeps a rollout that a person flagged or skipped when a resume takes back its iteration', () => {
    const { store, id, iterate } = storeWithRun();
    const [flagged, skipped] = iterate(1);
    store.statuses.flag(flagged.id, 'ann', true);
    store.statuses.set(skipped.id, 'ann', 'skipped', 'too dark');
    store.runs.truncate(id, 0);
    expect([flagged, skipped].map((rollout) => store.rollouts.get(rollout.id)?.id)).toEqual([flagged.id, skipped.id]);
  });

  it('keeps a rollout that a person commented on when a resume takes back its iteration', () => {
    const { store, id, iterate } = storeWithRun();
    const [commented] = iterate(1);
    store.comments.add(commented.id, 'ann', { body: 'Look.', text: null, video: null });
    store.runs.truncate(id, 0);
    expect(store.rollouts.page({ runId: id }).rows.map((rollout) => rollout.id)).toEqual([commented.id]);
  });

  it('keeps its log in order, and the labels as they were when it started', () => {
    const { store, id } = storeWithRun();
    store.runs.addLog(id, 'info', 'one');
    store.runs.addLog(id, 'warn', 'two');
    const [first] = store.runs.log(id, 0);
    expect(store.runs.log(id, first.seq)).toMatchObject([{ level: 'warn', message: 'two' }]);
    const rows = [
      { rolloutId: 'r-1', boundaries: [1, 2], source: 'label:ann' as const },
      { rolloutId: 'r-2', boundaries: null, source: 'parabolic' as const },
    ];
    store.runs.addSnapshot(id, rows);
    expect(store.runs.snapshot(id)).toEqual(rows);
  });
});

it('the first verdict on a question stands', () => {
  const store = openStore();
  expect(store.verdicts.get('a')).toBeNull();
  expect(store.verdicts.add('a', [0.1, 1])).toEqual([0.1, 1]);
  expect(store.verdicts.add('a', [1])).toEqual([0.1, 1]);
  expect(store.verdicts.get('a')).toEqual([0.1, 1]);
  expect(store.verdicts.add('b', [])).toEqual([]);
});

describe('the sources of a run’s token weights', () => {
  const { tas } = presetConfig('avatar', 'policy', 1);

  const suggestion = ({ id }: Rollout, boundaries = [13, 25]): NewSuggestion => ({
    ...{ rolloutId: id, source: 'rules', boundaries, scores: [1, 1], entropy: 0, model: 'rules 1' },
  });

  /** A run that began with four rollouts, two labelled by ana and one suggested, and has made one iteration. */
  function weighedRun() {
    const store = openStore();
    const prompt = makePrompt();
    const stored = makeGroup(prompt, [1, 0, 1, 0], { name: 'stored' });
    store.addRollouts([prompt], stored);
    const label = (rollout: Rollout, annotator = 'ana', boundaries = [13, 25]) =>
      store.labels.set({ rolloutId: rollout.id, annotator, boundaries });
    label(stored[0]);
    label(stored[1]);
    store.suggestions.add([suggestion(stored[1]), suggestion(stored[2])]);
    const run = store.runs.create('weighed', { ...config, tas });
    const snapshot = (rollouts: Rollout[]) =>
      store.runs.addSnapshot(
        run.id,
        rollouts.map(({ id, completion }) => ({
          rolloutId: id,
          ...shapingOf(completion, store.suggestions.segmentations(id), tas),
        })),
      );
    snapshot(stored);
    const made = makeGroup(prompt, [1, 0], { runId: run.id, name: 'made' });
    store.runs.addIteration(run.id, { iteration: 1, at: 1, values: {}, advantages: [] }, made);
    snapshot(made);
    return { store, id: run.id, stored, made, label };
  }

  it('are counted, and lead to their rollouts', () => {
    const { store, id, stored, made } = weighedRun();
    expect(store.runs.weightSources(id)).toEqual({
      sources: [
        { source: 'parabolic', rollouts: 3 },
        { source: 'label:ana', rollouts: 2 },
        { source: 'suggestion:rules', rollouts: 1 },
      ],
      changed: 0,
    });
    const of = (source: WeightSource): string[] =>
      store.rollouts.page({ weighted: { runId: id, source } }).rows.map((rollout) => rollout.id);
    expect(of('label:ana')).toEqual([stored[0].id, stored[1].id]);
    expect(of('parabolic')).toEqual([stored[3].id, made[0].id, made[1].id]);
    expect(of('label:ben')).toEqual([]);
    expect(() => store.runs.weightSources('nobody')).toThrow('there is no run nobody');
  });

  it('stay, and count the rollouts whose labels would weigh them otherwise now', () => {
    const { store, id, stored, made, label } = weighedRun();
    const changed = (): number => store.runs.weightSources(id).changed;
    label(stored[0], 'ana', [12, 25]);
    label(stored[2], 'ben');
    label(made[0], 'ben');
    expect(changed()).toBe(3);
    store.labels.undo(stored[1].id, 'ana');
    expect(changed()).toBe(4);
    expect(store.runs.weightSources(id).sources).toMatchObject([{ rollouts: 3 }, { rollouts: 2 }, { rollouts: 1 }]);
    // Taken back, an edit has changed nothing; nor has a suggestion beside a person's label.
    store.labels.redo(stored[1].id, 'ana');
    store.labels.undo(stored[0].id, 'ana');
    store.suggestions.add([suggestion(stored[1], [12, 25])]);
    expect(changed()).toBe(2);
    // One that was refused no longer shapes, one that came since would, and one of ana's label does not count.
    store.suggestions.refuse(stored[1].id, 'rules', [0]);
    store.suggestions.add([suggestion(stored[3])]);
    expect(changed()).toBe(3);
    store.suggestions.refuse(stored[3].id, 'rules', [1]);
    expect(changed()).toBe(2);
    // A rollout that is taken back is no longer the run's; one that someone labelled stays.
    store.runs.truncate(id, 0);
    expect(store.runs.weightSources(id)).toMatchObject({
      sources: [{ rollouts: 2 }, { rollouts: 2 }, { rollouts: 1 }],
    });
  });
});
