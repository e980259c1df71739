/** A newcomer's first five minutes: from an empty window to a label, a filtered set and a run, by what is on the screen. */
import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { Workbench } from './workbench.ts';

const dump = resolve(import.meta.dirname, '../fixtures/nemo-rl/train_data_step3.jsonl');

describe('the first five minutes', () => {
  let workbench: Workbench;
  let folder: string;
  beforeAll(async () => {
    // Who has just installed the extension has no name in the settings.
    workbench = await Workbench.open({
      extensions: inject('extensions'),
      settings: { 'rolloutLab.annotator': undefined },
    });
    folder = `${workbench.folder}-sample`;
  }, 300_000);
  afterAll(() => workbench?.[Symbol.asyncDispose]());

  const notice = (words: string | RegExp): Locator =>
    workbench.page.locator('.notification-list-item', { hasText: words });
  const done = (step: string): Promise<void> =>
    workbench.page.locator(`[data-done-step-id$="#${step}"][aria-checked="true"]`).waitFor();

  it('an empty folder says what to do, and leads to the first steps', async () => {
    await workbench.showContainer();
    await workbench.page.getByRole('button', { name: 'See the First Steps' }).first().click();
    await workbench.page.getByText('First Steps with Rollout Lab').first().waitFor();
    await workbench.screenshot('first-empty');
  });

  it('the sample opens on the walkthrough, its first step ticked, and a notice with the ways on', async () => {
    await workbench.page.getByRole('button', { name: 'Open Sample Project' }).first().click();
    await workbench.answer(folder);
    await workbench.page.waitForURL((url) => url.searchParams.get('folder') === folder);
    await workbench.ready();
    await notice(/Ready: sample with 399 prompts and 1,528 rollouts/u).waitFor();
    await done('rollouts');
    await workbench.screenshot('first-sample-dark');
    for (const theme of ['light', 'high contrast'] as const) {
      await workbench.theme(theme);
      await workbench.screenshot(`first-sample-${theme}`);
    }
    await workbench.theme('dark');
  });

  it('two clicks, a name and a key make the first label, and the name is asked for once', async () => {
    await workbench.press('Ready: sample', 'Review');
    await workbench.page.getByText('Your labels, judgements and comments are saved under it').waitFor();
    await workbench.screenshot('first-name');
    await expect.poll(() => workbench.input.inputValue()).toBe('me');
    await workbench.answer('kim');
    const page = await workbench.webview('reasoning-text .completion');
    await clickBefore(page.locator('reasoning-text .completion'), 'So ');
    await workbench.page.keyboard.press('Enter');
    await page
      .locator('status-line')
      .getByText(/saved \d\d:\d\d:\d\d · kim/u)
      .waitFor();
    await workbench.run('View: Close Editor');
    await workbench.run('Rollout Lab: Next Unlabelled');
    await workbench.webview('reasoning-text .completion');
  });

  it('an import leads to the table', async () => {
    cpSync(dump, join(folder, 'dump.jsonl'));
    await workbench.run('Rollout Lab: Import Rollouts…');
    await expect.poll(() => workbench.input.inputValue()).toContain(folder);
    await workbench.answerPath(join(folder, 'dump.jsonl'));
    await notice(/Imported [1-9]\d* rollouts/u).waitFor();
    await workbench.screenshot('first-imported');
    await workbench.press(/Imported [1-9]/u, 'Open Table');
    await workbench.webview('table-app');
  });

  it('each step that was taken is ticked', async () => {
    await workbench.run('Welcome: Open Walkthrough...');
    await workbench.pick('Select a walkthrough', 'First Steps with Rollout Lab');
    for (const step of ['rollouts', 'review', 'label', 'find', 'own']) await done(step);
    await expect
      .poll(() => workbench.page.locator('[data-done-step-id$="#train"][aria-checked="true"]').count())
      .toBe(0);
    await workbench.page.locator('button[data-step-id$="#train"]').click();
    await workbench.page.getByRole('button', { name: 'Start Off-Policy Run…' }).last().waitFor();
    await workbench.screenshot('first-train');
  });

  it('a run starts by two clicks and two keys, once its policy can be read', { timeout: 240_000 }, async () => {
    await workbench.page.getByRole('button', { name: 'Start Off-Policy Run…' }).last().click();
    await workbench.acceptFirst('How should the policy learn');
    await workbench.acceptFirst('Start, or choose a setting');
    await workbench.webview('runs-app', 90_000);
    await workbench.run('Rollout Lab: Stop Run');
  });

  it('its page in the list of extensions has its icon, and text for who uses it', async () => {
    await workbench.run('Extensions: Show Installed Extensions');
    await workbench.page.locator('.extension-list-item', { hasText: 'Rollout Lab' }).first().click();
    const icon = workbench.page.locator('.extension-editor img').first();
    await expect.poll(() => icon.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(256);
    const page = await workbench.webview('h2:has-text("Bring your own")');
    await expect.poll(() => page.locator('img').count()).toBe(0);
    await workbench.screenshot('first-page');
  });

  it('says nothing on the console', () => expect(workbench.errors).toEqual([]));
});
