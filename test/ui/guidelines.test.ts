import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { describePanel } from './fixture.ts';
import { makeReviewProject } from './review-project.ts';

const guidelines = [
  '# How we label',
  '',
  '**Planning** says what to look for. It ends where the *first fact* of the video stands.',
  '',
  '| phase | begins with |',
  '|---|---|',
  '| evidence | a fact |',
  '| synthesis | so, therefore |',
  '',
  '- A fact has a time, such as `0:03`.',
  '- <img src="https://example.org/x.png" onerror="document.title = 1"> and <b>HTML</b> stay text.',
  '',
  ...Array.from({ length: 60 }, (_, i) => `${i + 1}. Case ${i + 1} of the many that there are.`),
].join('\n');

function guided(): string {
  const folder = makeReviewProject();
  writeFileSync(join(folder, '.rollout-lab/GUIDELINES.md'), guidelines);
  return folder;
}

describePanel('the guidelines', { project: guided }, (panel) => {
  const pane = (): Locator => panel.page.locator('guidelines-pane');
  const text = (): Locator => pane().getByRole('region', { name: 'The project’s guidelines' });
  const button = (): Locator => panel.page.getByRole('button', { name: 'guidelines _' });
  const top = (): Promise<number> => text().evaluate((element) => element.scrollTop);
  const file = (): string => join(panel.workbench.folder, '.rollout-lab/GUIDELINES.md');

  function set(settings: Record<string, unknown>): void {
    const folder = join(panel.workbench.folder, '.vscode');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  }

  it('are opened by a key beside the reasoning, as their Markdown is meant', async () => {
    await button().waitFor();
    await expect.poll(() => pane().count()).toBe(0);
    await panel.pressUntil('_', () => text().waitFor({ timeout: 2000 }));
    await expect.poll(() => text().locator('.heading-1').innerText()).toBe('How we label');
    await expect.poll(() => text().locator('.strong:not(.sign)').first().innerText()).toContain('Planning');
    await expect.poll(() => text().locator('.row').count()).toBe(3);
    await text().getByText('<b>').waitFor();
    await expect.poll(() => text().locator('img, b').count()).toBe(0);
    await expect.poll(() => panel.page.evaluate(() => document.title)).not.toBe('1');
    await panel.workbench.screenshot('guidelines-dark');
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.theme('light');
    await panel.workbench.screenshot('guidelines-light');
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.theme('dark');
    await panel.workbench.page.setViewportSize({ width: 1000, height: 700 });
    await expect.poll(() => panel.text.isVisible()).toBe(true);
    await panel.workbench.screenshot('guidelines-1000');
    await panel.workbench.page.setViewportSize({ width: 1400, height: 900 });
  });

  it('stay open where one was over rollouts and a reload', async () => {
    await text().focus();
    await panel.press('End');
    await expect.poll(top).toBeGreaterThan(200);
    await panel.text.focus();
    await panel.press('n');
    await panel.page.locator('prompt-header').getByText('completion 2 of 3').waitFor();
    await expect.poll(top).toBeGreaterThan(200);
    await panel.workbench.reload(/guidelinesTop[^,]*[1-9]/);
    await panel.find('guidelines-pane .read', 60_000);
    await expect.poll(top).toBeGreaterThan(200);
  });

  it('follow the file, and are closed by the same key', async () => {
    writeFileSync(file(), '# Changed\n');
    await text().getByText('Changed').waitFor();
    await text().focus();
    await panel.press('_');
    await expect.poll(() => pane().count()).toBe(0);
    await expect.poll(() => button().getAttribute('aria-pressed')).toBe('false');
    await button().click();
    await text().waitFor();
  });

  it('say where they are to be when there are none', async () => {
    rmSync(file());
    await expect.poll(() => pane().count()).toBe(0);
    await panel.text.focus();
    await panel.press('_');
    await panel.status('this project has no guidelines: write them in .rollout-lab/GUIDELINES.md');
    set({ 'rolloutLab.guidelines': 'docs/how.md' });
    const missing = pane().getByRole('alert').filter({ hasText: 'there is no file docs/how.md' });
    await missing.waitFor();
    await panel.workbench.screenshot('guidelines-missing');
    expect(await faultsOf(panel.page)).toEqual([]);
    mkdirSync(join(panel.workbench.folder, 'docs'));
    writeFileSync(join(panel.workbench.folder, 'docs/how.md'), 'Found.');
    await text().getByText('Found.').waitFor();
  });
});
