import { rmSync } from 'node:fs';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { completion, makeReviewProject, rolloutLab, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

describe('the labels of several people', () => {
  let project: string;
  let workbench: Workbench;
  let page: Frame;
  let rollout: string;

  beforeAll(async () => {
    project = makeReviewProject();
    const db = storeOf(project);
    const { rows } = rolloutLab('list', 'rollouts', '--db', db) as { rows: { id: string }[] };
    rollout = rows[0].id;
    for (const [annotator, evidence] of [
      ['ana', 'At 0:01'],
      ['ben', 'At 0:03'],
    ]) {
      const boundaries = [evidence, 'So the'].map((text) => completion.indexOf(text)).join();
      rolloutLab(
        'labels',
        'set',
        '--db',
        db,
        '--rollout',
        rollout,
        '--annotator',
        annotator,
        '--boundaries',
        boundaries,
      );
    }
    workbench = await Workbench.open({ extensions: inject('extensions'), from: project });
    await workbench.run('Rollout Lab: Next Unlabelled');
    page = await workbench.webview('reasoning-text .completion');
  });
  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    rmSync(project, { recursive: true });
  });

  const shown = () =>
    rolloutLab('labels', 'show', '--db', storeOf(workbench.folder), '--rollout', rollout) as {
      labels: { annotator: string; boundaries: number[] }[];
      reviews: unknown[];
    };
  const mine = () => shown().labels.find(({ annotator }) => annotator === 'me')?.boundaries;

  it('are hidden until one has labelled the completion oneself', async () => {
    await page.getByRole('button', { name: 'also labelled by ana, ben' }).click();
    await page.getByText('shown once you have labelled this completion yourself').waitFor();
    await workbench.page.keyboard.press('Escape');
    await clickBefore(page.locator('reasoning-text .completion'), 'At 0:03');
    await workbench.page.keyboard.press('2');
    await page.locator('status-line').getByText('saved').waitFor();
    await workbench.page.keyboard.press('o');
    await page.getByRole('columnheader', { name: 'ana' }).waitFor();
    await page
      .getByRole('columnheader', { name: 'ana' })
      .getByText(/evidence \d+ characters earlier/u)
      .waitFor();
    await workbench.screenshot('people');
  });

  it('are taken as they are, as an edit that undo takes back', async () => {
    const own = mine();
    await page.getByRole('button', { name: 'Take the label of ana' }).click();
    const taken = ['At 0:01', 'So the'].map((text) => completion.indexOf(text));
    await expect.poll(mine).toEqual(taken);
    await page.getByRole('columnheader', { name: 'ana' }).getByText('as yours').waitFor();
    await workbench.page.keyboard.press('Control+z');
    await expect.poll(mine).toEqual(own);
  });

  it('are accepted and rejected, apart from what annotators do', async () => {
    await page.getByRole('button', { name: 'Accept the label of ana' }).click();
    await page.getByText('accepted by me').waitFor();
    await page.getByRole('button', { name: 'Reject the label of ben' }).click();
    await page.getByText('rejected by me').waitFor();
    expect(shown().reviews).toMatchObject([
      { annotator: 'ana', reviewer: 'me', verdict: 'accepted', stale: false },
      { annotator: 'ben', reviewer: 'me', verdict: 'rejected', stale: false },
    ]);
    const db = storeOf(workbench.folder);
    rolloutLab('labels', 'set', '--db', db, '--rollout', rollout, '--annotator', 'ana', '--boundaries', '3,9');
    await page.getByText('accepted by me, changed since').waitFor();
    await workbench.page.keyboard.press('Escape');
    await page.locator('reasoning-text .completion').waitFor();
    expect(workbench.errors).toEqual([]);
  });
});
