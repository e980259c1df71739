import { expect, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { describePanel } from './fixture.ts';
import { completion, labelsOf, setLabel } from './review-project.ts';

describePanel('the Review panel', {}, (panel) => {
  /** The boundaries as handles show them. */
  const boundaries = async (): Promise<number[]> =>
    Promise.all(
      ['evidence', 'synthesis'].map(async (name) => Number(await panel.handle(name).getAttribute('aria-valuenow'))),
    );
  /** The boundaries of the first rollout as the command line reads them from the store, newest label first. */
  const stored = (): number[][] => labelsOf(panel.workbench.folder, 0).labels.map(({ boundaries }) => boundaries);

  it('shows the question, hides the answer, and tells the group', async () => {
    await panel.page.getByRole('heading', { name: 'Which colour is on screen' }).waitFor();
    await expect.poll(() => panel.page.locator('prompt-header strong').count()).toBe(0);
    await panel.page.getByRole('button', { name: 'show' }).click();
    await expect.poll(() => panel.page.locator('prompt-header strong').textContent()).toBe('B');
    const first =
      'completion 1, right by accuracy, reward 1.00, advantage +0.58, 38 tokens, not labelled, accuracy 1, rule ours reads “b” for the answer';
    await panel.page.getByRole('button', { name: first, exact: true }).waitFor();
  });

  it('plays a proxy of a clip whose sound the editor lacks, and seeks by a time of the text', async () => {
    await panel.page.locator('video').waitFor({ timeout: 60_000 });
    await panel.page.getByLabel(/a copy is played: the original has aac sound/).waitFor();
    await panel.text.focus();
    await panel.press('Space');
    await expect.poll(panel.shownTime, { timeout: 20_000 }).toBeGreaterThan(0.3);
    await panel.press('k');
    await panel.page.getByRole('link', { name: '0:03' }).first().click();
    await expect.poll(panel.shownTime).toBeCloseTo(3, 1);
    await panel.page.locator('time-line image').first().waitFor();
    const peek = panel.page.locator('reasoning-text .peek');
    await panel.page.getByRole('link', { name: '0:01' }).hover();
    await peek.waitFor();
    await panel.page.getByRole('link', { name: '0:01' }).click();
    await expect.poll(() => peek.count()).toBe(0);
    await panel.page.getByRole('link', { name: '0:03' }).first().click();
    await expect.poll(panel.shownTime).toBeCloseTo(3, 1);
  });

  it('is labelled by keys: the caret and Enter, then a nudge', async () => {
    await clickBefore(panel.text, 'At 0:01');
    await panel.press('Enter');
    await clickBefore(panel.text, 'So the');
    await panel.press('Enter');
    await panel.status(/saved \d\d:\d\d:\d\d · me/);
    const evidence = completion.indexOf('At 0:01');
    const synthesis = completion.indexOf('So the');
    await expect.poll(() => boundaries()).toEqual([evidence, synthesis]);
    await panel.handle('evidence').focus();
    await panel.press('ArrowRight');
    await expect.poll(boundaries).toEqual([completion.indexOf(' 0:01'), synthesis]);
    await panel.status('saved');
    await expect.poll(() => stored()).toContainEqual([completion.indexOf(' 0:01'), synthesis]);
  });

  it('is labelled by the mouse, and the weights move with the boundary', async () => {
    const curve = panel.page.locator('weight-curve path.chosen');
    const before = await curve.getAttribute('d');
    const [, synthesis] = await boundaries();
    const box = (await panel.handle('evidence').boundingBox())!;
    const { mouse } = panel.workbench.page;
    await mouse.move(box.x + 5, box.y + box.height / 2);
    await mouse.down();
    await mouse.move(box.x + 105, box.y + box.height / 2, { steps: 5 });
    await expect.poll(() => curve.getAttribute('d')).not.toBe(before);
    await expect.poll(() => panel.page.locator('status-line .saved').textContent()).toContain('saved');
    await mouse.up();
    const [moved] = await boundaries();
    expect(moved).toBeGreaterThan(completion.indexOf(' 0:01'));
    await expect.poll(stored).toContainEqual([moved, synthesis]);
  });

  it('keeps label, place in the video and undo over a reload of the window', async () => {
    const saved = await boundaries();
    await panel.workbench.reload(/time\W+3\b/);
    await panel.find(undefined, 60_000);
    await expect.poll(boundaries).toEqual(saved);
    await panel.page.locator('video').waitFor();
    await expect.poll(panel.shownTime).toBeCloseTo(3, 1);
    const undone = [completion.indexOf(' 0:01'), saved[1]];
    await panel.pressUntil('Control+z', () => expect.poll(boundaries, { timeout: 5000 }).toEqual(undone));
    await panel.press('Control+Shift+z');
    await expect.poll(boundaries).toEqual(saved);
  });

  it('leaves its chords to a field beside it that is written in', async () => {
    const saved = await boundaries();
    await panel.workbench.run('View: Show Search');
    const search = panel.workbench.page.getByRole('textbox', { name: /^Search: / });
    await search.fill('tone');
    await panel.workbench.page.keyboard.type(' x');
    await expect.poll(() => search.inputValue()).toBe('tone x');
    await panel.press('Control+Enter');
    await panel.press('Control+z');
    await expect.poll(() => search.inputValue()).not.toBe('tone x');
    await expect.poll(boundaries).toEqual(saved);
    await panel.page.getByText('completion 1 of 3').waitFor();
    await panel.workbench.run('View: Show Rollout Lab');
  });

  it('shows a label that the command line set', async () => {
    setLabel(panel.workbench.folder, 0, 'me', [7, 20]);
    await expect.poll(boundaries, { timeout: 10_000 }).toEqual([7, 20]);
  });

  it('switches completion on the same moment, and goes to the next unlabelled by one key', async () => {
    const time = await panel.shownTime();
    await panel.page.getByRole('button', { name: 'completion 2, ' }).click();
    await panel.page.getByText('completion 2 of 3').waitFor();
    await expect.poll(() => panel.shownTime()).toBe(time);
    await panel.status('no label yet (me)');
    await panel.press('2');
    await panel.status('saved');
    await panel.press('n');
    await panel.page.getByText('completion 3 of 3').waitFor();
  });

  it('says that a group is vanishing, and that a clip has no sound', async () => {
    await panel.press('3');
    await panel.status('saved');
    await panel.press('n');
    // The clip itself is played, from another folder outside the workspace; the page stays.
    await panel.page.getByText('no sound', { exact: true }).waitFor();
    await panel.page.getByText('vanishing: all 2 earned 0.50, so nothing is learned here').waitFor();
  });

  it('moves the weights with scheme and λ, and tells the unit under the pointer', async () => {
    const curve = panel.page.locator('weight-curve path.chosen');
    const parabola = await curve.getAttribute('d');
    await panel.page.getByLabel('scheme').selectOption('linear-decay');
    await expect.poll(() => curve.getAttribute('d')).not.toBe(parabola);
    await panel.page.locator('.lambda').fill('0.5');
    await panel.page.locator('weight-curve .axis').getByText('1.50').waitFor();
    await panel.page.locator('weight-curve .plot').hover({ position: { x: 1, y: 10 } });
    await panel.page
      .getByText(/token 1 “<think>First” · weight 1\.500 · advantage \+0\.00, weighted \+0\.00 · log-prob/)
      .waitFor();
  });

  it('lists its keys on ?', async () => {
    await panel.text.focus();
    await panel.press('?');
    await panel.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await panel.press('Escape');
    await panel.workbench.screenshot('review');
  });
});
