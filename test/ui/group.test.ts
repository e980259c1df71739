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
  /** The text of each completion in a row. */
  const cells = (name: string): Promise<string[]> => row(name).locator('td').allTextContents();
  const row = (name: string) =>
    panel.page.locator('group-view tbody tr', { has: panel.page.getByRole('rowheader', { name }) });

  it('shows the completions side by side, phase beside phase, by one key', async () => {
    const evidence = row('evidence').getByText('the square is green').first();
    await panel.pressUntil('a', () => evidence.waitFor({ timeout: 5000 }));
    await expect.poll(() => row('evidence').locator('td').count()).toBe(2);
    await expect.poll(() => row('planning').locator('td').count()).toBe(3);
    await expect
      .poll(() => row('synthesis').locator('td').allTextContents())
      .toEqual([
        expect.stringMatching(/^\s*So the colour is green\./u) as string,
        expect.stringMatching(/^\s*So the colour is green\./u) as string,
      ]);
  });

  it('is sorted by length, advantage and reward', async () => {
    const numbers = async (): Promise<number[]> =>
      (await panel.page.locator('group-view thead th button').allTextContents()).map(Number);
    await expect.poll(() => numbers()).toEqual([1, 2, 3]);
    for (const [order, expected] of [
      ['length', [3, 2, 1]],
      ['advantage', [1, 3, 2]],
      ['as generated', [1, 2, 3]],
      ['reward', [1, 3, 2]],
    ] as const) {
      await panel.page.getByLabel('sort by').selectOption(order);
      await expect.poll(numbers).toEqual(expected);
    }
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
    // An edit of a label that was there already.
    setLabel(panel.workbench.folder, 1, 'me', placesOf('At 0:03', 'So the'));
    await expect.poll(async () => (await cells('evidence'))[2]).toMatch(/^\s*At 0:03 the low tone/u);
  });

  it('undoes and redoes the label of the completion shown', async () => {
    // The third, which stands second.
    const shown = async (): Promise<string> => (await cells('evidence'))[1];
    for (const start of ['At 0:01', 'At 0:03']) {
      setLabel(panel.workbench.folder, 2, 'me', placesOf(start, 'So the'));
      await expect.poll(shown).toMatch(new RegExp(`^\\s*${start}`, 'u'));
    }
    await panel.press('Control+z');
    await expect.poll(shown).toMatch(/^\s*At 0:01/u);
    await panel.press('Control+Shift+z');
    await expect.poll(shown).toMatch(/^\s*At 0:03/u);
  });

  it('opens one of the completions, and keeps the order for the next time', async () => {
    await panel.page.getByRole('button', { name: 'Open completion 2' }).click();
    await panel.page.getByText('completion 2 of 3').waitFor();
    await panel.text.waitFor();
    await panel.text.focus();
    await panel.press('a');
    await expect.poll(() => panel.page.getByLabel('sort by').inputValue()).toBe('reward');
    await panel.press('Escape');
    await expect.poll(() => panel.text.evaluate((text) => text.matches(':focus'))).toBe(true);
  });

  it('says why a group vanishes', async () => {
    await panel.press('n');
    await panel.find('text="no sound"');
    await panel.page.getByText('vanishing: all 2 earned 0.50, so nothing is learned here').waitFor();
  });
});
