import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { milliseconds } from '../../../src/video/ffmpeg.ts';
import { frameTimes } from '../../../src/video/frame-times.ts';
import type { MediaFile } from '../../../src/video/media-file.ts';
import { lasting, probe, type Media } from '../../../src/video/probe.ts';
import { cached, contentKey, playable } from '../../../src/video/proxy.ts';
import { peaksOf } from './core.ts';

let folder: string;
const path = (name: string): MediaFile => join(folder, name) as MediaFile;
const make = (name: string, ...words: string[]): MediaFile => {
  execFileSync('ffmpeg', ['-v', 'error', ...words, path(name)]);
  return path(name);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollout-lab-limits-'));
  mkdirSync(path('cache'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('every duration makes a time limit that a timer takes', () => {
  for (let ms = 0; ms < 20_000; ms += 1) {
    for (const limit of [milliseconds(60 + ms / 10_000), milliseconds(60 + ms / 1000), milliseconds(ms / 1e6)]) {
      expect(Number.isInteger(limit) && limit >= 1).toBe(true);
    }
  }
  expect(milliseconds(60.0001)).toBe(60_001);
  expect([1e-9, -1, 1e300, Infinity, NaN].map(milliseconds)).toEqual([1, 1, 86_400_000, 86_400_000, 1]);
});

it('a duration counts as far as the bytes of the file bear it out, and four hours at most', () => {
  const media = { duration: 0, size: 0 } as Media;
  expect(lasting({ ...media, duration: 3.334, size: 72_606 })).toBe(3.334);
  expect(lasting({ ...media, duration: 1e9, size: 28_004 })).toBe(28.004);
  expect(lasting({ ...media, duration: 1e9, size: 1e9 })).toBe(4 * 3600);
  // Not known: a recorder's file.
  expect(lasting({ ...media, duration: 0, size: 100_000 })).toBe(100);
});

it(
  'a file that claims decades is read as any other, in as much time as it may take',
  { timeout: 120_000 },
  async () => {
    const sources = ['-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=25:duration=2', '-f', 'lavfi', '-i', 'sine=d=2'];
    const file = make('decades.mkv', ...sources, '-c:v', 'mpeg4', '-c:a', 'aac');
    const bytes = readFileSync(file);
    // The segment's duration, a double of eight bytes, in milliseconds.
    const at = bytes.indexOf(Buffer.from([0x44, 0x89, 0x88]));
    bytes.writeDoubleBE(1e12, at + 3);
    writeFileSync(file, bytes);
    const media = await probe(file);
    expect(media.duration).toBe(1e9);
    expect(lasting(media)).toBeLessThan(200);
    expect(await frameTimes(file, media)).toHaveLength(50);
    await peaksOf(file, path('cache'));
    expect((await probe(await playable(file, media, path('cache')))).duration).toBeCloseTo(2, 0);
  },
);

it('a sound file whose header claims hours is no longer than its bytes', async () => {
  const file = make('hours.wav', '-f', 'lavfi', '-i', 'sine=d=1:sample_rate=8000');
  const bytes = readFileSync(file);
  bytes.writeUInt32LE(0x7fffff00, bytes.indexOf('data') + 4);
  writeFileSync(file, bytes);
  const { values, perSecond } = await peaksOf(file, path('cache'));
  expect(values.length / 2 / perSecond).toBeCloseTo(1, 1);
});

it('what lies in the cache and is not of our making is not used', async () => {
  const file = make('tone.wav', '-f', 'lavfi', '-i', 'sine=d=1');
  writeFileSync(path('other.txt'), 'other');
  symlinkSync(path('other.txt'), path('cache/name.txt'));
  const made = await cached(path('cache'), 'name.txt', async (output) => writeFileSync(output, 'ours'));
  expect([readFileSync(made, 'utf8'), readFileSync(path('other.txt'), 'utf8')]).toEqual(['ours', 'other']);
  const peaks = path(`cache/${await contentKey(file)}.peaks`);
  writeFileSync(peaks, '');
  truncateSync(peaks, 1 << 30);
  await expect(peaksOf(file, path('cache'))).rejects.toThrow(/\.peaks: is not a waveform that Rollout Lab wrote/);
});
