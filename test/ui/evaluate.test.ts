import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { importFiles } from '../../src/formats/import.ts';
import { Store, type EvaluationRow } from '../../src/store/store.ts';
import { Workbench } from './workbench.ts';

/** A step of a person or a process takes this long at most on a busy machine. */
const patience = { timeout: 240_000, interval: 250 };

describe('an evaluation, from the palette to its end', () => {
  let workbench: Workbench;

  beforeAll(async () => {
    const from = resolve(import.meta.dirname, '../../media/sample');
    workbench = await Workbench.open({ extensions: inject('extensions'), from });
    const store = Store.open(join(workbench.folder, '.rollout-lab/rollouts.db'));
    await importFiles(store, [join(workbench.folder, 'dataset.jsonl')]);
    store.close();
  });

  afterAll(async () => {
    await workbench[Symbol.asyncDispose]();
  });

  /** The newest, as another process of the machine sees it. */
  function evaluation(): EvaluationRow | undefined {
    const store = Store.open(join(workbench.folder, '.rollout-lab/rollouts.db'));
    try {
      return store.evaluations.all().at(0);
    } finally {
      store.close();
    }
  }

  async function begin(prompts: string, way: string): Promise<void> {
    await workbench.run('Rollout Lab: Evaluate Policy…');
    await workbench.pick('Which policy', 'policy');
    await workbench.pick('Which prompts', prompts);
    await workbench.pick('How often', way);
  }

  it('shows how far it is, and is stopped from its notification', async () => {
    await begin('sample train', '16 times');
    await expect.poll(() => evaluation()?.done ?? 0, patience).toBeGreaterThan(0);
    const notification = workbench.page.locator('.notification-list-item', { hasText: 'policy on sample train' });
    await notification.filter({ hasText: /\d+ of 2800/u }).waitFor();
    await workbench.screenshot('evaluation-growing');
    const cancel = notification.locator('.monaco-button', { hasText: 'Cancel' });
    await workbench.clickUntil(cancel, async () => (await cancel.count()) === 0);
    await expect.poll(() => evaluation()?.status, patience).toBe('stopped');
    await workbench.told('was stopped', 60_000);
    await expect.poll(() => evaluation()!.done).toBeLessThan(2800);
  }, 480_000);

  it('says at its end what share is right, with the interval', async () => {
    await begin('sample test', 'Once, greedily');
    await expect.poll(() => evaluation()?.status, patience).toBe('finished');
    await expect
      .poll(() => evaluation())
      .toMatchObject({ name: 'policy on sample test', done: 80, total: 80, error: null });
    const end = workbench.notifications.filter({ hasText: /: [\d.]+ % \[[\d.]+, [\d.]+\] of 80 prompts/u });
    await end.waitFor({ timeout: 60_000 });
    await workbench.screenshot('evaluation-done');
  }, 480_000);
});
