import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clickBefore, pointBefore } from './caret.ts';
import { completion, makeReviewProject, rolloutLab, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

const family = '👨‍👩‍👧';
const mixed =
  `<think>أولاً أبحث عن النغمة ${family} ثم أنظر.\n` +
  `في 0:03 تسمع النغمة. المربع أخضر ${family}${family}.\n` +
  '首先看颜色。然后听声音。所以是绿色。</think><answer>B</answer>';
const sentence = 'At 0:03 the low tone sounds again, and so the square must be green by then. ';
/** Some 50 000 tokens. */
const long = `<think>${Array.from({ length: 800 }, (_, line) => `Step ${line}. ${sentence.repeat(4)}`).join('\n')}</think>\n<answer>B</answer>`;

describe('the reasoning in the Review panel', () => {
  let project: string;
  let workbench: Workbench;
  let page: Frame;

  beforeAll(async () => {
    project = makeReviewProject([
      { question: 'Which colour is short?', clip: 'silent.mp4', rewards: [1, 0] },
      { question: 'Which colour is mixed?', clip: 'silent.mp4', rewards: [1], says: mixed },
      { question: 'Which colour is long?', clip: 'silent.mp4', rewards: [1], says: long },
    ]);
    workbench = await Workbench.open({ extensions: inject('extensions'), from: project });
    await workbench.run('Rollout Lab: Next Unlabelled');
    page = await workbench.webview('reasoning-text .completion');
    await goTo('short');
  });
  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    rmSync(project, { recursive: true });
  });

  const press = (key: string): Promise<void> => workbench.page.keyboard.press(key);
  const text = (): Locator => page.locator('reasoning-text .completion');
  /** Goes on to the unlabelled rollout of this question. */
  const goTo = async (question: string): Promise<void> => {
    const heading = page.getByRole('heading', { name: `Which colour is ${question}?` });
    await text().focus();
    while (!(await heading.isVisible())) {
      await press('n');
      await workbench.page.waitForTimeout(1500);
    }
  };
  const find = (): Locator => page.getByRole('search', { name: 'Find in the reasoning' });
  const handle = (name: string): Locator => page.getByRole('slider', { name: `${name} starts` });
  const place = async (name: string): Promise<number> => Number(await handle(name).getAttribute('aria-valuenow'));
  const saved = (): Promise<void> =>
    page
      .locator('status-line')
      .getByText(/saved \d/)
      .waitFor();
  /** The boundaries that the command line reads of the rollout that says this. */
  const stored = (says: string): number[] => {
    const db = storeOf(workbench.folder);
    const { rows } = rolloutLab('list', 'rollouts', '--db', db) as { rows: { id: string; completion: string }[] };
    const { id } = rows.find((row) => says.startsWith(row.completion.slice(0, 30)))!;
    const { labels } = rolloutLab('labels', 'show', '--db', db, '--rollout', id) as {
      labels: { boundaries: number[] }[];
    };
    return labels[0].boundaries;
  };
  /** What the highlight of this name lies on. */
  const highlighted = (name: string): Promise<string[]> =>
    page.evaluate(
      (name) =>
        [...(CSS.highlights.get(name) ?? [])].map((range) => {
          const live = new Range();
          live.setStart(range.startContainer, range.startOffset);
          live.setEnd(range.endContainer, range.endOffset);
          return live.toString();
        }),
      name,
    );

  it('is searched: words over tags, counted, gone through, and left at the match', async () => {
    await text().focus();
    await press('Control+f');
    await find().waitFor();
    await workbench.page.keyboard.type('GREEN');
    await find().getByText('1 of 2').waitFor();
    expect(await highlighted('match')).toEqual(['green', 'green']);
    await press('Enter');
    await find().getByText('2 of 2').waitFor();
    await press('Shift+Enter');
    await find().getByText('1 of 2').waitFor();
    await workbench.screenshot('find-dark');
    await press('Alt+c');
    await find().getByText('No results').waitFor();
    await find().getByRole('textbox').fill('green. b');
    await press('Alt+c');
    await find().getByText('1 of 1').waitFor();
    await press('Escape');
    await find().waitFor({ state: 'detached' });
    expect(await highlighted('match')).toEqual([]);
    await press('Enter');
    await saved();
    expect(await place('evidence')).toBe(completion.indexOf(' green.</think>'));
    await press('/');
    await find().waitFor();
    await press('Escape');
  });

  it('is labelled at sentence starts when the setting says so; Alt still stops at any character', async () => {
    mkdirSync(join(workbench.folder, '.vscode'), { recursive: true });
    writeFileSync(join(workbench.folder, '.vscode/settings.json'), '{ "rolloutLab.boundaries": "sentence" }');
    const second = completion.indexOf(' At 0:03 the low');
    const third = completion.indexOf(' At 0:03 the square');
    await clickBefore(text(), 'low tone sounds. At');
    await expect
      .poll(async () => {
        await press('2');
        return place('evidence');
      })
      .toBe(second);
    await handle('evidence').focus();
    await press('ArrowRight');
    await expect.poll(() => place('evidence')).toBe(third);
    await press('Alt+ArrowLeft');
    await expect.poll(() => place('evidence')).toBe(third - 1);
    const box = (await handle('evidence').boundingBox())!;
    const corner = (await text().boundingBox())!;
    const { x, y } = await pointBefore(text(), 'low tone sounds. At');
    const { mouse } = workbench.page;
    await mouse.move(box.x + 5, box.y + box.height / 2);
    await mouse.down();
    await mouse.move(corner.x + x, corner.y + y, { steps: 5 });
    await mouse.up();
    await expect.poll(() => place('evidence')).toBe(second);
    await saved();
    writeFileSync(join(workbench.folder, '.vscode/settings.json'), '{}');
  });

  it('tints what a completion is taught and taught not, and tells the unit at the caret', async () => {
    const overlay = page.getByLabel('overlay');
    await overlay.selectOption('advantage × weight');
    await page.getByRole('img', { name: 'Tints of advantage × weight from −0.92 to +0.92' }).waitFor();
    await text().focus();
    await press('Home');
    await page.getByText(/token 1 “<think>First” · weight 1\.300 · advantage \+0\.71, weighted \+0\.92/).waitFor();
    expect((await highlighted('heat-6')).join('')).toContain('<think>First');
    await page.getByRole('button', { name: 'completion 2, ' }).click();
    await page.getByText(/advantage −0\.71, weighted −0\.92/).waitFor();
    await expect.poll(async () => (await highlighted('cold-6')).join('')).toContain('<think>First');
    await workbench.screenshot('advantage-dark');
    await workbench.theme('light');
    await text().focus();
    await press('Control+f');
    await find().waitFor();
    await workbench.screenshot('advantage-light');
    await press('Escape');
    await workbench.theme('dark');
    await overlay.selectOption('weight');
  });

  it('keeps the offsets of Arabic, emoji and Chinese', async () => {
    await goTo('mixed');
    expect(
      await text()
        .locator('.block')
        .first()
        .evaluate((block) => getComputedStyle(block).direction),
    ).toBe('rtl');
    const [evidence, synthesis] = [mixed.indexOf('في'), mixed.indexOf('首先')];
    await clickBefore(text(), '首先');
    await press('3');
    await saved();
    await expect.poll(() => place('synthesis')).toBe(synthesis);
    await handle('evidence').focus();
    const steps = mixed.slice(evidence, synthesis).trim().split(/\s+/u).length;
    for (let count = 0; count < steps; count += 1) await press('ArrowUp');
    await expect.poll(() => place('evidence')).toBe(evidence);
    // In a line of Arabic left is onwards; a family is one character.
    const before = mixed.indexOf(`${family}${family}`);
    await press('Alt+ArrowLeft');
    await expect.poll(() => place('evidence')).toBe(evidence + 1);
    const box = (await handle('evidence').boundingBox())!;
    const { left, top } = await text().evaluate((body, at) => {
      const span = [...body.querySelectorAll('span')].find(({ textContent }) => textContent.includes('المربع'))!;
      const range = new Range();
      const inner = span.textContent.indexOf(at);
      range.setStart(span.firstChild!, inner);
      range.setEnd(span.firstChild!, inner + at.length);
      const rect = range.getBoundingClientRect();
      return { left: rect.right, top: rect.top + rect.height / 2 };
    }, family + family);
    const corner = (await text().boundingBox())!;
    const inFrame = await text().evaluate((body) => body.getBoundingClientRect().toJSON() as { x: number; y: number });
    const { mouse } = workbench.page;
    await mouse.move(box.x + 5, box.y + box.height / 2);
    await mouse.down();
    await workbench.page.keyboard.down('Alt');
    await mouse.move(corner.x + left - inFrame.x - 2, corner.y + top - inFrame.y, { steps: 5 });
    await mouse.up();
    await workbench.page.keyboard.up('Alt');
    await expect.poll(() => place('evidence')).toBe(before);
    await handle('evidence').focus();
    await press('Alt+ArrowLeft');
    await expect.poll(() => place('evidence')).toBe(before + family.length);
    await expect.poll(() => stored(mixed)).toEqual([before + family.length, synthesis]);
    await workbench.screenshot('mixed-dark');
  });

  it('stays light at 50 000 tokens', async () => {
    await goTo('long');
    await press('Control+f');
    await find().waitFor();
    await workbench.page.keyboard.type('step 700.');
    await find().getByText('1 of 1').waitFor();
    await press('Escape');
    await press('2');
    await saved();
    expect(await place('evidence')).toBe(long.indexOf('Step 700.'));
    await press('End');
    const answer = text().locator('.tag').last();
    await expect.poll(() => answer.evaluate((tag) => tag.getBoundingClientRect().bottom <= innerHeight)).toBe(true);
    expect(stored(long)[0]).toBe(long.indexOf('Step 700.'));
    await workbench.screenshot('long-dark');
    expect(workbench.errors).toEqual([]);
  });
});
