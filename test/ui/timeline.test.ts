import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { describePanel, openReview, type Panel } from './fixture.ts';
import { allLabelsOf, makeReviewProject } from './review-project.ts';

const clips = (): string =>
  makeReviewProject([
    { question: 'When does the tone sound?', clip: 'uneven.mp4', rewards: [1] },
    { question: 'How bright is it after an hour?', clip: 'long.mp4', rewards: [0] },
    { question: 'Is anything heard?', clip: 'silent.mp4', rewards: [1] },
  ]);
const untilPictures = (panel: Panel): Promise<void> => openReview(panel, 'time-line image', 60_000);

describePanel('the timeline', { project: clips, open: untilPictures }, (panel) => {
  const head = (): Locator => panel.page.getByRole('slider', { name: 'Position in the video' });
  const edge = (name: string): Locator => panel.page.getByRole('slider', { name });
  const trackWidth = (): Promise<number> =>
    panel.page.locator('time-line .track').evaluate((track) => track.getBoundingClientRect().width);
  /** How high the waveform is drawn in each of `count` equal parts, 0 to 1. */
  const drawn = (count: number): Promise<number[]> =>
    panel.page.locator('wave-form canvas').evaluate((canvas: HTMLCanvasElement, count) => {
      const { width, height } = canvas;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height);
      return Array.from({ length: count }, (_, part) => {
        const x = Math.floor(((part + 0.5) / count) * width);
        let rows = 0;
        for (let y = 0; y < height; y += 1) if (data[4 * (y * width + x) + 3] > 0) rows += 1;
        return rows / height;
      });
    }, count);
  const seek = async (typed: string): Promise<void> => {
    await panel.text.focus();
    await panel.press('t');
    await panel.page.getByLabel('Go to a time').fill(typed);
    await panel.press('Enter');
  };
  /** What the label in the store says each phase talks about. */
  const stored = (): unknown[] => allLabelsOf(panel.workbench.folder).map(({ grounding }) => grounding);

  it('draws the sound where it is, and the pictures in their shape', async () => {
    const loud = async (): Promise<number[]> => (await drawn(12)).flatMap((height, part) => (height > 0.9 ? part : []));
    await expect.poll(loud).toEqual([4, 5]);
    const box = (await panel.page.locator('time-line svg:has(image)').first().boundingBox())!;
    expect(box.width).toBeLessThan(box.height);
  });

  it('leaves none of its pictures in the browser’s cache', async () => {
    const shown = panel.page.locator('time-line image').first();
    await expect
      .poll(() => shown.evaluate((image) => createImageBitmap(image as SVGImageElement).then(({ width }) => width)))
      .toBeGreaterThan(0);
    const kept = await panel.page.evaluate(async () => {
      const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
      return all.flat().map(({ url }) => new URL(url).pathname);
    });
    expect(kept.some((path) => path.endsWith('/review.js'))).toBe(true);
    expect(kept.filter((path) => path.includes('strip'))).toEqual([]);
  });

  it('steps from frame to frame where they come unevenly', async () => {
    // By their true times, once these are read.
    await expect.poll(async () => (await seek('4f'), panel.shownTime())).toBeCloseTo(0.32, 2);
    await seek('0');
    const times = [0.04, 0.08, 0.12, 0.32, 0.36];
    for (const seconds of times) {
      await panel.press('.');
      await expect.poll(panel.shownTime).toBeCloseTo(seconds, 2);
    }
    for (const seconds of times.toReversed().slice(1)) {
      await panel.press(',');
      await expect.poll(panel.shownTime).toBeCloseTo(seconds, 2);
    }
  });

  it('goes to a typed time, and tells what is wrong with one', async () => {
    await seek('0:03.20');
    await expect.poll(panel.shownTime).toBeCloseTo(3.2, 2);
    await seek('5f');
    await expect.poll(panel.shownTime).toBeCloseTo(0.36, 2);
    await seek('soon');
    await panel.page.getByRole('alert').getByText('Type a time such as').waitFor();
    await panel.press('Escape');
    await expect.poll(() => panel.page.getByLabel('Go to a time').count()).toBe(0);
    await expect.poll(() => panel.text.evaluate((element) => element.getRootNode() instanceof ShadowRoot)).toBe(true);
    await panel.press('.');
    await expect.poll(panel.shownTime).toBeCloseTo(0.4, 2);
  });

  it('plays forwards faster and backwards by J K L', async () => {
    await seek('0');
    await panel.press('l');
    await panel.press('l');
    await panel.page
      .locator('video-player')
      .getByText('2×', { exact: true })
      .and(panel.page.getByRole('status'))
      .waitFor();
    await expect
      .poll(() => panel.page.locator('video').evaluate((video: HTMLVideoElement) => video.playbackRate))
      .toBe(2);
    await panel.press('j');
    await seek('4');
    await expect.poll(panel.shownTime).toBeLessThan(3.7);
    await panel.press('k');
    const stopped = await panel.shownTime();
    await panel.workbench.page.waitForTimeout(300);
    await expect.poll(() => panel.shownTime()).toBe(stopped);
  });

  it('shows it closer and whole again, the play head kept', async () => {
    await seek('5');
    const whole = await trackWidth();
    for (let i = 0; i < 4; i += 1) await panel.press('+');
    await expect.poll(trackWidth).toBeCloseTo(whole * 1.5 ** 4, -1);
    const view = (await panel.page.locator('time-line .view').boundingBox())!;
    const at = (await head().boundingBox())!;
    expect(at.x).toBeGreaterThan(view.x);
    expect(at.x).toBeLessThan(view.x + view.width);
    await seek('0.5');
    await expect.poll(async () => (await head().boundingBox())!.x).toBeGreaterThan(view.x - 2);
    await panel.workbench.screenshot('timeline-zoomed');
    await panel.press('0');
    await expect.poll(trackWidth).toBe(whole);
    await panel.workbench.page.mouse.move(view.x + view.width / 2, view.y + 20);
    await panel.workbench.page.keyboard.down('Control');
    await panel.workbench.page.mouse.wheel(0, -200);
    await panel.workbench.page.keyboard.up('Control');
    await expect.poll(trackWidth).toBeGreaterThan(whole * 1.5);
    await panel.press('0');
  });

  it('keeps what a phase talks about: set by a key while playing', async () => {
    await clickBefore(panel.text, 'At 0:01');
    await panel.press('Enter');
    await clickBefore(panel.text, 'So the');
    await panel.press('Enter');
    await panel.status('saved');
    await panel.workbench.screenshot('timeline-by-text');
    // Evidence speaks of 0:01 and 0:03: so it looks from 1 s to 4 s as long as nothing else is said.
    await expect
      .poll(() => edge('evidence in the video: end').getAttribute('aria-valuetext'))
      .toContain('by the times in its text');
    await clickBefore(panel.text, 'the square');
    await seek('2');
    await panel.press('v');
    await panel.press('Space');
    await expect.poll(panel.shownTime).toBeGreaterThan(2.5);
    await panel.press('Space');
    // At its end it would play again from the start.
    await seek('3.4');
    await panel.workbench.screenshot('timeline-under-way');
    await panel.press('v');
    await expect.poll(() => edge('evidence in the video: start').getAttribute('aria-valuenow')).toBe('2.000');
    await expect.poll(() => JSON.stringify(stored())).toContain('[null,{"start":2,');
    // To where the frame ends that is shown then.
    await expect.poll(() => edge('evidence in the video: end').getAttribute('aria-valuenow')).toBe('3.520');
  });

  it('moves an edge by keys and by dragging, on frames, with undo', async () => {
    await edge('evidence in the video: start').focus();
    const start = (): Promise<string | null> => edge('evidence in the video: start').getAttribute('aria-valuenow');
    await panel.press('ArrowLeft');
    await expect.poll(start).toBe('1.960');
    await expect.poll(panel.shownTime).toBeCloseTo(1.96, 2);
    await panel.press('Shift+ArrowRight');
    // Ten frames on: four of ten of those that come every 40 ms are missing.
    await expect.poll(start).toBe('2.520');
    await panel.press('Control+z');
    await expect.poll(start).toBe('1.960');
    const box = (await edge('evidence in the video: end').boundingBox())!;
    const track = (await panel.page.locator('time-line .track').boundingBox())!;
    const { mouse } = panel.workbench.page;
    await mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await mouse.down();
    await mouse.move(track.x + track.width * (4.9 / 6), box.y + box.height / 2, { steps: 6 });
    await mouse.up();
    const end = async (): Promise<number> =>
      Number(await edge('evidence in the video: end').getAttribute('aria-valuenow'));
    await expect.poll(end).toBeCloseTo(4.9, 1);
    // On the border of a frame: none of those that come every 40 ms is cut.
    expect(Math.abs(((await end()) / 0.04) % 1)).toBeLessThan(0.01);
    await expect.poll(() => JSON.stringify(stored())).toContain(`"end":${await end()}`);
  });

  it('plays a phase over and over', async () => {
    await panel.text.focus();
    await panel.press('r');
    await panel.page.getByRole('button', { name: 'evidence over and over', pressed: true }).waitFor();
    await seek('4.5');
    await panel.press('Space');
    await expect.poll(panel.shownTime).toBeLessThan(3);
    await panel.press('Space');
    await panel.workbench.screenshot('timeline-dark');
    await panel.press('r');
  });

  it('splits what a phase talks about, clears it, and keeps it over a reload', async () => {
    await seek('3.2');
    await panel.press('x');
    await expect.poll(() => edge('synthesis in the video: start').getAttribute('aria-valuenow')).toBe('3.200');
    await expect.poll(() => edge('evidence in the video: end').getAttribute('aria-valuenow')).toBe('3.200');
    await clickBefore(panel.text, 'First');
    await panel.press('v');
    await seek('3.6');
    await panel.press('v');
    await expect.poll(() => edge('planning in the video: start').count()).toBe(1);
    await panel.press('Delete');
    await expect.poll(() => edge('planning in the video: start').count()).toBe(0);
    await panel.status('saved');
    await panel.workbench.reload('rolloutLab.review');
    await panel.find('time-line image', 60_000);
    await expect.poll(() => edge('evidence in the video: end').getAttribute('aria-valuenow')).toBe('3.200');
    await panel.workbench.theme('light');
    await panel.workbench.page.waitForTimeout(1000);
    await panel.workbench.screenshot('timeline-light');
  });

  it('shows two hours closer and closer, and says where there is no sound', { timeout: 400_000 }, async () => {
    await panel.text.focus();
    await panel.press('n');
    await panel.find('text="How bright is it after an hour?"');
    // Its sound is made anew first, which takes 15 processor seconds.
    await panel.page.locator('time-line image').first().waitFor({ timeout: 300_000 });
    await expect.poll(async () => Math.min(...(await drawn(10))), { timeout: 60_000 }).toBeGreaterThan(0.8);
    await seek('1:00:00');
    const pictures = (): Promise<number> =>
      panel.page
        .locator('time-line image')
        .evaluateAll((images) => new Set(images.map((image) => image.getAttribute('href'))).size);
    for (let i = 0; i < 12; i += 1) await panel.press('+');
    await expect.poll(pictures).toBeGreaterThan(0);
    await panel.workbench.page.waitForTimeout(3000);
    await panel.workbench.screenshot('timeline-long');
    await panel.text.focus();
    await panel.press('2');
    await panel.status('saved');
    await panel.press('n');
    await panel.find('time-line >> text="no sound"');
    await panel.workbench.screenshot('timeline-silent');
  });
});
