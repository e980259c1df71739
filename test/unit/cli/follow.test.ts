import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hostOf, resume } from '../../../src/cli/follow.ts';
import { presetConfig } from '../../../src/domain/preset.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';

it('a stopped run whose process dies before it has it is failed at once, with the reason', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'rollouts.db');
  writeFileSync(join(folder, 'training.cjs'), "throw new Error('the addon is of another Node');");
  const store = openStore(file);
  const { id } = store.runs.create('avatar-1', presetConfig('avatar', 'policy', 1));
  store.runs.claim(id);
  store.runs.release(id);
  store.runs.update(id, { status: 'stopped', endedAt: '2026-01-01T00:00:00.000Z' });
  const signal = AbortSignal.timeout(30_000);
  const run = await resume(store, hostOf(store, file, { dist: folder }, null), store.runs.get(id)!, signal);
  expect(run).toMatchObject({ status: 'failed', error: expect.stringContaining('another Node') as string });
});

it('a run that a process has goes on in it', async () => {
  const folder = temporaryFolder();
  const store = openStore(join(folder, 'rollouts.db'));
  const { id } = store.runs.create('avatar-1', presetConfig('avatar', 'policy', 1));
  store.runs.claim(id);
  const signal = AbortSignal.timeout(30_000);
  const host = hostOf(store, 'no store', { dist: folder }, null);
  expect((await resume(store, host, store.runs.get(id)!, signal)).status).toBe('running');
});
