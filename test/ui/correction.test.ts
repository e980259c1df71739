import { expect, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { clickBefore } from './caret.ts';
import { describePanel, openReview, secondWindow } from './fixture.ts';
import { completion, placesOf, rolloutLab, rolloutsOf, setLabel, storeOf } from './review-project.ts';

const corrected = completion.replace('square is red and silent', 'square is blue').replace('\nSo', '\n\nSo');

describePanel('corrections in the Review panel', {}, (panel) => {
  const other = secondWindow(panel);

  const field = (one = panel) => one.page.getByRole('textbox', { name: 'Corrected text' });
  const mark = (one = panel) => one.page.locator('correction-view').getByText('draft', { exact: true });
  const button = (name: string | RegExp) => panel.page.locator('correction-view').getByRole('button', { name });
  const saved = (): { text: string; boundaries: number[] | null }[] => {
    const { folder } = panel.workbench;
    const target = ['--db', storeOf(folder), '--rollout', rolloutsOf(folder)[0].id];
    return (rolloutLab('corrections', 'list', ...target) as { corrections: ReturnType<typeof saved> }).corrections;
  };
  const stored = (): string[] => saved().map(({ text }) => text);
  const open = (one = panel): Promise<void> => one.pressUntil('!', () => field(one).waitFor({ timeout: 5000 }));

  it('are kept as they are typed, when the panel is closed at once and opened anew', async () => {
    await open();
    await field().fill(corrected);
    await mark().waitFor();
    await panel.workbench.run('View: Close Editor');
    await openReview(panel);
    await panel.page.getByRole('button', { name: 'draft' }).waitFor();
    await open();
    await expect.poll(() => field().inputValue()).toBe(corrected);
    await mark().waitFor();
    await expect.poll(() => stored()).toEqual([]);
  });

  it('follow what is typed in another window, and outlive a reload', async () => {
    await open(other);
    await expect.poll(() => field(other).inputValue()).toBe(corrected);
    await field(other).fill(`${corrected} More.`);
    await expect.poll(() => field().inputValue()).toBe(`${corrected} More.`);
    // Closed, so that the window has none of its own to bring back, or not.
    await panel.workbench.run('View: Close All Editors');
    await panel.workbench.reload(/^(?!.*rolloutLab\.review)/su);
    await openReview(panel, undefined, 60_000);
    await open();
    await expect.poll(() => field().inputValue()).toBe(`${corrected} More.`);
    await field().fill(corrected);
    await expect.poll(() => field(other).inputValue()).toBe(corrected);
  });

  it('show what is inserted and deleted, in words too, and nothing there shuts anybody out', async () => {
    await button('difference').press('Enter');
    const difference = panel.page.getByRole('region', { name: 'Difference from the completion' });
    await difference.getByText('2 insertions, 1 deletion').waitFor();
    await expect
      .poll(() => difference.getByRole('insertion').allTextContents())
      .toEqual(['inserted: blue, end of insertion. ', expect.stringContaining('↵') as string]);
    await expect
      .poll(() => difference.getByRole('deletion').allTextContents())
      .toEqual(['deleted: red and silent, end of deletion. ']);
    for (const theme of ['light', 'high contrast', 'dark'] as const) {
      await panel.workbench.theme(theme);
      await panel.workbench.screenshot(`correction-difference-${theme.replace(' ', '-')}`);
      expect(await faultsOf(panel.page)).toEqual([]);
    }
    await button('difference').press('Enter');
    await field().waitFor();
  });

  it('that are discarded are brought back by Ctrl+Z and by a button', async () => {
    await button('discard draft').press('Enter');
    await expect.poll(() => field().inputValue()).toBe(completion);
    await expect.poll(() => field(other).inputValue()).toBe(completion);
    await mark().waitFor({ state: 'detached' });
    await panel.pressUntil('Control+z', () => mark().waitFor({ timeout: 5000 }), field());
    await expect.poll(() => field().inputValue()).toBe(corrected);
    await button('discard draft').press('Enter');
    await button(/bring the draft back/).waitFor();
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.screenshot('correction-discarded-dark');
    await button(/bring the draft back/).press('Enter');
    await expect.poll(() => field().inputValue()).toBe(corrected);
    await panel.workbench.screenshot('correction-draft-dark');
    await panel.workbench.theme('light');
    await panel.workbench.screenshot('correction-draft-light');
    await panel.workbench.theme('dark');
  });

  it('are drafts no more once they are saved', async () => {
    // The button that saves says the chord while the difference stands in place of the field, too.
    const difference = button('difference');
    await difference.press('Enter');
    await field().waitFor({ state: 'hidden' });
    await panel.pressUntil('Control+Enter', () => mark().waitFor({ state: 'detached', timeout: 5000 }), difference);
    await expect.poll(stored).toEqual([corrected]);
    await mark(other).waitFor({ state: 'detached' });
    await expect.poll(() => field(other).inputValue()).toBe(corrected);
  });

  it('have phases: the label’s as far as they stand, then their own, by the keys of a label, undone as it is', async () => {
    const view = panel.page.locator('corrected-text');
    const text = view.locator('.completion');
    const places = async (): Promise<string[]> =>
      Promise.all(
        ['evidence', 'synthesis'].map(async (name) => {
          const handle = view.getByRole('slider', { name: `${name} starts` });
          return corrected.slice(Number(await handle.getAttribute('aria-valuenow'))).slice(0, 7);
        }),
      );
    setLabel(panel.workbench.folder, 0, 'me', placesOf('At 0:01', 'So the'));
    await button('phases').press('Enter');
    await view.getByText('carried over from your label', { exact: true }).waitFor();
    await expect.poll(places).toEqual(['At 0:01', 'So the ']);
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.screenshot('correction-phases-dark');
    await view.getByRole('slider', { name: 'evidence starts' }).focus();
    await panel.press('ArrowRight');
    await view.getByText('its own phases').waitFor();
    await expect.poll(places).toEqual([' 0:01 t', 'So the ']);
    await clickBefore(text, 'At 0:03 the square');
    await panel.press('3');
    await expect.poll(places).toEqual([' 0:01 t', ' At 0:0']);
    await expect
      .poll(() => saved()[0].boundaries)
      .toEqual([corrected.indexOf(' 0:01'), corrected.indexOf(' At 0:03 the square')]);
    await panel.workbench.theme('light');
    await panel.workbench.screenshot('correction-phases-light');
    await panel.workbench.theme('dark');
    await text.focus();
    for (let times = 0; times < 2; times += 1) await panel.press('Control+z');
    await view.getByText('carried over from your label', { exact: true }).waitFor();
    await expect.poll(() => saved()[0].boundaries).toBeNull();
  });
});
