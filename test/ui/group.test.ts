import { expect, it } from 'vitest';
import { describePanel } from './fixture.ts';
import { makeReviewProject, placesOf, setLabel } from './review-project.ts';

/** Two completions of the first prompt are labelled, the third is not. */
function twoLabelled(): string {
  const folder = makeReviewProject();
  for (const place of [0, 1]) setLabel(folder, place, 'me', placesOf('At 0:01', 'So the'));
  return folder;
}

describePanel('the group view', { project: twoLabelled }, (panel) => {
  const row = (name: string) =>
    panel.page.locator('group-view tbody tr', { has: panel.page.getByRole('rowheader', { name }) });

  it('shows the completions side by side, phase beside phase, by one key', async () => {
    await panel.text.focus();
    await panel.press('a');
    await row('evidence').getByText('the square is green').first().waitFor();
    expect(await row('evidence').locator('td').count()).toBe(2);
    expect(await row('planning').locator('td').count()).toBe(3);
    expect(await row('synthesis').locator('td').allTextContents()).toEqual([
      expect.stringMatching(/^\s*So the colour is green\./u) as string,
      expect.stringMatching(/^\s*So the colour is green\./u) as string,
    ]);
  });

  it('is sorted by reward, and remembers it', async () => {
    const numbers = () => panel.page.locator('group-view thead th button').allTextContents();
    expect((await numbers()).map(Number)).toEqual([1, 2, 3]);
    await panel.page.getByLabel('sort by').selectOption('reward');
    await expect.poll(async () => (await numbers()).map(Number)).toEqual([1, 3, 2]);
  });

  it('goes with the video: a time seeks, and the sentence that playback reached is marked in each', async () => {
    await panel.page.locator('video').waitFor({ timeout: 60_000 });
    await panel.page.locator('group-view').getByRole('button', { name: '0:03' }).first().click();
    await expect.poll(panel.shownTime).toBeCloseTo(3, 1);
    await expect.poll(() => panel.page.locator('group-view mark', { hasText: 'low tone sounds' }).count()).toBe(3);
    await panel.workbench.screenshot('group');
  });

  it('labels nothing itself, follows a label made elsewhere, and opens one', async () => {
    await panel.press('3');
    await panel.status('one completion is labelled at a time');
    setLabel(panel.workbench.folder, 2, 'me', [7, 20]);
    await expect.poll(() => row('evidence').locator('td').count()).toBe(3);
    await panel.page.getByRole('button', { name: 'Open completion 2' }).click();
    await panel.page.getByText('completion 2 of 3').waitFor();
    await panel.text.waitFor();
  });
});
