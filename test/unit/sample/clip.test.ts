import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type ClipKind, clipKinds, writeClip } from '../../../scripts/sample/clip.ts';
import { type DatasetRow, datasetRows } from '../../../scripts/sample/dataset.ts';
import { Dice } from '../../../scripts/sample/dice.ts';
import { sampleClips } from '../../../scripts/sample/project.ts';
import { makeScene } from '../../../scripts/sample/scene.ts';
import { paint, pitch } from '../../../scripts/sample/render.ts';
import type { Colour } from '../../../scripts/sample/scene.ts';
import { decode, inPlace } from '../../../src/video/ffmpeg.ts';
import { frameTimes } from '../../../src/video/frame-times.ts';
import { type MediaFile, mediaFile } from '../../../src/video/media-file.ts';
import { type Media, probe } from '../../../src/video/probe.ts';

const sample = resolve(import.meta.dirname, '../../../media/sample');
const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const clips = sampleClips();

interface Known {
  file: MediaFile;
  media: Media;
  /** Of its frames, in seconds. */
  times: Float64Array;
}

/** What ffprobe says of each clip. It is asked once: a hundred clips take their time. */
const asked = new Map<string, Promise<Known>>();

function known(path: string): Promise<Known> {
  const answer = asked.get(path) ?? ask(path);
  asked.set(path, answer);
  return answer;
}

async function ask(path: string): Promise<Known> {
  const file = await mediaFile(join(sample, path), [sample]);
  const media = await probe(file);
  return { file, media, times: await frameTimes(file, media) };
}

const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('a clip', () => {
  it.each(clipKinds)('is made twice with the same bytes (%s)', async (kind) => {
    const scene = makeScene(new Dice(5), 5);
    const paths = ['a.mp4', 'b.mp4'].map((name) => join(folder, name));
    for (const path of paths) await writeClip(scene, path, kind);
    expect(digest(paths[0])).toBe(digest(paths[1]));
  });
});

describe('the sample project’s clips', () => {
  /** By the file, and the distances between its frames in milliseconds. */
  const expected: Record<ClipKind, (media: Media, distances: Set<number>) => void> = {
    plain: ({ audio }, distances) => expect([audio?.codec, distances.size]).toEqual(['mp3', 1]),
    aac: ({ audio }) => expect(audio?.codec).toBe('aac'),
    silent: ({ audio }) => expect(audio).toBeNull(),
    'variable-rate': (_, distances) => expect(distances.size).toBeGreaterThan(1),
    portrait: ({ video }) => expect(video!.height).toBeGreaterThan(video!.width),
  };

  it('have the codecs and shapes they were meant to have, and are small', { timeout: 120_000 }, async () => {
    for (const { path, kind, scene } of clips) {
      const { media, times } = await known(path);
      expect(media.video?.codec).toBe('h264');
      const distances = Array.from(times.subarray(1), (time, i) => Math.round(1000 * (time - times[i])));
      expected[kind](media, new Set(distances));
      expect(Math.abs(media.duration - scene.seconds), path).toBeLessThan(0.3);
      expect(statSync(join(sample, path)).size).toBeLessThanOrEqual(100_000);
    }
  });

  it('are all there, and no others', () => {
    expect(readdirSync(join(sample, 'clips')).map((name) => `clips/${name}`)).toEqual(clips.map(({ path }) => path));
  });

  it('are what dataset.jsonl asks about', () => {
    const lines = readFileSync(join(sample, 'dataset.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as DatasetRow)).toEqual(datasetRows(clips));
  });
});

describe.each(clips)('$path', { timeout: 60_000 }, ({ path, scene }) => {
  it('shows each shape from the very frame of its start to the last before its end', async () => {
    const shares = await sharesOf(await known(path));
    for (const { colour, start, end } of scene.shapes) {
      const place = `${colour} from ${start} to ${end}`;
      expect(shares(start, colour), place).toBeGreaterThan(0.03);
      if (start > 0) expect(shares(start - 0.001, colour), place).toBe(0);
      expect(shares(end - 0.001, colour), place).toBeGreaterThan(0.03);
      if (end < scene.seconds) expect(shares(end, colour), place).toBeLessThan(0.001);
    }
  });
});

describe.each(clips.filter(({ kind }) => kind !== 'silent'))('$path', { timeout: 60_000 }, ({ path, scene }) => {
  it('sounds each tone from its start to its end, within 4 ms', async () => {
    const wave = await waveOf(await known(path));
    const loudest = (from: number, to: number): number =>
      Math.max(...wave.subarray(Math.max(0, Math.round(from * rate)), Math.round(to * rate)).map(Math.abs));
    for (const { tone, start, end } of scene.sounds) {
      const place = `${tone} from ${start} to ${end}`;
      // It rises to 0.3 in 15 ms and falls in 40, as does one that touches it.
      expect(loudest(start - 0.001, start + 0.001), place).toBeLessThan(0.08);
      expect(loudest(start + 0.003, start + 0.006), place).toBeGreaterThan(0.05);
      expect(loudest(end - 0.012, end - 0.006), place).toBeGreaterThan(0.04);
      if (end < scene.seconds) expect(loudest(end - 0.001, end + 0.001), place).toBeLessThan(0.08);
      const middle = wave.subarray((start + 0.25) * rate, (start + 0.75) * rate);
      const risings = middle.filter((value, i) => i > 0 && middle[i - 1] < 0 && value >= 0).length;
      expect(Math.abs(2 * risings - pitch[tone]), place).toBeLessThan(10);
    }
  });
});

/** Tells the share of the picture that is of a colour in the frame that is shown at a second. */
async function sharesOf({ file, times }: Known): Promise<(second: number, colour: Colour) => number> {
  const small = ['-vf', 'scale=iw/4:-1:flags=neighbor', '-fps_mode', 'passthrough'];
  const options = ['-map', '0:v:0', ...small, '-pix_fmt', 'rgb24', '-f', 'rawvideo'];
  const bytes = await decode({ file, opening: [] }, options, 10e6, { seconds: 60 });
  const frameBytes = 3 * 80 * 60;
  expect(bytes.length / frameBytes).toBe(times.length);
  return (second, colour) => {
    const frame = times.findLastIndex((time) => time < second + 1e-6);
    const [red, green, blue] = paint[colour];
    let painted = 0;
    for (let at = frame * frameBytes; at < (frame + 1) * frameBytes; at += 3) {
      const away = [bytes[at] - red, bytes[at + 1] - green, bytes[at + 2] - blue];
      if (Math.hypot(...away) < 90) painted += 3;
    }
    return painted / frameBytes;
  };
}

const rate = 32_000;

async function waveOf({ file }: Known): Promise<Float32Array> {
  const options = ['-map', '0:a:0', '-af', inPlace, '-ac', '1', '-ar', `${rate}`, '-f', 'f32le'];
  const bytes = await decode({ file, opening: [] }, options, 10e6, { seconds: 60 });
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
