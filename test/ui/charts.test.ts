import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { presetConfig } from '../../src/domain/preset.ts';
import { Store } from '../../src/store/store.ts';
import { faultsOf } from './axe.ts';
import { storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

/** Two runs that differ in their seed: rewards that jump up and down, evaluations every tenth iteration, 0.75 at the end. */
function makeProject(folder: string): void {
  mkdirSync(dirname(storeOf(folder)), { recursive: true });
  const store = Store.open(storeOf(folder));
  for (const seed of [1, 2]) {
    const { id } = store.runs.create(`avatar-${seed}`, {
      ...presetConfig('avatar', '/models/cold-start', seed),
      steps: 20,
    });
    for (let iteration = 0; iteration <= 20; iteration += 1) {
      const reward = iteration % 2 === 0 ? 0.9 : 0.3;
      const evaluated = iteration % 10 === 0 && { 'accuracy/test': 0.25 + iteration / 40 };
      store.runs.addIteration(
        id,
        {
          iteration,
          at: iteration,
          values: { reward, kl: 0.01 * iteration, 'accuracy/train': reward, ...evaluated },
          advantages: [],
        },
        [],
      );
    }
    store.runs.update(id, { status: 'finished', endedAt: new Date().toISOString() });
  }
  store.close();
}

describe('the charts of the Runs panel', () => {
  let project: string;
  let workbench: Workbench;
  let page: Frame;

  beforeAll(async () => {
    project = join(mkdtempSync(join(tmpdir(), 'lab-charts-')), 'project');
    makeProject(project);
    workbench = await Workbench.open({ extensions: inject('extensions'), from: project });
    await workbench.run('Rollout Lab: Open Runs');
    page = await workbench.webview('runs-app');
    await page.getByTitle('Show avatar-1', { exact: true }).click();
    await chart('Reward').locator('canvas').waitFor();
  }, 300_000);

  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    rmSync(dirname(project), { recursive: true, force: true });
  });

  const chart = (title: string): Locator => page.locator('run-chart', { hasText: title });
  /** The number beside a curve's name. */
  const legend = (title: string, curve: number): Locator => chart(title).locator('output').nth(curve);
  const place = (title: string): Locator => chart(title).locator('.place');

  /** The pointer over a chart, at a share of its width. */
  async function at(title: string, share: number): Promise<{ x: number; y: number }> {
    const { x, y, width, height } = (await chart(title).locator('.u-over').boundingBox())!;
    return { x: x + share * width, y: y + height / 2 };
  }

  it('tell what was measured, smoothed or not', async () => {
    const smoothing = page.getByRole('slider', { name: 'Smoothing' });
    for (const smooth of ['0.9', '0']) {
      await smoothing.fill(smooth);
      await expect.poll(() => legend('Reward', 0).innerText()).toBe('0.90');
      await expect.poll(() => legend('Accuracy', 1).innerText()).toBe('75%');
    }
    await smoothing.fill('0.6');
    await workbench.screenshot('charts');
  });

  it('name what they show: the unit, the axis, and the place under the pointer', async () => {
    await chart('KL (nats)').waitFor();
    const { x, y } = await at('Accuracy', 0.75);
    await workbench.page.mouse.move(x, y);
    await expect.poll(() => place('Accuracy').innerText()).toBe('iteration: 15');
    await expect.poll(() => legend('Accuracy', 1).innerText()).toBe('50% at 10');
    await expect.poll(() => legend('Reward', 0).innerText()).toBe('0.30');
  });

  it('are all zoomed by a drag over one, and whole again by a button', async () => {
    const [from, to] = [await at('Reward', 0.5), await at('Reward', 0.75)];
    await workbench.page.mouse.move(from.x, from.y);
    await workbench.page.mouse.down();
    await workbench.page.mouse.move(to.x, to.y, { steps: 5 });
    await workbench.page.mouse.up();
    const whole = page.getByRole('button', { name: 'Show All' });
    await expect.poll(() => whole.isEnabled()).toBe(true);
    const left = await at('KL', 0.01);
    await workbench.page.mouse.move(left.x, left.y);
    await expect.poll(() => place('KL').innerText()).toBe('iteration: 10');
    await workbench.screenshot('charts-zoomed');
    await whole.click();
    await workbench.page.mouse.move(left.x, left.y);
    await expect.poll(() => place('KL').innerText()).toBe('iteration: 0');
  });

  it('of two runs stand above the settings in which they differ, and each part says whose it is', async () => {
    await page.getByRole('checkbox', { name: 'Compare avatar-2' }).click();
    const table = page.getByRole('region', { name: 'Settings that differ' });
    const rows = table.getByRole('row');
    await expect.poll(() => rows.allInnerTexts()).toEqual([expect.stringMatching(/avatar-1\s+avatar-2/), 'seed\t1\t2']);
    for (const run of ['avatar-1', 'avatar-2'])
      for (const part of ['Advantages and samples', 'Token weights', 'Configuration', 'Log'])
        await expect.poll(() => page.getByText(`${run}: ${part}`, { exact: true }).count()).toBe(1);
    await workbench.screenshot('charts-compared');
    expect(await faultsOf(page)).toEqual([]);
  });

  it('are of one run again once its name is clicked, and no other stays ticked', async () => {
    const other = page.getByRole('checkbox', { name: 'Compare avatar-2' });
    await page
      .getByRole('button', { name: 'Show avatar-1' })
      .or(page.getByTitle('Show avatar-1', { exact: true }))
      .first()
      .click();
    await expect.poll(() => other.getAttribute('aria-checked')).toBe('false');
    await other.click();
    await page.getByRole('region', { name: 'Settings that differ' }).waitFor();
    await expect.poll(() => other.getAttribute('aria-checked')).toBe('true');
  });

  it('are written as CSV with every value of both runs, out of the store', async () => {
    await page.getByRole('button', { name: 'Export CSV' }).click();
    // The dialog looks at the folder before it takes a name.
    await expect.poll(() => workbench.input.inputValue()).toMatch(/runs\.csv$/);
    await workbench.page.keyboard.press('Enter');
    const out = join(workbench.folder, 'runs.csv');
    await expect.poll(() => existsSync(out)).toBe(true);
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(1 + 2 * 21);
    expect(lines[0]).toBe('run,iteration,accuracy/test,accuracy/train,kl,reward');
    expect(lines).toContain('avatar-1,20,0.75,0.9,0.2,0.9');
  });

  it('say nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
