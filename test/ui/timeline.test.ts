import { rmSync } from 'node:fs';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { makeReviewProject, rolloutLab, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

describe('the timeline', () => {
  let project: string;
  let workbench: Workbench;
  let page: Frame;

  beforeAll(async () => {
    project = makeReviewProject([
      { question: 'When does the tone sound?', clip: 'uneven.mp4', rewards: [1] },
      { question: 'How bright is it after an hour?', clip: 'long.mp4', rewards: [0] },
      { question: 'Is anything heard?', clip: 'silent.mp4', rewards: [1] },
    ]);
    workbench = await Workbench.open({ extensions: inject('extensions'), from: project });
    await workbench.run('Rollout Lab: Next Unlabelled');
    page = await workbench.webview('time-line image', 60_000);
  }, 240_000);
  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    rmSync(project, { recursive: true });
  });

  const press = (key: string): Promise<void> => workbench.page.keyboard.press(key);
  const text = (): Locator => page.locator('reasoning-text .completion');
  const head = (): Locator => page.getByRole('slider', { name: 'Position in the video' });
  const edge = (name: string): Locator => page.getByRole('slider', { name });
  const status = (): Locator => page.locator('status-line');
  const shownTime = (): Promise<number> =>
    page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);
  const trackWidth = (): Promise<number> =>
    page.locator('time-line .track').evaluate((track) => track.getBoundingClientRect().width);
  /** How high the waveform is drawn in each of `count` equal parts, 0 to 1. */
  const drawn = (count: number): Promise<number[]> =>
    page.locator('wave-form canvas').evaluate((canvas: HTMLCanvasElement, count) => {
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
    await text().focus();
    await press('t');
    await page.getByLabel('Go to a time').fill(typed);
    await press('Enter');
  };
  /** What the label in the store says each phase talks about. */
  const stored = (): unknown[] => {
    const { rows } = rolloutLab('list', 'rollouts', '--db', storeOf(workbench.folder)) as { rows: { id: string }[] };
    const show = (id: string): { labels: { grounding: unknown }[] } =>
      rolloutLab('labels', 'show', '--db', storeOf(workbench.folder), '--rollout', id) as never;
    return rows.flatMap(({ id }) => show(id).labels.map(({ grounding }) => grounding));
  };

  it('draws the sound where it is, and the pictures in their shape', async () => {
    await expect.poll(async () => Math.max(...(await drawn(12)))).toBeGreaterThan(0.9);
    const heights = await drawn(12);
    expect(heights.filter((height) => height > 0.9)).toHaveLength(2);
    expect([heights[4] > 0.9, heights[5] > 0.9]).toEqual([true, true]);
    const box = (await page.locator('time-line svg:has(image)').first().boundingBox())!;
    expect(box.width).toBeLessThan(box.height);
  });

  it('steps from frame to frame where they come unevenly', async () => {
    await seek('0');
    const times = [0.04, 0.08, 0.12, 0.32, 0.36];
    for (const seconds of times) {
      await press('.');
      await expect.poll(shownTime).toBeCloseTo(seconds, 2);
    }
    for (const seconds of times.toReversed().slice(1)) {
      await press(',');
      await expect.poll(shownTime).toBeCloseTo(seconds, 2);
    }
  });

  it('goes to a typed time, and tells what is wrong with one', async () => {
    await seek('0:03.20');
    await expect.poll(shownTime).toBeCloseTo(3.2, 2);
    await seek('5f');
    await expect.poll(shownTime).toBeCloseTo(0.36, 2);
    await seek('soon');
    await page.getByRole('alert').getByText('Type a time such as').waitFor();
    await press('Escape');
    expect(await page.getByLabel('Go to a time').count()).toBe(0);
    expect(await text().evaluate((element) => element.getRootNode() instanceof ShadowRoot)).toBe(true);
    await press('.');
    await expect.poll(shownTime).toBeCloseTo(0.4, 2);
  });

  it('plays forwards faster and backwards by J K L', async () => {
    await seek('1');
    await press('l');
    await press('l');
    await page.locator('video-player').getByText('2×', { exact: true }).and(page.getByRole('status')).waitFor();
    expect(await page.locator('video').evaluate((video: HTMLVideoElement) => video.playbackRate)).toBe(2);
    await press('j');
    await seek('4');
    await expect.poll(shownTime).toBeLessThan(3.7);
    await press('k');
    const stopped = await shownTime();
    await workbench.page.waitForTimeout(300);
    expect(await shownTime()).toBe(stopped);
  });

  it('shows it closer and whole again, the play head kept', async () => {
    await seek('5');
    const whole = await trackWidth();
    for (let i = 0; i < 4; i += 1) await press('+');
    await expect.poll(trackWidth).toBeCloseTo(whole * 1.5 ** 4, -1);
    const view = (await page.locator('time-line .view').boundingBox())!;
    const at = (await head().boundingBox())!;
    expect(at.x).toBeGreaterThan(view.x);
    expect(at.x).toBeLessThan(view.x + view.width);
    await seek('0.5');
    await expect.poll(async () => (await head().boundingBox())!.x).toBeGreaterThan(view.x - 2);
    await workbench.screenshot('timeline-zoomed');
    await press('0');
    await expect.poll(trackWidth).toBe(whole);
    await workbench.page.mouse.move(view.x + view.width / 2, view.y + 20);
    await workbench.page.keyboard.down('Control');
    await workbench.page.mouse.wheel(0, -200);
    await workbench.page.keyboard.up('Control');
    await expect.poll(trackWidth).toBeGreaterThan(whole * 1.5);
    await press('0');
  });

  it('keeps what a phase talks about: set by a key while playing', async () => {
    await clickBefore(text(), 'At 0:01');
    await press('Enter');
    await clickBefore(text(), 'So the');
    await press('Enter');
    await status().getByText('saved').waitFor();
    await workbench.screenshot('timeline-by-text');
    // Evidence speaks of 0:01 and 0:03: so it looks from 1 s to 4 s as long as nothing else is said.
    expect(await edge('evidence in the video: end').getAttribute('aria-valuetext')).toContain(
      'by the times in its text',
    );
    await clickBefore(text(), 'the square');
    await seek('2');
    await press('v');
    await press('Space');
    await expect.poll(shownTime).toBeGreaterThan(2.5);
    await press('Space');
    await workbench.screenshot('timeline-under-way');
    await press('v');
    await expect.poll(() => edge('evidence in the video: start').getAttribute('aria-valuenow')).toBe('2.000');
    await expect.poll(() => JSON.stringify(stored())).toContain('[null,{"start":2,');
    const end = Number(await edge('evidence in the video: end').getAttribute('aria-valuenow'));
    expect(end).toBeGreaterThan(2.5);
  });

  it('moves an edge by keys and by dragging, on frames, with undo', async () => {
    await edge('evidence in the video: start').focus();
    const start = (): Promise<string | null> => edge('evidence in the video: start').getAttribute('aria-valuenow');
    await press('ArrowLeft');
    await expect.poll(start).toBe('1.960');
    await expect.poll(shownTime).toBeCloseTo(1.96, 2);
    await press('Shift+ArrowRight');
    // Ten frames on: four of ten of those that come every 40 ms are missing.
    await expect.poll(start).toBe('2.520');
    await press('Control+z');
    await expect.poll(start).toBe('1.960');
    const box = (await edge('evidence in the video: end').boundingBox())!;
    const track = (await page.locator('time-line .track').boundingBox())!;
    const { mouse } = workbench.page;
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
    await text().focus();
    await press('r');
    await page.getByRole('button', { name: 'evidence over and over', pressed: true }).waitFor();
    await seek('4.5');
    await press('Space');
    await expect.poll(shownTime).toBeLessThan(3);
    await press('Space');
    await workbench.screenshot('timeline-dark');
    await press('r');
  });

  it('splits what a phase talks about, clears it, and keeps it over a reload', async () => {
    await seek('3.2');
    await press('x');
    await expect.poll(() => edge('synthesis in the video: start').getAttribute('aria-valuenow')).toBe('3.200');
    await expect.poll(() => edge('evidence in the video: end').getAttribute('aria-valuenow')).toBe('3.200');
    await clickBefore(text(), 'First');
    await press('v');
    await seek('3.6');
    await press('v');
    await expect.poll(() => edge('planning in the video: start').count()).toBe(1);
    await press('Delete');
    await expect.poll(() => edge('planning in the video: start').count()).toBe(0);
    await status().getByText('saved').waitFor();
    // A browser's workbench writes which editors are open every five seconds.
    await workbench.page.waitForTimeout(6000);
    await workbench.reload();
    page = await workbench.webview('time-line image', 60_000);
    await expect.poll(() => edge('evidence in the video: end').getAttribute('aria-valuenow')).toBe('3.200');
    await workbench.theme('light');
    await workbench.page.waitForTimeout(1000);
    await workbench.screenshot('timeline-light');
  });

  it('shows two hours closer and closer, and says where there is no sound', async () => {
    await text().focus();
    await press('n');
    page = await workbench.webview('text="How bright is it after an hour?"');
    await page.locator('time-line image').first().waitFor({ timeout: 60_000 });
    await expect.poll(async () => Math.min(...(await drawn(10))), { timeout: 60_000 }).toBeGreaterThan(0.8);
    await seek('1:00:00');
    const pictures = (): Promise<number> =>
      page
        .locator('time-line image')
        .evaluateAll((images) => new Set(images.map((image) => image.getAttribute('href'))).size);
    for (let i = 0; i < 12; i += 1) await press('+');
    await expect.poll(pictures, { timeout: 30_000 }).toBeGreaterThan(0);
    await workbench.page.waitForTimeout(3000);
    await workbench.screenshot('timeline-long');
    await text().focus();
    await press('2');
    await status().getByText('saved').waitFor();
    await press('n');
    page = await workbench.webview('time-line >> text="no sound"');
    await workbench.screenshot('timeline-silent');
  });

  it('says nothing on the console', () => expect(workbench.errors).toEqual([]));
});
