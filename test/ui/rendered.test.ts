import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { clickBefore } from './caret.ts';
import { describePanel, openReview, type Panel } from './fixture.ts';
import { labelsOf, makeReviewProject, twoGroups } from './review-project.ts';

const says = [
  '<think>',
  '## Plan',
  'First find when the **low tone** sounds, then *look* with `frame_at(3)`.',
  '1. Find the tone at 0:01.',
  '2. Look at the square.',
  '',
  '### Evidence',
  'The tone has $f_1 = 2\\pi \\cdot 440$ and <img src=x onerror=alert(1)> the sum is',
  '$$',
  '\\sum_{i=1}^{n} x_i = \\frac{n(n+1)}{2}',
  '$$',
  '| time | colour |',
  '|---|---|',
  '| 0:03 | green |',
  '',
  'So the colour is \\(\\boxed{green}\\), and $\\badcommand{x$ is none: $\\href{https://example.org}{a}$.</think>',
  '<answer>B</answer>',
].join('\n');
const line = 'The **square** is green at 0:03, as $x_1 = 3$ says, and so the tone is low by then. ';
/** Some 50,000 tokens, 3,200 formulas. */
const long = `<think>\n${Array.from({ length: 800 }, (_, step) => `### Step ${step}\n${line.repeat(4)}`).join('\n')}</think>\n<answer>B</answer>`;

const project = (): string =>
  makeReviewProject([
    { ...twoGroups[0], rewards: [1, 0], says },
    { question: 'Which colour is long?', clip: 'silent.mp4', rewards: [1], says: long },
  ]);

async function openFirst(panel: Panel): Promise<void> {
  await openReview(panel);
  await panel.page.getByRole('heading', { name: 'Which colour is on screen' }).waitFor();
}

describePanel('the reasoning as it is meant', { project, open: openFirst }, (panel) => {
  const button = (): Locator => panel.page.getByRole('button', { name: 'rendered *' });
  const place = async (name: string): Promise<number> => Number(await panel.handle(name).getAttribute('aria-valuenow'));
  const saved = (): Promise<void> => panel.status(/saved \d/);
  const formulas = (): Locator => panel.text.locator('tex-maths');
  const stored = (): number[] => labelsOf(panel.workbench.folder, 0).labels[0].boundaries;
  /** What the page says the text is, put together from its pieces. */
  const written = (): Promise<string> =>
    panel.text.evaluate((body) => [...body.querySelectorAll('span')].map((span) => span.textContent).join(''));

  it('is drawn on a key, with each character where it was', async () => {
    const before = await written();
    expect(before.trim()).toBe(says);
    await panel.pressUntil('*', () => expect.poll(() => button().getAttribute('aria-pressed')).toBe('true'));
    await expect.poll(() => formulas().count()).toBe(5);
    await expect.poll(() => panel.text.locator('.heading').allTextContents()).toHaveLength(2);
    await expect.poll(() => written()).toBe(before);
    const strong = panel.text.getByText('low tone', { exact: true });
    await expect.poll(() => strong.evaluate((span) => getComputedStyle(span).fontWeight)).toBe('700');
    const cells = await panel.text.locator('.row .cell').allInnerTexts();
    expect(cells.map((cell) => cell.trim())).toEqual(['| time', '| colour |', '| 0:03', '| green |']);
    // What is no LaTeX, or names an address, is shown as it is written.
    await formulas().last().scrollIntoViewIfNeeded();
    await expect.poll(() => panel.text.locator('math').count()).toBeGreaterThan(0);
    const wrong = formulas().filter({ hasText: 'badcommand' });
    await expect.poll(() => wrong.evaluate((one) => one.shadowRoot?.innerHTML)).toBe('<slot></slot>');
    const address = formulas().filter({ hasText: 'example.org' });
    await expect.poll(() => address.evaluate((one) => one.shadowRoot?.innerHTML)).toBe('<slot></slot>');
    await expect.poll(() => panel.text.locator('img, a[href], [href], [onerror]').count()).toBe(0);
  });

  it('is labelled where it is clicked, also after a formula, and a formula is one place', async () => {
    await clickBefore(panel.text, 'Evidence');
    await panel.press('2');
    await saved();
    await expect.poll(() => place('evidence')).toBe(says.indexOf('Evidence') - 1);
    await clickBefore(panel.text, 'So the colour');
    await panel.press('3');
    await expect.poll(() => place('synthesis')).toBe(says.indexOf('So the colour'));
    await expect.poll(stored).toEqual([says.indexOf('Evidence') - 1, says.indexOf('So the colour')]);
    // From before a formula one press goes behind it.
    await clickBefore(panel.text, 'tone has');
    for (let at = 0; at < 'tone has '.length; at += 1) await panel.press('ArrowRight');
    const caret = panel.page.locator('reasoning-text .caret');
    const left = async (): Promise<number> => (await caret.boundingBox())!.x;
    const first = (await formulas().first().boundingBox())!;
    await expect.poll(left).toBeCloseTo(first.x - 1, 0);
    await panel.press('ArrowRight');
    await expect.poll(left).toBeGreaterThan(first.x + first.width - 3);
    await panel.press('ArrowLeft');
    await expect.poll(left).toBeCloseTo(first.x - 1, 0);
    // A click on its right half puts the caret behind it, and there the next phase starts.
    await formulas()
      .first()
      .click({ position: { x: first.width - 4, y: first.height / 2 } });
    await panel.press('2');
    await expect.poll(() => place('evidence')).toBe(says.indexOf(' and <img'));
  });

  it('is commented on, and says the same when it is shown as it is written', async () => {
    await clickBefore(panel.text, 'Look at the square');
    await panel.press('c');
    await panel.page.locator('comment-list textarea').fill('Which?');
    await panel.press('Control+Enter');
    await panel.page.locator('comment-list li').getByText('Which?').waitFor();
    await expect.poll(() => panel.highlighted('commented')).toEqual(['Look at the square.']);
    const before = [await place('evidence'), await place('synthesis')];
    await button().click();
    await expect.poll(() => formulas().count()).toBe(0);
    await expect.poll(() => panel.highlighted('commented')).toEqual(['Look at the square.']);
    expect([await place('evidence'), await place('synthesis')]).toEqual(before);
    // A boundary within a formula is shown at it.
    await clickBefore(panel.text, '\\cdot');
    await panel.press('2');
    await expect.poll(() => place('evidence')).toBe(says.indexOf(' \\cdot'));
    await button().click();
    await expect.poll(() => formulas().count()).toBe(5);
    const handle = (await panel.handle('evidence').boundingBox())!;
    const formula = (await formulas().first().boundingBox())!;
    expect(Math.abs(handle.x + 5 - formula.x)).toBeLessThan(4);
    await expect.poll(() => place('evidence')).toBe(says.indexOf(' \\cdot'));
    await panel.press('d');
  });

  it.each(['light', 'dark', 'high contrast'] as const)('is without fault by axe in %s', async (theme) => {
    await panel.workbench.theme(theme);
    await panel.text.focus();
    await panel.workbench.screenshot(`rendered-${theme}`);
    expect(await faultsOf(panel.page)).toEqual([]);
  });

  it('is so side by side, too, where the same key shows it as it is written', async () => {
    await panel.text.focus();
    await panel.press('a');
    const table = panel.page.locator('phase-table');
    await expect.poll(() => table.locator('.heading').count()).toBe(4);
    await expect.poll(() => table.locator('tex-maths').count()).toBe(10);
    await expect.poll(() => table.locator('math').count()).toBeGreaterThan(0);
    const strong = table.getByText('low tone', { exact: true }).first();
    await expect.poll(() => strong.evaluate((span) => getComputedStyle(span).fontWeight)).toBe('700');
    await panel.workbench.screenshot('rendered-group');
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.press('*');
    await expect.poll(() => table.locator('.heading, tex-maths').count()).toBe(0);
    await expect.poll(() => table.locator('tbody').innerText()).toContain('$f_1 = 2\\pi');
    await panel.press('*');
    await expect.poll(() => table.locator('.heading').count()).toBe(4);
    await panel.press('a');
    await panel.text.waitFor();
  });

  it('stays so when the panel is opened again, and light at 50,000 tokens', async () => {
    await panel.workbench.run('View: Close All Editors');
    await openReview(panel, undefined, 60_000);
    await expect.poll(() => button().getAttribute('aria-pressed')).toBe('true');
    const heading = panel.page.getByRole('heading', { name: 'Which colour is long?' });
    while (!(await heading.isVisible())) {
      await panel.text.focus();
      await panel.press('n');
      await heading.waitFor({ timeout: 15_000 }).catch(() => undefined);
    }
    await expect.poll(() => formulas().count()).toBe(3200);
    // Only what is near is drawn.
    const drawn = (): Promise<number> => panel.text.locator('math').count();
    await expect.poll(drawn).toBeGreaterThan(3);
    // Not what stood in the same place of the text before.
    await expect.poll(() => panel.text.locator('annotation').first().textContent()).toBe('x_1 = 3');
    await expect.poll(() => drawn()).toBeLessThan(400);
    await panel.text.focus();
    await panel.press('End');
    await panel.workbench.screenshot('rendered-long');
    /** Milliseconds until the page is drawn after the press. */
    const toggled = (): Promise<number> =>
      button().evaluate(async (button: HTMLElement) => {
        const start = performance.now();
        button.click();
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        return performance.now() - start;
      });
    // On an idle machine it takes a tenth of it at most.
    await expect.poll(() => toggled()).toBeLessThan(10_000);
    await expect.poll(() => toggled()).toBeLessThan(10_000);
  });
});
