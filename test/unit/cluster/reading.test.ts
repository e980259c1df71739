/** A policy read on a real Ray head on loopback, by the command line: evaluations, completions and log-probs. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { jobName } from '../../../src/cluster/follow.ts';
import type { EvaluationRow, Store } from '../../../src/store/store.ts';
import { ended, tinyPolicy, trainingStore } from '../training/fixture.ts';
import { freePorts, RayHead, token } from './head.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
/** Ray starts processes that import much, on a machine that may be busy. */
const patience = { timeout: 240_000, interval: 10 };

const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-ray-'));
const dist = inject('dist');
const cli = join(dist, 'cli.cjs');
let store: Store;
let file: string;
let head: RayHead;

beforeAll(async () => {
  const [started] = await Promise.all([
    freePorts().then((ports) => RayHead.start(ports)),
    tinyPolicy(join(folder, 'tiny')),
  ]);
  head = started;
  ({ store, file } = trainingStore(folder));
});

afterAll(async () => {
  store.close();
  await head.stop();
  rmSync(folder, { recursive: true, force: true });
});

// Ray gives a job one thread: with as many here the numbers are the same to the last bit.
const env = { ...process.env, RAY_AUTH_TOKEN: token, OMP_NUM_THREADS: '1' };

function rolloutLab<Document>(words: string[], environment: NodeJS.ProcessEnv = env) {
  return new Promise<{ code: number; document: Document; stderr: string }>((done) => {
    execFile(
      process.execPath,
      [cli, ...words, '--json'],
      { cwd: folder, env: environment },
      (error, stdout, stderr) => {
        done({ code: error ? Number(error.code) : 0, document: JSON.parse(stdout) as Document, stderr });
      },
    );
  });
}

const onRay = (): string[] => ['--engine', 'ray', '--address', head.address];

interface Evaluated {
  evaluation: EvaluationRow;
}

function evaluateWords(split: string, ...more: string[]): string[] {
  return ['evaluate', '--db', file, '--policy', 'tiny', '--dataset', 'sample', '--split', split, ...more];
}

/** What was answered, prompt by prompt. */
const replies = (id: string): unknown[] =>
  store.evaluations
    .rollouts(id, { limit: 1000 })
    .rows.map(({ completion, rewards, prompt }) => [prompt.id, completion, rewards]);

describe('an evaluation on a Ray cluster', () => {
  it('goes on once it has the token, has the answers that the PyTorch engine gives here, and says where it was', async () => {
    const held = evaluateWords('validation', '--max-new-tokens', '24');
    const here = await rolloutLab<Evaluated>([...held, '--engine', 'torch']);
    expect(here.code, here.stderr).toBe(0);
    const refused = await rolloutLab<Evaluated>([...held, ...onRay()], { ...env, RAY_AUTH_TOKEN: undefined });
    expect([refused.code, refused.document.evaluation.remote]).toEqual([1, null]);
    expect(refused.document.evaluation.error).toMatch(/asks for a token: .*RAY_AUTH_TOKEN on the command line$/u);
    const there = await rolloutLab<Evaluated>([...held, ...onRay()]);
    expect(there.code, there.stderr).toBe(0);
    const [one, other] = [here, there].map(({ document }) => document.evaluation);
    expect(other).toMatchObject({ status: 'finished', done: 3, total: 3, error: null });
    expect(other.remote).toMatchObject({ address: head.address, attempt: 1, version: '2.60.0' });
    expect(other.settings).toEqual({ ...one.settings, engine: 'ray', ray: other.settings!.ray });
    expect(replies(other.id)).toEqual(replies(one.id));
    expect(other.id).toBe(refused.document.evaluation.id);
    expect(there.stderr).toContain(`Submitted to Ray 2.60.0 as the job ${jobName(other.id, 1)}.`);
    expect(there.stderr).toContain('3/3');
  });

  it('is stopped and followed anew after its follower was killed, and no reply is there twice', async () => {
    // 9 prompts of 64 replies are 9 steps.
    const sampled = evaluateWords('train', '--max-new-tokens', '100', '--n', '64', '--temperature', '1');
    const here = await rolloutLab<Evaluated>([...sampled, '--engine', 'torch']);
    const start = (): ChildProcess =>
      spawn(process.execPath, [cli, ...sampled, ...onRay(), '--name', 'there'], { cwd: folder, env, stdio: 'ignore' });
    const row = (): EvaluationRow => store.evaluations.all().find(({ name }) => name === 'there')!;
    const status = (): Promise<string | undefined> =>
      head.jobs.info(jobName(row().id, row().remote!.attempt)).then((info) => info?.status);

    const first = start();
    await expect
      .poll(() => store.evaluations.all().some(({ name, done }) => name === 'there' && done > 0), patience)
      .toBe(true);
    first.kill('SIGINT');
    expect(await ended(first)).toMatchObject({ code: 0 });
    expect(row()).toMatchObject({ status: 'stopped', remote: { attempt: 1 } });
    expect(await status()).toBe('STOPPED');
    const { done } = row();
    expect(done).toBeLessThan(576);

    const second = start();
    await expect.poll(() => row().done, patience).toBeGreaterThan(done);
    process.kill(store.evaluations.holder(row().id)!, 'SIGKILL');
    expect(await ended(second)).toMatchObject({ code: 1 });
    expect(row()).toMatchObject({ status: 'lost', remote: { attempt: 2 } });

    expect(await ended(start())).toMatchObject({ code: 0 });
    expect(row()).toMatchObject({ status: 'finished', done: 576, total: 576, error: null, remote: { attempt: 2 } });
    expect(replies(row().id)).toEqual(replies(here.document.evaluation.id));
  });

  it('fails in a line without a policy to send, and without prompts', async () => {
    const lacking = [
      await rolloutLab<Evaluated>([...evaluateWords('validation'), '--policy', 'nowhere', ...onRay()]),
      await rolloutLab<Evaluated>([...evaluateWords('test'), ...onRay()]),
    ];
    expect(lacking.map(({ document }) => document.evaluation.error)).toEqual([
      expect.stringContaining('nowhere is no policy to send: it has no config.json'),
      expect.stringContaining('no prompts to ask: dataset sample, split test has none'),
    ]);
  });

  it('goes to no cluster that is not named with it', async () => {
    const [{ id }] = store.evaluations.all();
    const words = [join(dist, 'training.cjs'), '--db', file, '--evaluation', id, '--ray', 'http://127.0.0.1:1'];
    expect(await ended(spawn(process.execPath, words, { cwd: folder, stdio: 'ignore' }))).toMatchObject({ code: 1 });
    expect(store.evaluations.get(id)!.error).toContain(
      `the evaluation’s Ray cluster is at ${head.address}, which is not`,
    );
  });
});

describe('a question to a policy on a Ray cluster', () => {
  it.each([
    ['generate', '--prompt', 'Which colour comes first?', '--n', '3', '--max-new-tokens', '12', '--seed', '4'],
    ['logprobs', '--text', '<think>At 0:01 red.</think>'],
  ])('%s answers as PyTorch does here', async (...words) => {
    const asked = [...words, '--policy', 'tiny'];
    const here = await rolloutLab<object>([...asked, '--engine', 'torch']);
    const there = await rolloutLab<object>([...asked, ...onRay()]);
    expect(there.code, there.stderr).toBe(0);
    expect(there.document).toEqual(here.document);
    expect(there.stderr).toContain('Submitted to Ray 2.60.0');
  });

  it('fails in a line', async () => {
    const asked = ['generate', '--policy', 'tiny', '--prompt', 'Which?', ...onRay()];
    const refused = await rolloutLab<{ error: string }>(asked, {
      ...env,
      RAY_AUTH_TOKEN: 'another-token-altogether-0',
    });
    expect([refused.code, refused.document.error]).toEqual([1, expect.stringContaining('refuses the token')]);
  });
});

it('leaves the token nowhere', () => {
  store.backup(join(folder, 'copy.db'));
  for (const one of [join(folder, 'copy.db'), ...globSync(join(folder, 'logs/*'))])
    expect(readFileSync(one).includes(token)).toBe(false);
});
