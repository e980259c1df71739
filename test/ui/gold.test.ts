import { expect, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { clickBefore } from './caret.ts';
import { describePanel } from './fixture.ts';
import { makeReviewProject, placesOf, setLabel } from './review-project.ts';

/** The lead knows the phases of every rollout. */
function known(): string {
  const folder = makeReviewProject();
  for (const place of [0, 1, 2, 3, 4]) setLabel(folder, place, 'gold:lead', placesOf('At 0:03', 'So the'));
  return folder;
}

describePanel('gold items', { project: known, settings: { 'rolloutLab.goldFeedback': true } }, (panel) => {
  it('look like any other rollout before they are submitted', async () => {
    await panel.page
      .getByRole('button', { name: /^completion \d, .*not labelled/ })
      .first()
      .waitFor();
    await expect.poll(() => panel.page.getByRole('button', { name: /, labelled/ }).count()).toBe(0);
    await clickBefore(panel.text, 'At 0:01');
    await panel.press('2');
    await clickBefore(panel.text, 'So the');
    await panel.press('3');
    await panel.status('saved');
    await panel.press('o');
    await panel.page.getByText('Nobody else has labelled this completion.').waitFor();
    await panel.press('Escape');
    await panel.text.waitFor();
    await expect.poll(() => panel.page.getByText(/gold/).count()).toBe(0);
  });

  it('say after the submission how one did, where that is wished, and show the gold label', async () => {
    await panel.pressUntil('Control+Enter', () =>
      panel.workbench.notifications.getByText('This was a gold item').waitFor({ timeout: 5000 }),
    );
    await panel.workbench.notifications.getByText(/Boundary Similarity 0\.\d\d, Cohen’s κ 0\.\d\d/).waitFor();
    await panel.workbench.screenshot('gold-told');
    await panel.workbench.page.getByRole('button', { name: 'Show', exact: true }).click();
    await panel.page.getByRole('button', { name: 'also labelled by gold:lead' }).click();
    await panel.page.getByRole('columnheader', { name: 'gold:lead' }).waitFor();
    await panel.workbench.screenshot('gold-shown');
  });

  it('measure each annotator in the Agreement panel, beside their progress', async () => {
    await panel.workbench.run('Rollout Lab: Show Agreement');
    await panel.find('gold-table');
    await panel.page
      .getByRole('region', { name: 'Each annotator against gold' })
      .getByRole('row', { name: /^me 0\.\d\d 0\.\d\d 1 – 0$/ })
      .waitFor();
    await panel.page
      .getByRole('region', { name: 'Progress of each annotator' })
      .getByRole('row', { name: /^me 1 1 0 0 4 / })
      .waitFor();
    await panel.workbench.screenshot('gold-agreement-dark');
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.theme('light');
    await panel.workbench.screenshot('gold-agreement-light');
    expect(await faultsOf(panel.page)).toEqual([]);
  });
});
