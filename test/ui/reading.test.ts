import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { describePanel, openReview, type Panel } from './fixture.ts';
import { makeReviewProject, rolloutLab, rolloutsOf, setLabel, storeOf } from './review-project.ts';

const line = 'The **square** is green at 0:03, as $x_1 = 3$ says, and so the tone is low by then. ';
const steps = Array.from({ length: 300 }, (_, step) => `### Step ${step}\n${line.repeat(4)}`).join('\n');
/** 100,000 characters. */
const long = `<think>\n## Plan\n${line}\n## Look\n${steps}\n## So\nIt is green.</think>\n<answer>B</answer>`;
const boundaries = [long.indexOf('## Look'), long.indexOf('## So')];

/** The long completion is labelled and commented on, its twin is not; another prompt's is short. */
function longAndShort(): string {
  const folder = makeReviewProject([
    { question: 'Which colour is long?', clip: 'silent.mp4', rewards: [1, 0], says: long },
    { question: 'Which colour is short?', clip: 'silent.mp4', rewards: [1] },
  ]);
  setLabel(folder, 0, 'me', boundaries);
  const at = long.indexOf('Step 150');
  const target = ['--db', storeOf(folder), '--rollout', rolloutsOf(folder)[0].id, '--annotator', 'me'];
  rolloutLab('comments', 'add', ...target, '--body', 'Look.', '--text', `${at}-${at + 8}`);
  return folder;
}

async function openLong(panel: Panel): Promise<void> {
  await openReview(panel);
  await panel.page.getByRole('button', { name: 'completion 1, ' }).click();
  await panel.status(/saved \d/);
}

describePanel('a long reasoning', { project: longAndShort, open: openLong }, (panel) => {
  const outline = (): Locator => panel.page.getByRole('tree', { name: 'Outline of the reasoning' });
  const present = (): Promise<string[]> => outline().locator('[aria-current="location"]').allInnerTexts();
  const map = (): Locator => panel.page.locator('mini-map');
  const button = (name: string): Locator => panel.page.getByRole('button', { name });
  /** Where the middle of the view is in the text, as a share of it. */
  const middle = (): Promise<number> =>
    panel.page
      .locator('reasoning-text')
      .evaluate(({ scrollTop, clientHeight, scrollHeight }) => (scrollTop + clientHeight / 2) / scrollHeight);
  /** Scrolls so far as a wheel does. */
  const scroll = (share: number): Promise<void> =>
    panel.page.locator('reasoning-text').evaluate((text, share) => {
      text.scrollTop = share * (text.scrollHeight - text.clientHeight);
    }, share);

  it('has an outline by phase and heading, which a key opens and which is gone through by keys', async () => {
    await panel.pressUntil(':', () => outline().waitFor({ timeout: 5000 }));
    const starts = [...long.matchAll(/\s*\S+/g)].map(({ index }) => index);
    const edges = [0, ...boundaries, long.length];
    const tokens = [0, 1, 2].map((i) => starts.filter((at) => edges[i] <= at && at < edges[i + 1]).length);
    const rows = outline().getByRole('treeitem');
    await expect.poll(() => rows.count()).toBe(306);
    const named = async (level: number): Promise<string[]> =>
      (await outline().locator(`[aria-level="${level}"]`).allInnerTexts()).map((row) => row.split(' tokens')[0]);
    const written = tokens.map((count) => count.toLocaleString('en'));
    await expect
      .poll(() => named(1))
      .toEqual([`planning ${written[0]}`, `evidence ${written[1]}`, `synthesis ${written[2]}`]);
    await expect.poll(() => named(2)).toEqual(['Plan', 'Look', 'So']);
    await expect.poll(async () => (await named(3)).length).toBe(300);
    // The evidence speaks of 0:03.
    await outline().getByText('0:03.00 to 0:04.00').nth(1).waitFor();
    await expect.poll(() => outline().evaluate((list) => list.matches(':focus'))).toBe(true);
    for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter'])
      await panel.press(key);
    await expect.poll(present).toEqual(['Step 1']);
    // The keys of the text act there, and what is gone to stands at the top.
    await expect.poll(() => panel.text.evaluate((text) => text.matches(':focus'))).toBe(true);
    const caret = panel.page.locator('reasoning-text .caret');
    const below = async (): Promise<number> =>
      (await caret.boundingBox())!.y - (await panel.page.locator('reasoning-text').boundingBox())!.y;
    await expect.poll(below).toBeLessThan(60);
    await expect.poll(below).toBeGreaterThan(0);
  });

  it('marks in the outline where one reads, also as one only scrolls', async () => {
    await scroll(1);
    await expect.poll(present).toEqual(['So']);
    await scroll(0.5);
    await expect.poll(async () => (await present()).join()).toMatch(/^Step 1[45]\d$/);
    // Its row is brought into view.
    const row = outline().locator('[aria-current="location"]');
    const seen = async (): Promise<boolean> => {
      const [list, own] = [(await outline().boundingBox())!, (await row.boundingBox())!];
      return own.y >= list.y - 1 && own.y + own.height <= list.y + list.height + 1;
    };
    await expect.poll(seen).toBe(true);
    await scroll(0);
    await expect.poll(async () => (await present()).join()).toMatch(/^planning/);
  });

  it('has a map beside it: phases, comments and judgements, and the view, which is dragged', async () => {
    await expect.poll(() => map().getAttribute('aria-hidden')).toBe('true');
    await panel.text.focus();
    await panel.press('End');
    await panel.press('y');
    await expect.poll(() => map().locator('.stretch').allInnerTexts()).toEqual(['', '', '✓']);
    await expect.poll(() => map().locator('.comment').count()).toBe(1);
    const comment = async (): Promise<number> => {
      const [whole, own] = [(await map().boundingBox())!, (await map().locator('.comment').boundingBox())!];
      return (own.y - whole.y) / whole.height;
    };
    await expect.poll(comment).toBeCloseTo(0.5, 1);
    const { x, y, width, height } = (await map().boundingBox())!;
    const { mouse } = panel.workbench.page;
    await mouse.move(x + width / 2, y + 0.5 * height);
    await mouse.down();
    await expect.poll(middle).toBeCloseTo(0.5, 2);
    await mouse.move(x + width / 2, y + 0.75 * height, { steps: 3 });
    await expect.poll(middle).toBeCloseTo(0.75, 2);
    await mouse.up();
    await mouse.move(x - 100, y + 10);
    await expect.poll(async () => (await present()).join()).toMatch(/^Step 2\d\d$/);
    // Without the outline it is read out.
    await button('outline :').click();
    await expect.poll(() => outline().count()).toBe(0);
    await panel.page
      .getByRole('img', {
        name: 'Map of the reasoning, planning, evidence, synthesis, 1 comment, 1 judgement',
      })
      .waitFor();
    await button('outline :').click();
    await outline().waitFor();
  });

  it('is shown compact or comfortable, by its button and by the setting', async () => {
    const density = (): Promise<string | null> => panel.page.locator('review-app').getAttribute('density');
    const lines = (): Promise<number> => panel.text.evaluate((text) => parseFloat(getComputedStyle(text).lineHeight));
    const before = await lines();
    await button('compact').click();
    await expect.poll(density).toBe('compact');
    await expect.poll(lines).toBeLessThan(0.65 * before);
    // The names of phases have room all the same.
    const covering = (): Promise<string[]> =>
      panel.page.locator('reasoning-text').evaluate((text) => {
        const boxes = (selector: string): [string, DOMRect][] =>
          [...text.shadowRoot!.querySelectorAll(selector)].flatMap((one) =>
            [...one.getClientRects()].map((box): [string, DOMRect] => [one.textContent, box]),
          );
        const words = boxes('.completion span');
        const meets = (a: DOMRect, b: DOMRect): boolean =>
          a.left < b.right && b.left < a.right && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
        return boxes('.flag').flatMap(([name, flag]) =>
          words.some(([, word]) => meets(flag, word)) ? name.trim() : [],
        );
      });
    await expect.poll(covering).toEqual([]);
    const settings = join(panel.workbench.folder, '.vscode/settings.json');
    mkdirSync(join(settings, '..'), { recursive: true });
    writeFileSync(settings, '{ "rolloutLab.density": "comfortable" }');
    await expect.poll(density).toBe('comfortable');
    await expect.poll(() => button('compact').getAttribute('aria-pressed')).toBe('false');
    // A workspace's own setting is what the button changes then.
    await button('compact').click();
    await expect.poll(density).toBe('compact');
    expect(readFileSync(settings, 'utf8')).toContain('"compact"');
  });

  it.each(['light', 'dark', 'high contrast'] as const)('is without fault at 1000 × 700 in %s', async (theme) => {
    await panel.workbench.theme(theme);
    for (const [width, height] of [
      [1400, 900],
      [1000, 700],
    ]) {
      await panel.workbench.page.setViewportSize({ width, height });
      await panel.find();
      await scroll(0.5);
      await expect.poll(async () => (await present()).join()).toMatch(/^Step/);
      await panel.workbench.screenshot(`reading-${width}-${theme}`);
    }
    expect(await faultsOf(panel.page)).toEqual([]);
  });

  it('has no map of a short one, and keeps outline and density for it', async () => {
    await panel.workbench.page.setViewportSize({ width: 1400, height: 900 });
    const heading = panel.page.getByRole('heading', { name: 'Which colour is short?' });
    while (!(await heading.isVisible())) {
      await panel.text.focus();
      await panel.press('n');
      await heading.waitFor({ timeout: 15_000 }).catch(() => undefined);
    }
    await expect.poll(() => map().isVisible()).toBe(false);
    await outline().waitFor();
    await expect.poll(() => panel.page.locator('review-app').getAttribute('density')).toBe('compact');
    await panel.workbench.screenshot('reading-short');
  });
});
