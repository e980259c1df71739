import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
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
