import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { completion, makeReviewProject, rolloutLab, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

describe('a project’s own phases', () => {
  let project: string;
  let workbench: Workbench;
  let page: Frame;
  /** Every label in the store. */
  const labels = (): unknown[] => {
    const db = ['--db', storeOf(workbench.folder)];
    const { rows } = rolloutLab('list', 'rollouts', ...db) as { rows: { id: string }[] };
    return rows.flatMap(
      ({ id }) => (rolloutLab('labels', 'show', ...db, '--rollout', id) as { labels: unknown[] }).labels,
    );
  };
  const file = (): string => join(workbench.folder, '.rollout-lab/phases.json');

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

  it('begin with the file that a command makes', async () => {
    await workbench.run('Rollout Lab: Edit Phases');
    // An editor that another one overtakes while it opens is an error of the workbench.
    await workbench.page.locator('.view-line', { hasText: 'synthesis' }).waitFor();
    expect(readFileSync(file(), 'utf8')).toContain(
      '{ "name": "synthesis", "key": "3", "colour": "green", "weight": 1 }',
    );
  });

  it('come into the open panel when the file is saved, and are labelled by their keys', async () => {
    const four = readFileSync(file(), 'utf8').replace(
      '    { "name": "synthesis", "key": "3"',
      '    { "name": "doubt", "key": "4", "colour": "red", "weight": 0.5 },\n    { "name": "synthesis", "key": "3"',
    );
    writeFileSync(file(), four);
    await workbench.run('Rollout Lab: Next Unlabelled');
    page = await workbench.webview('reasoning-text .completion');
    await page.getByRole('slider', { name: 'doubt starts' }).waitFor();
    await clickBefore(page.locator('reasoning-text .completion'), 'At 0:01');
    await workbench.page.keyboard.press('2');
    await clickBefore(page.locator('reasoning-text .completion'), 'At 0:03');
    await workbench.page.keyboard.press('4');
    await clickBefore(page.locator('reasoning-text .completion'), 'So the');
    await workbench.page.keyboard.press('3');
    await page.locator('status-line').getByText('saved').waitFor();
    const places = ['At 0:01', ' At 0:03', 'So the'].map((text) => completion.indexOf(text));
    await expect.poll(labels).toMatchObject([{ annotator: 'me', boundaries: places }]);
    await workbench.screenshot('phases');
  });

  it('stay when a label would lose one, and the file says why', async () => {
    writeFileSync(file(), readFileSync(file(), 'utf8').replace(/ {4}\{ "name": "doubt".*\n/u, ''));
    await workbench.notifications.getByText('1 label has something in doubt').waitFor();
    expect(rolloutLab('phases', 'show', '--db', storeOf(workbench.folder))).toMatchObject({ phases: { length: 4 } });
  });

  it('with a fault are marked where it is', async () => {
    writeFileSync(file(), readFileSync(file(), 'utf8').replace('"yellow"', '"pink"'));
    await workbench.run('Problems: Focus on Problems View');
    await workbench.page.locator('.markers-panel').getByText('phases.1.colour').waitFor();
    await workbench.screenshot('phases-fault');
    expect(workbench.errors).toEqual([]);
  });
});
