import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { launchTraining } from '../../../src/training/launch.ts';

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
