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
import { frameTimes } from '../../../src/video/frame-times.ts';
import { mediaFile } from '../../../src/video/media-file.ts';
import { type Media, probe } from '../../../src/video/probe.ts';

const sample = resolve(import.meta.dirname, '../../../media/sample');
const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const clips = sampleClips();
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
      const file = await mediaFile(join(sample, path), [sample]);
      const media = await probe(file);
      expect(media.video?.codec).toBe('h264');
      const times = await frameTimes(file, media);
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
