import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { presetConfig } from '../../src/domain/preset.ts';
import { Store } from '../../src/store/store.ts';
import { describePanel } from './fixture.ts';
import { came } from './workbench.ts';
import { labelsOf, makeReviewProject, setLabel, storeOf } from './review-project.ts';

/** A name that the editor could take for a link to a command and an icon, with a character that turns the order of letters. */
const name = '[new file](command:workbench.action.files.newUntitledFile) $(bell) \u202etxt';
const shown = '[new file](command:workbench.action.files.newUntitledFile) $(bell) ⟨U+202E⟩txt';
const says = '<think>First \u202e I look.\nAt 0:03 it is green.</think><answer>B</answer>';

/** A prompt, and two runs: one whose process is gone, one that failed. */
function makeProject(): string {
  const folder = makeReviewProject([{ question: `Which is ${name}?`, clip: 'silent.mp4', rewards: [1], says }]);
  setLabel(folder, 0, name, [says.indexOf('At'), says.indexOf('</think>')]);
  const store = Store.open(storeOf(folder));
  const failed = store.runs.create(`b ${name}`, presetConfig('grpo', `/${name}`, 1));
  store.runs.update(failed.id, {
    status: 'failed',
    error: `No policy is in ${name}`,
    endedAt: '2026-01-01T00:00:00.000Z',
  });
  const gone = store.runs.create(`a ${name}`, presetConfig('grpo', `/${name}`, 1));
  store.runs.claim(gone.id);
  store.close();
  return folder;
}

/** What a place says, without the joiners that nobody sees. */
const textOf = async (place: Locator): Promise<string> => (await place.innerText()).replaceAll('\u2060', '');

const open = async (): Promise<void> => Promise.resolve();

describePanel('names and errors from a store', { project: makeProject, open }, (panel) => {
  /** Nothing in this place is a link or an icon. */
  async function expectText(place: Locator, words: string): Promise<void> {
    await expect.poll(() => textOf(place)).toContain(words);
    await expect.poll(() => place.locator('a[href], .codicon').count()).toBe(0);
  }

  it('are text in a notification', async () => {
    const message = panel.workbench.notifications.filter({ hasText: 'is gone' });
    const told = async (): Promise<number> => {
      await panel.workbench.run('Notifications: Show Notifications');
      return message.count();
    };
    await expect.poll(told, { timeout: 60_000 }).toBe(1);
    await expectText(message, `The training process of a ${shown} is gone`);
    await panel.workbench.screenshot('plain-notification');
    await panel.workbench.run('Notifications: Clear All Notifications');
  });

  it('are text in the trees and their hovers', async () => {
    await panel.workbench.showContainer();
    const run = panel.workbench.rows('Runs').filter({ hasText: 'failed' }).locator('.monaco-icon-label-container');
    await expectText(run, `b ${shown}`);
    const hover = panel.workbench.page.locator('.workbench-hover-container');
    // A tree that is drawn anew takes a hover away: then the pointer comes once more.
    const hovered = async (): Promise<boolean> => {
      await panel.workbench.page.mouse.move(700, 450);
      await run.hover();
      return came(hover.waitFor({ timeout: 5000 }));
    };
    await expect.poll(hovered, { timeout: 60_000 }).toBe(true);
    await expectText(hover, `No policy is in ${shown}`);
    await panel.firstCompletion();
    const prompt = panel.workbench.rows('Rollouts').filter({ hasText: 'Which is' });
    await expectText(prompt.locator('.monaco-icon-label-container'), `Which is ${shown}?`);
  });

  it('are text in a quick pick', async () => {
    await panel.workbench.run('Rollout Lab: Compare Runs');
    const row = panel.workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'failed' });
    await expectText(row.locator('.monaco-icon-label-container').first(), `b ${shown}`);
    await panel.workbench.screenshot('plain-quick-pick');
    await panel.press('Escape');
  });

  it('are text in the panels', async () => {
    await panel.workbench.run('Rollout Lab: Open Runs');
    const runs = await panel.workbench.webview('run-list');
    await runs.getByText(`b ${shown}`).first().waitFor();
    await panel.workbench.run('Rollout Lab: Next Unlabelled');
    await panel.find();
    await panel.page.getByRole('heading', { name: `Which is ${shown}?` }).waitFor();
    await expectText(
      panel.workbench.page.locator('.tab.active .monaco-icon-label-container'),
      'Review: Which is [new file]',
    );
  });

  it('leave the reasoning its offsets: what would turn the order of its letters is seen and ends where it is', async () => {
    const control = panel.text.locator('.control');
    await expect
      .poll(() => control.evaluate((span) => [span.textContent, getComputedStyle(span, '::after').content]))
      .toEqual(['\u202e', '"⟨U+202E⟩"']);
    await expect
      .poll(() => panel.text.evaluate((text) => text.textContent.replaceAll(/\n\s*/g, '\n')))
      .toContain(says.split('\n')[0]);
    const left = (words: string): Promise<number> =>
      panel.text.evaluate((text, words) => {
        const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const at = walker.currentNode.textContent!.indexOf(words);
          if (at < 0) continue;
          const range = new Range();
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + 1);
          return range.getBoundingClientRect().left;
        }
        throw new Error(`there is no ${words}`);
      }, words);
    await expect.poll(() => left('look')).toBeGreaterThan(await left(' I'));
    await panel.workbench.screenshot('plain-reasoning');
    await expect.poll(() => labelsOf(panel.workbench.folder, 0).labels[0].boundaries[0]).toBe(says.indexOf('At'));
  });

  it('have opened nothing', async () => {
    await expect.poll(() => panel.workbench.page.locator('.tab', { hasText: 'Untitled' }).count()).toBe(0);
  });
});
