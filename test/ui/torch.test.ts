import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Store, type RunRow } from '../../src/store/store.ts';
import { Policy } from '../../src/training/policy/policy.ts';
import { trainingStore } from '../unit/training/fixture.ts';
import { storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

/** A Python process imports PyTorch first, which takes long on a busy machine. */
const patience = { timeout: 240_000, interval: 500 };

describe('a run on the PyTorch engine', () => {
  const from = mkdtempSync(join(tmpdir(), 'lab-torch-'));
  let workbench: Workbench;

  beforeAll(async () => {
    cpSync(resolve(import.meta.dirname, '../../media/sample/policy'), join(from, 'policy'), { recursive: true });
    mkdirSync(join(from, '.rollout-lab'));
    trainingStore(join(from, '.rollout-lab')).store.close();
    // What `npm test` set up.
    const environment = { XDG_DATA_HOME: resolve(import.meta.dirname, '../../.cache/data') };
    workbench = await Workbench.open({ extensions: inject('extensions'), from, environment });
  });

  afterAll(async () => {
    await workbench[Symbol.asyncDispose]();
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

  it('is chosen in the start form, draws its curve and leaves a policy that the extension reads', async () => {
    await workbench.run('Rollout Lab: Start Off-Policy Run…');
    await workbench.pick('How should the policy learn', 'AVATAR');
    await workbench.pick('Start, or choose a setting', 'Iterations');
    await workbench.answer('4');
    await workbench.pick('Start, or choose a setting', 'Engine');
    await workbench.screenshot('engine-choice');
    await workbench.pick('What holds and trains the policy?', 'torch');
    await workbench.acceptFirst('Start, or choose a setting');
    await expect.poll(() => run()?.status, patience).toBe('finished');
    const { id, backend, config, provenance } = run()!;
    expect([backend, config.engine]).toEqual(['torch', 'torch']);
    expect(provenance!.backend).toContain('PyTorch');
    const panel = await workbench.webview('runs-app');
    const curve = panel.locator('run-chart [role="img"]').first();
    await expect.poll(() => curve.getAttribute('aria-label'), patience).toMatch(/ at 4/);
    await workbench.screenshot('run-torch');
    const { path } = reading((store) => store.runs.latestCheckpoint(id)!);
    expect((await Policy.load(path)).parameters.size).toBeGreaterThan(0);
  }, 360_000);

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
