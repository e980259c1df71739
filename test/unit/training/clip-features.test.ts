import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readClip, readClips } from '../../../src/training/avatar/clip-features.ts';
import { allowMediaFolders } from '../../../src/video/media-folders.ts';
import { sample, samplePrompts } from './fixture.ts';

const prefix = {
  ...{ slots_per_second: 2, frame_values: 48, mel_bands: 16, max_slots: 24 },
  ...{ second_token_ids: null, frame_hidden: 0, mel_hidden: 0 },
};
const { signal } = new AbortController();
let folder: string;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rollout-lab-clips-')));
  vi.stubEnv('XDG_DATA_HOME', join(folder, 'data'));
  for (const name of ['store', 'elsewhere']) mkdirSync(join(folder, name));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('are read of files in folders that the user named alone, and of a file that the user names itself', async () => {
  const [prompt] = samplePrompts(1);
  const [clip, video] = [join(sample, prompt.video!), join(folder, 'elsewhere', basename(prompt.video!))];
  cpSync(clip, video);
  const options = { folder: join(folder, 'store'), prefix, progress: () => undefined, signal };
  const read = (): ReturnType<typeof readClips> => readClips([{ ...prompt, video }], options);
  await expect(read()).rejects.toThrow(/lies outside the folders that you named .*--media .*elsewhere/);
  await allowMediaFolders(options.folder, [join(folder, 'elsewhere')]);
  const { clips } = await read();
  expect(clips.get(prompt.id)).toEqual(await readClip(clip, prefix, signal));
});

it('let a picture stand while all of a sound of its own is heard', async () => {
  const [prompt] = samplePrompts(1);
  const store = join(folder, 'store');
  const make = (name: string, ...words: string[]): string => {
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', ...words, join(store, name)]);
    return join(store, name);
  };
  const video = make('white.png', 'color=white:size=64x48', '-frames:v', '1');
  const audio = make('late.wav', "aevalsrc='between(t,2,3)*sin(2*PI*1000*t)':d=3");
  const options = { folder: store, prefix, progress: () => undefined, signal };
  const { clips } = await readClips([{ ...prompt, video, audio }], options);
  const { frames, mels, slots } = clips.get(prompt.id)!;
  expect(slots).toBe(6);
  expect(Math.min(...frames)).toBeGreaterThan(3.9);
  expect(Math.max(...mels.slice(0, 4 * 16))).toBe(0);
  expect(Math.max(...mels.slice(4 * 16))).toBeGreaterThan(1);
});
