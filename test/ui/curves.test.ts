import { expect, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { describePanel } from './fixture.ts';
import { makeReviewProject, placesOf, setLabel } from './review-project.ts';

const ids = (offsets: number[]) => offsets.map((_, id) => id);
const waves = (offsets: number[]) => ({
  entropy: offsets.map((_, i) => 1.01 + Math.sin(i)),
  trainer: offsets.map((offset, i) => -offset / 100 + (i === 20 ? 1.5 : 0.01)),
  reference: offsets.map((offset, i) => -offset / 100 - 0.1 * (i % 4)),
});

/** Of the first prompt it is known where tokens stand, of the second it is not, and of the third there are none. */
function threePrompts(): string {
  const clip = 'silent.mp4' as const;
  return makeReviewProject([
    {
      ...{ question: 'Which colour is on screen?', clip, rewards: [1] },
      tokens: (offsets) => ({
        ...{ ids: ids(offsets), offsets, logProbs: offsets.map((offset) => -offset / 100), curves: waves(offsets) },
      }),
    },
    {
      ...{ question: 'How many tones are there?', clip, rewards: [1] },
      tokens: (offsets) => ({ ids: ids(offsets).slice(0, 12), curves: waves(offsets.slice(0, 12)) }),
    },
    { question: 'Is there a tone?', clip, rewards: [1], tokens: () => null },
  ]);
}

describePanel('curves of tokens', { project: threePrompts }, (panel) => {
  const strips = () => panel.page.locator('token-strips');
  const choose = async (...names: string[]): Promise<void> => {
    await panel.page.locator('curve-chooser summary').click();
    for (const name of names) await panel.page.getByLabel(name, { exact: true }).check();
    await panel.press('Escape');
  };
  const shown = (): Promise<(string | null)[]> =>
    strips()
      .locator('.strip')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-curve')));

  it('stand under the weights, with the mean of each phase for who hears them', async () => {
    setLabel(panel.workbench.folder, 0, 'me', placesOf('At 0:01', 'So the'));
    await expect.poll(shown).toEqual(['entropy']);
    const strip = panel.page.getByRole('img', { name: /^entropy in nats of 38 tokens/u });
    await expect
      .poll(() => strip.getAttribute('aria-label'))
      .toMatch(/least \S+, greatest 2\.01, mean \d\.\d\d; mean by phase: planning .*evidence .*synthesis/u);
    await choose('policy − reference', 'importance ratio');
    await expect.poll(() => shown()).toEqual(['entropy', 'reference gap', 'ratio']);
  });

  it('go from token to token by keys and pointer, and mark it in the text', async () => {
    const slider = strips().getByRole('slider', { name: 'Token along the curves' });
    await slider.focus();
    await panel.press('Home');
    for (let i = 0; i < 20; i += 1) await panel.press('ArrowRight');
    await expect.poll(() => slider.getAttribute('aria-valuenow')).toBe('21');
    await expect
      .poll(() => slider.getAttribute('aria-valuetext'))
      .toMatch(/^token 21 of 38 “ [^”]+”, evidence: entropy 1\.92, policy − reference 0, importance ratio 4\.48$/u);
    const [marked] = await panel.highlighted('hovered-unit');
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toContain(`“${marked}”`);
    const box = (await slider.boundingBox())!;
    await panel.workbench.page.mouse.move(box.x + 2, box.y + 8);
    await expect.poll(() => panel.highlighted('hovered-unit')).toEqual(['<think>First']);
    await expect.poll(() => strips().locator('.name').first().textContent()).toBe('entropy 1.01');
  });

  it.each(['dark', 'light'] as const)('are without fault by axe in %s', async (theme) => {
    await panel.workbench.theme(theme);
    await strips().getByRole('slider').focus();
    await panel.workbench.screenshot(`curves-${theme}`);
    expect(await faultsOf(panel.page)).toEqual([]);
  });

  it('are drawn by the token’s number where it is not known where tokens stand, and say so', async () => {
    await panel.workbench.theme('dark');
    await panel.text.focus();
    await panel.press('n');
    await strips().getByText('its file does not say where').waitFor();
    await expect.poll(() => shown()).toEqual(['entropy']);
    const slider = strips().getByRole('slider');
    await slider.focus();
    await panel.press('End');
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toMatch(/^token 12 of 12: entropy \S+$/u);
    await panel.workbench.screenshot('curves-unplaced');
  });

  it('are told of where there are none', async () => {
    await panel.text.focus();
    await panel.press('n');
    await expect.poll(() => strips().count()).toBe(0);
    await panel.page.locator('curve-chooser summary').click();
    await panel.page.getByText('This rollout has no numbers of its tokens').waitFor();
    await panel.workbench.screenshot('curves-none');
    await panel.press('Escape');
  });

  it('leave the text its room in a small window', async () => {
    await panel.workbench.page.setViewportSize({ width: 1000, height: 700 });
    await panel.text.focus();
    await panel.press('b');
    await strips().getByText('its file does not say where').waitFor();
    await panel.press('b');
    await expect.poll(shown).toEqual(['entropy', 'reference gap', 'ratio']);
    await panel.workbench.screenshot('curves-1000x700');
    expect((await panel.text.boundingBox())!.height).toBeGreaterThan(100);
    const told = (await panel.page.locator('tas-panel .told').boundingBox())!;
    expect(told.y + told.height).toBeLessThanOrEqual((await panel.page.locator('status-line').boundingBox())!.y + 1);
    expect(await faultsOf(panel.page)).toEqual([]);
  });
});
