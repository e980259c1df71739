import { expect, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { clickBefore } from './caret.ts';
import { describePanel, openSuggested, secondWindow, type Panel } from './fixture.ts';
import { completion, labelsOf, placesOf, rolloutLab, rolloutsOf, storeOf } from './review-project.ts';

const [evidence, synthesis] = placesOf('At 0:01', 'So the');

describePanel('judgements in the Review panel', { open: openSuggested }, (panel) => {
  const other = secondWindow(panel);

  /** "me 83-183 wrong: reasoning", as the command line reads it. */
  const stored = (): string[] => {
    const { folder } = panel.workbench;
    const target = ['--db', storeOf(folder), '--rollout', rolloutsOf(folder)[0].id];
    const { judgements } = rolloutLab('judgements', 'list', ...target) as {
      judgements: {
        annotator: string;
        steps: { start: number; end: number; verdict: string; error: string | null }[];
      }[];
    };
    return judgements.flatMap(({ annotator, steps }) =>
      steps.map(
        ({ start, end, verdict, error }) => `${annotator} ${start}-${end} ${verdict}${error ? `: ${error}` : ''}`,
      ),
    );
  };
  const button = (name: string, of = 'evidence', one = panel) =>
    one.page.getByRole('group', { name: `Judgement of ${of}` }).getByRole('button', { name });
  const marks = (one: Panel) => (): Promise<string[]> => one.page.locator('.flag .mark').allTextContents();
  const places = (): Promise<unknown> =>
    panel.page
      .locator('.completion .block')
      .evaluateAll((blocks) => blocks.map((block) => block.getBoundingClientRect().toJSON() as unknown));

  it('are of a suggestion’s phases before there is a label, and move no text', async () => {
    await clickBefore(panel.text, 'At 0:03 the square');
    await button('correct').waitFor();
    const before = await places();
    await panel.pressUntil('y', () => expect.poll(marks(panel), { timeout: 5000 }).toEqual(['✓']));
    await expect.poll(() => stored()).toEqual([`me ${evidence}-${synthesis} correct`]);
    await expect.poll(() => labelsOf(panel.workbench.folder, 0).labels).toEqual([]);
    await expect.poll(() => places()).toEqual(before);
    await expect.poll(() => button('correct').getAttribute('aria-pressed')).toBe('true');
    await expect.poll(() => panel.handle('evidence').getAttribute('aria-valuetext')).toContain(', judged correct');
  });

  it('are seen in another window at once, and taken back by the same key', async () => {
    await expect.poll(marks(other)).toEqual(['✓']);
    await panel.press('y');
    await expect.poll(marks(panel)).toEqual([]);
    await expect.poll(marks(other)).toEqual([]);
    await expect.poll(stored).toEqual([]);
  });

  it('that are wrong have a type of error by one digit, and nothing in the way shuts anybody out', async () => {
    await panel.press('w');
    await panel.page.getByRole('dialog', { name: 'Type of error' }).waitFor();
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.screenshot('judgement-errors');
    await panel.press('5');
    await expect.poll(marks(panel)).toEqual(['✗ reasoning']);
    await expect.poll(stored).toEqual([`me ${evidence}-${synthesis} wrong: reasoning`]);
    await expect.poll(() => panel.text.evaluate((text) => text.matches(':focus'))).toBe(true);
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.screenshot('judgement-dark');
  });

  it('go on to the next phase by a key, and round to the first, whose flag has its mark, too', async () => {
    await panel.press(';');
    await button('unsupported', 'synthesis').waitFor();
    await panel.press('q');
    await expect.poll(marks(panel)).toEqual(['✗ reasoning', '?']);
    await panel.press(';');
    await button('correct', 'planning').click();
    await expect.poll(marks(panel)).toEqual(['✓', '✗ reasoning', '?']);
    await expect
      .poll(() => stored())
      .toEqual([
        `me 0-${evidence} correct`,
        `me ${evidence}-${synthesis} wrong: reasoning`,
        `me ${synthesis}-${completion.length} unsupported`,
      ]);
  });

  it('are undone and redone in turn with edits of the label', async () => {
    await panel.text.focus();
    await panel.press('Alt+a');
    await panel.status('from rules');
    await clickBefore(panel.text, 'colour is green');
    await panel.press('y');
    await expect.poll(marks(panel)).toEqual(['✓', '✗ reasoning', '✓']);
    await panel.press('Control+z');
    await expect.poll(marks(panel)).toEqual(['✓', '✗ reasoning', '?']);
    await expect.poll(() => labelsOf(panel.workbench.folder, 0).labels.length).toBe(1);
    await panel.press('Control+z');
    await panel.status('suggestion available');
    await expect.poll(marks(panel)).toEqual(['✓', '✗ reasoning', '?']);
    await panel.press('Control+z');
    await expect.poll(marks(panel)).toEqual(['✗ reasoning', '?']);
    for (let times = 0; times < 3; times += 1) await panel.press('Control+Shift+z');
    await panel.status('from rules');
    await expect.poll(marks(panel)).toEqual(['✓', '✗ reasoning', '✓']);
  });

  it('say so when the boundaries of their phase move, and stay on their text', async () => {
    await panel.handle('evidence').focus();
    await panel.press('ArrowRight');
    await expect.poll(() => panel.page.locator('.flag .mark.moved').count()).toBe(2);
    await expect.poll(() => stored()[1]).toBe(`me ${evidence}-${synthesis} wrong: reasoning`);
    await panel.press('Control+z');
    await expect.poll(() => panel.page.locator('.flag .mark.moved').count()).toBe(0);
  });

  it('are of single sentences by another key, drawn in the text, gone through and undone', async () => {
    const drawn = (verdict: string) => () => panel.highlighted(`judged-${verdict}`);
    const by = panel.page.getByRole('button', { name: 'by sentence' });
    await panel.text.focus();
    await panel.press("'");
    await expect.poll(() => by.getAttribute('aria-pressed')).toBe('true');
    await clickBefore(panel.text, 'low tone sounds. At');
    await panel.press('w');
    await panel.page.getByRole('dialog', { name: 'Type of error' }).waitFor();
    await panel.press('4');
    const sentence = 'At 0:03 the low tone sounds.';
    await expect.poll(drawn('wrong')).toEqual([sentence]);
    const [from] = placesOf(sentence);
    await expect.poll(stored).toContain(`me ${from}-${from + sentence.length} wrong: time and order`);
    await button('wrong', 'sentence').and(panel.page.locator('[aria-pressed=true]')).waitFor();
    await panel.page.locator('reasoning-text .spoken', { hasText: 'text judged wrong: time and order' }).waitFor();
    await panel.press(';');
    await panel.press('y');
    await expect.poll(drawn('correct')).toEqual(['At 0:03 the square is green.']);
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.screenshot('judgement-sentences-dark');
    await panel.workbench.theme('light');
    await panel.workbench.screenshot('judgement-sentences-light');
    await panel.workbench.theme('dark');
    await panel.text.focus();
    for (let times = 0; times < 2; times += 1) await panel.press('Control+z');
    await expect.poll(drawn('correct')).toEqual([]);
    await panel.press('Control+z');
    await expect.poll(drawn('wrong')).toEqual([]);
    await expect.poll(marks(panel)).toEqual(['✓', '✗ reasoning', '✓']);
  });

  it('are of what is selected', async () => {
    await panel.press("'");
    await clickBefore(panel.text, 'square is red');
    // With Shift, arrows alone go through the video.
    for (let words = 0; words < 3; words += 1) await panel.press('Control+Shift+ArrowRight');
    await button('unsupported', 'selection').waitFor();
    await panel.press('q');
    await expect.poll(() => panel.highlighted('judged-unsupported')).toEqual(['square is red']);
    await panel.press('Control+z');
    await expect.poll(() => panel.highlighted('judged-unsupported')).toEqual([]);
  });

  it('stand in the history', async () => {
    await panel.text.focus();
    await panel.press('h');
    await panel.page.locator('history-view').getByText('judged a step wrong: reasoning').first().waitFor();
    await panel.press('Escape');
  });

  it('look right in every theme', async () => {
    await panel.page.locator('video').waitFor({ timeout: 60_000 });
    for (const theme of ['light', 'high contrast', 'dark'] as const) {
      await panel.workbench.theme(theme);
      await panel.workbench.screenshot(`judgements-${theme.replace(' ', '-')}`);
      expect(await faultsOf(panel.page)).toEqual([]);
    }
  });
});
