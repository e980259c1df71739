import { rmSync } from 'node:fs';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { completion, makeReviewProject, rolloutLab, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

describe('the Review panel', () => {
  let project: string;
  let workbench: Workbench;
  let page: Frame;

  beforeAll(async () => {
    project = makeReviewProject();
    workbench = await Workbench.open({ extensions: inject('extensions'), from: project });
    await workbench.run('Rollout Lab: Next Unlabelled');
    page = await workbench.webview('reasoning-text .completion');
  });
  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    rmSync(project, { recursive: true });
  });

  const text = (): Locator => page.locator('reasoning-text .completion');
  const handle = (name: string): Locator => page.getByRole('slider', { name: `${name} starts` });
  const status = (): Locator => page.locator('status-line');
  const shownTime = async (): Promise<number> =>
    page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);
  /** The boundaries as handles show them. */
  const boundaries = async (): Promise<number[]> =>
    Promise.all(
      ['evidence', 'synthesis'].map(async (name) => Number(await handle(name).getAttribute('aria-valuenow'))),
    );
  /** The boundaries as the command line reads them from the store, newest label first. */
  const stored = (rollout: string): unknown =>
    rolloutLab('labels', 'show', '--db', storeOf(workbench.folder), '--rollout', rollout);
  const rolloutIds = (): string[] => {
    const { rows } = rolloutLab('list', 'rollouts', '--db', storeOf(workbench.folder)) as { rows: { id: string }[] };
    return rows.map(({ id }) => id);
  };

  it('shows the question, hides the answer, and tells the group', async () => {
    await page.getByRole('heading', { name: 'Which colour is on screen' }).waitFor();
    expect(await page.locator('prompt-header strong').count()).toBe(0);
    await page.getByRole('button', { name: 'show' }).click();
    expect(await page.locator('prompt-header strong').textContent()).toBe('B');
    const first = page.getByRole('button', { name: 'completion 1, ' });
    expect(await first.getAttribute('aria-label')).toContain('right, reward 1.00, advantage +0.58');
  });

  it('plays a proxy of a clip whose sound the editor lacks, and seeks by a time of the text', async () => {
    await page.locator('video').waitFor({ timeout: 60_000 });
    await page.getByLabel(/a copy is played: the original has aac sound/).waitFor();
    await text().focus();
    await workbench.page.keyboard.press('Space');
    await expect.poll(shownTime, { timeout: 20_000 }).toBeGreaterThan(0.3);
    await workbench.page.keyboard.press('k');
    await page.getByRole('link', { name: '0:03' }).first().click();
    await expect.poll(shownTime).toBeCloseTo(3, 1);
    await page.locator('time-line image').first().waitFor();
    const peek = page.locator('reasoning-text .peek');
    await page.getByRole('link', { name: '0:01' }).hover();
    await peek.waitFor();
    await page.getByRole('link', { name: '0:01' }).click();
    await expect.poll(() => peek.count()).toBe(0);
    await page.getByRole('link', { name: '0:03' }).first().click();
    await expect.poll(shownTime).toBeCloseTo(3, 1);
  });

  it('is labelled by keys: the caret and Enter, then a nudge', async () => {
    await clickBefore(text(), 'At 0:01');
    await workbench.page.keyboard.press('Enter');
    await clickBefore(text(), 'So the');
    await workbench.page.keyboard.press('Enter');
    await status()
      .getByText(/saved \d\d:\d\d:\d\d · me/)
      .waitFor();
    const evidence = completion.indexOf('At 0:01');
    const synthesis = completion.indexOf('So the');
    expect(await boundaries()).toEqual([evidence, synthesis]);
    await handle('evidence').focus();
    await workbench.page.keyboard.press('ArrowRight');
    await expect.poll(boundaries).toEqual([completion.indexOf(' 0:01'), synthesis]);
    await status().getByText('saved').waitFor();
    expect(JSON.stringify(stored(rolloutIds()[0]))).toContain(`[${completion.indexOf(' 0:01')},${synthesis}]`);
  });

  it('is labelled by the mouse, and the weights move with the boundary', async () => {
    const curve = page.locator('weight-curve path.chosen');
    const before = await curve.getAttribute('d');
    const [, synthesis] = await boundaries();
    const box = (await handle('evidence').boundingBox())!;
    const { mouse } = workbench.page;
    await mouse.move(box.x + 5, box.y + box.height / 2);
    await mouse.down();
    await mouse.move(box.x + 105, box.y + box.height / 2, { steps: 5 });
    await expect.poll(() => curve.getAttribute('d')).not.toBe(before);
    expect(await status().locator('.saved').textContent()).toContain('saved');
    await mouse.up();
    const [moved] = await boundaries();
    expect(moved).toBeGreaterThan(completion.indexOf(' 0:01'));
    await expect.poll(() => JSON.stringify(stored(rolloutIds()[0]))).toContain(`[${moved},${synthesis}]`);
  });

  it('keeps label, place in the video and undo over a reload of the window', async () => {
    const saved = await boundaries();
    // A browser's workbench writes which editors are open every five seconds.
    await workbench.page.waitForTimeout(6000);
    await workbench.reload();
    page = await workbench.webview('reasoning-text .completion');
    await expect.poll(boundaries).toEqual(saved);
    await page.locator('video').waitFor();
    await expect.poll(shownTime).toBeCloseTo(3, 1);
    await text().focus();
    await workbench.page.keyboard.press('Control+z');
    await expect.poll(boundaries).toEqual([completion.indexOf(' 0:01'), saved[1]]);
    await workbench.page.keyboard.press('Control+Shift+z');
    await expect.poll(boundaries).toEqual(saved);
  });

  it('shows a label that the command line set', async () => {
    const [rollout] = rolloutIds();
    const args = ['--rollout', rollout, '--annotator', 'me', '--boundaries', '7,20'];
    rolloutLab('labels', 'set', '--db', storeOf(workbench.folder), ...args);
    await expect.poll(boundaries, { timeout: 10_000 }).toEqual([7, 20]);
  });

  it('switches completion on the same moment, and goes to the next unlabelled by one key', async () => {
    const time = await shownTime();
    await page.getByRole('button', { name: 'completion 2, ' }).click();
    await page.getByText('completion 2 of 3').waitFor();
    expect(await shownTime()).toBe(time);
    await status().getByText('no label yet (me)').waitFor();
    await workbench.page.keyboard.press('2');
    await status().getByText('saved').waitFor();
    await workbench.page.keyboard.press('n');
    await page.getByText('completion 3 of 3').waitFor();
  });

  it('says that a group is vanishing, and that a clip has no sound', async () => {
    await workbench.page.keyboard.press('3');
    await status().getByText('saved').waitFor();
    await workbench.page.keyboard.press('n');
    // The clip itself is played from a folder outside the workspace: the page is made again with the right to read it.
    page = await workbench.webview('text="no sound"');
    await page.getByText('vanishing: all 2 earned 0.50, so nothing is learned here').waitFor();
  });

  it('moves the weights with scheme and λ, and tells the unit under the pointer', async () => {
    const curve = page.locator('weight-curve path.chosen');
    const parabola = await curve.getAttribute('d');
    await page.getByLabel('scheme').selectOption('linear-decay');
    await expect.poll(() => curve.getAttribute('d')).not.toBe(parabola);
    await page.locator('.lambda').fill('0.5');
    await page.locator('weight-curve .axis').getByText('1.50').waitFor();
    await page.locator('weight-curve .plot').hover({ position: { x: 1, y: 10 } });
    await page
      .getByText(/token 1 “<think>First” · weight 1\.500 · advantage \+0\.00, weighted \+0\.00 · log-prob/)
      .waitFor();
  });

  it('lists its keys on ?', async () => {
    await text().focus();
    await workbench.page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await workbench.page.keyboard.press('Escape');
  });

  it('says nothing on the console', async () => {
    await workbench.screenshot('review');
    expect(workbench.errors).toEqual([]);
  });
});
