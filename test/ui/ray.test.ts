import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Store, type RunRow } from '../../src/store/store.ts';
import { Policy } from '../../src/training/policy/policy.ts';
import { freePorts, RayHead, token } from '../unit/cluster/head.ts';
import { trainingStore } from '../unit/training/fixture.ts';
import { storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

/** Ray starts processes that import PyTorch, which takes long on a busy machine. */
const patience = { timeout: 240_000, interval: 500 };

describe('a run on a Ray cluster', () => {
  const from = mkdtempSync(join(tmpdir(), 'lab-ray-'));
  let workbench: Workbench;
  let head: RayHead;

  beforeAll(async () => {
    head = await RayHead.start(await freePorts());
    cpSync(resolve(import.meta.dirname, '../../media/sample/policy'), join(from, 'policy'), { recursive: true });
    mkdirSync(join(from, '.rollout-lab'));
    trainingStore(join(from, '.rollout-lab')).store.close();
    const settings = { 'rolloutLab.ray.address': head.address };
    workbench = await Workbench.open({ extensions: inject('extensions'), from, settings });
  }, 300_000);

  afterAll(async () => {
    await workbench[Symbol.asyncDispose]();
    await head.stop();
    rmSync(from, { recursive: true, force: true });
  });

  function reading<Result>(read: (store: Store) => Result): Result {
    const store = Store.open(storeOf(workbench.folder));
    try {
      return read(store);
    } finally {
      store.close();
    }
  }

  const run = (): RunRow | undefined => reading((store) => store.runs.all().at(0));

  it('is submitted from the palette with the token that was set, draws its curve and brings its policy back', async () => {
    await workbench.run('Rollout Lab: Set Ray Token…');
    await workbench.answer(token);
    await workbench.notifications.filter({ hasText: 'is kept' }).waitFor();
    await workbench.run('Rollout Lab: Submit to Ray Cluster…');
    await workbench.pick('How should the policy learn', 'AVATAR');
    await workbench.pick('Start, or choose a setting', 'Iterations');
    await workbench.answer('4');
    const form = workbench.page.locator('.quick-input-widget input[placeholder*="Start, or choose a setting"]');
    await form.fill('Ray cluster');
    await workbench.page
      .locator('.quick-input-list .monaco-list-row', { hasText: 'Ray 2.60.0: 1 node, 2 CPUs, 0 GPUs' })
      .waitFor();
    await workbench.screenshot('ray-form');
    await form.fill('');
    await workbench.acceptFirst('Start, or choose a setting');
    await expect.poll(() => run()?.status, patience).toBe('finished');
    const { id, backend, config, remote } = run()!;
    expect([backend, config.engine, remote?.address]).toEqual(['ray', 'ray', head.address]);
    const panel = await workbench.webview('runs-app');
    const curve = panel.locator('run-chart [role="img"]').first();
    await expect.poll(() => curve.getAttribute('aria-label'), patience).toMatch(/ at 4/);
    await workbench.screenshot('run-ray');
    const { path } = reading((store) => store.runs.latestCheckpoint(id)!);
    expect((await Policy.load(path)).parameters.size).toBeGreaterThan(0);
  }, 360_000);

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
