import { expect, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { describePanel, openReview, type Panel } from './fixture.ts';
import { makeReviewProject, placesOf, rolloutLab, rolloutsOf, setLabel, storeOf } from './review-project.ts';

/** The first completion is labelled by oneself and two others, the rest has suggestions. */
function labelled(): string {
  const folder = makeReviewProject();
  setLabel(folder, 0, 'me', placesOf('At 0:01', 'So the'));
  setLabel(folder, 0, 'ana', placesOf('At 0:01', 'So the'));
  setLabel(folder, 0, 'ben', placesOf('At 0:03', 'So the'));
  const target = ['--db', storeOf(folder), '--rollout', rolloutsOf(folder)[0].id];
  rolloutLab('comments', 'add', ...target, '--annotator', 'ana', '--body', 'Look.', '--text', '0-7', '--video', '1-2');
  return folder;
}

async function openSuggested(panel: Panel): Promise<void> {
  await panel.workbench.run('Rollout Lab: Suggest Phases');
  await panel.workbench.notifications.getByText('Suggested phases').waitFor();
  await panel.workbench.run('Notifications: Clear All Notifications');
  await openReview(panel, 'time-line image', 60_000);
}

/** Each view of Review: how a person comes to it, and what shows that it is there. */
const views: Record<string, { enter: (panel: Panel) => Promise<void>; shows: string; leave: string }> = {
  'a suggestion': { enter: (panel) => openCompletion(panel, 2), shows: '.handle.offered', leave: '' },
  'a label': { enter: (panel) => openCompletion(panel, 1), shows: '.handle:not(.offered)', leave: '' },
  'the group side by side': { enter: (panel) => panel.press('a'), shows: 'group-view tbody td', leave: 'a' },
  'the labels of others': { enter: (panel) => panel.press('o'), shows: 'label-view', leave: 'Escape' },
  'a comment that is written': { enter: (panel) => panel.press('c'), shows: 'comment-list form', leave: 'Escape' },
  'the comments': { enter: (panel) => panel.press('d'), shows: 'comment-list li', leave: 'd' },
  'the history': { enter: openHistory, shows: 'history-view li[aria-selected="true"]', leave: 'Escape' },
  'the search': { enter: (panel) => panel.press('Control+f'), shows: 'find-bar input', leave: 'Escape' },
  'a time to type': { enter: (panel) => panel.press('t'), shows: 'time-clock input', leave: 'Escape' },
  'the list of keys': { enter: (panel) => panel.press('?'), shows: 'key-list dialog[open]', leave: 'Escape' },
  'the skip dialog': { enter: (panel) => panel.press('s'), shows: 'skip-dialog dialog[open]', leave: 'Escape' },
};

async function openCompletion(panel: Panel, number: number): Promise<void> {
  await panel.page.getByRole('button', { name: `completion ${number}, ` }).click();
  await panel.text.focus();
}

async function openHistory(panel: Panel): Promise<void> {
  await panel.press('h');
  await panel.page.locator('history-view li').last().click();
}

describePanel('Review, for everyone', { project: labelled, open: openSuggested }, (panel) => {
  for (const theme of ['dark', 'high contrast'] as const)
    it(`is without fault by axe in ${theme}`, async () => {
      await panel.workbench.theme(theme);
      await panel.find();
      await panel.text.focus();
      for (const [view, { enter, shows, leave }] of Object.entries(views)) {
        await enter(panel);
        await panel.page.locator(shows).first().waitFor();
        await panel.workbench.screenshot(`access-${view}-${theme}`);
        expect.soft(await faultsOf(panel.page), view).toEqual([]);
        if (leave) await panel.press(leave);
      }
    });
});
