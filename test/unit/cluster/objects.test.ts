/** Media in an object store: jobs of a real Ray head on loopback read them there, and from nowhere else. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import type { EvaluationRow, RunRow, Store } from '../../../src/store/store.ts';
import { createRun, ended, sample, startTraining, timeless, tinyPolicy, trainingStore } from '../training/fixture.ts';
import { freePorts, RayHead, token } from './head.ts';
import { ObjectStore, secret } from './object-store.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const patience = { timeout: 240_000, interval: 250 };

const folder = mkdtempSync(join(tmpdir(), 'lab-objects-'));
const tiny = join(folder, 'tiny');
const dist = inject('dist');
const uri = 's3://clips/of us';
let store: Store;
let file: string;
let head: RayHead;
let objects: ObjectStore;
let here: RunRow;
/** As the store names them. */
let names: string[];

const settings = [
  'dataset=sample',
  'promptsPerStep=2',
  'maxNewTokens=24',
  'evalEvery=0',
  'checkpointEvery=2',
  'steps=2',
];

beforeAll(async () => {
  objects = await ObjectStore.start(join(folder, 'objects'));
  const [started] = await Promise.all([
    freePorts().then((ports) => RayHead.start(ports, objects.environment)),
    tinyPolicy(tiny),
  ]);
  head = started;
  ({ store, file } = trainingStore(folder));
  here = createRun(store, tiny, 'avatar', [...settings, 'engine=torch']);
  expect(await ended(startTraining(file, here))).toMatchObject({ code: 0 });
  names = store.promptMedia({ dataset: 'sample', split: null });
  for (const name of names) {
    objects.put(join(sample, name), `clips/of us/${name}`);
    objects.put(join(sample, name), `slow/${name}`);
    // A job that would look for them here finds none.
    rmSync(join(folder, name));
  }
});

afterAll(async () => {
  store.close();
  objects.stop();
  await head.stop();
  rmSync(folder, { recursive: true, force: true });
});

function onRay(mediaUri: string, ...overrides: string[]): RunRow {
  const cluster = ['engine=ray', `ray.address=${head.address}`, `ray.mediaUri=${mediaUri}`];
  return createRun(store, tiny, 'avatar', [...settings, ...cluster, ...overrides]);
}

function followed(run: RunRow): ChildProcess {
  const words = [join(dist, 'training.cjs'), '--db', file, '--run', run.id, '--ray', head.address];
  const env = { ...process.env, ROLLOUT_LAB_RAY_TOKEN: token };
  return spawn(process.execPath, words, { cwd: dirname(file), env, stdio: 'ignore' });
}

const row = (run: RunRow): RunRow => store.runs.get(run.id)!;
const logOf = (run: RunRow): string[] => store.runs.log(run.id, 0).map(({ message }) => message);

it('a run reads its media there, once, and measures what it would with those of this machine', async () => {
  const first = onRay(uri);
  expect(await ended(followed(first))).toMatchObject({ code: 0 });
  expect(row(first)).toMatchObject({ status: 'finished', iteration: 2, error: null });
  expect(timeless(store.runs.metrics(first.id, -1))).toEqual(timeless(store.runs.metrics(here.id, -1)));
  expect(row(first).provenance!.data).toBe(row(here).provenance!.data);
  expect(logOf(first).find((line) => line.startsWith('Sending'))).toMatch(/policy/u);
  expect(logOf(first).find((line) => line.startsWith('Sending'))).not.toMatch(/media/u);
  const count = objects.read.length;
  expect(new Set(objects.read).size).toBe(count);
  expect(logOf(first)).toContainEqual(`${count} media are looked for in the object store, as ${uri}/${names[0]}.`);
  expect(logOf(first)).toContainEqual(
    expect.stringMatching(
      new RegExp(`^${count} of ${count} media are here; ${count} were fetched \\([\\d.]+ MB\\)\\.$`, 'u'),
    ),
  );
  const second = onRay(uri, 'ray.files=shared');
  expect(await ended(followed(second))).toMatchObject({ code: 0 });
  expect(row(second)).toMatchObject({ status: 'finished', iteration: 2 });
  expect(objects.read).toHaveLength(count);
  expect(logOf(second)).toContainEqual(`${count} of ${count} media are here; 0 were fetched (0.0 MB).`);
});

it('an evaluation reads them there, and says so', async () => {
  const words = ['evaluate', '--db', file, '--policy', 'tiny', '--dataset', 'sample', '--split', 'validation'];
  const cluster = ['--engine', 'ray', '--address', head.address, '--media-uri', `${uri}/`];
  const env = { ...process.env, RAY_AUTH_TOKEN: token };
  const run = (...more: string[]) =>
    new Promise<{ error: unknown; stdout: string; stderr: string }>((done) => {
      const all = [join(dist, 'cli.cjs'), ...words, '--max-new-tokens', '24', ...cluster, ...more];
      execFile(process.execPath, all, { cwd: folder, env }, (error, stdout, stderr) => done({ error, stdout, stderr }));
    });
  const { error, stdout, stderr } = await run();
  expect(error, stderr).toBeNull();
  expect(stdout).toContain(`on Ray 2.60.0 at ${head.address}, as its job 1, with media from ${uri}`);
  const [evaluation]: EvaluationRow[] = store.evaluations.all();
  expect(evaluation).toMatchObject({ status: 'finished', done: 3, total: 3, error: null });
  expect(evaluation.settings!.ray!.mediaUri).toBe(uri);
});

it('a run says which media the store has not, and leaves their prompts out where it is asked to', async () => {
  const partly = 's3://clips/partly';
  for (const name of names.slice(1)) objects.put(join(sample, name), `clips/partly/${name}`);
  const run = onRay(partly);
  expect(await ended(followed(run))).toMatchObject({ code: 1 });
  expect(row(run).error).toContain(`prompts cannot be seen or heard. Media that the object store has not: `);
  expect(row(run).error).toContain(`(${partly}/${names[0]}); put them there by these names, or name the URI`);
  const without = onRay(partly, 'leaveOutMissing=true');
  expect(await ended(followed(without))).toMatchObject({ code: 0 });
  expect(row(without)).toMatchObject({ status: 'finished', iteration: 2 });
});

it('a run fails in a line that names what is refused, and the cure', async () => {
  const run = onRay('s3://private');
  expect(await ended(followed(run))).toMatchObject({ code: 1 });
  expect(row(run).status).toBe('failed');
  expect(row(run).error).toMatch(
    /^s3:\/\/private\/clips\/\d+\.mp4 cannot be read: .*ACCESS_DENIED.*AWS_ACCESS_KEY_ID/u,
  );
  expect(row(run).error).not.toContain('\n');
});

it('a run is stopped while its media come', async () => {
  const run = onRay('s3://slow');
  const end = ended(followed(run));
  await expect.poll(() => objects.read.some((name) => name.startsWith('slow/')), patience).toBe(true);
  store.runs.request(run.id, 'stop');
  expect(await end).toMatchObject({ code: 0 });
  expect(row(run)).toMatchObject({ status: 'stopped', iteration: 0, error: null });
});

it('leaves the credentials of the object store nowhere', () => {
  store.backup(join(folder, 'copy.db'));
  for (const one of [join(folder, 'copy.db'), ...globSync(join(folder, 'logs/*'))])
    expect(readFileSync(one).includes(secret)).toBe(false);
});
