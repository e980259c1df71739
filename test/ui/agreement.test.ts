import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { describePanel, type Panel } from './fixture.ts';
import { placesOf, rolloutLab, rolloutsOf, setLabel, storeOf } from './review-project.ts';

async function openAgreement(panel: Panel): Promise<void> {
  await panel.workbench.run('Rollout Lab: Show Agreement');
  await panel.find('agreement-app vscode-button');
}

describePanel('the Agreement panel', { open: openAgreement }, (panel) => {
  /** Labels a rollout where these words begin, from another process. */
  function label(rollout: number, annotator: string, ...starts: string[]): void {
    setLabel(panel.workbench.folder, rollout, annotator, placesOf(...starts));
  }

  /** Writes the settings of the workspace. */
  function set(settings: Record<string, unknown>): void {
    const folder = join(panel.workbench.folder, '.vscode');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  }

  const cell = (name: RegExp): Locator => panel.page.getByRole('gridcell', { name });
  const first = (): Locator => panel.page.locator('disagreement-list button').first();

  it('says what it needs while nobody shares a rollout', async () => {
    await panel.page.getByText('Two people must label the same rollout').waitFor();
    await panel.workbench.screenshot('agreement-empty');
    expect(await faultsOf(panel.page)).toEqual([]);
  });

  it('shows how far judgements of steps agree, with labels or without', async () => {
    const { folder } = panel.workbench;
    const on = ['--db', storeOf(folder), '--rollout', rolloutsOf(folder)[0].id];
    for (const [annotator, last] of [
      ['ana', 'wrong'],
      ['ben', 'correct'],
    ])
      for (const [text, verdict] of [
        ['0-10', 'correct'],
        ['10-20', 'wrong'],
        ['20-30', last],
      ]) {
        const error = verdict === 'wrong' ? ['--error', 'reasoning'] : [];
        const said = ['--annotator', annotator, '--text', text, '--verdict', verdict, ...error];
        rolloutLab('judgements', 'set', ...on, ...said);
      }
    const table = panel.page.getByRole('table', { name: 'Agreement on judgements' });
    // p_o = 2/3, p_e = 4/9: κ = 2/5.
    await table.getByRole('row', { name: /^ana, ben 0\.40 .*1 rollout$/ }).waitFor({ timeout: 20_000 });
    await table.getByRole('row', { name: /^error: reasoning 0\.40 .*1 rollout$/ }).waitFor();
    await panel.page.getByText('No two people have labelled the same rollout yet.').waitFor();
    await panel.workbench.screenshot('agreement-judgements');
    expect(await faultsOf(panel.page)).toEqual([]);
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
    await expect
      .poll(() => panel.page.locator('agreement-matrix').getByRole('columnheader').allInnerTexts())
      .toEqual(['ana', 'ben', 'cleo', 'suggestion:rules']);
    await panel.page.getByRole('heading', { name: 'All people: 4 rollouts', exact: true }).waitFor();
  });

  it('tells how far each annotator has come', async () => {
    const { folder } = panel.workbench;
    const on = ['--db', storeOf(folder), '--rollout', rolloutsOf(folder)[0].id, '--annotator', 'ana'];
    for (const as of ['submitted', 'flagged']) rolloutLab('labels', 'mark', ...on, '--as', as);
    const progress = panel.page.getByRole('region', { name: 'Progress of each annotator' });
    await progress.getByRole('row', { name: /^ana 4 1 0 1 1 \d/ }).waitFor();
    await progress.getByRole('row', { name: /^ben 3 0 0 0 2 –$/ }).waitFor();
    await expect.poll(() => progress.getByRole('row').count()).toBe(4);
  });

  it('is walked by keyboard, and a cell shows where the two differ, worst first', async () => {
    await panel.page.getByLabel('Metric').selectOption({ label: 'Boundary Similarity' });
    await cell(/^ana alone$/).focus();
    await panel.press('ArrowRight');
    await panel.press('End');
    await panel.press('ArrowLeft');
    await panel.press('ArrowLeft');
    await panel.press('Enter');
    await panel.page.getByRole('heading', { name: 'ana and ben: 3 rollouts' }).waitFor();
    await expect
      .poll(() => panel.page.locator('disagreement-list .value').allInnerTexts())
      .toEqual(['0.33', '0.75', '1.00']);
    await expect
      .poll(() =>
        cell(/^ana and ben: /)
          .first()
          .getAttribute('aria-selected'),
      )
      .toBe('true');
    // Until one has labelled a rollout oneself, the labels of others would lead.
    const bars = panel.page.locator('disagreement-list .bar');
    await expect.poll(() => bars.count()).toBe(0);
    await first().getByText('the labels are shown once you have labelled it yourself').waitFor();
    set({ 'rolloutLab.blindFirstPass': false });
    await expect.poll(() => bars.count()).toBe(6);
    await panel.workbench.screenshot('agreement-dark');
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.theme('light');
    await panel.workbench.screenshot('agreement-light');
    await panel.workbench.theme('high contrast');
    await panel.workbench.screenshot('agreement-contrast');
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.theme('dark');
  });

  it('writes the table as CSV', async () => {
    await panel.page.getByRole('button', { name: 'Export CSV' }).click();
    // The dialog looks at the folder before it takes a name.
    await expect.poll(() => panel.workbench.input.inputValue()).toMatch(/agreement\.csv$/);
    await panel.press('Enter');
    await panel.workbench.told('Wrote 4 rollouts to agreement.csv');
    const out = join(panel.workbench.folder, 'agreement.csv');
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('pair,'))).toHaveLength(4);
    expect(lines[1]).toMatch(/^people,,,,4,0\.\d+/);
  });

  it('comes back after a reload with what it showed', async () => {
    await panel.workbench.reload('boundarySimilarity');
    await panel.find('disagreement-list button', 60_000);
    await panel.page.getByRole('heading', { name: 'ana and ben: 3 rollouts' }).waitFor();
    await expect.poll(() => panel.page.getByLabel('Metric').inputValue()).toBe('boundarySimilarity');
  });

  it('says why when the store cannot be read, and shows it again when it can', async () => {
    set({ 'rolloutLab.store': 'trial.rollouts.jsonl' });
    await panel.page.getByRole('alert').filter({ hasText: 'not a Rollout Lab store' }).waitFor();
    await panel.workbench.screenshot('agreement-failed');
    set({});
    await first().waitFor();
  });

  it('opens Review on the rollout chosen', async () => {
    await first().focus();
    await panel.press('Enter');
    const review = await panel.workbench.webview('reasoning-text .completion');
    await review.getByRole('button', { name: 'completion 2, ' }).and(review.locator('[aria-current="true"]')).waitFor();
  });
});
