import { rmSync } from 'node:fs';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clickBefore, pointBefore } from './caret.ts';
import { completion, makeReviewProject, rolloutLab, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

const [evidence, synthesis] = [completion.indexOf('At 0:01'), completion.indexOf('So the')];

interface Shown {
  labels: { boundaries: number[]; origin?: { source: string; scores: (number | null)[] } }[];
  suggestions: { source: string; scores: number[]; refusedAt: (string | null)[] }[];
}

describe('suggestions in the Review panel', () => {
  let project: string;
  let workbench: Workbench;
  let page: Frame;

  beforeAll(async () => {
    project = makeReviewProject();
    workbench = await Workbench.open({ extensions: inject('extensions'), from: project });
    await workbench.run('Rollout Lab: Suggest Phases');
    await workbench.notifications.getByText('Suggested phases for 5 rollouts by rules').waitFor();
    await workbench.run('Notifications: Clear All Notifications');
    await workbench.run('Rollout Lab: Next Unlabelled');
    page = await workbench.webview('reasoning-text .completion');
  });
  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    rmSync(project, { recursive: true });
  });

  const text = (): Locator => page.locator('reasoning-text .completion');
  const handle = (name: string): Locator => page.getByRole('slider', { name: `${name} starts` });
  const status = (words: string | RegExp): Promise<void> => page.locator('status-line').getByText(words).waitFor();
  const offered = async (): Promise<number> => page.locator('.handle.offered').count();
  /** What the command line reads of the completion at this place of the list. */
  const stored = (place: number): Shown => {
    const db = storeOf(workbench.folder);
    const { rows } = rolloutLab('list', 'rollouts', '--db', db) as { rows: { id: string }[] };
    return rolloutLab('labels', 'show', '--db', db, '--rollout', rows[place].id) as Shown;
  };
  const press = (key: string): Promise<void> => workbench.page.keyboard.press(key);

  it('are drawn apart from labels, with whose they are and how sure', async () => {
    await status(/no label yet \(me\) · suggestion available: rules 0\.\d\d \(Alt\+A accept, Alt\+X refuse\)/);
    expect(await offered()).toBe(2);
    expect(await handle('evidence').getAttribute('aria-valuenow')).toBe(String(evidence));
    expect(await handle('synthesis').getAttribute('aria-valuetext')).toMatch(
      /^before “So the colour is green\.<”?.*, suggested: rules 0\.\d\d; Enter accepts, Delete refuses$/,
    );
    expect(await handle('evidence').locator('.flag').textContent()).toMatch(/2 evidence rules 0\.\d\d/);
    expect(stored(0).labels).toEqual([]);
    await page.locator('video').waitFor({ timeout: 60_000 });
    await workbench.screenshot('suggestion-dark');
    await workbench.theme('light');
    await workbench.screenshot('suggestion-light');
    await workbench.theme('high contrast');
    await workbench.screenshot('suggestion-high-contrast');
  });

  it('are accepted as a whole by one key, with source and score; undo and redo know it', async () => {
    await text().focus();
    await press('Alt+a');
    await status(/saved \d\d:\d\d:\d\d · me · from rules 0\.\d\d/);
    expect(await offered()).toBe(0);
    const { labels, suggestions } = stored(0);
    expect(labels).toMatchObject([
      { boundaries: [evidence, synthesis], origin: { source: 'rules', scores: suggestions[0].scores } },
    ]);
    await press('Control+z');
    await status('suggestion available');
    expect(stored(0).labels).toEqual([]);
    await press('Control+Shift+z');
    await status('from rules');
    expect(stored(0).labels).toEqual(labels.map((label) => ({ ...label, savedAt: expect.any(String) as string })));
  });

  it('are edited like any label once accepted', async () => {
    await handle('evidence').focus();
    await press('ArrowRight');
    const moved = completion.indexOf(' 0:01');
    await expect.poll(() => stored(0).labels[0].boundaries).toEqual([moved, synthesis]);
    expect(stored(0).labels[0].origin!.source).toBe('rules');
  });

  it('are accepted and refused a boundary at a time', async () => {
    await press('n');
    await page.getByText('completion 2 of 3').waitFor();
    await status('suggestion available');
    await handle('synthesis').focus();
    await press('Enter');
    await status('from rules');
    expect(await offered()).toBe(1);
    const { labels, suggestions } = stored(1);
    expect(labels[0].boundaries).toEqual([synthesis, synthesis]);
    expect(labels[0].origin!.scores).toEqual([null, suggestions[0].scores[1]]);
    await handle('evidence').focus();
    await press('Delete');
    await expect.poll(offered).toBe(0);
    expect(stored(1).suggestions[0].refusedAt).toEqual([expect.any(String), null]);
  });

  it('are dragged like a label’s, to either side', async () => {
    await press('Control+z');
    await status('suggestion available');
    const box = (await handle('synthesis').boundingBox())!;
    const corner = (await text().boundingBox())!;
    const { mouse } = workbench.page;
    await mouse.move(box.x + 5, box.y + box.height / 2);
    await mouse.down();
    for (const words of ['colour is green', 'square is green']) {
      const { x, y } = await pointBefore(text(), words);
      await mouse.move(corner.x + x, corner.y + y, { steps: 5 });
    }
    await mouse.up();
    await status('saved');
    const offset = completion.indexOf(' square is green');
    expect(stored(1).labels[0].boundaries).toEqual([offset, offset]);
  });

  it('are refused as a whole by one key, and accepted all the same by the other', async () => {
    await press('n');
    await page.getByText('completion 3 of 3').waitFor();
    await status('suggestion available');
    await press('Alt+x');
    await status('no label yet (me)');
    await status('suggestion refused (Alt+A accepts it all the same)');
    expect(await offered()).toBe(0);
    expect(stored(2).suggestions[0].refusedAt).toEqual([expect.any(String), expect.any(String)]);
    await press('Alt+a');
    await status('from rules');
    expect(stored(2).labels[0].boundaries).toEqual([evidence, synthesis]);
  });

  it('give way to what a person sets, and are taken where Enter splits at one', async () => {
    await press('n');
    page = await workbench.webview('text="no sound"');
    await status('suggestion available');
    await clickBefore(text(), 'At 0:03');
    await press('2');
    await status('saved');
    expect(await offered()).toBe(1);
    await clickBefore(text(), 'o the colour is green');
    await press('ArrowLeft');
    await press('Enter');
    await status('from rules');
    const [{ boundaries, origin }] = stored(3).labels;
    expect([boundaries[1], origin!.scores[0]]).toEqual([synthesis, null]);
  });

  it('say what to do where there are none, and in the list of keys', async () => {
    await text().focus();
    await press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByText('accept, refuse the whole suggestion').waitFor();
    await press('Escape');
    await press('Alt+a');
    await status('the suggestion has nothing to add');
    expect(workbench.errors).toEqual([]);
  });
});
