/** A policy read on a real Ray head on loopback, by the command line: evaluations, completions and log-probs. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { jobName } from '../../../src/cluster/follow.ts';
import type { Generated } from '../../../src/cli/commands/generate.ts';
import type { EvaluationRow, Store } from '../../../src/store/store.ts';
import { ended, tinyPolicy, trainingStore } from '../training/fixture.ts';
import { freePorts, killDriver, RayHead, token } from './head.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
/** Ray starts processes that import much, on a machine that may be busy. */
const patience = { timeout: 240_000, interval: 10 };

const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-ray-'));
const dist = inject('dist');
const cli = join(dist, 'cli.cjs');
let store: Store;
let file: string;
let head: RayHead;
/** A folder that all nodes see: here there is one. */
const storage = join(folder, 'storage');

beforeAll(async () => {
  const [started] = await Promise.all([
    freePorts().then((ports) => RayHead.start(ports)),
    tinyPolicy(join(folder, 'tiny')),
  ]);
  head = started;
  ({ store, file } = trainingStore(folder));
  mkdirSync(storage);
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

/** 9 prompts of 64 replies are 9 steps. */
const sampled = ['--max-new-tokens', '100', '--n', '64', '--temperature', '1'];
const named = (name: string): EvaluationRow => store.evaluations.all().find((one) => one.name === name)!;
/** An evaluation of that name begins on the cluster, or goes on there. */
const start = (name: string): ChildProcess =>
  spawn(process.execPath, [cli, ...evaluateWords('train', ...sampled), ...onRay(), '--name', name], {
    ...{ cwd: folder, env, stdio: 'ignore' },
  });
const hasReplies = (name: string, more = 0): Promise<void> =>
  expect.poll(() => store.evaluations.all().some((one) => one.name === name && one.done > more), patience).toBe(true);

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
    const words = evaluateWords('train', ...sampled, '--engine', 'torch', '--name', 'here');
    expect((await rolloutLab<Evaluated>(words)).code).toBe(0);
    const row = (): EvaluationRow => named('there');
    const status = (): Promise<string | undefined> =>
      head.jobs.info(jobName(row().id, row().remote!.attempt)).then((info) => info?.status);

    const first = start('there');
    await hasReplies('there');
    first.kill('SIGINT');
    expect(await ended(first)).toMatchObject({ code: 0 });
    expect(row()).toMatchObject({ status: 'stopped', remote: { attempt: 1 } });
    expect(await status()).toBe('STOPPED');
    const { done } = row();
    expect(done).toBeLessThan(576);

    const second = start('there');
    await hasReplies('there', done);
    process.kill(store.evaluations.holder(row().id)!, 'SIGKILL');
    expect(await ended(second)).toMatchObject({ code: 1 });
    expect(row()).toMatchObject({ status: 'lost', remote: { attempt: 2 } });

    expect(await ended(start('there'))).toMatchObject({ code: 0 });
    expect(row()).toMatchObject({ status: 'finished', done: 576, total: 576, error: null, remote: { attempt: 2 } });
    expect(replies(row().id)).toEqual(replies(named('here').id));
  });

  it('goes on with what is missing in a new job where its driver was killed', async () => {
    const follower = start('killed');
    await hasReplies('killed');
    killDriver(jobName(named('killed').id, 1));
    expect(await ended(follower)).toMatchObject({ code: 0 });
    const { id, ...row } = named('killed');
    expect(row).toMatchObject({ status: 'finished', done: 576, total: 576, error: null, remote: { attempt: 2 } });
    expect(replies(id)).toEqual(replies(named('here').id));
  });

  it.each([
    ['with two workers', ['--workers', '2', '--storage', storage]],
    ['with policy and media under the paths of this machine', ['--files', 'shared']],
  ])('has the same answers %s', async (name, words) => {
    const there = await rolloutLab<Evaluated>([
      ...evaluateWords('validation', '--max-new-tokens', '24', '--name', name),
      ...[...onRay(), ...words],
    ]);
    expect(there.code, there.stderr).toBe(0);
    expect(replies(named(name).id)).toEqual(replies(named('tiny on sample validation').id));
    expect(named(name)).toMatchObject({ status: 'finished', done: 3, error: null });
    const [sent] = /^.*Sending .*$/mu.exec(there.stderr)!;
    expect(/policy|media/u.test(sent)).toBe(words[0] !== '--files');
    expect(readdirSync(storage)).toEqual([]);
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

  it('is answered by two workers, who leave nothing in their storage', async () => {
    const asked = ['generate', '--policy', 'tiny', '--prompt', 'Which?', '--n', '2', '--max-new-tokens', '8'];
    const here = await rolloutLab<Generated>([...asked, '--engine', 'torch']);
    const there = await rolloutLab<Generated>([...asked, ...onRay(), '--workers', '2', '--storage', storage]);
    expect(there.code, there.stderr).toBe(0);
    // A row alone is rounded otherwise than one beside another.
    const near = here.document.completions.map(({ ids, text, logprobs }) => ({
      ...{ ids, text },
      logprobs: logprobs.map((one) => expect.closeTo(one, 5) as number),
    }));
    expect(there.document).toEqual({ completions: near });
    expect(readdirSync(storage)).toEqual([]);
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
