import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { completion, rolloutLab, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

/** What each prompt asks, and its media. */
const prompts = {
  'What is heard?': { audio: 'tone.wav' },
  'What is seen?': { video: 'picture.png' },
  'What is said?': {},
  'What is seen and heard?': { video: 'silent.mp4', audio: 'tone.wav' },
  'What differs?': {
    media: [
      { kind: 'video', path: 'silent.mp4' },
      { kind: 'video', path: 'small.mp4' },
      { kind: 'image', path: 'picture.png' },
    ],
  },
  'Which is the smaller?': {
    problemType: 'multiple-choice',
    options: ['A. <image>', 'B. <image>', 'C. <image>', 'D. neither'],
    media: ['picture.png', 'picture.png', 'small.png', 'none.png'].map((path) => ({ kind: 'image', path })),
  },
};

const pictures = ['-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=25:duration=4'];

/** How ffmpeg makes each file. */
const files = {
  'tone.wav': ['-f', 'lavfi', '-i', "aevalsrc='0.5*sin(2*PI*400*t)*between(t,1,2)':s=16000:d=4"],
  'picture.png': [...pictures, '-frames:v', '1'],
  'small.png': [...pictures, '-vf', 'scale=160:120', '-frames:v', '1'],
  'silent.mp4': [...pictures, '-pix_fmt', 'yuv420p', '-c:v', 'libx264'],
  'small.mp4': [...pictures, '-vf', 'scale=160:120', '-pix_fmt', 'yuv420p', '-c:v', 'libx264'],
};

function makeProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lab-media-'));
  const lines = Object.entries(prompts).map(([question, media]) => ({
    format: 'rollout-lab/1',
    prompt: { dataset: 'trial', question, answer: 'B', problemType: 'free-form', ...media },
    rollout: {
      policy: 'cold-start',
      policyVersion: 0,
      rewards: { accuracy: 1 },
      reward: 1,
      finish: 'length',
      completion,
    },
  }));
  const dump = join(folder, 'trial.rollouts.jsonl');
  writeFileSync(dump, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  rolloutLab('import', dump, '--db', storeOf(folder));
  // After the import, so that paths are kept as they are and hold in the copy that a workbench opens.
  for (const [file, options] of Object.entries(files))
    execFileSync('ffmpeg', ['-v', 'error', ...options, join(folder, file)]);
  return folder;
}

describe('Review of a prompt', () => {
  let project: string;
  let workbench: Workbench;

  beforeAll(async () => {
    project = makeProject();
    workbench = await Workbench.open({ extensions: inject('extensions'), from: project });
  }, 300_000);

  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    rmSync(project, { recursive: true, force: true });
  });

  /** The page, once it shows the prompt that asks this: the next one in the order of the dataset. */
  async function shown(question: keyof typeof prompts) {
    await workbench.run('Rollout Lab: Next Unlabelled');
    const page = await workbench.webview('reasoning-text .completion');
    await page.getByRole('heading', { name: question }).waitFor();
    return page;
  }

  it('that is heard alone has a player, a waveform and a timeline', async () => {
    const page = await shown('What is heard?');
    await expect
      .poll(() => page.locator('video').evaluate((video: HTMLVideoElement) => video.duration))
      .toBeCloseTo(4, 1);
    await page.getByLabel('Position in the video').waitFor();
    await page.locator('wave-form').waitFor();
    await workbench.screenshot('media-sound');
    expect(await faultsOf(page)).toEqual([]);
  });

  it('with a picture shows it', async () => {
    const page = await shown('What is seen?');
    const picture = page.getByRole('img', { name: "The prompt's picture" });
    await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(320);
    await workbench.screenshot('media-picture');
    expect(await faultsOf(page)).toEqual([]);
  });

  it('of text alone has the whole panel for it', async () => {
    const page = await shown('What is said?');
    const [text, width] = await Promise.all([
      page.locator('reasoning-text').boundingBox(),
      page.evaluate(() => innerWidth),
    ]);
    expect(text!.width).toBeGreaterThan(0.9 * width);
    await expect.poll(() => page.locator('video-player').isVisible()).toBe(false);
    await workbench.screenshot('media-text');
    expect(await faultsOf(page)).toEqual([]);
  });

  it('with a sound of its own beside a silent video plays both in step', async () => {
    const page = await shown('What is seen and heard?');
    const video = page.locator('video');
    await expect.poll(() => video.evaluate(({ videoWidth }: HTMLVideoElement) => videoWidth)).toBeGreaterThan(0);
    await page.getByLabel('Mute').waitFor();
    await workbench.screenshot('media-both');
  });

  it('with several shows each, by its buttons and keys', async () => {
    const page = await shown('What differs?');
    const chooser = page.getByRole('group', { name: "The prompt's media" });
    const name = chooser.getByRole('status');
    const width = (): Promise<number> => page.locator('video').evaluate((video: HTMLVideoElement) => video.videoWidth);
    await expect.poll(() => name.textContent()).toBe('Video 1 of 2');
    await page.getByRole('button', { name: /completion 1, right.*cut off at the limit/u }).waitFor();
    await expect.poll(width).toBe(320);
    await chooser.getByRole('button', { name: 'Next' }).click();
    await expect.poll(() => name.textContent()).toBe('Video 2 of 2');
    await expect.poll(width).toBe(160);
    await workbench.screenshot('media-several');
    expect(await faultsOf(page)).toEqual([]);
    await workbench.page.keyboard.press('v');
    await page.getByText('the times of labels and comments are of Video 1 of 2').waitFor();
    await workbench.page.keyboard.press('i');
    const picture = page.getByRole('img', { name: "The prompt's picture" });
    await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(320);
    await expect.poll(() => name.textContent()).toBe('Picture');
    await workbench.page.keyboard.press('i');
    await page.getByText('Picture is the last').waitFor();
    await workbench.page.keyboard.press('u');
    await workbench.page.keyboard.press('u');
    await expect.poll(() => name.textContent()).toBe('Video 1 of 2');
    await expect.poll(width).toBe(320);
  });

  it('with options that are pictures shows them', async () => {
    const page = await shown('Which is the smaller?');
    const width = (letter: string): Promise<number> =>
      page
        .getByRole('img', { name: `Picture of option ${letter}` })
        .evaluate((img: HTMLImageElement) => img.naturalWidth);
    await expect.poll(() => width('A')).toBe(320);
    await expect.poll(() => width('B')).toBe(160);
    const options = page.getByRole('list', { name: 'Options' }).getByRole('listitem');
    await expect.poll(() => options.nth(2).innerText()).toMatch(/^C\s+picture not shown: .*none\.png: No such file/u);
    await expect.poll(() => options.nth(3).innerText()).toMatch(/^D\s+neither$/u);
    await workbench.screenshot('media-options');
    expect(await faultsOf(page)).toEqual([]);
  });

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
