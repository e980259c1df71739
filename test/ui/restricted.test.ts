import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, expect, it } from 'vitest';
import { describePanel } from './fixture.ts';
import { makeReviewProject } from './review-project.ts';

const outside = mkdtempSync(join(tmpdir(), 'lab-outside-'));
const trace = join(outside, 'trace');
/** What ffprobe and ffmpeg were started with so far. */
const started = (): string => (existsSync(trace) ? readFileSync(trace, 'utf8') : '');

/** Two prompts, and one whose clip is a link out of the project; whoever starts an ffprobe or ffmpeg leaves a trace. */
function makeProject(): string {
  const folder = makeReviewProject([
    { question: 'Which colour is on screen?', clip: 'aac.mp4', rewards: [1] },
    { question: 'How many times does it sound?', clip: 'silent.mp4', rewards: [0] },
    { question: 'When does the tone sound?', clip: 'uneven.mp4', rewards: [1] },
  ]);
  renameSync(join(folder, 'uneven.mp4'), join(outside, 'clips'));
  symlinkSync(join(outside, 'clips'), join(folder, 'uneven.mp4'));
  for (const tool of ['ffprobe', 'ffmpeg']) {
    const traced = join(outside, tool);
    writeFileSync(traced, `#!/bin/sh\necho "$@" >> '${trace}'\nexec ${tool} "$@"\n`);
    chmodSync(traced, 0o755);
    // Which the editor's server, and so the extension, inherits.
    process.env[`${tool.toUpperCase()}_PATH`] = traced;
  }
  return folder;
}

afterAll(() => {
  for (const tool of ['FFPROBE_PATH', 'FFMPEG_PATH']) delete process.env[tool];
  rmSync(outside, { recursive: true });
});

describePanel('Restricted Mode', { project: makeProject, restricted: true }, (panel) => {
  const waiting = (): Locator => panel.page.getByText('no program reads its video until you press Play or trust');
  const playing = (): Promise<boolean> =>
    panel.page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime > 0);
  const next = async (question: string): Promise<void> => {
    await panel.text.focus();
    await panel.press('n');
    await panel.page.locator('prompt-header').getByText(question).waitFor();
  };

  it('reads nothing of a video before Play is pressed, and says so', async () => {
    await waiting().waitFor();
    await expect.poll(() => panel.page.locator('video').count()).toBe(0);
    expect(started()).toBe('');
    await panel.workbench.screenshot('restricted');
  });

  it('reads and plays it when Play is pressed', async () => {
    await panel.page.locator('video-player').getByRole('button', { name: 'Play' }).click();
    await panel.page.locator('video').waitFor({ timeout: 60_000 });
    await expect.poll(playing).toBe(true);
    expect(started()).toContain('aac.mp4');
  });

  it('waits again with the next video, until the folder is trusted', async () => {
    await next('How many times');
    await waiting().waitFor();
    expect(started()).not.toContain('silent.mp4');
    const { workbench } = panel;
    await workbench.run('Workspaces: Manage Workspace Trust');
    await workbench.page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).click();
    await workbench.page.keyboard.press('Control+w');
    await panel.find();
    await panel.page.locator('video').waitFor({ timeout: 60_000 });
  });

  it('keeps a file outside the named folders closed until its folder is allowed', async () => {
    await next('When does the tone');
    const refused = panel.page.locator('video-player').getByRole('alert');
    await refused.getByText('lies outside the folders that you named').waitFor();
    expect(started()).not.toContain(outside);
    await panel.workbench.screenshot('outside');
    await refused.getByRole('button', { name: `Allow ${join(outside, 'clips')}` }).click();
    // A folder that the page may not read yet makes it anew.
    await panel.find('video', 60_000);
    await expect
      .poll(() => panel.page.locator('video').evaluate((video: HTMLVideoElement) => video.readyState))
      .toBe(4);
  });
});
