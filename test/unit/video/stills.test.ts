import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { decode } from '../../../src/video/ffmpeg.ts';
import type { MediaFile } from '../../../src/video/media-file.ts';
import { probe } from '../../../src/video/probe.ts';
import { stills } from '../../../src/video/stills.ts';
import { temporaryFolder } from '../store/fixture.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A file that ffmpeg makes of sources of its own. */
function made(name: string, ...words: string[]): MediaFile {
  const file = join(temporaryFolder(), name) as MediaFile;
  execFileSync('ffmpeg', ['-v', 'error', ...words, file]);
  return file;
}
const lavfi = (...sources: string[]): string[] => sources.flatMap((source) => ['-f', 'lavfi', '-i', source]);

/** Of each JPEG: its size, and its mean brightness from 0 to 255. */
async function looked(pictures: readonly Buffer[]): Promise<{ width: number; height: number; brightness: number }[]> {
  return Promise.all(
    pictures.map(async (picture, i) => {
      const file = join(temporaryFolder(), `${i}.jpg`) as MediaFile;
      writeFileSync(file, picture);
      const { video } = await probe(file);
      const grey = await decode(
        { file, opening: [] },
        ['-vf', 'scale=1:1:flags=area', '-pix_fmt', 'gray', '-f', 'rawvideo'],
        9,
        { seconds: 20 },
      );
      return { width: video!.width, height: video!.height, brightness: grey[0] };
    }),
  );
}

/** A picture that grows brighter by the second, from 0 to 1 in `seconds`. */
const brighter = (seconds: number, size = '640x360', rate = 10): string[] =>
  lavfi(`color=black:size=${size}:rate=${rate}:duration=${seconds},format=gray,geq=lum='16+219*T/${seconds}'`);
const coded = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-preset', 'ultrafast'];

describe('stills', () => {
  it('are what stands in the middle of each part, no larger than a model needs', async () => {
    const pictures = await looked(await stills(made('a.mp4', ...brighter(4), ...coded), 4));
    expect(pictures.map(({ width, height }) => [width, height])).toEqual(pictures.map(() => [448, 252]));
    for (const [i, { brightness }] of pictures.entries())
      expect(Math.abs(brightness - 255 * ((i + 0.5) / 4))).toBeLessThan(10);
  });

  it('of a long video are sought, and do not need all of it', async () => {
    const file = made('a.mp4', ...brighter(90, '64x36', 2), ...coded, '-g', '4');
    const pictures = await looked(await stills(file, 3));
    expect(pictures.map(({ width, height }) => [width, height])).toEqual(pictures.map(() => [64, 36]));
    expect(pictures.map(({ brightness }) => Math.round(brightness / 42))).toEqual([1, 3, 5]);
  });

  it('stand on while the sound goes on', async () => {
    const sound = [...brighter(1, '64x36'), ...lavfi('sine=duration=4')];
    const pictures = await looked(await stills(made('a.mkv', ...sound, ...coded, '-c:a', 'flac'), 4));
    expect(pictures).toHaveLength(4);
    expect(pictures[3].brightness).toBeGreaterThan(200);
  });

  it('are one of a picture that stands still, and none of sound', async () => {
    const picture = made('a.png', ...lavfi('color=white:size=90x160'), '-frames:v', '1');
    expect(await looked(await stills(picture, 8))).toMatchObject([{ width: 90, height: 160 }]);
    expect(await stills(made('a.wav', ...lavfi('sine=duration=1')), 8)).toEqual([]);
  });

  it('are the same bytes each time', async () => {
    const clip = resolve(import.meta.dirname, '../../../media/sample/clips/001.mp4') as MediaFile;
    const [one, other] = [await stills(clip, 8), await stills(clip, 8)];
    expect(one).toHaveLength(8);
    expect(other.map((picture) => picture.toString('hex'))).toEqual(one.map((picture) => picture.toString('hex')));
  });
});
