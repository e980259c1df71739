import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { rendered } from '../../../scripts/sample/lesson.ts';
import { sampleClips } from '../../../scripts/sample/project.ts';
import {
  featuresOf,
  frameRate,
  frameSize,
  frameValues,
  melBands,
  readFeatures,
  soundRate,
} from '../../../src/video/features.ts';
import { decodeBoth } from '../../../src/video/ffmpeg.ts';
import type { MediaFile } from '../../../src/video/media-file.ts';
import { fft } from '../../../src/video/spectrum.ts';

const sample = resolve(import.meta.dirname, '../../../media/sample');
const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): MediaFile => join(...names) as MediaFile;

function meanDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
}

describe('the Fourier transform', () => {
  it('is the sum that defines it', () => {
    const size = 16;
    const [x, y] = [Float64Array.from({ length: size }, (_, i) => Math.sin(i * i)), new Float64Array(size)];
    const [real, imaginary] = [x.slice(), y.slice()];
    fft(real, imaginary);
    for (let k = 0; k < size; k += 1) {
      const angle = (i: number): number => (-2 * Math.PI * k * i) / size;
      expect(real[k]).toBeCloseTo(
        x.reduce((sum, value, i) => sum + value * Math.cos(angle(i)), 0),
        10,
      );
      expect(imaginary[k]).toBeCloseTo(
        x.reduce((sum, value, i) => sum + value * Math.sin(angle(i)), 0),
        10,
      );
    }
  });
});

describe('features of pictures and sound', () => {
  const black = (): Uint8Array => new Uint8Array(frameSize.width * frameSize.height * 3);

  it('put a colour into the grid cell it is in', () => {
    const frame = black();
    // The second cell of the third row, green.
    for (let y = 12; y < 18; y += 1) for (let x = 8; x < 16; x += 1) frame[(y * frameSize.width + x) * 3 + 1] = 255;
    const { frames, slots } = featuresOf(Array<Uint8Array>(frameRate / 2).fill(frame), new Float32Array());
    expect(slots).toBe(1);
    expect([...frames].flatMap((value, i) => (value > 0 ? [[i, Math.round(value * 1000) / 1000]] : []))).toEqual([
      [(2 * 4 + 1) * 3 + 1, 4],
    ]);
  });

  it('put a pitch into its mel band, and a louder one higher', () => {
    const tone = (hertz: number, loudness: number): Float32Array => {
      const samples = Float32Array.from({ length: soundRate / 2 }, (_, i) => {
        return loudness * Math.sin((2 * Math.PI * hertz * i) / soundRate);
      });
      return featuresOf([], samples).mels;
    };
    const loudest = (mels: Float32Array): number => mels.indexOf(Math.max(...mels));
    // Band centres lie 167 mel apart: 1,000 Hz is 1,000 mel.
    expect(loudest(tone(1000, 0.5))).toBe(5);
    expect(Math.max(...tone(1000, 0.5)) - Math.max(...tone(1000, 0.05))).toBeCloseTo(1, 2);
    expect(Math.max(...tone(1000, 0))).toBe(0);
  });

  it('leave the missing sense at 0', () => {
    const { mels, frames, slots } = featuresOf([black(), black(), black(), black()], new Float32Array());
    expect([mels.length, frames.length, slots]).toEqual([melBands, frameValues, 1]);
    expect(Math.max(...mels, ...frames)).toBe(0);
  });
});

describe('features of a media file', () => {
  const clips = sampleClips();
  const some = [...clips.filter((_, i) => i % 20 === 0), ...clips.filter(({ kind }) => kind !== 'plain')];

  it('are those of the scene it was made from, whatever its codecs', async () => {
    for (const { path, scene } of some) {
      const decoded = await readFeatures(at(sample, path));
      const { features } = rendered(scene);
      expect(decoded.slots).toBe(2 * scene.seconds);
      expect(meanDifference(decoded.frames, features.frames)).toBeLessThan(0.08);
      expect(meanDifference(decoded.mels, features.mels)).toBeLessThan(0.03);
    }
  });

  it('name the file when it is too long, missing or no media', async () => {
    const path = at(sample, clips[0].path);
    await expect(readFeatures(path, { maxSlots: 4 })).rejects.toThrow(/001\.mp4: longer than 2 s/);
    await expect(readFeatures(at(folder, 'none.mp4'))).rejects.toThrow(/none\.mp4/);
    const text = at(folder, 'text.mp4');
    writeFileSync(text, '#EXTM3U\nhttp://127.0.0.1:1/a.ts\n');
    await expect(readFeatures(text)).rejects.toThrow(/text\.mp4/);
  });

  it.skipIf(process.platform === 'win32')('take one start of ffmpeg for pictures and sound', async () => {
    const [starts, counting] = [at(folder, 'starts'), at(folder, 'counting-ffmpeg')];
    writeFileSync(counting, `#!/bin/sh\necho start >> '${starts}'\nexec ffmpeg "$@"\n`, { mode: 0o755 });
    const path = at(sample, clips[0].path);
    const features = await readFeatures(path);
    vi.stubEnv('FFMPEG_PATH', counting);
    try {
      expect(await readFeatures(path)).toEqual(features);
      expect(readFileSync(starts, 'utf8')).toBe('start\n');
    } finally {
      vi.unstubAllEnvs();
    }
    expect(Math.max(...features.frames)).toBeGreaterThan(0);
    expect(Math.max(...features.mels)).toBeGreaterThan(0);
  });

  it.each([
    ['pictures', 10, 1e9],
    ['sound', 1e9, 10],
  ])('say which file gives more %s than are read of it, and leave nothing behind', async (_, pixels, samples) => {
    vi.stubEnv('TMPDIR', at(folder, 'scratch'));
    vi.stubEnv('TEMP', at(folder, 'scratch'));
    onTestFinished(() => void vi.unstubAllEnvs());
    mkdirSync(at(folder, 'scratch'), { recursive: true });
    const raw = (map: string, format: string): string[] => ['-map', map, '-f', format];
    const input = { file: at(sample, clips[0].path), opening: [] };
    await expect(
      decodeBoth(
        input,
        [
          { options: raw('0:v:0', 'rawvideo'), bytes: pixels },
          { options: raw('0:a:0', 'f32le'), bytes: samples },
        ],
        { seconds: 60 },
      ),
    ).rejects.toThrow(/001\.mp4: /);
    expect(readdirSync(at(folder, 'scratch'))).toEqual([]);
  });

  it('stop when they are no longer wanted', async () => {
    await expect(readFeatures(at(sample, clips[0].path), { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});
