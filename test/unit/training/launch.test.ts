import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { launchTraining } from '../../../src/training/launch.ts';
import { createRun, ended, startTraining, trainingStore } from './fixture.ts';

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
  const { ended } = launchTraining({ dist: folder, store: join(folder, 'rollouts.db'), runId: 'r1' });
  const { code, output } = await ended;
  const [first, second] = output.split('\n');
  expect(code).toBe(3);
  expect(JSON.parse(first)).toEqual({ store: join(folder, 'rollouts.db'), run: 'r1', cwd: folder });
  expect(second).toBe('out of memory');
});

it('gives the process the key of its judge by the environment: the one it is told, none, or its own', async () => {
  vi.stubEnv('ROLLOUT_LAB_JUDGE_KEY', 'own');
  onTestFinished(() => void vi.unstubAllEnvs());
  const folder = folderWith('console.log(process.env.ROLLOUT_LAB_JUDGE_KEY, ...process.argv)');
  const said = async (judgeKey?: string | null): Promise<string> => {
    const launch = { dist: folder, store: join(folder, 'rollouts.db'), runId: 'r1' };
    const { output } = await launchTraining({ ...launch, ...(judgeKey !== undefined && { judgeKey }) }).ended;
    return output;
  };
  expect(await said('told')).toMatch(/^told (?!.*told)/u);
  expect(await said(null)).toMatch(/^undefined /u);
  expect(await said()).toMatch(/^own /u);
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
  expect(store.run(run.id)!.error).toContain('\u001b[2J\u202etxt');
});
