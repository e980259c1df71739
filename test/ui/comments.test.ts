import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { describePanel } from './fixture.ts';
import { completion, makeReviewProject, rolloutLab, rolloutsOf, storeOf } from './review-project.ts';

interface Stored {
  id: string;
  annotator: string;
  body: string;
  text: { start: number; end: number } | null;
  video: { start: number; end: number } | null;
  resolved: { annotator: string } | null;
}

/** Another has commented on the first rollout. */
function commentedByAna(): string {
  const folder = makeReviewProject();
  comment(folder, 'ana', 'Is it truly green?', '--text', rangeOf('the square is green'));
  return folder;
}

function rangeOf(words: string): string {
  const start = completion.indexOf(words);
  return `${start}-${start + words.length}`;
}

const onFirst = (folder: string): string[] => ['--db', storeOf(folder), '--rollout', rolloutsOf(folder)[0].id];

function comment(folder: string, annotator: string, body: string, ...place: string[]): string {
  const words = [...onFirst(folder), '--annotator', annotator, '--body', body, ...place];
  return (rolloutLab('comments', 'add', ...words) as { id: string }).id;
}

describePanel('comments in the Review panel', { project: commentedByAna }, (panel) => {
  const list = (): Locator => panel.page.locator('comment-list');
  const items = (): Locator => list().getByRole('listitem');
  const field = (): Locator => list().getByRole('textbox', { name: 'Comment' });
  const spoken = (): Locator => panel.page.locator('reasoning-text [aria-live]');
  const button = (name: string | RegExp): Locator => list().getByRole('button', { name });
  const type = (text: string): Promise<void> => panel.workbench.page.keyboard.type(text);
  const stored = (): Stored[] =>
    (rolloutLab('comments', 'list', ...onFirst(panel.workbench.folder), '--resolved') as { comments: Stored[] })
      .comments;
  const mine = (): Stored[] => stored().filter(({ annotator }) => annotator === 'me');
  const second = 'At 0:03 the low tone sounds.';

  it('of others wait for one’s own label; the list is empty and says how to begin', async () => {
    const empty = list().getByText('No comments here of yours');
    await panel.pressUntil('d', () => empty.waitFor({ timeout: 5000 }));
    await list().getByText('1 of others: shown once you have labelled this completion yourself').waitFor();
    await expect(list().textContent()).resolves.not.toContain('truly');
    await expect.poll(() => panel.page.evaluate(() => CSS.highlights.has('commented'))).toBe(false);
    await panel.workbench.screenshot('comments-empty-dark');
    await panel.press('d');
    await list().waitFor({ state: 'detached' });
  });

  it('are written on the sentence at the caret by keys alone, with the chords of typing', async () => {
    await clickBefore(panel.text, 'low tone sounds. At');
    await panel.press('c');
    await field().waitFor();
    await expect.poll(() => panel.highlighted('commented-chosen')).toEqual([second]);
    await type('Which tone, fb?');
    await type(' x');
    await panel.press('Control+z');
    await expect.poll(() => field().inputValue()).not.toBe('Which tone, fb? x');
    await field().fill('Which tone, fb?');
    await list()
      .getByRole('checkbox', { name: `“${second}”` })
      .waitFor();
    await panel.press('Control+Enter');
    await expect.poll(mine).toMatchObject([{ body: 'Which tone, fb?', video: null, resolved: null }]);
    const [{ text }] = mine();
    expect(completion.slice(text!.start, text!.end)).toBe(second);
    await button(`“${second}”`).waitFor();
    await field().waitFor({ state: 'detached' });
    await expect.poll(() => panel.highlighted('commented')).toEqual([second]);
    // Neither was the rollout submitted.
    await expect.poll(() => rolloutsOf(panel.workbench.folder)[0]).toMatchObject({ statuses: [], flaggedBy: [] });
  });

  it('are written on a selection, and on a stretch of the video where the play head is', async () => {
    await clickBefore(panel.text, ' look at the');
    // To the right, and one back.
    for (const arrow of ['Right', 'Right', 'Right', 'Left']) await panel.press(`Control+Shift+Arrow${arrow}`);
    await spoken().getByText('8 characters selected').waitFor();
    await panel.workbench.screenshot('comments-selected');
    await panel.press('c');
    await list().getByRole('checkbox', { name: '“look at”' }).waitFor();
    await button('discard').click();
    await panel.press('Shift+ArrowDown');
    await spoken().getByText('characters selected').waitFor();
    await panel.press('ArrowRight');
    await spoken().getByText('characters selected').waitFor({ state: 'detached' });
    await panel.page.getByRole('slider', { name: 'Position in the video' }).focus();
    await panel.press('Home');
    await panel.press('Shift+ArrowRight');
    await panel.press('Shift+ArrowRight');
    await panel.press('c');
    await list().getByRole('checkbox', { name: 'video 0:02.00' }).waitFor();
    await type('Too dark.');
    await panel.page.getByRole('slider', { name: 'Position in the video' }).focus();
    await panel.press('Shift+ArrowRight');
    await button('until 0:03.00').click();
    await list().getByRole('checkbox', { name: 'video 0:02.00 to 0:03.00' }).waitFor();
    await panel.workbench.screenshot('comments-form-dark');
    await list().getByRole('checkbox', { name: 'video 0:02.00 to 0:03.00' }).focus();
    await panel.press('Control+Enter');
    await expect.poll(() => mine().length).toBe(2);
    await expect.poll(() => mine()[1].text).toBeNull();
    await expect.poll(() => mine()[1].video!.start).toBeCloseTo(2, 1);
    await expect.poll(() => mine()[1].video!.end).toBeCloseTo(3, 1);
    await panel.page.locator('time-line').getByTitle('Comment of me at 0:02.00 to 0:03.00: Too dark.').waitFor();
  });

  it('of others come once one has labelled; those from elsewhere come at once', async () => {
    await panel.text.focus();
    await panel.press('Home');
    await panel.press('2');
    await panel.status(/saved \d/);
    await list().getByText('Is it truly green?').waitFor();
    comment(panel.workbench.folder, 'ben', 'Good on the whole.', '--video', '1');
    await list().getByText('Good on the whole.').waitFor();
    await panel.page.getByRole('button', { name: 'comments 4' }).waitFor();
    await expect
      .poll(() => items().locator('.place').allTextContents())
      .toEqual(
        [`“${second}”`, '“the square is green”', '0:01.00', '0:02.00 to 0:03.00'].map(
          (place) => expect.stringContaining(place) as string,
        ),
      );
    await panel.workbench.screenshot('comments-dark');
    await panel.workbench.theme('light');
    await panel.workbench.screenshot('comments-light');
    await panel.workbench.theme('dark');
  });

  it('lead caret and video to their places, by key and by their marks', async () => {
    await panel.find();
    await panel.text.focus();
    await panel.press('d');
    await panel.press('ArrowDown');
    await panel.press('Enter');
    await expect.poll(() => panel.highlighted('commented-chosen')).toEqual(['the square is green']);
    await panel.press('Escape');
    await expect.poll(() => spoken().textContent()).toBe('think, evidence, comment of ana: the');
    await panel.press('Enter');
    await panel.status(/saved \d/);
    await panel.press('d');
    await panel.press('ArrowDown');
    await panel.press('Enter');
    await expect.poll(panel.shownTime).toBeCloseTo(1, 1);
    await panel.page.locator('time-line').getByTitle('Too dark.').click();
    await expect.poll(panel.shownTime).toBeCloseTo(2, 1);
    await panel.page.locator('reasoning-text').getByTitle('Comment of me: Which tone').click();
    await expect.poll(() => panel.highlighted('commented-chosen')).toEqual([second]);
  });

  it('are edited by who wrote them, resolved and reopened by anyone', async () => {
    await expect.poll(() => button(/^Edit “Is it/).count()).toBe(0);
    await button(/^Edit “Which/).click();
    await field().fill('Which of the tones?');
    await button('save').click();
    await list()
      .getByText(/me · .* · edited/)
      .waitFor();
    await button(/^Resolve “Is it/).click();
    await list().getByText('Is it truly green?').waitFor({ state: 'detached' });
    await expect.poll(() => panel.highlighted('commented')).toEqual([second]);
    await button('show 1 resolved').click();
    await list()
      .getByText(/ana · .* · resolved by me/)
      .waitFor();
    await button(/^Reopen “Is it/).click();
    await button(/^Resolve “Is it/).waitFor();
    await expect
      .poll(() => stored().map(({ body, resolved }) => [body, resolved]))
      .toEqual([
        ['Is it truly green?', null],
        ['Which of the tones?', null],
        ['Too dark.', null],
        ['Good on the whole.', null],
      ]);
  });

  it('are deleted by who wrote them, once that is confirmed', async () => {
    await expect.poll(() => button(/^Delete “Is it/).count()).toBe(0);
    await button(/^Delete “Too/).press('Enter');
    await button('Delete “Too dark.” for good').and(panel.page.locator(':focus')).waitFor();
    await panel.workbench.screenshot('comments-delete');
    await panel.press('Escape');
    await button('Delete “Too dark.”').press('Enter');
    await button('Delete “Too dark.” for good').press('Enter');
    await expect.poll(() => stored().map(({ body }) => body)).not.toContain('Too dark.');
    await list().getByText('Too dark.').waitFor({ state: 'detached' });
    await expect.poll(() => list().evaluate((element) => element.shadowRoot!.activeElement?.className)).toBe('place');
  });

  it('that are being written survive a reload, as folded blocks do', async () => {
    await clickBefore(panel.text, 'So the colour');
    await panel.press('c');
    await type('Half a thought');
    await panel.press('Escape');
    await panel.press('End');
    await panel.press('z');
    await panel.workbench.reload('Half a thought', /folded\W+\d/);
    await panel.find('comment-list textarea', 60_000);
    await expect.poll(() => field().inputValue()).toBe('Half a thought');
    await list().getByRole('checkbox', { name: '“So the colour is green.</think>' }).waitFor();
    const answer = panel.text.getByRole('button', { name: '<answer>' });
    await expect.poll(() => answer.getAttribute('aria-expanded')).toBe('false');
    await panel.pressUntil('Control+Enter', () => field().waitFor({ state: 'detached', timeout: 5000 }), field());
    await expect.poll(() => mine().at(-1)).toMatchObject({ body: 'Half a thought' });
  });
});
