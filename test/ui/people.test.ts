import { expect, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { describePanel } from './fixture.ts';
import { labelsOf, makeReviewProject, placesOf, setLabel, type ShownLabels } from './review-project.ts';

/** Two others have labelled the first rollout. */
function labelledByOthers(): string {
  const folder = makeReviewProject();
  setLabel(folder, 0, 'ana', placesOf('At 0:01', 'So the'));
  setLabel(folder, 0, 'ben', placesOf('At 0:03', 'So the'));
  return folder;
}

describePanel('the labels of several people', { project: labelledByOthers }, (panel) => {
  const shown = (): ShownLabels => labelsOf(panel.workbench.folder, 0);
  const mine = () => shown().labels.find(({ annotator }) => annotator === 'me')?.boundaries;

  it('are hidden until one has labelled the completion oneself', async () => {
    await panel.page.getByRole('button', { name: 'also labelled by 2 others' }).click();
    await panel.page.getByText('shown once you have labelled this completion yourself').waitFor();
    await panel.press('Escape');
    await clickBefore(panel.text, 'At 0:03');
    await panel.press('2');
    await panel.status('saved');
    await panel.page.getByRole('button', { name: 'also labelled by ana, ben' }).waitFor();
    await panel.press('o');
    await panel.page.getByRole('columnheader', { name: 'ana' }).waitFor();
    await panel.page
      .getByRole('columnheader', { name: 'ana' })
      .getByText(/evidence \d+ characters earlier/u)
      .waitFor();
    await panel.workbench.screenshot('people');
  });

  it('are taken as they are, as an edit that undo takes back', async () => {
    const own = mine();
    await panel.page.getByRole('button', { name: 'Take the label of ana' }).click();
    await expect.poll(mine).toEqual(placesOf('At 0:01', 'So the'));
    await panel.page.getByRole('columnheader', { name: 'ana' }).getByText('as yours').waitFor();
    await panel.press('Control+z');
    await expect.poll(mine).toEqual(own);
    await panel.page.getByRole('columnheader', { name: 'ana' }).getByText('characters earlier').waitFor();
    await panel.press('Control+Shift+z');
    await expect.poll(mine).toEqual(placesOf('At 0:01', 'So the'));
    await panel.page.getByRole('columnheader', { name: 'ana' }).getByText('as yours').waitFor();
  });

  it('are accepted and rejected, apart from what annotators do', async () => {
    await panel.page.getByRole('button', { name: 'Accept the label of ana' }).click();
    await panel.page.getByText('accepted by me').waitFor();
    await panel.page.getByRole('button', { name: 'Reject the label of ben' }).click();
    await panel.page.getByText('rejected by me').waitFor();
    await expect
      .poll(() => shown().reviews)
      .toMatchObject([
        { annotator: 'ana', reviewer: 'me', verdict: 'accepted', stale: false },
        { annotator: 'ben', reviewer: 'me', verdict: 'rejected', stale: false },
      ]);
    setLabel(panel.workbench.folder, 0, 'ana', [3, 9]);
    await panel.page.getByText('accepted by me, changed since').waitFor();
    await panel.press('Escape');
    await panel.text.waitFor();
  });
});
