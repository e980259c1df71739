import { expect, it } from 'vitest';
import { describePanel, openSuggested } from './fixture.ts';
import { completion, labelsOf, makeReviewProject, rolloutsOf } from './review-project.ts';

const vague =
  '<think>Maybe it is red. Or it is blue there at 0:02. It could be green. Hm, so I look once more at 0:04. ' +
  'It is hard to say.</think><answer>A</answer>';

/** Rollouts whose suggestions are sure and unsure in turn. */
const mixed = (): string =>
  makeReviewProject([
    { question: 'What is plain?', clip: 'silent.mp4', rewards: [1], says: completion },
    { question: 'What is vague?', clip: 'silent.mp4', rewards: [0], says: vague },
    { question: 'What is bare?', clip: 'silent.mp4', rewards: [1], says: 'Green.<answer>B</answer>' },
  ]);

describePanel('the queue by what would tell most', { project: mixed, open: openSuggested }, (panel) => {
  it('goes through the suggestions without one’s label, the most informative first', async () => {
    const { folder } = panel.workbench;
    const told = rolloutsOf(folder)
      .map((_, place) => ({ place: place + 1, entropy: labelsOf(folder, place).suggestions[0].entropy }))
      .toSorted((a, b) => b.entropy - a.entropy);
    expect(new Set(told.map(({ entropy }) => entropy)).size).toBe(3);
    expect(told[0].place).not.toBe(1);
    const header = panel.page.locator('prompt-header');
    const place = (of: number): Promise<void> => header.getByText(`prompt ${of} of 3`).waitFor();
    await place(1);
    await panel.page.getByLabel('Queue: what comes next').selectOption('informative');
    await panel.text.focus();
    // The one shown has had its turn.
    for (const next of told.filter((one) => one.place !== 1)) {
      await panel.press('n');
      await place(next.place);
    }
    await panel.press('n');
    await panel.status('There is no other suggestion without your label');
    // It begins again, without what is labelled or skipped by now.
    await panel.press('s');
    await panel.workbench.page.keyboard.type('bare');
    await panel.press('Enter');
    const left = told.filter((one) => one.place !== told.filter((first) => first.place !== 1).at(-1)!.place);
    await place(left[0].place);
  });
});
