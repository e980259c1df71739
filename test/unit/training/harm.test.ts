/** What a run may not do, whatever its store says: by the real training process. */
import Database from 'better-sqlite3';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Store, type RunRow } from '../../../src/store/store.ts';
import { launchTraining } from '../../../src/training/host/local.ts';
import { bundles } from '../bundle.ts';
import { createRun, ended, startTraining, tinyPolicy, trainingStore } from './fixture.ts';
import { serveJudge, verdict } from './judge-server.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
const policy = join(folder, 'tiny');
const stores: Store[] = [];

/** A project with a run that stopped after six iterations of eight, a checkpoint after each. */
const trained = join(folder, 'trained');
let run: RunRow;

beforeAll(async () => {
  await tinyPolicy(policy);
  mkdirSync(trained);
  const { store, file } = trainingStore(trained);
  run = createRun(store, policy, 'grpo', ['evalEvery=0', 'checkpointEvery=1', 'steps=6']);
  expect((await ended(startTraining(file, run))).code).toBe(0);
  store.close();
  changed(file, (database) => {
    const config = JSON.stringify({ ...run.config, steps: 8 });
    database.prepare("UPDATE runs SET status = 'stopped', config = ?").run(config);
  });
});

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the project, as `cp -r` makes it. */
function project(name: string): { place: string; file: string } {
  const place = join(folder, name);
  cpSync(trained, place, { recursive: true });
  return { place, file: join(place, 'rollouts.db') };
}

/** What any program can do to a store. */
function changed(file: string, work: (database: Database.Database) => void): void {
  const database = new Database(file);
  work(database);
  database.close();
}

function opened(file: string): Store {
  const store = Store.open(file);
  stores.push(store);
  return store;
}

/** Resumes the run of the store and gives its row. */
async function resume(file: string): Promise<RunRow> {
  await ended(startTraining(file, run));
  return opened(file).runs.get(run.id)!;
}

/** Every file below a folder, with what it holds. */
const content = (place: string): [string, string][] =>
  readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }): [string, string] => [
      join(parentPath, name),
      readFileSync(join(parentPath, name), 'latin1'),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));

describe('a resumed run', () => {
  it('of a copied project goes on from the copy’s checkpoints and leaves the original’s', async () => {
    const { place, file } = project('original');
    changed(file, (database) =>
      database.prepare("UPDATE checkpoints SET path = ? || '/runs/' || ? || '/step-' || step").run(place, run.id),
    );
    const copy = join(folder, 'copy');
    cpSync(place, copy, { recursive: true });
    const before = content(join(place, 'runs'));
    expect(await resume(join(copy, 'rollouts.db'))).toMatchObject({ status: 'finished', iteration: 8 });
    expect(content(join(place, 'runs'))).toEqual(before);
    expect(readdirSync(join(copy, 'runs', run.id)).sort()).toEqual(['step-7', 'step-8']);
    const going = opened(join(copy, 'rollouts.db'))
      .runs.log(run.id, 0)
      .find(({ message }) => message.startsWith('Going on'))!;
    expect(going.message).toBe(`Going on from iteration 6 (${join(copy, 'runs', run.id, 'step-6')}).`);
  });

  it('of a copied store beside the original leaves its checkpoints, and says what to do', async () => {
    const { place, file } = project('beside');
    opened(file).close();
    const other = join(place, 'backup.db');
    cpSync(file, other);
    expect(await resume(file)).toMatchObject({ status: 'finished' });
    const before = content(join(place, 'runs'));
    // It begins anew: the original's last two checkpoints are all that is left.
    changed(other, (database) => database.exec('DELETE FROM checkpoints'));
    changed(other, (database) => database.exec("UPDATE runs SET config = json_set(config, '$.checkpointEvery', 7)"));
    const error = expect.stringMatching(
      /step-7 is in the way .*: move it away, or keep this store in a folder of its own/u,
    ) as string;
    expect(await resume(other)).toMatchObject({ status: 'failed', error });
    expect(content(join(place, 'runs'))).toEqual(before);
  });

  it('deletes no folder that its rows name', async () => {
    const { file } = project('stranger');
    const mine = join(folder, 'thesis');
    mkdirSync(mine);
    writeFileSync(join(mine, 'chapter.tex'), 'all of it');
    changed(file, (database) => database.prepare('UPDATE checkpoints SET path = ?').run(mine));
    expect(await resume(file)).toMatchObject({ status: 'finished', iteration: 8 });
    expect(readdirSync(mine)).toEqual(['chapter.tex']);
  });

  it('goes over the checkpoint that a killed process had only begun to mark', async () => {
    const { place, file } = project('begun');
    const begun = join(place, 'runs', run.id, 'step-7.unfinished');
    mkdirSync(begun);
    writeFileSync(join(begun, '.rollout-lab-run'), '');
    expect(await resume(file)).toMatchObject({ status: 'finished', iteration: 8 });
    expect(readdirSync(join(place, 'runs', run.id)).sort()).toEqual(['step-7', 'step-8']);
  });

  it('leaves checkpoints from before they were marked, goes on from them, and says that they stay', async () => {
    const { place, file } = project('old');
    for (const step of [5, 6]) rmSync(join(place, 'runs', run.id, `step-${step}`, '.rollout-lab-run'));
    expect(await resume(file)).toMatchObject({ status: 'finished', iteration: 8 });
    expect(readdirSync(join(place, 'runs', run.id)).sort()).toEqual(['step-5', 'step-6', 'step-7', 'step-8']);
    const store = opened(file);
    expect(store.runs.checkpoints(run.id).map(({ iteration }) => iteration)).toEqual([8, 7]);
    const stays = store.runs.log(run.id, 0).filter(({ level }) => level === 'warn');
    expect(stays.map(({ message }) => message)).toEqual([
      expect.stringMatching(/step-5 stays/u) as string,
      expect.stringMatching(/step-6 stays/u) as string,
    ]);
  });

  it.each(['runs', 'runs/RUN', 'runs/RUN/step-6'])('follows no link in place of %s', async (where) => {
    const { place, file } = project(`link ${basename(where)}`);
    const linked = join(place, where.replace('RUN', run.id));
    const mine = join(folder, `mine ${basename(where)}`);
    renameSync(linked, mine);
    symlinkSync(mine, linked);
    const before = content(mine);
    const error = expect.stringContaining(`${linked} is a symbolic link`) as string;
    expect(await resume(file)).toMatchObject({ status: 'failed', error });
    expect(content(mine)).toEqual(before);
  });

  it('whose id is a path is not begun', async () => {
    const { place, file } = project('id');
    changed(file, (database) => database.exec("UPDATE runs SET id = '../../thesis'"));
    const before = content(join(place, 'runs'));
    const { code, stderr } = await ended(startTraining(file, { ...run, id: '../../thesis' }));
    expect([code, stderr]).toEqual([1, expect.stringContaining('is not one that Rollout Lab gives (a UUID)')]);
    expect(content(join(place, 'runs'))).toEqual(before);
    expect(() => opened(file).runs.checkpoints('../../thesis')).toThrow('(a UUID)');
    expect(opened(file).runs.all()).toMatchObject([{ id: '../../thesis', status: 'stopped' }]);
  });
});

describe('a judge that only the store names', () => {
  it('is sent nothing, and the run says how to name it', async () => {
    const place = join(folder, 'judged');
    mkdirSync(place);
    const { store, file } = trainingStore(place);
    stores.push(store);
    const { endpoint, asked } = await serveJudge((question) => verdict(question, () => 1));
    const judge = [`judge.endpoint=${endpoint}`, 'judge.model=small', 'stage=localisation', 'steps=1', 'evalEvery=0'];
    for (const named of [undefined, 'https://judge.example/v1', `${endpoint}/other`]) {
      const run = createRun(store, policy, 'grpo', judge);
      await ended(startTraining(file, run, undefined, named));
      const error = expect.stringContaining(`the run’s judge is at ${endpoint}, which`) as string;
      expect(store.runs.get(run.id)).toMatchObject({ status: 'failed', iteration: 0, error });
    }
    expect(asked).toEqual([]);
    const run = createRun(store, policy, 'grpo', judge);
    await ended(startTraining(file, run, undefined, `${endpoint}/`));
    expect(store.runs.get(run.id)).toMatchObject({ status: 'finished' });
    expect(asked.length).toBeGreaterThan(0);
  });
});

describe('a run on a disk that gets full', () => {
  const train = async (full: string): Promise<{ store: Store; run: RunRow; code: number | null }> => {
    const dist = await bundles({ training: 'test/unit/training/processes/full-training.ts' });
    const place = join(folder, `full ${full}`);
    mkdirSync(place);
    const { store, file } = trainingStore(place);
    stores.push(store);
    const run = createRun(store, policy, 'grpo', ['evalEvery=0', 'steps=4', 'gradientSteps=1']);
    vi.stubEnv('FULL_DISK', full);
    const { code } = await launchTraining({ dist, store: file, runId: run.id, judge: null }).ended;
    vi.unstubAllEnvs();
    return { store, run, code };
  };
  const reason =
    /^After iteration 2: the store cannot be written: .+ The last good checkpoint is iteration 2 \(.+\)\.$/u;

  it('fails with its reason in its row, where that still fits', async () => {
    const { store, run, code } = await train('some');
    expect(code).toBe(1);
    const error = expect.stringMatching(/cannot be written: database or disk is full/u) as string;
    expect(store.runs.get(run.id)).toMatchObject({ status: 'failed', iteration: 2, error });
    expect(store.runs.get(run.id)!.error).toMatch(reason);
  });

  it('is lost with its reason, from its log, where nothing fits; and goes on when there is room', async () => {
    const { store, run, code } = await train('all');
    expect(code).toBe(1);
    expect(store.runs.get(run.id)!.status).toBe('lost');
    expect(store.runs.get(run.id)!.error).toMatch(reason);
    expect(store.runs.all()[0].error).toMatch(reason);
    await ended(startTraining(store.file, run));
    expect(store.runs.get(run.id)).toMatchObject({ status: 'finished', iteration: 4, error: null });
  });

  it.skipIf(process.platform !== 'linux')('leaves no half checkpoint', async () => {
    const { store, run, code } = await train('checkpoint');
    const error = expect.stringContaining('EFBIG') as string;
    expect([code, store.runs.get(run.id)]).toMatchObject([1, { status: 'failed', iteration: 2, error }]);
    expect(readdirSync(join(folder, 'full checkpoint', 'runs', run.id))).toEqual([]);
  });
});

it('a run that is paused ends when its store is removed, and says why', async () => {
  const { place, file } = project('removed');
  const store = opened(file);
  store.runs.request(run.id, 'pause');
  const training = startTraining(file, run);
  const end = ended(training);
  await vi.waitFor(() => expect(store.runs.get(run.id)!.status).toBe('paused'), { timeout: 60_000, interval: 50 });
  store.close();
  rmSync(file);
  const { code, stderr } = await end;
  expect(code).toBe(1);
  expect(stderr).toContain('was removed or replaced while the store was open');
  expect(readdirSync(place)).not.toContain('rollouts.db');
});
