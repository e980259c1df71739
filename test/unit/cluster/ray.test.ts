/** Runs on a real Ray head on loopback: what they measure, and each way in which they end early. */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { jobName } from '../../../src/cluster/follow.ts';
import type { RunRow, Store } from '../../../src/store/store.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { createRun, ended, startTraining, timeless, tinyPolicy, trainingStore } from '../training/fixture.ts';
import { serveJudge, verdict } from '../training/judge-server.ts';
import { freePorts, killDriver, RayHead, token } from './head.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
/** Ray starts processes that import much, on a machine that may be busy. */
const patience = { timeout: 240_000, interval: 250 };

const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-ray-'));
const tiny = join(folder, 'tiny');
const dist = inject('dist');
let store: Store;
let file: string;
let ports: number[];
let head: RayHead;

beforeAll(async () => {
  ports = await freePorts();
  const [started] = await Promise.all([RayHead.start(ports), tinyPolicy(tiny)]);
  head = started;
  ({ store, file } = trainingStore(folder));
});

afterAll(async () => {
  store.close();
  await head.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Few tokens, so that an iteration takes half a second on the sample's clips. */
const settings = [
  'dataset=sample',
  'promptsPerStep=2',
  'maxNewTokens=24',
  'gradientSteps=4',
  'evalEvery=0',
  'checkpointEvery=2',
];

function onRay(overrides: string[] = [], steps = 4): RunRow {
  const cluster = ['engine=ray', `ray.address=${head.address}`, `steps=${steps}`];
  return createRun(store, tiny, 'avatar', [...settings, ...cluster, ...overrides]);
}

const judgeKey = 'a-key-of-the-tests';
const judged = (endpoint: string): string[] => [`judge.endpoint=${endpoint}`, 'judge.model=tests'];

interface Following {
  secret?: string | null;
  named?: string;
  code?: string;
  judge?: string;
}

/** The real training process on a run, as its user's settings name the cluster. */
function followed(
  run: RunRow,
  { secret = token, named = head.address, code = dist, judge }: Following = {},
): ChildProcess {
  const words = [join(code, 'training.cjs'), '--db', file, '--run', run.id, '--ray', named];
  if (judge) words.push('--judge', judge);
  const env = {
    ...process.env,
    ...(secret !== null && { ROLLOUT_LAB_RAY_TOKEN: secret }),
    ...(judge && { ROLLOUT_LAB_JUDGE_KEY: judgeKey }),
  };
  const child = spawn(process.execPath, words, { cwd: dirname(file), env, stdio: 'ignore' });
  started.push(child);
  return child;
}
const started: ChildProcess[] = [];
afterAll(() => started.forEach((child) => child.kill('SIGKILL')));

const row = (run: RunRow): RunRow => store.runs.get(run.id)!;
const logOf = (run: RunRow): string[] => store.runs.log(run.id, 0).map(({ message }) => message);
const iterationsOf = (run: RunRow): number[] => store.runs.metrics(run.id, -1).map(({ iteration }) => iteration);
const isThere = (run: RunRow, iteration: number): Promise<void> =>
  expect.poll(() => row(run).iteration >= iteration || row(run).error, patience).toBe(true);
/** 0, 1, 2, … without one that is missing or there twice. */
const inOrder = (run: RunRow): number[] => iterationsOf(run).map((_, i) => i);

describe('a run on a Ray cluster', () => {
  it('measures what the PyTorch engine measures here, and leaves the same policy', async () => {
    const here = createRun(store, tiny, 'avatar', [...settings, 'engine=torch', 'steps=4']);
    expect(await ended(startTraining(file, here))).toMatchObject({ code: 0 });
    const there = onRay();
    expect(await ended(followed(there))).toMatchObject({ code: 0 });
    expect(row(there)).toMatchObject({ status: 'finished', iteration: 4, backend: 'ray', error: null });
    expect(row(there).remote).toMatchObject({ address: head.address, attempt: 1, version: '2.60.0' });
    expect(timeless(store.runs.metrics(there.id, -1))).toEqual(timeless(store.runs.metrics(here.id, -1)));
    expect(store.runs.snapshot(there.id)).toHaveLength(store.runs.snapshot(here.id).length);
    const checkpoints = [here, there].map(({ id }) => store.runs.checkpoints(id));
    // One that a quick job replaced before it was fetched is not here.
    expect(checkpoints[1][0].iteration).toBe(4);
    const [one, other] = await Promise.all(checkpoints.map(([{ path }]) => Policy.load(path)));
    expect(other.parameters).toEqual(one.parameters);
    expect(row(there).summary).toEqual({
      ...row(here).summary,
      seconds: expect.any(Number) as number,
      checkpoint: checkpoints[1][0].path,
    });
  });

  it('leaves the token nowhere', () => {
    store.backup(join(folder, 'copy.db'));
    const files = [join(folder, 'copy.db'), ...globSync(join(folder, 'logs/*'))];
    for (const one of files) expect(readFileSync(one).includes(token)).toBe(false);
  });

  it.each([
    ['no token', { secret: null }, 'asks for a token: run Set Ray Token…, or set RAY_AUTH_TOKEN'],
    ['another token', { secret: 'not-the-token-of-this-cluster-1' }, 'refuses the token'],
    ['another address named', { named: 'http://127.0.0.1:1' }, `the run’s Ray cluster is at`],
  ])('fails in a line with %s', async (_, options, message) => {
    const run = onRay();
    expect(await ended(followed(run, options))).toMatchObject({ code: 1 });
    expect(row(run)).toMatchObject({ status: 'failed', error: expect.stringContaining(message) as string });
    expect(row(run).error).not.toContain('\n');
    expect(row(run).remote).toBeNull();
  });

  it('sends nothing where that is more than Ray takes', async () => {
    const large = join(folder, 'large');
    cpSync(tiny, large, { recursive: true });
    writeFileSync(join(large, 'more.safetensors'), '');
    truncateSync(join(large, 'more.safetensors'), 101 * 2 ** 20);
    const run = createRun(store, large, 'avatar', [...settings, `ray.address=${head.address}`, 'engine=ray']);
    expect(await ended(followed(run))).toMatchObject({ code: 1 });
    expect(row(run).error).toMatch(/the run would send .*policy 10[56]\.\d.* nothing was sent.*--files shared/su);
    expect(row(run).remote).toBeNull();
  });

  it('shares its gradient steps between two workers, and measures the same within 1e-4', async () => {
    const here = createRun(store, tiny, 'avatar', [...settings, 'engine=torch', 'steps=1']);
    expect(await ended(startTraining(file, here))).toMatchObject({ code: 0 });
    const there = onRay(['ray.workers=2'], 1);
    expect(await ended(followed(there))).toMatchObject({ code: 0 });
    expect(row(there)).toMatchObject({ status: 'finished', iteration: 1, error: null });
    const [one, other] = [here, there].map(({ id }) => store.runs.metrics(id, 0)[0].values);
    // Relative where it is more than 1, as this random policy's KL of 60 is.
    for (const name of ['loss', 'gradNorm', 'kl']) {
      const scale = Math.max(1, Math.abs(one[name]));
      expect([name, other[name] / scale]).toEqual([name, expect.closeTo(one[name] / scale, 4)]);
    }
  });

  it('sees files under the paths of this machine where they are shared', async () => {
    const run = onRay(['ray.files=shared'], 1);
    expect(await ended(followed(run))).toMatchObject({ code: 0 });
    expect(row(run)).toMatchObject({ status: 'finished', iteration: 1 });
    expect(logOf(run).find((line) => line.startsWith('Sending'))).not.toMatch(/policy|media/u);
  });

  it('says what the cluster’s Python lacks, and how to install it', async () => {
    const code = join(dist, '../test-lacking');
    cpSync(dist, code, { recursive: true });
    const list = join(code, 'python/policy/requirements.txt');
    writeFileSync(list, readFileSync(list, 'utf8').replace(/torch==\S+/u, 'torch==9.9.0\nnot-there-at-all==1.0'));
    try {
      const run = onRay();
      expect(await ended(followed(run, { code }))).toMatchObject({ code: 1 });
      expect(row(run).error).toMatch(
        /^the cluster’s Python \(.*\) has torch 2\.13\.\S+ where 9\.9 is needed, no not-there-at-all\. On every node: .* -m pip install "torch==9\.9\.0" "not-there-at-all==1\.0"$/u,
      );
    } finally {
      rmSync(code, { recursive: true });
    }
  });

  it('fails in a line where its judge asks for a key that the cluster has not, and said so before it packaged', async () => {
    const judge = 'http://127.0.0.1:1/v1';
    const run = onRay(judged(judge));
    expect(await ended(followed(run, { judge }))).toMatchObject({ code: 1 });
    expect(row(run).error).toMatch(/^the judge asks for a key, and the cluster has none: set ROLLOUT_LAB_JUDGE_KEY/u);
    const [warning, packaging] = ['The key of the judge at', 'Packaging'].map((start) =>
      logOf(run).findIndex((line) => line.startsWith(start)),
    );
    expect([warning >= 0, packaging > warning]).toEqual([true, true]);
  });

  it('names all missing media before it trains', async () => {
    const [prompt] = store.prompts.page({ limit: 1 }).rows;
    const gone = [0, 1, 2, 3].map((i) => `/nowhere/${i}.mp4`);
    store.addRollouts(
      gone.map((video, i) => ({ ...prompt, id: `p-gone-${i}`, dataset: 'gone', split: 'train' as const, video })),
      [],
    );
    const run = onRay(['dataset=gone']);
    expect(await ended(followed(run))).toMatchObject({ code: 1 });
    expect(row(run).error).toContain(
      `4 of 4 prompts cannot be seen or heard. Media that is not there: 4 (${gone.join(', ')})`,
    );
  });

  it('waits for resources that the cluster has not, and is stopped meanwhile', async () => {
    const run = onRay(['ray.resources={"unobtainable":1}']);
    const end = ended(followed(run));
    await expect.poll(() => logOf(run).some((line) => line.startsWith('The job waits')), patience).toBe(true);
    expect(logOf(run)).toContainEqual(expect.stringContaining('The run takes 1 unobtainable, and the cluster has 0'));
    store.runs.request(run.id, 'stop');
    expect(await end).toMatchObject({ code: 0 });
    expect(row(run)).toMatchObject({ status: 'stopped', iteration: 0 });
  });
});

describe('a long run on a Ray cluster', () => {
  let run: RunRow;
  let process: ChildProcess;
  const job = (attempt: number): Promise<string | undefined> =>
    head.jobs.info(jobName(run.id, attempt)).then((info) => info?.status);

  /** The run's job of that number is submitted; the run's row is back at its last checkpoint. */
  const inJob = (attempt: number): Promise<void> => expect.poll(() => row(run).remote?.attempt, patience).toBe(attempt);

  it('is taken up again where its follower was killed', async () => {
    run = onRay([], 100_000);
    process = followed(run);
    await isThere(run, 3);
    process.kill('SIGKILL');
    await ended(process);
    expect(row(run).status).toBe('lost');
    const { iteration } = row(run);
    process = followed(run);
    await isThere(run, iteration + 3);
    expect(row(run).remote).toMatchObject({ attempt: 1 });
    expect(await job(1)).toBe('RUNNING');
    expect(iterationsOf(run)).toEqual(inOrder(run));
    expect(logOf(run).filter((line) => line.startsWith('Computing'))).toHaveLength(1);
  });

  it('goes on from its last checkpoint where its driver was killed', async () => {
    killDriver(jobName(run.id, 1));
    await inJob(2);
    await isThere(run, row(run).iteration + 2);
    expect(logOf(run)).toContainEqual(
      expect.stringMatching(
        /^The run goes on from its last checkpoint in a new job, for the job .*-1 ended before its run did: exit code -9, /u,
      ),
    );
    expect(iterationsOf(run)).toEqual(inOrder(run));
  });

  it('ends its job in a pause, and goes on after it', async () => {
    store.runs.request(run.id, 'pause');
    await expect.poll(() => row(run).status, patience).toBe('paused');
    expect(await job(2)).toBe('STOPPED');
    const { iteration } = row(run);
    expect(store.runs.latestCheckpoint(run.id)!.iteration).toBe(iteration);
    store.runs.request(run.id, 'run');
    await isThere(run, iteration + 2);
    expect(row(run)).toMatchObject({ status: 'running', remote: { attempt: 3 } });
  });

  it('stops after its iteration', async () => {
    store.runs.request(run.id, 'stop');
    expect(await ended(process)).toMatchObject({ code: 0 });
    const { status, iteration } = row(run);
    expect(status).toBe('stopped');
    expect(store.runs.latestCheckpoint(run.id)!.iteration).toBe(iteration);
    expect(iterationsOf(run)).toEqual(inOrder(run));
  });

  it('is ended by a second request without waiting for its job, and goes on from what that left', async () => {
    store.runs.request(run.id, 'run');
    process = followed(run);
    await inJob(4);
    await isThere(run, row(run).iteration + 2);
    store.runs.request(run.id, 'end');
    expect(await ended(process)).toMatchObject({ code: 0 });
    expect(row(run)).toMatchObject({ status: 'stopped', remote: { attempt: 4, asked: true } });
    store.runs.request(run.id, 'run');
    process = followed(run);
    await inJob(5);
    await isThere(run, row(run).iteration + 1);
    store.runs.request(run.id, 'stop');
    expect(await ended(process)).toMatchObject({ code: 0 });
    expect(await job(4)).toBe('STOPPED');
    expect(iterationsOf(run)).toEqual(inOrder(run));
  });

  it('measured the same through all of that as one that went through', async () => {
    const here = createRun(store, tiny, 'avatar', [...settings, 'engine=torch', `steps=${row(run).iteration}`]);
    expect(await ended(startTraining(file, here))).toMatchObject({ code: 0 });
    const [one, other] = [here, run].map(({ id }) => timeless(store.runs.metrics(id, -1)));
    expect(other).toEqual(one);
  });
});

it('a run fails in a line where the head is killed, and goes on from its checkpoint on a new one', async () => {
  const run = onRay([], 100_000);
  const first = followed(run);
  await isThere(run, 3);
  await expect.poll(() => store.runs.latestCheckpoint(run.id)?.iteration ?? 0, patience).toBeGreaterThan(0);
  await head.kill();
  expect(await ended(first)).toMatchObject({ code: 1 });
  expect(row(run).status).toBe('failed');
  expect(row(run).error).toMatch(
    /^After iteration \d+: the Ray cluster at .* does not answer \(\w+\)\. The last good checkpoint/u,
  );
  const at = store.runs.latestCheckpoint(run.id)!.iteration;
  // At the same address: what is left of the other may have its other ports for a while.
  const others = await freePorts();
  head = await RayHead.start(others.with(1, ports[1]), { ROLLOUT_LAB_JUDGE_KEY: judgeKey });
  const second = followed(run);
  await expect.poll(() => row(run).remote?.attempt, patience).toBe(2);
  await isThere(run, row(run).iteration + 2);
  expect(logOf(run)).toContainEqual('The cluster was started anew since, and has forgotten the run’s job.');
  expect(logOf(run)).toContainEqual(expect.stringContaining(`Going on from iteration ${at} `));
  expect(iterationsOf(run)).toEqual(inOrder(run));
  store.runs.request(run.id, 'stop');
  expect(await ended(second)).toMatchObject({ code: 0 });
});

it('a run’s judge is asked with the key in the environment of the head, which is sent and told nowhere', async () => {
  const { endpoint, asked } = await serveJudge((question) => verdict(question, () => 1));
  const run = onRay(judged(endpoint), 1);
  expect(await ended(followed(run, { judge: endpoint }))).toMatchObject({ code: 0 });
  expect(row(run)).toMatchObject({ status: 'finished', iteration: 1 });
  expect([...new Set(asked.map(({ headers }) => headers.authorization))]).toEqual([`Bearer ${judgeKey}`]);
  expect(JSON.stringify(await head.jobs.info(jobName(run.id, 1)))).not.toContain(judgeKey);
  store.backup(join(folder, 'judged.db'));
  expect(readFileSync(join(folder, 'judged.db')).includes(judgeKey)).toBe(false);
});
