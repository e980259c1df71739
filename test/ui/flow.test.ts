import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { makeReviewProject, rolloutLab, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

interface Row {
  id: string;
  statuses: { annotator: string; status: string; reason: string | null }[];
  flaggedBy: string[];
}

describe('the way through the rollouts', () => {
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

  const press = (key: string): Promise<void> => workbench.page.keyboard.press(key);
  const text = (): Locator => page.locator('reasoning-text .completion');
  const status = (words: string | RegExp): Promise<void> => page.locator('status-line').getByText(words).waitFor();
  const place = (words: string): Promise<void> => page.locator('prompt-header').getByText(words).waitFor();
  /** The rollouts as the command line lists them. */
  const stored = (): Row[] =>
    (rolloutLab('list', 'rollouts', '--db', storeOf(workbench.folder)) as { rows: Row[] }).rows;
  const db = (): string[] => ['--db', storeOf(workbench.folder)];

  it('says where one is, and that nothing can be submitted yet', async () => {
    await place('prompt 1 of 2 › completion 1 of 3');
    expect(await page.getByRole('button', { name: 'back' }).isDisabled()).toBe(true);
    await text().focus();
    // The editor takes chords for the panel once it knows that it is the active one.
    const refused = page.locator('status-line').getByText('nothing to submit: set a label, or skip this rollout');
    const pressed = (): Promise<number> => press('Control+Enter').then(() => refused.count());
    await expect.poll(pressed, { interval: 1000 }).toBe(1);
  });

  it('submits and goes on by one key', async () => {
    await press('2');
    await press('Control+Enter');
    await place('completion 2 of 3');
    expect(stored()[0].statuses).toMatchObject([{ annotator: 'me', status: 'submitted' }]);
  });

  it('skips with a reason, which is offered the next time; Escape leaves', async () => {
    const dialog = page.getByRole('dialog', { name: 'Skip' });
    await text().focus();
    await press('s');
    await dialog.waitFor();
    await press('Escape');
    await expect.poll(() => dialog.isVisible()).toBe(false);
    await press('s');
    await workbench.page.keyboard.type('no sound, f');
    await press('Enter');
    await place('completion 3 of 3');
    expect(stored()[1]).toMatchObject({ statuses: [{ status: 'skipped', reason: 'no sound, f' }], flaggedBy: [] });
    await press('s');
    await dialog.getByRole('button', { name: 'no sound, f' }).waitFor();
    await workbench.screenshot('flow-skip-dark');
    await press('Tab');
    await press('Enter');
    page = await workbench.webview('text="no sound"');
    await place('prompt 2 of 2 › completion 1 of 2');
    expect(stored()[2].statuses).toMatchObject([{ status: 'skipped', reason: 'no sound, f' }]);
  });

  it('goes back to what was shown, where it can be opened again', async () => {
    await text().focus();
    await press('b');
    await place('prompt 1 of 2 › completion 3 of 3');
    await status('skipped: no sound, f');
    await page.getByRole('button', { name: 'reopen' }).click();
    await page.getByRole('button', { name: 'skip' }).waitFor();
    await expect.poll(() => stored()[2].statuses).toEqual([]);
  });

  it('flags for everyone to see', async () => {
    const [, , { id }] = stored();
    rolloutLab('labels', 'mark', ...db(), '--rollout', id, '--annotator', 'ana', '--as', 'flagged');
    await status('flagged by ana');
    await text().focus();
    await press('f');
    await page.locator('button[aria-pressed="true"]', { hasText: 'flagged' }).waitFor();
    expect(stored()[2].flaggedBy).toEqual(['ana', 'me']);
    await workbench.screenshot('flow-dark');
    await workbench.theme('light');
    await workbench.screenshot('flow-light');
    await workbench.theme('dark');
    page = await workbench.webview('reasoning-text .completion');
    await text().focus();
    await press('f');
    await page
      .getByRole('button', { name: 'flag', exact: false })
      .and(page.locator('[aria-pressed="false"]'))
      .waitFor();
    expect(stored()[2].flaggedBy).toEqual(['ana']);
  });

  it('shows status and flag in the tree', async () => {
    await workbench.showContainer();
    const row = (label: string): Locator =>
      workbench
        .rows('Rollouts')
        .and(workbench.page.locator(`[aria-label*="${label}"]`))
        .first();
    await row('trial').click();
    // Right opens a row, and goes on to its first when it is open.
    const opened = async (): Promise<number> => {
      if ((await row('completion 1').count()) === 0) await press('ArrowRight');
      return row('completion 1').count();
    };
    await expect.poll(opened, { interval: 1000, timeout: 30_000 }).toBe(1);
    const said = (label: string): Promise<string | null> => row(label).getAttribute('aria-label');
    await expect.poll(() => said('completion 1')).toContain('labelled, submitted by me');
    expect(await said('completion 2')).toContain('skipped by me: no sound, f');
    expect(await said('completion 3')).toContain('flagged by ana');
    await workbench.screenshot('flow-tree-dark');
  });

  it('goes through disagreements, the worst first, when told to; the editor’s command too', async () => {
    const [, , third, fourth] = stored();
    const set = (rollout: Row, annotator: string, boundaries: string): unknown =>
      rolloutLab(
        ...['labels', 'set', ...db(), '--rollout', rollout.id],
        ...['--annotator', annotator, '--boundaries', boundaries],
      );
    set(fourth, 'ana', '7,80');
    set(fourth, 'ben', '7,150');
    set(third, 'ana', '7,80');
    set(third, 'ben', '100,150');
    page = await workbench.webview('reasoning-text .completion');
    await page.getByRole('button', { name: 'completion 1, ' }).click();
    await place('completion 1 of 3');
    await page.getByLabel('Queue: what comes next').selectOption('disagreeing');
    await page.locator('prompt-header').getByRole('button', { name: 'next' }).click();
    await place('prompt 1 of 2 › completion 3 of 3');
    await workbench.run('Rollout Lab: Next Unlabelled');
    page = await workbench.webview('text="no sound"');
    await place('prompt 2 of 2 › completion 1 of 2');
    await text().focus();
    await press('n');
    await status('There is no other rollout on which annotators disagree');
  });

  it('takes its keys from the setting, shows them, and refuses a clash', async () => {
    const set = (keys: Record<string, string>): void => {
      const folder = join(workbench.folder, '.vscode');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'settings.json'), JSON.stringify({ 'rolloutLab.keys': keys }));
    };
    set({ flag: 'q', keys: 'F1 F2' });
    const refused = workbench.notifications.getByText('“F1” of “keys” is not a key that can be used');
    await refused.waitFor();
    set({ flag: 'q', keys: 'F2' });
    await page.getByRole('button', { name: 'flag Q' }).waitFor();
    await text().focus();
    await press('q');
    await page.getByRole('button', { name: 'flagged Q' }).waitFor();
    set({ flag: 'q', keys: 'F2', play: 'n' });
    await workbench.notifications
      .getByText('“next” and “play” both have the key N: give one of them another. The keys stay as they were.')
      .waitFor();
    await text().focus();
    await press('q');
    await page.getByRole('button', { name: 'flag Q' }).waitFor();
    await press('F2');
    const list = page.getByRole('dialog', { name: 'Keys' });
    await list.getByRole('row', { name: 'Q flag, for everyone to see' }).waitFor();
    await workbench.screenshot('flow-keys-dark');
    await press('Escape');
    expect(workbench.errors).toEqual([]);
  });
});
