import type { Frame } from 'playwright-core';
import { expect, it } from 'vitest';
import { faultsOf, loadAxe } from './axe.ts';
import { type Panel, describePanel, openSuggested } from './fixture.ts';
import { makeReviewProject, placesOf, rolloutLab, rolloutsOf, setLabel, storeOf, twoGroups } from './review-project.ts';
import { focusOf, tabStops, type TabStop } from './tab-stops.ts';
import type { Theme } from './workbench.ts';

const system = 'Reason inside <think>.\n\nAnswer inside <answer>.';

/** The first completion is labelled by oneself and two others, the rest has suggestions; all were sampled under an instruction. */
function labelled(): string {
  const folder = makeReviewProject(twoGroups.map((group) => ({ ...group, system })));
  setLabel(folder, 0, 'me', placesOf('At 0:01', 'So the'));
  setLabel(folder, 0, 'ana', placesOf('At 0:01', 'So the'));
  setLabel(folder, 0, 'ben', placesOf('At 0:03', 'So the'));
  const target = ['--db', storeOf(folder), '--rollout', rolloutsOf(folder)[0].id];
  rolloutLab('comments', 'add', ...target, '--annotator', 'ana', '--body', 'Look.', '--text', '0-7', '--video', '1-2');
  return folder;
}

const openDrawn = (panel: Panel): Promise<void> => openSuggested(panel, 'time-line image', 60_000);

/** Each view of Review: how a person comes to it, and what shows that it is there. */
const views: Record<string, { enter: (panel: Panel) => Promise<void>; shows: string; leave: string }> = {
  'a suggestion': { enter: (panel) => openCompletion(panel, 2), shows: '.handle.offered', leave: '' },
  'a label': { enter: (panel) => openCompletion(panel, 1), shows: '.handle:not(.offered)', leave: '' },
  'the group side by side': { enter: (panel) => panel.press('a'), shows: 'group-view tbody td', leave: 'a' },
  'the labels of others': { enter: (panel) => panel.press('o'), shows: 'label-view', leave: 'Escape' },
  'a comment that is written': { enter: (panel) => panel.press('c'), shows: 'comment-list form', leave: 'Escape' },
  'the comments': { enter: (panel) => panel.press('d'), shows: 'comment-list li', leave: 'd' },
  'the outline': { enter: (panel) => panel.press(':'), shows: 'text-outline li', leave: ':' },
  'the history': { enter: openHistory, shows: 'history-view li[aria-selected="true"]', leave: 'Escape' },
  'the search': { enter: (panel) => panel.press('Control+f'), shows: 'find-bar input', leave: 'Escape' },
  'a time to type': { enter: (panel) => panel.press('t'), shows: 'time-clock input', leave: 'Escape' },
  'the list of keys': { enter: (panel) => panel.press('?'), shows: 'key-list dialog[open]', leave: 'Escape' },
  'the skip dialog': { enter: (panel) => panel.press('s'), shows: 'reason-dialog dialog[open]', leave: 'Escape' },
};

async function openCompletion(panel: Panel, number: number): Promise<void> {
  await panel.page.getByRole('button', { name: `completion ${number}, ` }).click();
  await panel.text.focus();
}

async function openHistory(panel: Panel): Promise<void> {
  await panel.press('h');
  await panel.page.locator('history-view li').last().click();
}

/** The controls of Review on the first completion, in the order they are read. */
const readingOrder = [
  ...['Queue: what comes next', 'next N', 'show', 'Instruction', 'The video'],
  ...['Play', 'Time 0:00.00, frame 0: go to another', 'Speed', 'Mute', 'Volume'],
  ...['evidence in the video: start', 'evidence in the video: end', 'Position in the video'],
  ...[
    'planning talks about the video from here',
    'zoom in on the timeline',
    'Width of the video',
    'side by side',
    'outline :',
    'rendered *',
    'compact',
    'correct !',
  ],
  'completion 1, right by accuracy, reward 1.00, advantage +0.58, 38 tokens, labelled, accuracy 1, rule ours reads “b” for the answer',
  'completion 2, wrong by accuracy, reward 0.00, advantage −1.15, 38 tokens, not labelled',
  'completion 3, right by accuracy, reward 1.00, advantage +0.58, 38 tokens, not labelled',
  ...['Reasoning of completion 1 of 3', 'evidence starts', 'synthesis starts'],
  // Their keys are told where there is more room.
  ...['correct', 'wrong', 'unsupported', 'by sentence'],
  ...['Height of the weights', 'The weights', 'scheme', 'λ', 'overlay', 'curves'],
  ...[
    'also labelled by ana, ben',
    'comments 1 D',
    'history H',
    'submit Ctrl+Enter',
    'skip S',
    'flag F',
    'tag #',
    'undo',
    '? keys',
  ],
];

/** Where Tab stops in the panel, from its first control on. */
async function allStops(panel: Panel): Promise<TabStop[]> {
  await panel.page.getByLabel('Queue: what comes next').focus();
  return tabStops(panel);
}

/** What a person must scroll sideways to read, but for tables, whose columns stand side by side. */
function scrollsSideways(page: Frame): Promise<string[]> {
  return page.evaluate(() => {
    const within = (root: ParentNode): Element[] =>
      [...root.querySelectorAll('*')].flatMap((one) => [one, ...(one.shadowRoot ? within(one.shadowRoot) : [])]);
    const wide = within(document).filter((one) => {
      const scrolls = one === document.documentElement || /auto|scroll/.test(getComputedStyle(one).overflowX);
      return scrolls && one.scrollWidth > one.clientWidth && one.localName !== 'phase-table';
    });
    return wide.map(({ localName, className, scrollWidth }) => `${localName}.${className}: ${scrollWidth}`);
  });
}

/** Goes through the views: each is pictured, and without fault by axe. */
async function lookThrough(panel: Panel, named: string, theme: Theme): Promise<void> {
  for (const [view, { enter, shows, leave }] of Object.entries(views)) {
    await enter(panel);
    await panel.page.locator(shows).first().waitFor();
    await panel.workbench.screenshot(`${named}-${view}-${theme}`);
    expect.soft(await faultsOf(panel.page), view).toEqual([]);
    if (leave) await panel.press(leave);
  }
}

describePanel('Review, for everyone', { project: labelled, open: openDrawn }, (panel) => {
  for (const theme of ['light', 'dark', 'high contrast'] as const)
    it(`is without fault by axe in ${theme}`, async () => {
      await panel.workbench.theme(theme);
      await panel.find();
      await panel.text.focus();
      await lookThrough(panel, 'access', theme);
    });

  it('is gone through by Tab as it is read', async () => {
    await panel.workbench.theme('dark');
    await panel.find();
    await openCompletion(panel, 1);
    await loadAxe(panel.page);
    const stops = await allStops(panel);
    expect(stops.map(({ name }) => name)).toEqual(readingOrder);
    expect(stops.filter(({ ringed, seen }) => !ringed || !seen)).toEqual([]);
  });

  it('unfolds the instruction by keyboard, and reads it out', async () => {
    const folded = panel.page.locator('prompt-header details');
    const text = folded.getByText('Reason inside <think>.');
    await expect.poll(() => text.isVisible()).toBe(false);
    await folded.locator('summary').focus();
    await panel.press('Enter');
    await text.waitFor();
    await expect.poll(() => text.innerText()).toBe(system);
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.screenshot('access-instruction');
    await panel.press('Enter');
    await expect.poll(() => text.isVisible()).toBe(false);
  });

  it('keeps focus where a view or a dialog takes it, and gives it back', async () => {
    const name = async (): Promise<string | undefined> => (await focusOf(panel.page))?.name;
    for (const [view, { enter, shows, leave }] of Object.entries(views)) {
      if (!leave) continue;
      await panel.text.focus();
      await enter(panel);
      await panel.page.locator(shows).first().waitFor();
      await expect.poll(name, { message: view }).not.toMatch(/^Reasoning|undefined/);
      await panel.press(leave);
      await expect.poll(name, { message: view }).toBe('Reasoning of completion 1 of 3');
    }
    await panel.press('?');
    await expect.poll(name).toBe('Keys');
    // The page's keys rest but for this one.
    await panel.press('a');
    await panel.press('?');
    await expect.poll(name).toBe('Reasoning of completion 1 of 3');
    for (const button of ['? keys', 'skip S']) {
      await panel.page.getByRole('button', { name: button }).focus();
      await panel.press('Enter');
      const dialog = panel.page.locator('dialog[open]');
      await dialog.waitFor();
      for (const key of ['Tab', 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab']) {
        await panel.press(key);
        await expect.poll(() => dialog.evaluate((element) => element.matches(':focus-within'))).toBe(true);
      }
      await panel.press('Escape');
      await expect.poll(name).toBe(button);
    }
  });
});

describePanel('Review at 200 %', { project: labelled, open: openDrawn, zoom: 2 }, (panel) => {
  it('scrolls one way only, and every control is reached', async () => {
    await openCompletion(panel, 1);
    await loadAxe(panel.page);
    for (const [view, { enter, shows, leave }] of Object.entries(views)) {
      await enter(panel);
      await panel.page.locator(shows).first().waitFor();
      expect.soft(await scrollsSideways(panel.page), view).toEqual([]);
      if (leave) await panel.press(leave);
    }
    await openCompletion(panel, 1);
    for (const key of ['', 'a', 'o', 'h', 'd']) {
      if (key) await panel.press(key);
      const stops = await allStops(panel);
      expect.soft(stops.filter(({ ringed, seen }) => !ringed || !seen)).toEqual([]);
      // Nothing stands beside anything there, and the line of judgements has no room for its keys.
      const order = readingOrder
        .filter((name) => !/^(?:Width|Height) of/.test(name))
        .map((name) => name.replace(/^(correct|wrong|unsupported|by sentence) [YWQ']$/u, '$1'));
      if (!key) expect.soft(stops.map(({ name }) => name)).toEqual(order);
      await panel.page.locator('phase-table table, .completion').first().focus();
      if (key) await panel.press(key);
    }
  });

  it('is legible', async () => {
    for (const theme of ['dark', 'high contrast'] as const) {
      await panel.workbench.theme(theme);
      await panel.find();
      for (const control of ['Queue', 'Position in the video', 'overlay']) {
        await panel.page.getByLabel(control).focus();
        await panel.workbench.screenshot(`zoom-${control}-${theme}`);
      }
      await panel.text.focus();
      await lookThrough(panel, 'zoom', theme);
    }
  });
});
