import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { clickBefore, pointBefore } from './caret.ts';
import { describePanel, openReview, type Panel } from './fixture.ts';
import { completion, labelsOf, makeReviewProject, rolloutsOf } from './review-project.ts';

const family = '👨‍👩‍👧';
const mixed =
  `<think>أولاً أبحث عن النغمة ${family} ثم أنظر.\n` +
  `في 0:03 تسمع النغمة. المربع أخضر ${family}${family}.\n` +
  '首先看颜色。然后听声音。所以是绿色。</think><answer>B</answer>';
const sentence = 'At 0:03 the low tone sounds again, and so the square must be green by then. ';
/** Some 50 000 tokens. */
const long = `<think>${Array.from({ length: 800 }, (_, line) => `Step ${line}. ${sentence.repeat(4)}`).join('\n')}</think>\n<answer>B</answer>`;

const texts = (): string =>
  makeReviewProject([
    { question: 'Which colour is short?', clip: 'silent.mp4', rewards: [1, 0] },
    { question: 'Which colour is mixed?', clip: 'silent.mp4', rewards: [1], says: mixed },
    { question: 'Which colour is long?', clip: 'silent.mp4', rewards: [1], says: long },
  ]);

/** Goes on to the unlabelled rollout of this question. */
async function goTo(panel: Panel, question: string): Promise<void> {
  const heading = panel.page.getByRole('heading', { name: `Which colour is ${question}?` });
  while (!(await heading.isVisible())) {
    await panel.text.focus();
    await panel.press('n');
    await heading.waitFor({ timeout: 15_000 }).catch(() => undefined);
  }
}

async function openShort(panel: Panel): Promise<void> {
  await openReview(panel);
  await goTo(panel, 'short');
}

describePanel('the reasoning in the Review panel', { project: texts, open: openShort }, (panel) => {
  const find = (): Locator => panel.page.getByRole('search', { name: 'Find in the reasoning' });
  const place = async (name: string): Promise<number> => Number(await panel.handle(name).getAttribute('aria-valuenow'));
  const saved = (): Promise<void> => panel.status(/saved \d/);
  /** The boundaries that the command line reads of the rollout that says this. */
  const stored = (says: string): number[] => {
    const { folder } = panel.workbench;
    const place = rolloutsOf(folder).findIndex(({ completion }) => says.startsWith(completion.slice(0, 30)));
    return labelsOf(folder, place).labels[0].boundaries;
  };

  it('is searched: words over tags, counted, gone through, and left at the match', async () => {
    await panel.pressUntil('Control+f', () => find().waitFor({ timeout: 5000 }));
    await panel.workbench.page.keyboard.type('GREEN');
    await find().getByText('1 of 2').waitFor();
    await expect.poll(() => panel.highlighted('match')).toEqual(['green', 'green']);
    await panel.press('Enter');
    await find().getByText('2 of 2').waitFor();
    await panel.press('Shift+Enter');
    await find().getByText('1 of 2').waitFor();
    await panel.workbench.screenshot('find-dark');
    await panel.press('Alt+c');
    await find().getByText('No results').waitFor();
    await find().getByRole('textbox').fill('green. b');
    await panel.press('Alt+c');
    await find().getByText('1 of 1').waitFor();
    await panel.press('Escape');
    await find().waitFor({ state: 'detached' });
    await expect.poll(() => panel.highlighted('match')).toEqual([]);
    await panel.press('Enter');
    await saved();
    await expect.poll(() => place('evidence')).toBe(completion.indexOf(' green.</think>'));
    await panel.press('/');
    await find().waitFor();
    // The chords of typing stay in the field, and the label as it is.
    await find().getByRole('textbox').fill('red');
    await panel.workbench.page.keyboard.type(' x');
    await panel.press('Control+Enter');
    await panel.press('Control+z');
    await expect.poll(() => find().getByRole('textbox').inputValue()).not.toBe('red x');
    await panel.press('Escape');
    expect(stored(completion)).toEqual([completion.indexOf(' green.</think>'), completion.length]);
  });

  it('is labelled at sentence starts when the setting says so; Alt still stops at any character', async () => {
    mkdirSync(join(panel.workbench.folder, '.vscode'), { recursive: true });
    writeFileSync(join(panel.workbench.folder, '.vscode/settings.json'), '{ "rolloutLab.boundaries": "sentence" }');
    const second = completion.indexOf(' At 0:03 the low');
    const third = completion.indexOf(' At 0:03 the square');
    await clickBefore(panel.text, 'low tone sounds. At');
    await expect
      .poll(async () => {
        await panel.press('2');
        return place('evidence');
      })
      .toBe(second);
    await panel.handle('evidence').focus();
    await panel.press('ArrowRight');
    await expect.poll(() => place('evidence')).toBe(third);
    await panel.press('Alt+ArrowLeft');
    await expect.poll(() => place('evidence')).toBe(third - 1);
    const box = (await panel.handle('evidence').boundingBox())!;
    const corner = (await panel.text.boundingBox())!;
    const { x, y } = await pointBefore(panel.text, 'low tone sounds. At');
    const { mouse } = panel.workbench.page;
    await mouse.move(box.x + 5, box.y + box.height / 2);
    await mouse.down();
    await mouse.move(corner.x + x, corner.y + y, { steps: 5 });
    await mouse.up();
    await expect.poll(() => place('evidence')).toBe(second);
    await saved();
    writeFileSync(join(panel.workbench.folder, '.vscode/settings.json'), '{}');
  });

  it('tints what a completion is taught and taught not, and tells the unit at the caret', async () => {
    const overlay = panel.page.getByLabel('overlay');
    await overlay.selectOption('advantage × weight');
    await panel.page.getByRole('img', { name: 'Tints of advantage × weight from −0.92 to +0.92' }).waitFor();
    await panel.text.focus();
    await panel.press('Home');
    await panel.page
      .getByText(/token 1 “<think>First” · weight 1\.300 · advantage \+0\.71, weighted \+0\.92/)
      .waitFor();
    expect((await panel.highlighted('heat-6')).join('')).toContain('<think>First');
    await panel.page.getByRole('button', { name: 'completion 2, ' }).click();
    await panel.page.getByText(/advantage −0\.71, weighted −0\.92/).waitFor();
    await expect.poll(async () => (await panel.highlighted('cold-6')).join('')).toContain('<think>First');
    await panel.workbench.screenshot('advantage-dark');
    await panel.workbench.theme('light');
    await panel.text.focus();
    await panel.press('Control+f');
    await find().waitFor();
    await panel.workbench.screenshot('advantage-light');
    await panel.press('Escape');
    await panel.workbench.theme('dark');
    await overlay.selectOption('weight');
  });

  it('folds at its tags, by key and click; the caret, a search and a boundary that is chosen unfold', async () => {
    const tag = (name: string): Locator => panel.text.getByRole('button', { name: `<${name}>` });
    const folded = (name: string): Promise<boolean> =>
      tag(name)
        .getAttribute('aria-expanded')
        .then((expanded) => expanded === 'false');
    const last = panel.text.getByText('So the colour');
    await clickBefore(panel.text, 'At 0:03 the low');
    await panel.press('2');
    await saved();
    const before = await place('evidence');
    await panel.press('Home');
    await panel.press('z');
    await expect.poll(() => folded('think')).toBe(true);
    await expect.poll(() => last.isVisible()).toBe(false);
    await expect.poll(() => tag('think').getAttribute('data-hides')).toBe('3 lines');
    // Its boundary waits at the tag.
    const top = async (place: Locator): Promise<number> => (await place.boundingBox())!.y;
    await expect
      .poll(async () => Math.abs((await top(panel.handle('evidence'))) - (await top(tag('think')))))
      .toBeLessThan(15);
    await panel.press('End');
    // This completion ends with a space.
    await panel.press('ArrowLeft');
    await panel.press('z');
    await expect.poll(() => folded('answer')).toBe(true);
    await expect.poll(() => folded('think')).toBe(true);
    await panel.workbench.screenshot('folded-dark');
    await panel.press('z');
    await expect.poll(() => folded('answer')).toBe(false);
    await expect.poll(() => place('evidence')).toBe(before);
    // The caret goes along the tag, then into the block.
    await panel.press('Home');
    for (let count = 0; count < '<think>'.length; count += 1) await panel.press('ArrowRight');
    await expect.poll(() => folded('think')).toBe(true);
    await panel.press('ArrowRight');
    await last.waitFor();
    await tag('think').click();
    await last.waitFor({ state: 'hidden' });
    await panel.press('Control+f');
    await find().getByRole('textbox').fill('so the colour');
    await last.waitFor();
    await panel.press('Escape');
    await panel.press('z');
    await last.waitFor({ state: 'hidden' });
    await panel.press(']');
    await last.waitFor();
    await panel.press('Escape');
    await expect.poll(() => place('evidence')).toBe(before);
  });

  it('keeps the offsets of Arabic, emoji and Chinese', async () => {
    await goTo(panel, 'mixed');
    await expect
      .poll(() =>
        panel.text
          .locator('.block')
          .first()
          .evaluate((block) => getComputedStyle(block).direction),
      )
      .toBe('rtl');
    const [evidence, synthesis] = [mixed.indexOf('في'), mixed.indexOf('首先')];
    await clickBefore(panel.text, '首先');
    await panel.press('3');
    await saved();
    await expect.poll(() => place('synthesis')).toBe(synthesis);
    await panel.handle('evidence').focus();
    const steps = mixed.slice(evidence, synthesis).trim().split(/\s+/u).length;
    for (let count = 0; count < steps; count += 1) await panel.press('ArrowUp');
    await expect.poll(() => place('evidence')).toBe(evidence);
    // In a line of Arabic left is onwards; a family is one character.
    const before = mixed.indexOf(`${family}${family}`);
    await panel.press('Alt+ArrowLeft');
    await expect.poll(() => place('evidence')).toBe(evidence + 1);
    const box = (await panel.handle('evidence').boundingBox())!;
    const { left, top } = await panel.text.evaluate((body, at) => {
      const span = [...body.querySelectorAll('span')].find(({ textContent }) => textContent.includes('المربع'))!;
      const range = new Range();
      const inner = span.textContent.indexOf(at);
      range.setStart(span.firstChild!, inner);
      range.setEnd(span.firstChild!, inner + at.length);
      const rect = range.getBoundingClientRect();
      return { left: rect.right, top: rect.top + rect.height / 2 };
    }, family + family);
    const corner = (await panel.text.boundingBox())!;
    const inFrame = await panel.text.evaluate(
      (body) => body.getBoundingClientRect().toJSON() as { x: number; y: number },
    );
    const { mouse } = panel.workbench.page;
    await mouse.move(box.x + 5, box.y + box.height / 2);
    await mouse.down();
    await panel.workbench.page.keyboard.down('Alt');
    await mouse.move(corner.x + left - inFrame.x - 2, corner.y + top - inFrame.y, { steps: 5 });
    await mouse.up();
    await panel.workbench.page.keyboard.up('Alt');
    await expect.poll(() => place('evidence')).toBe(before);
    // Alt, let go, takes the focus to the editor's menu.
    const focused = async (): Promise<boolean> => {
      await panel.handle('evidence').focus();
      return panel.handle('evidence').evaluate((handle) => document.hasFocus() && handle.matches(':focus'));
    };
    await expect.poll(focused).toBe(true);
    await panel.press('Alt+ArrowLeft');
    await expect.poll(() => place('evidence')).toBe(before + family.length);
    await expect.poll(() => stored(mixed)).toEqual([before + family.length, synthesis]);
    await panel.workbench.screenshot('mixed-dark');
  });

  it('stays light at 50 000 tokens', async () => {
    await goTo(panel, 'long');
    await panel.press('Control+f');
    await find().waitFor();
    await panel.workbench.page.keyboard.type('step 700.');
    await find().getByText('1 of 1').waitFor();
    await panel.press('Escape');
    await panel.press('2');
    await saved();
    await expect.poll(() => place('evidence')).toBe(long.indexOf('Step 700.'));
    await panel.press('End');
    const answer = panel.text.locator('.tag').last();
    await expect.poll(() => answer.evaluate((tag) => tag.getBoundingClientRect().bottom <= innerHeight)).toBe(true);
    await expect.poll(() => stored(long)[0]).toBe(long.indexOf('Step 700.'));
    await panel.workbench.screenshot('long-dark');
    await panel.press('Home');
    const think = panel.text.getByRole('button', { name: '<think>' });
    /** Milliseconds until the page is drawn after a click on the tag. */
    const toggled = (): Promise<number> =>
      think.evaluate(async (tag: HTMLElement) => {
        const start = performance.now();
        tag.click();
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        return performance.now() - start;
      });
    // On an idle machine it takes a hundredth of it.
    const shut = await toggled();
    expect(shut).toBeLessThan(10_000);
    await expect.poll(() => answer.evaluate((tag) => tag.getBoundingClientRect().bottom <= innerHeight)).toBe(true);
    await expect.poll(() => place('evidence')).toBe(long.indexOf('Step 700.'));
    await panel.workbench.screenshot('long-folded-dark');
    const open = await toggled();
    expect(open).toBeLessThan(10_000);
    await expect.poll(() => answer.evaluate((tag) => tag.getBoundingClientRect().bottom <= innerHeight)).toBe(false);
  });
});
