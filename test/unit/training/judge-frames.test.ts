import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { judgeFrames } from '../../../src/training/avatar/judge-frames.ts';
import { temporaryFolder } from '../store/fixture.ts';
import { makePrompt } from '../store/rows.ts';
import { sample } from './fixture.ts';

function project(): { folder: string; said: string[] } {
  const folder = join(temporaryFolder(), 'project');
  mkdirSync(folder);
  return { folder, said: [] };
}

it('a judge is shown the frames of a prompt’s own video, read once', async () => {
  const { folder, said } = project();
  cpSync(join(sample, 'clips/001.mp4'), join(folder, 'clips/001.mp4'));
  const { signal } = new AbortController();
  const frames = judgeFrames({ frames: 3, folder, log: (_, text) => said.push(text), signal });
  const [one, other] = ['a', 'b'].map((id) => frames({ ...makePrompt(), id, video: 'clips/001.mp4' }));
  expect(await one).toHaveLength(3);
  for (const url of await one) expect(url).toMatch(/^data:image\/jpeg;base64,\/9j\//u);
  expect(await other).toBe(await one);
  expect(await frames({ ...makePrompt(), video: null })).toEqual([]);
  const none = judgeFrames({ frames: 0, folder, log: (_, text) => said.push(text), signal });
  expect(await none({ ...makePrompt(), video: 'clips/001.mp4' })).toEqual([]);
  expect(said).toEqual([]);
});

it('a judge is shown nothing of what is missing, broken or outside the project’s folders, which is said once each', async () => {
  const { folder, said } = project();
  writeFileSync(join(folder, 'broken.mp4'), 'no video');
  cpSync(join(sample, 'clips/001.mp4'), join(folder, '../outside.mp4'));
  symlinkSync(join(folder, '../outside.mp4'), join(folder, 'link.mp4'));
  const log = (_: string, text: string): void => void said.push(text);
  const frames = judgeFrames({ frames: 3, folder, log, signal: new AbortController().signal });
  const videos = ['missing.mp4', 'broken.mp4', 'link.mp4', 'link.mp4'];
  for (const video of videos) expect(await frames({ ...makePrompt(), video })).toEqual([]);
  expect(said).toEqual([
    expect.stringContaining('missing.mp4: No such file'),
    expect.stringContaining('broken.mp4: '),
    expect.stringContaining('lies outside the folders that you named'),
  ]);
});

it('a run that is stopped reads no more videos', async () => {
  const { folder, said } = project();
  cpSync(join(sample, 'clips/001.mp4'), join(folder, '001.mp4'));
  const signal = AbortSignal.abort(new Error('stopped'));
  const frames = judgeFrames({ frames: 3, folder, log: (_, text) => said.push(text), signal });
  await expect(frames({ ...makePrompt(), video: '001.mp4' })).rejects.toThrow('stopped');
  expect(said).toEqual([]);
});
