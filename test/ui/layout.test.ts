import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { describePanel, openReview, type Panel } from './fixture.ts';
import { makeReviewProject, placesOf, rolloutLab, rolloutsOf, setLabel, storeOf, twoGroups } from './review-project.ts';

const question = 'Which colour is on screen?\nFind the low tone first.';

/** Eight completions, the first of which is said much of in the footer. */
function crowded(): string {
  const rewards = [1, 0, 1, 1, 0, 0, 1, 0];
  const folder = makeReviewProject([{ ...twoGroups[0], question, rewards, system: 'Reason inside <think>.' }]);
  setLabel(folder, 0, 'me', placesOf('At 0:01', 'So the'));
  const target = ['--db', storeOf(folder), '--rollout', rolloutsOf(folder)[0].id];
  for (const name of ['anastasia', 'benedict', 'charlotte']) {
    setLabel(folder, 0, name, placesOf('At 0:03', 'So the'));
    rolloutLab('labels', 'mark', ...target, '--annotator', name, '--as', 'flagged');
  }
  return folder;
}

async function openFirst(panel: Panel): Promise<void> {
  await panel.workbench.page.setViewportSize({ width: 1400, height: 900 });
  await openReview(panel, 'time-line image', 60_000);
  await panel.page.getByRole('button', { name: 'completion 1, ' }).click();
  await panel.status(/saved \d/);
}

const boxOf = async (part: Locator): Promise<{ x: number; y: number; width: number; height: number }> =>
  (await part.boundingBox())!;

describePanel('the layout of Review', { project: crowded, open: openFirst }, (panel) => {
  const line = (name: string): Locator => panel.page.getByRole('separator', { name });
  const video = (): Locator => panel.page.locator('section.left');
  const footer = (): Locator => panel.page.locator('status-line');
  /** The share of the page's width that the video has. */
  const share = async (): Promise<number> =>
    (await boxOf(video())).width / (await boxOf(panel.page.locator('main'))).width;
  const fold = (name: string): Locator => panel.page.getByRole('button', { name: `The ${name}`, exact: true });

  it('has lines between its parts, moved by keys and put back by a double click', async () => {
    await line('Width of the video').focus();
    await panel.press('ArrowLeft');
    await expect.poll(share).toBeCloseTo(0.38, 2);
    await panel.press('Shift+ArrowRight');
    await expect.poll(share).toBeCloseTo(0.48, 2);
    await expect.poll(() => line('Width of the video').getAttribute('aria-valuenow')).toBe('48');
    const { x, y } = await boxOf(line('Width of the video'));
    await panel.workbench.page.mouse.dblclick(x + 3, y + 40);
    await expect.poll(share).toBeCloseTo(0.4, 2);
    await line('Height of the weights').focus();
    const height = async (): Promise<number> => (await boxOf(panel.page.locator('tas-panel'))).height;
    const before = await height();
    await panel.press('Shift+ArrowUp');
    await expect.poll(height).toBeGreaterThan(before + 30);
    await line('Height of the weights').dblclick();
    await expect.poll(height).toBe(before);
  });

  it('keeps where a line was dragged, and what was folded away, when the panel is opened again', async () => {
    const { x, y } = await boxOf(line('Width of the video'));
    const { mouse } = panel.workbench.page;
    await mouse.move(x + 3, y + 200);
    await mouse.down();
    await mouse.move(x - 97, y + 200, { steps: 5 });
    await mouse.up();
    const dragged = await share();
    expect(dragged).toBeLessThan(0.35);
    await fold('weights').click();
    await fold('question').click();
    await expect.poll(() => panel.page.locator('weight-curve').count()).toBe(0);
    await panel.workbench.run('View: Close All Editors');
    await openReview(panel, undefined, 60_000);
    await panel.page.getByRole('button', { name: 'completion 1, ' }).click();
    await panel.status(/saved \d/);
    await expect.poll(share).toBeCloseTo(dragged, 2);
    await expect.poll(() => panel.page.locator('weight-curve').count()).toBe(0);
    await panel.page.getByRole('heading', { name: 'Which colour' }).waitFor();
    await expect.poll(() => panel.page.getByRole('list', { name: 'Options' }).count()).toBe(0);
    await line('Width of the video').focus();
    await panel.press('Enter');
    await expect.poll(() => panel.page.locator('video').isVisible()).toBe(false);
    await panel.workbench.screenshot('layout-folded');
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.press('Enter');
    await expect.poll(() => panel.page.locator('video').isVisible()).toBe(true);
    for (const name of ['weights', 'question']) await fold(name).click();
    await panel.page.locator('weight-curve').waitFor();
    await line('Width of the video').dblclick();
  });

  it('shows a question with its own line breaks, and its options with letters', async () => {
    const heading = panel.page.getByRole('heading', { level: 1 });
    await expect.poll(() => heading.innerText()).toBe(question);
    const options = panel.page.getByRole('list', { name: 'Options' }).getByRole('listitem');
    await expect.poll(() => options.allInnerTexts()).toEqual(['A\nred', 'B\ngreen']);
    await panel.page.getByRole('button', { name: 'show' }).click();
    await expect.poll(() => options.allInnerTexts()).toEqual(['A\nred', 'B\ngreen ✓']);
    await panel.page.getByRole('button', { name: 'hide' }).click();
  });

  it('says whatever there is to say on one line, in every width', async () => {
    for (const width of [1400, 1200, 1000]) {
      await panel.workbench.page.setViewportSize({ width, height: 700 });
      await expect.poll(async () => (await boxOf(footer())).height).toBe(35);
      const { x, width: wide } = await boxOf(footer());
      const buttons = footer().locator('.buttons button');
      await expect
        .poll(async () => {
          const last = await boxOf(buttons.last());
          return last.x + last.width;
        })
        .toBeLessThanOrEqual(x + wide);
      const text = panel.page.locator('reasoning-text');
      const before = await boxOf(text);
      await panel.text.focus();
      await panel.press('g');
      await footer().getByText('no time at the caret').waitFor();
      await expect.poll(() => boxOf(text)).toEqual(before);
      await panel.workbench.screenshot(`layout-${width}`);
    }
  });

  it.each(['light', 'dark', 'high contrast'] as const)('cuts nothing off at 1000 × 700 in %s', async (theme) => {
    await panel.workbench.page.setViewportSize({ width: 1000, height: 700 });
    await panel.workbench.theme(theme);
    await panel.text.focus();
    // No part scrolls around another that scrolls.
    const scrolled = (): Promise<string[]> =>
      panel.page.evaluate(() => {
        const root = document.querySelector('review-app')!.shadowRoot!;
        const below = root.querySelector('tas-panel')!.shadowRoot!.querySelector('.below')!;
        const parts = [document.documentElement, below, ...root.querySelectorAll('main, section, video-player')];
        return parts.filter((one) => one.scrollHeight > one.clientHeight + 1).map(({ localName }) => localName);
      });
    await expect.poll(scrolled).toEqual([]);
    await panel.workbench.screenshot(`layout-1000x700-${theme}`);
    expect(await faultsOf(panel.page)).toEqual([]);
  });

  it('has four columns of the group side by side at 1400 pixels', async () => {
    await panel.workbench.theme('light');
    await panel.workbench.page.setViewportSize({ width: 1400, height: 900 });
    await panel.text.focus();
    await panel.press('a');
    const heads = panel.page.locator('phase-table thead th');
    await expect.poll(() => heads.count()).toBe(8);
    const edge = async (): Promise<number> => {
      const fourth = await boxOf(heads.nth(3));
      return fourth.x + fourth.width;
    };
    const { x, width } = await boxOf(panel.page.locator('phase-table'));
    await expect.poll(edge).toBeLessThanOrEqual(x + width);
    // As wide, whatever they say.
    const widths = (): Promise<number[]> => heads.evaluateAll((all) => all.map((head) => Math.round(head.clientWidth)));
    await expect.poll(async () => Math.max(...(await widths())) - Math.min(...(await widths()))).toBeLessThanOrEqual(1);
    await panel.workbench.screenshot('layout-group');
    await panel.press('a');
  });
});
