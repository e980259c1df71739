import { rmSync } from 'node:fs';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { completion, makeReviewProject, rolloutLab, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

describe('the group view', () => {
  let project: string;
  let workbench: Workbench;
  let page: Frame;

  beforeAll(async () => {
    project = makeReviewProject();
    const db = storeOf(project);
    const { rows } = rolloutLab('list', 'rollouts', '--db', db) as { rows: { id: string }[] };
    const boundaries = ['At 0:01', 'So the'].map((text) => completion.indexOf(text)).join();
    for (const { id } of rows.slice(0, 2))
      rolloutLab('labels', 'set', '--db', db, '--rollout', id, '--annotator', 'me', '--boundaries', boundaries);
    workbench = await Workbench.open({ extensions: inject('extensions'), from: project });
    await workbench.run('Rollout Lab: Next Unlabelled');
    page = await workbench.webview('reasoning-text .completion');
  });
  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    rmSync(project, { recursive: true });
  });

  const row = (name: string) => page.locator('group-view tbody tr', { has: page.getByRole('rowheader', { name }) });

  it('shows the completions side by side, phase beside phase, by one key', async () => {
    await page.locator('reasoning-text .completion').focus();
    await workbench.page.keyboard.press('a');
    await row('evidence').getByText('the square is green').first().waitFor();
    expect(await row('evidence').locator('td').count()).toBe(2);
    expect(await row('planning').locator('td').count()).toBe(3);
    expect(await row('synthesis').locator('td').allTextContents()).toEqual([
      expect.stringMatching(/^\s*So the colour is green\./u) as string,
      expect.stringMatching(/^\s*So the colour is green\./u) as string,
    ]);
  });

  it('is sorted by reward, and remembers it', async () => {
    const numbers = () => page.locator('group-view thead th button').allTextContents();
    expect((await numbers()).map(Number)).toEqual([1, 2, 3]);
    await page.getByLabel('sort by').selectOption('reward');
    await expect.poll(async () => (await numbers()).map(Number)).toEqual([1, 3, 2]);
  });

  it('goes with the video: a time seeks, and the sentence that playback reached is marked in each', async () => {
    await page.locator('video').waitFor({ timeout: 60_000 });
    await page.locator('group-view').getByRole('button', { name: '0:03' }).first().click();
    await expect
      .poll(() => page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime))
      .toBeCloseTo(3, 1);
    await expect.poll(() => page.locator('group-view mark', { hasText: 'low tone sounds' }).count()).toBe(3);
    await workbench.screenshot('group');
  });

  it('labels nothing itself, follows a label made elsewhere, and opens one', async () => {
    await workbench.page.keyboard.press('3');
    await page.locator('status-line').getByText('one completion is labelled at a time').waitFor();
    const { rows } = rolloutLab('list', 'rollouts', '--db', storeOf(workbench.folder)) as { rows: { id: string }[] };
    const args = ['--rollout', rows[2].id, '--annotator', 'me', '--boundaries', '7,20'];
    rolloutLab('labels', 'set', '--db', storeOf(workbench.folder), ...args);
    await expect.poll(() => row('evidence').locator('td').count()).toBe(3);
    await page.getByRole('button', { name: 'Open completion 2' }).click();
    await page.getByText('completion 2 of 3').waitFor();
    await page.locator('reasoning-text .completion').waitFor();
    expect(workbench.errors).toEqual([]);
  });
});
