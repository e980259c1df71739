import { expect, it } from 'vitest';
import { describePanel } from './fixture.ts';
import { faultsOf } from './axe.ts';
import { makeReviewProject, placesOf, rolloutLab, rolloutsOf, setLabel, storeOf } from './review-project.ts';

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

  it('says which of two completions is better by a key or a button, takes that back, and follows another window', async () => {
    const { folder } = panel.workbench;
    // The third is open, and stands between the others.
    const [one, , three] = rolloutsOf(folder).map(({ id }) => id);
    const target = ['--db', storeOf(folder), '--rollout', three];
    const stored = (): string[] =>
      (
        rolloutLab('preferences', 'list', ...target) as {
          preferences: { annotator: string; other: string; verdict: string }[];
        }
      ).preferences.map(({ annotator, other, verdict }) => `${annotator} ${verdict} ${other === one ? 1 : 2}`);
    const pair = (numbers: string) =>
      panel.page.getByRole('group', { name: `Which of completions ${numbers} is better?` });
    const firstHead = panel.page.locator('group-view thead th').first();
    await pair('1 and 3').waitFor();
    await panel.press('(');
    await expect.poll(stored).toEqual(['me worse 1']);
    await firstHead.getByText('better than 3').waitFor();
    await expect
      .poll(() => pair('1 and 3').getByRole('button', { name: '1 is better' }).getAttribute('aria-pressed'))
      .toBe('true');
    await panel.press('(');
    await expect.poll(stored).toEqual([]);
    await panel.press('&');
    await expect.poll(stored).toEqual(['me tie 1']);
    await panel.press('%');
    await pair('3 and 2').getByRole('button', { name: '3 is better' }).click();
    await expect.poll(stored).toEqual(['me tie 1', 'me better 2']);
    await panel.workbench.screenshot('preference-dark');
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.press('Control+z');
    await expect.poll(stored).toEqual(['me tie 1']);
    await panel.press('Control+Shift+z');
    await expect.poll(stored).toEqual(['me tie 1', 'me better 2']);
    rolloutLab('preferences', 'set', ...target, '--other', one, '--annotator', 'ana', '--verdict', 'better');
    await panel.press('%');
    await pair('1 and 3').getByText('ana: 3 is better').waitFor();
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

  it('has a field for the completion as it should have been, which keeps what is not saved and leaves the completion alone', async () => {
    const { folder } = panel.workbench;
    const target = ['--db', storeOf(folder), '--rollout', rolloutsOf(folder)[1].id];
    const stored = (): string[] =>
      (
        rolloutLab('corrections', 'list', ...target) as { corrections: { annotator: string; text: string }[] }
      ).corrections.map(({ annotator, text }) => `${annotator}: ${text}`);
    const field = panel.page.getByRole('textbox', { name: 'Corrected text' });
    const before = await panel.text.textContent();
    await panel.press('!');
    await expect.poll(() => field.evaluate((one) => one.matches(':focus'))).toBe(true);
    await expect.poll(() => field.inputValue()).toContain('So the colour is green.');
    await field.fill('At 0:03 the square is green.');
    await panel.press('Escape');
    await expect.poll(() => panel.text.evaluate((text) => text.matches(':focus'))).toBe(true);
    await panel.press('!');
    await expect.poll(() => field.inputValue()).toBe('At 0:03 the square is green.');
    await expect.poll(stored).toEqual([]);
    await expect.poll(() => field.evaluate((one) => one.matches(':focus'))).toBe(true);
    await panel.press('Control+Enter');
    await expect.poll(stored).toEqual(['me: At 0:03 the square is green.']);
    await panel.page.locator('correction-view').getByText('saved', { exact: true }).waitFor();
    await panel.workbench.screenshot('correction-dark');
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.press('Escape');
    await panel.page.getByRole('button', { name: 'corrected' }).waitFor();
    await expect.poll(() => panel.text.textContent()).toBe(before);
    await expect.poll(() => panel.text.evaluate((text) => text.matches(':focus'))).toBe(true);
    await panel.press('Control+z');
    await expect.poll(stored).toEqual([]);
    await panel.press('Control+Shift+z');
    await expect.poll(stored).toEqual(['me: At 0:03 the square is green.']);
  });

  it('says why a group vanishes', async () => {
    await panel.press('n');
    await panel.find('text="no sound"');
    await panel.page.getByText('vanishing: all 2 earned 0.50, so nothing is learned here').waitFor();
  });
});
