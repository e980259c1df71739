import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { describePanel, openReview, Panel } from './fixture.ts';
import { labelsOf, placesOf, rolloutLab, rolloutsOf, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

describePanel('two windows on one folder', {}, (panel) => {
  /** The second window, where ben labels. */
  const other = new Panel();
  beforeAll(async () => {
    other.workbench = await Workbench.open({
      extensions: inject('extensions'),
      folder: panel.workbench.folder,
      settings: { 'rolloutLab.annotator': 'ben' },
      alone: true,
    });
    await openReview(other);
  }, 300_000);
  afterAll(() => other.workbench?.[Symbol.asyncDispose]());

  const stored = (place: number): Record<string, number[]> =>
    Object.fromEntries(
      labelsOf(panel.workbench.folder, place).labels.map(({ annotator, boundaries }) => [annotator, boundaries]),
    );
  const shownIn = (one: Panel) => (): Promise<number[]> =>
    Promise.all(
      ['evidence', 'synthesis'].map(async (name) => Number(await one.handle(name).getAttribute('aria-valuenow'))),
    );
  /** Every edit of a rollout's labels, oldest first. */
  const edits = (place: number): string[] => {
    const { folder } = panel.workbench;
    const target = ['--db', storeOf(folder), '--rollout', rolloutsOf(folder)[place].id];
    const { revisions } = rolloutLab('labels', 'history', ...target) as {
      revisions: { annotator: string; action: string; after: { boundaries: number[] } | null }[];
    };
    return revisions.map(({ annotator, action, after }) => `${annotator} ${action} ${after?.boundaries.join()}`);
  };
  const startEvidence = async (one: Panel, words: string): Promise<void> => {
    await clickBefore(one.text, words);
    await one.press('2');
  };

  it('see each other’s labels in the panel and in the tree', async () => {
    const row = await other.firstCompletion();
    await expect.poll(() => row.getAttribute('aria-label')).toContain('not labelled');
    await startEvidence(panel, 'At 0:01');
    await panel.status('saved');
    await other.page.getByRole('button', { name: 'also labelled by 1 other' }).waitFor();
    await expect.poll(() => row.getAttribute('aria-label')).not.toContain('not labelled');
    await other.workbench.screenshot('two-windows');
  });

  it('label one completion as different people, and each submits', async () => {
    await startEvidence(other, 'At 0:03');
    await other.status('saved');
    await panel.page.getByRole('button', { name: 'also labelled by ben' }).waitFor();
    await other.page.getByRole('button', { name: 'also labelled by me' }).waitFor();
    const [from, to] = placesOf('At 0:01', ' At 0:03');
    await expect.poll(() => stored(0)).toMatchObject({ me: [from, expect.any(Number)], ben: [to, expect.any(Number)] });
    const next = (one: Panel) => one.page.getByText('completion 2 of 3');
    await Promise.all([panel, other].map((one) => one.press('Control+Enter')));
    await Promise.all([panel, other].map((one) => next(one).waitFor()));
    await expect
      .poll(() => rolloutsOf(panel.workbench.folder)[0].statuses)
      .toMatchObject([
        { annotator: 'ben', status: 'submitted' },
        { annotator: 'me', status: 'submitted' },
      ]);
  });

  it('label one completion as the same person: the last edit stands, and none is lost', async () => {
    const { folder } = panel.workbench;
    mkdirSync(join(folder, '.vscode'), { recursive: true });
    writeFileSync(join(folder, '.vscode/settings.json'), JSON.stringify({ 'rolloutLab.annotator': 'cy' }));
    await Promise.all([panel, other].map((one) => one.status('no label yet (cy)')));
    const [first, second, third] = placesOf('At 0:01', ' At 0:03', ' the square is green');
    await startEvidence(panel, 'At 0:01');
    await expect.poll(async () => (await shownIn(other)())[0]).toBe(first);
    await clickBefore(panel.text, 'At 0:03');
    await clickBefore(other.text, 'the square is green');
    await Promise.all([panel, other].map((one) => one.press('2')));
    await expect.poll(() => edits(1).length).toBe(3);
    const last = stored(1).cy;
    await expect
      .poll(() => edits(1).slice(1).toSorted())
      .toEqual([second, third].map((at) => `cy set ${at},${last[1]}`).toSorted());
    for (const one of [panel, other]) await expect.poll(shownIn(one)).toEqual(last);
  });

  it('undo what stands last, whichever window did it, and the other follows', async () => {
    const [first, earlier, last] = edits(1);
    const stands = async (edit: string): Promise<void> => {
      await expect.poll(() => `cy set ${stored(1).cy.join()}`).toBe(edit);
      for (const one of [panel, other]) await expect.poll(shownIn(one)).toEqual(stored(1).cy);
    };
    await stands(last);
    await panel.press('Control+z');
    await stands(earlier);
    await other.press('Control+z');
    await stands(first);
    await panel.press('Control+Shift+z');
    await panel.press('Control+Shift+z');
    await stands(last);
    await expect.poll(() => edits(1)).toHaveLength(7);
    await other.text.focus();
    await other.press('h');
    const list = other.page.getByRole('listbox', { name: 'History, newest first' });
    await expect.poll(() => list.getByRole('option').count()).toBe(7);
    await other.workbench.screenshot('two-windows-history');
  });

  it('say nothing on the console of the other either', () => expect(other.workbench.errors).toEqual([]));
});
