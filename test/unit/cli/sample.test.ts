import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { copySample } from '../../../src/cli/commands/sample.ts';

const sample = resolve(import.meta.dirname, '../../../media/sample');
const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('copies the whole sample project, and never over what is there', async () => {
  const copy = await copySample(sample, join(folder, 'new', 'project'));
  expect(copy.clips).toBeGreaterThanOrEqual(64);
  for (const path of [copy.dataset, copy.rollouts, copy.policy]) expect(existsSync(path), path).toBe(true);
  expect(readFileSync(copy.dataset)).toEqual(readFileSync(join(sample, 'dataset.jsonl')));
  await expect(copySample(sample, copy.folder)).rejects.toThrow(/has files in it/);
});

it.skipIf(process.platform === 'win32')('leaves nothing of a copy that failed half-way', async () => {
  const from = join(folder, 'from');
  mkdirSync(join(from, 'clips'), { recursive: true });
  writeFileSync(join(from, 'clips', 'a.mp4'), 'a');
  // No file can be made of a pipe.
  execFileSync('mkfifo', [join(from, 'dataset.jsonl')]);
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  for (const out of [empty, join(folder, 'above', 'failed')])
    await expect(copySample(from, out)).rejects.toThrow(/FIFO/);
  expect(readdirSync(empty)).toEqual([]);
  expect(existsSync(join(folder, 'above'))).toBe(false);
});
