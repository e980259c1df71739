import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { completion, makeReviewProject, rolloutLab, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

describe('the Agreement panel', () => {
  let project: string;
  let workbench: Workbench;
  let page: Frame;
  let rollouts: string[];

  beforeAll(async () => {
    project = makeReviewProject();
    workbench = await Workbench.open({ extensions: inject('extensions'), from: project });
    const { rows } = rolloutLab('list', 'rollouts', '--db', storeOf(workbench.folder)) as { rows: { id: string }[] };
    rollouts = rows.map(({ id }) => id);
    await workbench.run('Rollout Lab: Show Agreement');
  });
  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    rmSync(project, { recursive: true });
  });

  /** Labels a rollout as another person does, from another process. */
  function label(rollout: number, annotator: string, evidence: string, synthesis: string): void {
    const boundaries = [evidence, synthesis].map((words) => completion.indexOf(words)).join(',');
    const target = ['--db', storeOf(workbench.folder), '--rollout', rollouts[rollout]];
    rolloutLab('labels', 'set', ...target, '--annotator', annotator, '--boundaries', boundaries);
  }

  const cell = (name: RegExp): Locator => page.getByRole('gridcell', { name });
  const first = (): Locator => page.locator('disagreement-list button').first();

  it('says what it needs while nobody shares a rollout', async () => {
    page = await workbench.webview('agreement-app vscode-button');
    await page.getByText('Two people must label the same rollout').waitFor();
    await workbench.screenshot('agreement-empty');
  });

  it('follows the labels of others: the matrix appears', async () => {
    for (const annotator of ['ana', 'ben', 'suggestion:rules']) {
      label(0, annotator, 'At 0:01', 'So the');
      label(1, annotator, annotator === 'ben' ? 'At 0:03 the square' : 'At 0:01', 'So the');
      label(3, annotator, annotator === 'ana' ? 'At 0:01' : '0:01', 'So the');
    }
    label(4, 'cleo', 'At 0:01', 'So the');
    label(4, 'ana', 'At 0:01', 'colour is');
    await cell(/^ana and ben: 0\.\d\d \[.*\], 3 rollouts$/)
      .first()
      .waitFor({ timeout: 20_000 });
    await cell(/^ben and cleo: no rollout in common$/)
      .first()
      .waitFor();
    expect(await page.getByRole('columnheader').allInnerTexts()).toEqual(['ana', 'ben', 'cleo', 'suggestion:rules']);
    await page.getByRole('heading', { name: 'All people: 4 rollouts', exact: true }).waitFor();
  });

  it('is walked by keyboard, and a cell shows where the two differ, worst first', async () => {
    await page.getByLabel('Metric').selectOption({ label: 'Boundary Similarity' });
    await cell(/^ana alone$/).focus();
    await workbench.page.keyboard.press('ArrowRight');
    await workbench.page.keyboard.press('End');
    await workbench.page.keyboard.press('ArrowLeft');
    await workbench.page.keyboard.press('ArrowLeft');
    await workbench.page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'ana and ben: 3 rollouts' }).waitFor();
    await expect.poll(() => page.locator('disagreement-list .value').allInnerTexts()).toEqual(['0.33', '0.75', '1.00']);
    expect(
      await cell(/^ana and ben: /)
        .first()
        .getAttribute('aria-selected'),
    ).toBe('true');
    await workbench.screenshot('agreement-dark');
    await workbench.theme('light');
    await workbench.screenshot('agreement-light');
    await workbench.theme('high contrast');
    await workbench.screenshot('agreement-contrast');
    await workbench.theme('dark');
  }, 90_000);

  it('writes the table as CSV', async () => {
    await page.getByRole('button', { name: 'Export CSV' }).click();
    // The dialog looks at the folder before it takes a name.
    await expect.poll(() => workbench.input.inputValue()).toMatch(/agreement\.csv$/);
    await workbench.page.keyboard.press('Enter');
    await workbench.notifications.filter({ hasText: 'Wrote 4 rollouts to agreement.csv' }).waitFor();
    const out = join(workbench.folder, 'agreement.csv');
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('pair,'))).toHaveLength(4);
    expect(lines[1]).toMatch(/^people,,,,4,0\.\d+/);
  });

  it('comes back after a reload with what it showed', async () => {
    // A browser's workbench writes which editors are open every five seconds.
    await workbench.page.waitForTimeout(6000);
    await workbench.reload();
    page = await workbench.webview('disagreement-list button');
    await page.getByRole('heading', { name: 'ana and ben: 3 rollouts' }).waitFor();
    expect(await page.getByLabel('Metric').inputValue()).toBe('boundarySimilarity');
  }, 120_000);

  it('says why when the store cannot be read, and shows it again when it can', async () => {
    mkdirSync(join(workbench.folder, '.vscode'));
    const settings = join(workbench.folder, '.vscode/settings.json');
    writeFileSync(settings, JSON.stringify({ 'rolloutLab.store': 'trial.rollouts.jsonl' }));
    await page.getByRole('alert').filter({ hasText: 'not a Rollout Lab store' }).waitFor();
    await workbench.screenshot('agreement-failed');
    writeFileSync(settings, '{}');
    await first().waitFor();
  });

  it('opens Review on the rollout chosen', async () => {
    await first().focus();
    await workbench.page.keyboard.press('Enter');
    const review = await workbench.webview('reasoning-text .completion');
    await review.getByRole('button', { name: 'completion 2, ' }).and(review.locator('[aria-current="true"]')).waitFor();
  });

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
