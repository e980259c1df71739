import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resume } from '../../../src/cli/follow.ts';
import { presetConfig } from '../../../src/domain/preset.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';

it('a stopped run whose process dies before it has it is failed at once, with the reason', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'rollouts.db');
  writeFileSync(join(folder, 'training.cjs'), "throw new Error('the addon is of another Node');");
  const store = openStore(file);
  const { id } = store.runs.create('avatar-1', presetConfig('avatar', 'policy', 1));
  store.runs.claim(id, 2 ** 22 + 1);
  store.runs.update(id, { status: 'stopped', endedAt: '2026-01-01T00:00:00.000Z' });
  const signal = AbortSignal.timeout(30_000);
  const run = await resume(store, file, store.runs.get(id)!, { dist: folder, signal });
  expect(run).toMatchObject({ status: 'failed', error: expect.stringContaining('another Node') as string });
});

it('a run whose process was killed a moment ago is taken for lost before it is resumed, not for running', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'rollouts.db');
  writeFileSync(join(folder, 'training.cjs'), "throw new Error('a process was started');");
  const store = openStore(file);
  const { id } = store.runs.create('avatar-1', presetConfig('avatar', 'policy', 1));
  store.runs.claim(id, 2 ** 22 + 1);
  expect(store.runs.get(id)!.status).toBe('running');
  const run = await resume(store, file, store.runs.get(id)!, { dist: folder, signal: AbortSignal.timeout(60_000) });
  expect(run).toMatchObject({ status: 'failed', error: expect.stringContaining('a process was started') as string });
});

it('a run that beats goes on in its process', async () => {
  const folder = temporaryFolder();
  const store = openStore(join(folder, 'rollouts.db'));
  const { id } = store.runs.create('avatar-1', presetConfig('avatar', 'policy', 1));
  store.runs.claim(id, process.pid);
  const beats = setInterval(() => store.runs.beat(id, process.pid), 50);
  try {
    const signal = AbortSignal.timeout(30_000);
    expect(await resume(store, 'no store', store.runs.get(id)!, { dist: folder, signal })).toMatchObject({
      status: 'running',
    });
  } finally {
    clearInterval(beats);
  }
});
