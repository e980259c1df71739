import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
  await expect(copySample(sample, copy.folder)).rejects.toThrow(/is there already/);
});
