import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { launchEvaluation, launchTraining, type NamedJudge, type NamedRay } from '../../../src/training/host/local.ts';
import { createRun, ended, startTraining, trainingStore } from './fixture.ts';

const runId = '00000000-0000-4000-8000-000000000001';

function folderWith(program: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rollout-lab-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'training.cjs'), program);
  return folder;
}

it('gives the process its store and run, in a session of its own, and tells how it ended', async () => {
  const folder = folderWith(`
    const [, , , store, , run] = process.argv;
    console.log(JSON.stringify({ store, run, cwd: process.cwd() }));
    console.error('out of memory');
    process.exit(3);
  `);
  const { ended } = launchTraining({ dist: folder, store: join(folder, 'rollouts.db'), runId, judge: null });
  const { code, output } = await ended;
  const [first, second] = output.split('\n');
  expect(code).toBe(3);
  expect(JSON.parse(first)).toEqual({ store: join(folder, 'rollouts.db'), run: runId, cwd: folder });
  expect(second).toBe('out of memory');
});

it('gives the process the judge that the user names, its key by the environment, and no key otherwise', async () => {
  vi.stubEnv('ROLLOUT_LAB_JUDGE_KEY', 'own');
  onTestFinished(() => void vi.unstubAllEnvs());
  const folder = folderWith('console.log(process.env.ROLLOUT_LAB_JUDGE_KEY, ...process.argv.slice(6))');
  const said = async (judge: NamedJudge | null): Promise<string> => {
    const { output } = await launchTraining({ dist: folder, store: join(folder, 'rollouts.db'), runId, judge }).ended;
    return output;
  };
  expect(await said({ endpoint: 'https://judge.example/v1', key: 'told' })).toBe(
    'told --judge https://judge.example/v1',
  );
  expect(await said({ endpoint: 'https://judge.example/v1', key: null })).toBe(
    'undefined --judge https://judge.example/v1',
  );
  expect(await said(null)).toBe('undefined');
});

it('gives it the Ray cluster that the user names in the same way, for an evaluation, too', async () => {
  vi.stubEnv('ROLLOUT_LAB_RAY_TOKEN', 'own');
  onTestFinished(() => void vi.unstubAllEnvs());
  const folder = folderWith('console.log(process.env.ROLLOUT_LAB_RAY_TOKEN, ...process.argv.slice(6))');
  const where = { dist: folder, store: join(folder, 'rollouts.db') };
  const address = 'http://127.0.0.1:8265';
  for (const launch of [
    (ray: NamedRay | null) => launchTraining({ ...where, runId, judge: null, ray }),
    (ray: NamedRay | null) => launchEvaluation({ ...where, evaluationId: runId, ray }),
  ]) {
    const said = async (ray: NamedRay | null): Promise<string> => (await launch(ray).ended).output;
    expect(await said({ address, token: 'told' })).toBe(`told --ray ${address}`);
    expect(await said({ address, token: null })).toBe(`undefined --ray ${address}`);
    expect(await said(null)).toBe('undefined');
  }
});

it.each(['../../elsewhere', '', 'x', `${runId}/..`, runId.toUpperCase().replace('4', 'A')])(
  'starts nothing on a run whose id is %j: it becomes a file’s name',
  (id) => {
    const folder = folderWith('');
    const launch = { dist: folder, store: join(folder, 'rollouts.db'), runId: id, judge: null };
    expect(() => launchTraining(launch)).toThrow('is not one that Rollout Lab gives (a UUID)');
    expect(existsSync(join(folder, 'logs'))).toBe(false);
  },
);

it.each(['logs', `logs/${runId}.log`])('writes through no link in place of %s', (place) => {
  const folder = folderWith('');
  const [store, mine] = [join(folder, 'store'), join(folder, 'mine')];
  mkdirSync(place === 'logs' ? store : join(store, 'logs'), { recursive: true });
  mkdirSync(mine);
  const file = join(mine, `${runId}.log`);
  writeFileSync(file, 'mine');
  symlinkSync(place === 'logs' ? mine : file, join(store, place));
  const launch = { dist: folder, store: join(store, 'rollouts.db'), runId, judge: null };
  expect(() => launchTraining(launch)).toThrow('is a symbolic link');
  expect(readFileSync(file, 'utf8')).toBe('mine');
});

it('logs what a store says as text: what would act on a terminal is a sign', async () => {
  const { store, file } = trainingStore(folderWith(''));
  onTestFinished(() => store.close());
  const run = createRun(store, join(file, '../\u001b[2J\u202etxt'), 'grpo');
  const { code, stderr } = await ended(startTraining(file, run));
  expect(code).toBe(1);
  expect(stderr).toContain(' error ');
  expect(stderr.split('␛[2J⟨U+202E⟩txt').length).toBeGreaterThan(2);
  expect(stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
  expect(store.runs.get(run.id)!.error).toContain('\u001b[2J\u202etxt');
});
