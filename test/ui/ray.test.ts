import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

describe('a Ray cluster', () => {
  const from = mkdtempSync(join(tmpdir(), 'lab-ray-'));
  let workbench: Workbench;
  let head: RayHead;

  beforeAll(async () => {
    head = await RayHead.start(await freePorts());
    cpSync(resolve(import.meta.dirname, '../../media/sample/policy'), join(from, 'policy'), { recursive: true });
    mkdirSync(join(from, '.rollout-lab'));
    trainingStore(join(from, '.rollout-lab')).store.close();
    // The window is on a server, so that its user's settings do not have this one.
    mkdirSync(join(from, '.vscode'));
    writeFileSync(join(from, '.vscode/settings.json'), JSON.stringify({ 'rolloutLab.engine': 'ray' }));
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

  it('takes a run from the palette with the token that was set, draws its curve and gives its policy back', async () => {
    await workbench.run('Rollout Lab: Set Ray Token…');
    await workbench.answer(token);
    await workbench.told('is kept');
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
    await form.fill('Files for the cluster');
    const sent = /[\d.]+ MB are sent \(media [\d.]+, policy [\d.]+\), and at most [\d.]+ MB of the store/u;
    await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: sent }).waitFor();
    await form.fill('');
    await workbench.acceptFirst('Start, or choose a setting');
    await workbench.told('Submitted to Ray 2.60.0', patience.timeout);
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

  it('evaluates a policy there, and says at its end what share is right', async () => {
    await workbench.run('Rollout Lab: Evaluate Policy…');
    await workbench.page.getByText(`Evaluate Policy on the Ray cluster at ${head.address}`).waitFor();
    await workbench.pick('Which policy', 'policy');
    await workbench.pick('Which prompts', 'sample validation');
    await workbench.pick('How often', 'Once, greedily');
    await workbench.told('Submitted to Ray 2.60.0', patience.timeout);
    await workbench.screenshot('evaluation-ray');
    await workbench.told(/: [\d.]+ % \[[\d.]+, [\d.]+\] of 3 prompts/u, patience.timeout);
    const [evaluation] = reading((store) => store.evaluations.all());
    expect(evaluation).toMatchObject({ status: 'finished', done: 3, error: null, remote: { address: head.address } });
    await workbench.run('Rollout Lab: Open Evaluations');
    const panel = await workbench.webview('evaluation-app');
    await panel.getByText(`on Ray 2.60.0 at ${head.address}, as its job 1`).waitFor();
    await panel.locator('evaluation-list', { hasText: ' · ray' }).waitFor();
  }, 360_000);

  it('shows what a resumed run is at, and stops it there', async () => {
    const { config } = run()!;
    const { id } = reading((store) => {
      const made = store.runs.create('resumed', { ...config, steps: 10_000 });
      store.runs.update(made.id, { status: 'stopped', endedAt: new Date().toISOString() });
      return made;
    });
    await workbench.run('Rollout Lab: Resume Run');
    const beginning = workbench.page.locator('.notification-list-item', { hasText: /Packaging|Sending|Submitted/u });
    await beginning.waitFor(patience);
    const cancel = beginning.getByRole('button', { name: 'Cancel' });
    await workbench.clickUntil(cancel, async () => (await beginning.count()) === 0);
    const found = (): unknown[] =>
      reading((store) => {
        const { status, claims, request } = store.runs.get(id)!;
        return [status, claims, request];
      });
    await expect.poll(found, patience).toEqual(['stopped', 1, 'stop']);
  }, 360_000);

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
