import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { describePanel } from './fixture.ts';
import { labelsOf, makeReviewProject, placesOf, rolloutLab, rolloutsOf, setLabel, storeOf } from './review-project.ts';

/** Another has labelled, submitted and flagged the first rollout. */
function doneByAna(): string {
  const folder = makeReviewProject();
  setLabel(folder, 0, 'ana', placesOf('At 0:01', 'So the'));
  for (const mark of ['submitted', 'flagged']) markFirst(folder, 'ana', mark);
  return folder;
}

/** Options of the command line: this person, on the first rollout. */
function onFirst(folder: string, annotator: string): string[] {
  return ['--db', storeOf(folder), '--rollout', rolloutsOf(folder)[0].id, '--annotator', annotator];
}

function markFirst(folder: string, annotator: string, mark: string): void {
  rolloutLab('labels', 'mark', ...onFirst(folder, annotator), '--as', mark);
}

describePanel('the history of a completion', { project: doneByAna }, (panel) => {
  const list = () => panel.page.getByRole('listbox', { name: 'History, newest first' });
  const told = async (): Promise<string[]> =>
    (await list().getByRole('option').allTextContents()).map((text) => text.replaceAll(/\s+/gu, ' ').trim());
  const mine = () => labelsOf(panel.workbench.folder, 0).labels.find(({ annotator }) => annotator === 'me')?.boundaries;
  const entry = (words: string, who: string) =>
    expect.stringMatching(new RegExp(`^${words} ${who} · \\d.*\\d\\d`, 'u')) as string;

  it('tells nothing of others in a blind first pass, but that they were there', async () => {
    const status = panel.page.locator('status-line');
    await status.getByText('submitted by 1 other · flagged by 1 other').waitFor();
    const hidden = panel.page.getByText('What others did here is shown once you have labelled');
    await panel.pressUntil('h', () => hidden.waitFor({ timeout: 5000 }));
    await panel.page.getByText('You have not done anything here yet.').waitFor();
    await expect.poll(() => panel.page.locator('review-app').innerText()).not.toContain('ana');
    await panel.workbench.screenshot('history-blind');
    await panel.press('h');
    await panel.text.waitFor();
    const row = await panel.firstCompletion();
    const said = await row.getAttribute('aria-label');
    expect(said).toContain('labelled, submitted by 1 other, flagged by 1 other');
    expect(said).not.toContain('ana');
  });

  it('tells what was done, by whom and when, newest first, and follows', async () => {
    await clickBefore(panel.text, 'At 0:03');
    await panel.press('2');
    await panel.status('saved');
    await panel.press('3');
    await panel.press('Control+z');
    await panel.page.locator('status-line').getByText('submitted by ana · flagged by ana').waitFor();
    await panel.page.getByRole('button', { name: 'history H' }).click();
    const before = [
      entry('undid an edit: synthesis \\d+ characters later', 'me \\(you\\)'),
      entry('edited: synthesis \\d+ characters earlier', 'me \\(you\\)'),
      entry('labelled', 'me \\(you\\)'),
      entry('flagged', 'ana'),
      entry('submitted', 'ana'),
      entry('labelled', 'ana'),
    ];
    await expect.poll(told).toEqual(before);
    await expect.poll(() => list().getByRole('option').first().getAttribute('title')).toMatch(/second|minute|now/u);
    markFirst(panel.workbench.folder, 'ben', 'flagged');
    await expect.poll(told).toEqual([entry('flagged', 'ben'), ...before]);
    rolloutLab('comments', 'add', ...onFirst(panel.workbench.folder, 'ben'), '--body', 'Too late?');
    await expect.poll(told).toEqual([entry('commented: “Too late\\?”', 'ben'), entry('flagged', 'ben'), ...before]);
  });

  it('shows a label of before beside one’s own, and makes it one’s own, by keys alone; undo takes that back', async () => {
    const own = mine();
    await list().focus();
    for (let i = 0; i < 4; i++) await panel.press('ArrowDown');
    const chosen = list().getByRole('option', { selected: true });
    await expect.poll(() => chosen.textContent()).toContain('edited: synthesis');
    await panel.press('ArrowUp');
    await panel.press('End');
    await expect.poll(() => chosen.textContent()).toContain('ana');
    const column = panel.page.locator('history-view').getByRole('columnheader', { name: /^\s*ana, \d/u });
    await column.getByText(/evidence \d+ characters earlier, synthesis \d+ characters earlier/u).waitFor();
    await panel.workbench.screenshot('history-dark');
    await panel.press('3');
    await panel.status('one completion is labelled at a time');
    await panel.press('Tab');
    // The columns can be scrolled, and so are a stop.
    await panel.press('Tab');
    await panel.press('Enter');
    await expect.poll(mine).toEqual(placesOf('At 0:01', 'So the'));
    await column.getByText('boundaries as yours').waitFor();
    await expect.poll(async () => (await told())[0]).toMatch(/^edited: evidence \d+ characters earlier/u);
    await panel.press('Control+z');
    await expect.poll(mine).toEqual(own);
    await expect.poll(async () => (await told())[0]).toMatch(/^undid an edit: evidence \d+ characters later/u);
    await panel.workbench.theme('light');
    await panel.workbench.screenshot('history-light');
    await panel.workbench.theme('high contrast');
    await panel.workbench.screenshot('history-high-contrast');
    await panel.find('history-view');
    await list().focus();
    await panel.press('Escape');
    await expect.poll(() => panel.text.evaluate((text) => text.matches(':focus'))).toBe(true);
  });

  it('hides others no longer when the setting says so, and is empty where nothing was done', async () => {
    mkdirSync(join(panel.workbench.folder, '.vscode'), { recursive: true });
    const settings = { 'rolloutLab.blindFirstPass': false };
    writeFileSync(join(panel.workbench.folder, '.vscode/settings.json'), JSON.stringify(settings));
    await panel.page.getByRole('button', { name: 'completion 2, ' }).click();
    await panel.page.getByText('completion 2 of 3').waitFor();
    await panel.page.getByRole('button', { name: 'history H' }).click();
    await panel.page.getByText('Nothing has been done here yet.').waitFor();
    setLabel(panel.workbench.folder, 1, 'ana', placesOf('At 0:01', 'So the'));
    await expect.poll(told).toEqual([entry('labelled', 'ana')]);
    await panel.page.getByRole('button', { name: 'also labelled by ana' }).waitFor();
  });
});
