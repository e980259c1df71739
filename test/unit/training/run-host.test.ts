/** What starts runs, on a store of this thread (the command line's) and on one in a worker thread (the editor's). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import { claimTimeoutMs } from '../../../src/domain/run.ts';
import { openStoreInWorker } from '../../../src/store/client.ts';
import { launchTraining } from '../../../src/training/host/local.ts';
import { RunHost, type HostedRows, type RunHostParts } from '../../../src/training/host/run-host.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { holderOf } from '../store/holder.ts';

afterEach(() => vi.useRealTimers());

describe.each(['of this thread', 'in a worker thread'])('on a store %s', (kind) => {
  /** A store with a run, and a host whose processes are `program`. */
  async function hosted(program: string, parts: Partial<RunHostParts> = {}) {
    const folder = temporaryFolder();
    const file = join(folder, 'rollouts.db');
    writeFileSync(join(folder, 'training.cjs'), program);
    const store = openStore(file);
    const { id } = store.runs.create('avatar-1', presetConfig('avatar', 'policy', 1));
    let rows: HostedRows = store.runs;
    if (kind !== 'of this thread') {
      const client = await openStoreInWorker(file, join(inject('dist'), 'store-worker.cjs'));
      onTestFinished(() => client.close());
      rows = client.runs;
    }
    const launch: RunHostParts['launch'] = (run) =>
      launchTraining({ dist: folder, store: file, runId: run.id, judge: null });
    return { store, id, host: new RunHost({ rows: () => rows, launch, allow: () => undefined, ...parts }) };
  }

  it('a run whose process ends before it has it fails, with what that said', async () => {
    const { store, id, host } = await hosted("throw new Error('the addon is of another Node');");
    expect(await host.start(store.runs.get(id)!)).toMatchObject({ code: 1 });
    expect(store.runs.get(id)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('another Node') as string,
      endedAt: expect.any(String) as string,
    });
  });

  it('so does one whose process says nothing, and one whose process cannot start', async () => {
    const quiet = await hosted('process.exit(7)');
    expect(await quiet.host.start(quiet.store.runs.get(quiet.id)!)).toEqual({ code: 7, output: '' });
    expect(quiet.store.runs.get(quiet.id)!.error).toBe('the training process ended with code 7 before it began');
    const launch = () => Promise.reject(new Error('no memory'));
    const none = await hosted('', { launch });
    expect(await none.host.start(none.store.runs.get(none.id)!)).toMatchObject({ code: null });
    expect(none.store.runs.get(none.id)).toMatchObject({
      status: 'failed',
      error: 'the training process cannot start: no memory',
    });
  });

  it('so does one that counts as lost by the time its process has ended', async () => {
    const { store, id, host } = await hosted('', {
      launch: () => {
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + claimTimeoutMs + 1_000 });
        return { ended: Promise.resolve({ code: 1, output: 'after long' }) };
      },
    });
    await host.start(store.runs.get(id)!);
    expect(store.runs.get(id)!.error).toContain('after long');
  });

  it('a run that a process had is left as that left it', async () => {
    const { store, id, host } = await hosted('process.exit(1)', {
      launch: () => {
        store.runs.claim(id);
        store.runs.update(id, { status: 'stopped' });
        return { ended: Promise.resolve({ code: 1, output: 'killed' }) };
      },
    });
    expect(await host.start(store.runs.get(id)!)).toEqual({ code: 1, output: 'killed' });
    expect(store.runs.get(id)).toMatchObject({ status: 'stopped', error: null });
  });

  it('a paused run goes on in its process, and in a new one as soon as that is killed, whatever the clock says', async () => {
    const { store, id, host } = await hosted("throw new Error('a process was started');");
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1e9 });
    const holder = await holderOf(store.file, id);
    vi.setSystemTime(0);
    expect(await host.resume(store.runs.get(id)!)).toBeNull();
    await holder.kill();
    store.runs.update(id, { status: 'paused' });
    store.runs.request(id, 'pause');
    const started = await host.resume(store.runs.get(id)!);
    await started!.ended;
    expect(store.runs.get(id)).toMatchObject({
      status: 'failed',
      request: 'run',
      error: expect.stringContaining('a process was started') as string,
    });
  }, 60_000);

  it('a run that may not be started from here is asked for nothing', async () => {
    const { store, id, host } = await hosted('', {
      allow: () => {
        throw new Error('another judge');
      },
    });
    store.runs.request(id, 'stop');
    await expect(host.resume(store.runs.get(id)!)).rejects.toThrow('another judge');
    expect(store.runs.get(id)).toMatchObject({ status: 'queued', request: 'stop' });
  });
});
