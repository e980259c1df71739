import { expect, it } from 'vitest';
import { clickBefore, pointBefore } from './caret.ts';
import { describePanel, openSuggested } from './fixture.ts';
import { completion, labelsOf, placesOf, type ShownLabels } from './review-project.ts';

const [evidence, synthesis] = placesOf('At 0:01', 'So the');

describePanel('suggestions in the Review panel', { open: openSuggested }, (panel) => {
  const offered = async (): Promise<number> => panel.page.locator('.handle.offered').count();
  /** What the command line reads of the completion at this place of the list. */
  const stored = (place: number): ShownLabels => labelsOf(panel.workbench.folder, place);

  it('are drawn apart from labels, with whose they are and how sure', async () => {
    await panel.status(/no label yet \(me\) · suggestion available: rules 0\.\d\d \(Alt\+A accept, Alt\+X refuse\)/);
    await expect.poll(() => offered()).toBe(2);
    await expect.poll(() => panel.handle('evidence').getAttribute('aria-valuenow')).toBe(String(evidence));
    await expect
      .poll(() => panel.handle('synthesis').getAttribute('aria-valuetext'))
      .toMatch(/^before “So the colour is green\.<”?.*, suggested: rules 0\.\d\d; Enter accepts, Delete refuses$/);
    await expect
      .poll(() => panel.handle('evidence').locator('.flag').textContent())
      .toMatch(/2 evidence rules 0\.\d\d/);
    await expect.poll(() => stored(0).labels).toEqual([]);
    await panel.page.locator('video').waitFor({ timeout: 60_000 });
    await panel.workbench.screenshot('suggestion-dark');
    await panel.workbench.theme('light');
    await panel.workbench.screenshot('suggestion-light');
    await panel.workbench.theme('high contrast');
    await panel.workbench.screenshot('suggestion-high-contrast');
  });

  it('are accepted as a whole by one key, with source and score; undo and redo know it', async () => {
    const accepted = panel.page.locator('status-line').getByText(/saved \d\d:\d\d:\d\d · me · from rules 0\.\d\d/);
    await panel.pressUntil('Alt+a', () => accepted.waitFor({ timeout: 5000 }));
    await expect.poll(() => offered()).toBe(0);
    const { labels, suggestions } = stored(0);
    expect(labels).toMatchObject([
      { boundaries: [evidence, synthesis], origin: { source: 'rules', scores: suggestions[0].scores } },
    ]);
    await panel.press('Control+z');
    await panel.status('suggestion available');
    await expect.poll(() => stored(0).labels).toEqual([]);
    await panel.press('Control+Shift+z');
    await panel.status('from rules');
    await expect
      .poll(() => stored(0).labels)
      .toEqual(labels.map((label) => ({ ...label, savedAt: expect.any(String) as string })));
  });

  it('are edited like any label once accepted', async () => {
    await panel.handle('evidence').focus();
    await panel.press('ArrowRight');
    const moved = completion.indexOf(' 0:01');
    await expect.poll(() => stored(0).labels[0].boundaries).toEqual([moved, synthesis]);
    await expect.poll(() => stored(0).labels[0].origin!.source).toBe('rules');
  });

  it('are accepted and refused a boundary at a time', async () => {
    await panel.press('n');
    await panel.page.getByText('completion 2 of 3').waitFor();
    await panel.status('suggestion available');
    await panel.handle('synthesis').focus();
    await panel.press('Enter');
    await panel.status('from rules');
    await expect.poll(() => offered()).toBe(1);
    const { labels, suggestions } = stored(1);
    expect(labels[0].boundaries).toEqual([synthesis, synthesis]);
    expect(labels[0].origin!.scores).toEqual([null, suggestions[0].scores[1]]);
    await panel.handle('evidence').focus();
    await panel.press('Delete');
    await expect.poll(offered).toBe(0);
    await expect.poll(() => stored(1).suggestions[0].refusedAt).toEqual([expect.any(String), null]);
  });

  it('are dragged like a label’s, to either side', async () => {
    await panel.press('Control+z');
    await panel.status('suggestion available');
    const box = (await panel.handle('synthesis').boundingBox())!;
    const corner = (await panel.text.boundingBox())!;
    const { mouse } = panel.workbench.page;
    await mouse.move(box.x + 5, box.y + box.height / 2);
    await mouse.down();
    for (const words of ['colour is green', 'square is green']) {
      const { x, y } = await pointBefore(panel.text, words);
      await mouse.move(corner.x + x, corner.y + y, { steps: 5 });
    }
    await mouse.up();
    await panel.status('saved');
    const offset = completion.indexOf(' square is green');
    await expect.poll(() => stored(1).labels[0].boundaries).toEqual([offset, offset]);
  });

  it('are refused as a whole by one key, and accepted all the same by the other', async () => {
    await panel.press('n');
    await panel.page.getByText('completion 3 of 3').waitFor();
    await panel.status('suggestion available');
    await panel.press('Alt+x');
    await panel.status('no label yet (me)');
    await panel.status('suggestion refused (Alt+A accepts it all the same)');
    await expect.poll(() => offered()).toBe(0);
    await expect.poll(() => stored(2).suggestions[0].refusedAt).toEqual([expect.any(String), expect.any(String)]);
    await panel.press('Alt+a');
    await panel.status('from rules');
    await expect.poll(() => stored(2).labels[0].boundaries).toEqual([evidence, synthesis]);
  });

  it('give way to what a person sets, and are taken where Enter splits at one', async () => {
    await panel.press('n');
    await panel.find('text="no sound"');
    await panel.status('suggestion available');
    await clickBefore(panel.text, 'At 0:03');
    await panel.press('2');
    await panel.status('saved');
    await expect.poll(() => offered()).toBe(1);
    await clickBefore(panel.text, 'o the colour is green');
    await panel.press('ArrowLeft');
    await panel.press('Enter');
    await panel.status('from rules');
    const [{ boundaries, origin }] = stored(3).labels;
    expect([boundaries[1], origin!.scores[0]]).toEqual([synthesis, null]);
  });

  it('say what to do where there are none, and in the list of keys', async () => {
    await panel.text.focus();
    await panel.press('?');
    await panel.page.getByRole('dialog', { name: 'Keys' }).getByText('accept the whole suggestion').waitFor();
    await panel.press('Escape');
    await panel.press('Alt+a');
    await panel.status('the suggestion has nothing to add');
  });
});
