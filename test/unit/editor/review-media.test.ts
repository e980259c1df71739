import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ReviewMedia } from '../../../src/editor/review-media.ts';
import type { Media } from '../../../src/protocol/review.ts';
import type { MediaFile } from '../../../src/video/media-file.ts';
import { probe } from '../../../src/video/probe.ts';

let folder: string;
const path = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rollout-lab-media-')));
  const make = (name: string, ...words: string[]): void =>
    void execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', ...words, path(name)]);
  make('sound.mp3', 'sine=d=3');
  make('silent.mp4', 'testsrc=size=64x48:rate=10:d=2', '-pix_fmt', 'yuv420p');
  const tone = ['-f', 'lavfi', '-i', 'sine=d=2', '-c:a', 'libmp3lame', '-ar', '32000'];
  make('mp3.mp4', 'testsrc=size=64x48:rate=10:d=2', ...tone, '-pix_fmt', 'yuv420p');
  make('picture.png', 'testsrc=size=64x48', '-frames:v', '1');
  make('picture.jpg', 'testsrc=size=64x48', '-frames:v', '1');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is told last of a prompt's media, the files that it names, and the media. */
async function told(
  video: string | null,
  audio: string | null,
): Promise<{ last: Media; files: string[]; media: ReviewMedia }> {
  const files: string[] = [];
  const { promise, resolve } = Promise.withResolvers<Media>();
  const media = new ReviewMedia({
    ...{ promptId: 'p', waits: false, cache: path('cache'), folders: () => Promise.resolve([folder]) },
    video: video && path(video),
    audio: audio && path(audio),
    publish: (one) => {
      if (one.status !== 'preparing') resolve(one);
    },
    uri: (file) => {
      files.push(file);
      return file;
    },
  });
  return { last: await promise, files, media };
}

it('plays sound alone, with its waveform', async () => {
  const { last, files, media } = await told(null, 'sound.mp3');
  expect(last).toMatchObject({ status: 'ready', hasPicture: false, proxy: null });
  expect((last as Extract<Media, { status: 'ready' }>).duration).toBeCloseTo(3, 1);
  expect(files).toEqual([path('sound.mp3')]);
  expect((await media.peaks(0)).values.some((value) => value > 1000)).toBe(true);
});

it('tells a file’s own duration, though its copy ends a little later, and its strips as bytes', async () => {
  const { last, files, media } = await told('mp3.mp4', null);
  expect(last).toMatchObject({ status: 'ready', duration: 2, proxy: expect.stringContaining('mp3 sound') as string });
  expect((await probe(files[0] as MediaFile)).duration).toBeGreaterThan(2.005);
  const { jpeg, tiles } = (await media.strip({ level: 0, index: 0 }))!;
  expect([tiles, ...jpeg.subarray(0, 2)]).toEqual([12, 0xff, 0xd8]);
  expect(jpeg).not.toBeInstanceOf(Buffer);
  expect(files).toHaveLength(1);
});

it.each(['silent.mp4', 'picture.png', 'picture.jpg'])('plays %s and a sound of its own in one', async (name) => {
  const { last, files, media } = await told(name, 'sound.mp3');
  expect(last).toMatchObject({ status: 'ready', hasPicture: true, proxy: 'its sound in a file of its own' });
  const made = await probe(files[0] as MediaFile);
  expect(made).toMatchObject({ video: { codec: 'h264' }, audio: { codec: 'vorbis' } });
  expect(made.duration).toBeCloseTo(3, 1);
  expect((await media.peaks(0)).values.some((value) => value > 1000)).toBe(true);
});

it.each(['picture.png', 'picture.jpg'])('shows %s as a picture', async (name) => {
  expect((await told(name, null)).last).toEqual({ status: 'image', url: path(name) });
});

it('says which file holds no sound, and that a prompt of text has nothing to play', async () => {
  const { last } = await told('picture.png', 'silent.mp4');
  expect(last).toMatchObject({ status: 'failed', message: `${path('silent.mp4')}: holds no sound` });
  expect((await told(null, null)).last).toEqual({ status: 'none' });
});
