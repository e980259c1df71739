import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameTimes } from '../../../src/video/frame-times.ts';
import type { MediaFile } from '../../../src/video/media-file.ts';
import { probe } from '../../../src/video/probe.ts';
import { playable } from '../../../src/video/proxy.ts';
import { thumbnails } from '../../../src/video/thumbnails.ts';
import { Waveform } from '../../../src/video/waveform.ts';

let folder: string;
const path = (name: string): MediaFile => join(folder, name) as MediaFile;
const make = (name: string, ...words: string[]): MediaFile => {
  execFileSync('ffmpeg', ['-v', 'error', ...words, path(name)]);
  return path(name);
};
const lavfi = (...sources: string[]): string[] => sources.flatMap((source) => ['-f', 'lavfi', '-i', source]);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollout-lab-timeline-'));
  mkdirSync(path('cache'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** All peaks, as fractions of full scale, and how many portions they came in. */
async function heard(waveform: Waveform): Promise<{ values: number[]; portions: number }> {
  const values: number[] = [];
  for (let portions = 1; ; portions += 1) {
    const portion = await waveform.from(values.length / 2);
    for (const value of portion.values) values.push(value / 32768);
    if (portion.done) return { values, portions };
  }
}

describe('the waveform', () => {
  it('is a tone’s amplitude where it sounds and nothing where it is silent, and is kept by content', async () => {
    const tone = "aevalsrc='0.5*sin(2*PI*400*t)*between(t,1,2)':s=44100:d=3";
    const file = make('tone.wav', ...lavfi(tone));
    const media = await probe(file);
    const waveform = new Waveform(file, media, path('cache'));
    const { values } = await heard(waveform);
    expect(values.length / 2 / waveform.perSecond).toBeCloseTo(3, 1);
    const at = (seconds: number): [number, number] => {
      const peak = Math.round(seconds * waveform.perSecond);
      return [values[2 * peak], values[2 * peak + 1]];
    };
    for (const seconds of [1.1, 1.5, 1.9]) {
      expect(at(seconds)[0]).toBeCloseTo(-0.5, 1);
      expect(at(seconds)[1]).toBeCloseTo(0.5, 1);
    }
    for (const seconds of [0.1, 0.9, 2.1, 2.9]) expect(at(seconds)).toEqual([0, 0]);
    const kept = readdirSync(path('cache')).find((name) => name.endsWith('.peaks'))!;
    const { mtimeMs } = statSync(path(`cache/${kept}`));
    expect((await heard(new Waveform(file, media, path('cache')))).values).toEqual(values);
    expect(statSync(path(`cache/${kept}`)).mtimeMs).toBe(mtimeMs);
  });

  it('is silent until sound that starts late', async () => {
    const sources = lavfi('color=size=64x48:rate=5:duration=3', 'sine=frequency=400:duration=1');
    const file = make('late.mkv', ...sources, '-af', 'asetpts=PTS+1.5/TB', '-c:a', 'flac', '-t', '3');
    const waveform = new Waveform(file, await probe(file), path('cache'));
    const { values } = await heard(waveform);
    const first = values.findIndex((value) => Math.abs(value) > 0.01);
    expect(first / 2 / waveform.perSecond).toBeCloseTo(1.5, 1);
  });

  it('of hours begins to come at once, in bounded size', async () => {
    const file = make('hours.mp3', ...lavfi('sine=frequency=300:duration=7200:sample_rate=8000'), '-b:a', '8k');
    const waveform = new Waveform(file, await probe(file), path('cache'));
    const started = performance.now();
    const first = await waveform.from(0);
    const untilFirst = performance.now() - started;
    const { values } = await heard(waveform);
    expect(first.done).toBe(false);
    expect(untilFirst).toBeLessThan((performance.now() - started) / 2);
    expect(values.length).toBeLessThanOrEqual(2 << 19);
    expect(values.length / 2 / waveform.perSecond).toBeCloseTo(7200, 0);
  });

  it('stops when asked, leaves nothing, and says why', async () => {
    const file = make('other.mp3', ...lavfi('sine=frequency=500:duration=7200:sample_rate=8000'), '-b:a', '8k');
    const stop = new AbortController();
    const waveform = new Waveform(file, await probe(file), path('stopped'), stop.signal);
    await waveform.from(0);
    stop.abort();
    await expect(heard(waveform)).rejects.toThrow(/other\.mp3: .*aborted/);
    expect(readdirSync(path('stopped'))).toEqual([]);
  });
});

describe('frame times', () => {
  const uneven = ['-vf', "select='not(between(mod(n,10),4,7))'", '-fps_mode', 'vfr', '-pix_fmt', 'yuv420p'];
  const first = [0, 0.04, 0.08, 0.12, 0.32, 0.36, 0.4, 0.44];

  it('are those of the frames, in the order in which they are shown', async () => {
    const file = make('uneven.mp4', ...lavfi('testsrc=size=64x48:rate=25:duration=4'), ...uneven, '-c:v', 'libx264');
    const times = await frameTimes(file, await probe(file));
    expect(times).toHaveLength(60);
    first.forEach((seconds, frame) => expect(times[frame]).toBeCloseTo(seconds, 4));
  });

  it('are the same in the proxy', async () => {
    const file = make('uneven.mkv', ...lavfi('testsrc=size=64x48:rate=25:duration=4'), ...uneven, '-c:v', 'mpeg4');
    const media = await probe(file);
    const proxy = await playable(file, media, path('cache'));
    const [own, copied] = [await frameTimes(file, media), await frameTimes(proxy, media)];
    expect(copied).toHaveLength(own.length);
    own.forEach((seconds, frame) => expect(copied[frame]).toBeCloseTo(seconds, 3));
  });
});

it('finer strips of hours are each found quickly, and show their own time', { timeout: 120_000 }, async () => {
  // Black grows to white over two hours.
  const grey = "color=size=32x24:rate=1/2:duration=7200,format=gray,geq=lum='255*T/7200'";
  const file = make('fade.mp4', ...lavfi(grey), '-pix_fmt', 'yuv420p', '-g', '15', '-preset', 'ultrafast');
  const media = await probe(file);
  for (const { level, index } of [
    { level: 0, index: 0 },
    { level: 3, index: 5 },
    { level: 7, index: 100 },
  ]) {
    const strip = (await thumbnails(file, media, { level, index }, path('cache')))!;
    const raw = ['-vf', `scale=${strip.tiles}:1:flags=area`, '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'];
    const greys = execFileSync('ffmpeg', ['-v', 'error', '-i', strip.file, ...raw]);
    greys.forEach((shade, tile) => {
      const place = (index + (tile + 0.5) / strip.tiles) / 2 ** level;
      expect(Math.abs(shade / 255 - place)).toBeLessThan(0.03);
    });
  }
});
