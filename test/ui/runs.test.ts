import { join, resolve } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Store, type RunRow } from '../../src/store/store.ts';
import { Workbench } from './workbench.ts';

/** A step of a person or a process takes this long at most on a busy machine. */
const patience = { timeout: 60_000, interval: 250 };

describe('a run, from the palette to its end', () => {
  let workbench: Workbench;

  beforeAll(async () => {
    const from = resolve(import.meta.dirname, '../../media/sample');
    workbench = await Workbench.open({ extensions: inject('extensions'), from });
  });

  afterAll(async () => {
    // The training process is detached on purpose: it outlives the editor, so it is ended by its id.
    const last = runs().at(0);
    if (last?.status === 'running' || last?.status === 'paused') process.kill(holder(), 'SIGKILL');
    await workbench[Symbol.asyncDispose]();
  });

  /** The only run, as another process of the machine sees it. */
  function run(): RunRow {
    return runs()[0];
  }

  const runs = (): RunRow[] => reading((store) => store.runs.all());

  /** The process that has it. */
  const holder = (): number => reading((store) => store.runs.holder(run().id)!);

  function reading<Result>(read: (store: Store) => Result): Result {
    const store = Store.open(join(workbench.folder, '.rollout-lab/rollouts.db'));
    try {
      return read(store);
    } finally {
      store.close();
    }
  }

  const page = (): Promise<Frame> => workbench.webview('runs-app');

  /** Iterations that the reward's curve holds, as a screen reader hears it: "Reward by iteration: total 0.52 at 12, …". */
  async function drawn(): Promise<number> {
    const label = await (await page()).locator('run-chart [role="img"]').first().getAttribute('aria-label');
    return Number(/ at (\d+)/.exec(label ?? '')?.[1] ?? 0);
  }

  async function press(label: string): Promise<void> {
    await (await page()).locator(`main vscode-button[aria-label^="${label} "]`).click();
  }

  it('needs prompts first: importing the dataset fills the tree', async () => {
    // Its container is there when its menus are.
    await workbench.showContainer();
    await workbench.page.keyboard.press('Control+Shift+E');
    const file = workbench.page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'dataset.jsonl' });
    await file.click({ button: 'right' });
    const item = workbench.page.locator('.monaco-menu .action-label', { hasText: 'Import Rollouts…' });
    await item.waitFor();
    await workbench.clickUntil(item, async () => (await item.count()) === 0);
    await workbench.showContainer();
    await expect.poll(() => workbench.rows('Rollouts').first().innerText(), patience).toMatch(/\d+ prompts/);
  });

  it('starts with its defaults but for two settings, and its curve grows', async () => {
    await workbench.run('Rollout Lab: Start Off-Policy Run…');
    await workbench.pick('How should the policy learn', 'AVATAR');
    await workbench.pick('Start, or choose a setting', 'Iterations');
    await workbench.answer('none');
    await workbench.page.locator('.quick-input-message', { hasText: 'Type a number.' }).waitFor();
    await workbench.answer('4000');
    await workbench.pick('Start, or choose a setting', 'Prompts');
    await workbench.pick('Stage', 'visual');
    await workbench.acceptFirst('Start, or choose a setting');
    // It reads the clips and times a backend before its first iteration.
    await expect.poll(drawn, { ...patience, timeout: 240_000 }).toBeGreaterThan(0);
    const before = await drawn();
    await expect.poll(drawn, patience).toBeGreaterThan(before);
    await expect.poll(() => run().config).toMatchObject({ preset: 'avatar', steps: 4000, seed: 1, stage: 'visual' });
    const status = workbench.page.locator('.statusbar-item', { hasText: /AVATAR \d+\/4000/ });
    await expect.poll(() => status.count(), patience).toBe(1);
    await workbench.screenshot('run-growing');
  }, 360_000);

  it('puts its rollouts into the tree under its name', async () => {
    await expect
      .poll(() => workbench.rows('Rollouts').allInnerTexts(), patience)
      .toContainEqual(expect.stringContaining('avatar-1'));
  });

  it('goes on while the window is reloaded, and its panel comes back', async () => {
    const before = run().iteration;
    await workbench.reload('rolloutLab.runs');
    await expect.poll(drawn, patience).toBeGreaterThan(before);
    await expect.poll(() => run().status).toBe('running');
  });

  it('goes on while its panel is closed', async () => {
    await workbench.run('View: Close All Editors');
    const before = run().iteration;
    await expect.poll(() => run().iteration, patience).toBeGreaterThan(before);
    await workbench.run('Rollout Lab: Open Runs');
    await expect.poll(drawn, patience).toBeGreaterThan(before);
  });

  it('stops after its iteration, and is resumed from its checkpoint', async () => {
    await press('Stop');
    await expect.poll(() => run().status, patience).toBe('stopped');
    const [before, { iteration }] = [holder(), run()];
    await press('Resume');
    await expect.poll(() => run().status, patience).toBe('running');
    await expect.poll(() => run().iteration, patience).toBeGreaterThan(iteration);
    await expect.poll(() => holder()).not.toBe(before);
  });

  it('is missed when its process is killed, and resumed from the notification', async () => {
    await workbench.run('Notifications: Clear All Notifications');
    const before = holder();
    process.kill(before, 'SIGKILL');
    await workbench.told('avatar-1 is gone');
    await workbench.screenshot('run-lost');
    await workbench.press('avatar-1 is gone', 'Resume');
    // The new process has the lock, which is what says that it runs, a moment before the store names it.
    await expect.poll(holder, patience).not.toBe(before);
    await expect.poll(() => run().status).toBe('running');
  });

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
