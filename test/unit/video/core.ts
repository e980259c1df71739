/** What every ffmpeg must do: the tests that run on each of those that people have. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { rendered } from '../../../scripts/sample/lesson.ts';
import { sampleClips } from '../../../scripts/sample/project.ts';
import { readFeatures } from '../../../src/video/features.ts';
import { transcode } from '../../../src/video/ffmpeg.ts';
import { frameTimes } from '../../../src/video/frame-times.ts';
import type { MediaFile } from '../../../src/video/media-file.ts';
import { probe } from '../../../src/video/probe.ts';
import { playable, proxyPlan } from '../../../src/video/proxy.ts';
import { stills } from '../../../src/video/stills.ts';
import { thumbnails } from '../../../src/video/thumbnails.ts';
import { Waveform } from '../../../src/video/waveform.ts';

const sample = resolve(import.meta.dirname, '../../../media/sample');
const lavfi = (...sources: string[]): string[] => sources.flatMap((source) => ['-f', 'lavfi', '-i', source]);

/** The peaks of a file's sound. */
export async function peaksOf(file: MediaFile, cache: string): Promise<{ values: number[]; perSecond: number }> {
  const waveform = new Waveform(file, await probe(file), cache);
  const values: number[] = [];
  for (;;) {
    const portion = await waveform.from(values.length / 2);
    values.push(...portion.values);
    if (portion.done) return { values, perSecond: waveform.perSecond };
  }
}

/**
 * Tests the ffmpeg and ffprobe that `environment` names, on files that the machine's own makes. It loses `lost` frames of a copy, whose sound
 * at an awkward length is `sound`.
 */
export function testFfmpeg(
  version: RegExp,
  environment: () => Record<string, string>,
  { lost = 0, sound = 'vorbis' } = {},
): void {
  let folder: string;
  const path = (name: string): MediaFile => join(folder, name) as MediaFile;
  const make = (name: string, ...words: string[]): MediaFile => {
    execFileSync('ffmpeg', ['-v', 'error', ...words, path(name)]);
    return path(name);
  };
  const uneven = ['-vf', "select='not(between(mod(n,10),4,7))'", '-fps_mode', 'vfr', '-pix_fmt', 'yuv420p'];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rollout-lab-ffmpeg-'));
    for (const [name, value] of Object.entries(environment())) vi.stubEnv(name, value);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  it('is the version that this is about', () => {
    expect(execFileSync(process.env.FFMPEG_PATH ?? 'ffmpeg', ['-version'], { encoding: 'utf8' })).toMatch(version);
  });

  it('makes a copy that the editor plays, whose frames keep their own times', async () => {
    const sources = lavfi('testsrc=size=321x241:rate=25:duration=4.567', 'sine=d=4.567');
    const file = make('uneven.mkv', ...sources, ...uneven, '-c:v', 'mpeg4', '-c:a', 'aac');
    const media = await probe(file);
    const parts: number[] = [];
    const proxy = await playable(file, media, path('cache'), undefined, (part) => parts.push(part));
    const made = await probe(proxy);
    expect(made).toMatchObject({ video: { codec: 'h264' }, audio: { codec: sound } });
    expect(proxyPlan(made)).toBeNull();
    expect(parts.at(-1)).toBeGreaterThan(0.9);
    const [own, copied] = [await frameTimes(file, media), await frameTimes(proxy, media)];
    expect(own.length).toBeGreaterThan(60);
    expect(copied).toHaveLength(own.length - lost);
    copied.forEach((seconds, frame) => expect(seconds).toBeCloseTo(own[frame], 3));
  });

  it.each(['3.334', '7.456', '3.123438', '0.001'])('reads frame times and sound of %s s', async (seconds) => {
    const sources = lavfi(`testsrc=size=64x48:rate=25:duration=${seconds}`, `sine=d=${seconds}`);
    const file = make(`${seconds}.mov`, ...sources, '-c:v', 'mpeg4', '-c:a', 'pcm_s16le');
    const media = await probe(file);
    expect(await frameTimes(file, media)).toHaveLength(Math.ceil(25 * Number(seconds)));
    const { values, perSecond } = await peaksOf(file, path('cache'));
    expect(values.length / 2 / perSecond).toBeCloseTo(Number(seconds), 1);
  });

  // What Chromium shows of a grey that is coded so. Taken as it is coded, PQ's 0.58 (203 cd/m²) would be 148, HLG's 0.38 97.
  it.each([
    ['smpte2084', 0.58, 184],
    ['arib-std-b67', 0.38, 72],
    ['arib-std-b67', 0.75, 185],
  ])(
    'shows HDR brightness as on an ordinary screen, to people and to a policy: %s of %s',
    async (curve, code, shown) => {
      const tags = ['-color_primaries', 'bt2020', '-color_trc', curve, '-colorspace', 'bt2020nc', '-color_range', 'tv'];
      const grey = ['-vf', `format=yuv420p10le,geq=lum='64+${code}*876':cb=512:cr=512`, '-c:v', 'ffv1'];
      const file = make(`${curve}-${code}.mkv`, ...lavfi('color=size=64x48:rate=10:d=1'), ...grey, ...tags);
      const media = await probe(file);
      expect(media.video).toMatchObject({ hdr: true });
      const played = await playable(file, media, path('cache'));
      expect((await probe(played)).video).toMatchObject({ hdr: false });
      const seen = (await readFeatures(file)).frames;
      const copied = (await readFeatures(played)).frames;
      for (const [value, other] of Array.from(seen, (one, i) => [one, copied[i]])) {
        expect(Math.abs(value - (4 * shown) / 255)).toBeLessThan(4 / 15);
        expect(Math.abs(value - other)).toBeLessThan(0.15);
      }
    },
  );

  it('finds the duration that a recorder left out, for its copy too', async () => {
    // A recorder that writes to a pipe cannot go back to say it.
    const words = ['-c:v', 'libvpx', '-deadline', 'realtime', '-c:a', 'libvorbis', '-f', 'webm', 'pipe:1'];
    const sources = lavfi('testsrc=size=64x48:rate=10:d=6', 'sine=d=6');
    writeFileSync(path('recorded.webm'), execFileSync('ffmpeg', ['-v', 'error', ...sources, ...words]));
    const media = await probe(path('recorded.webm'));
    expect(media.durationSaid).toBe(false);
    expect(media.duration).toBeCloseTo(6, 1);
    expect(proxyPlan(media)?.why).toBe('no duration');
    const made = await probe(await playable(path('recorded.webm'), media, path('cache')));
    expect(made.durationSaid).toBe(true);
    expect(made.duration).toBeCloseTo(6, 1);
  });

  it('shows pictures along the video, decoded or sought', async () => {
    const grey = "color=size=32x24:rate=1:duration=240,format=gray,geq=lum='255*T/240'";
    const file = make('fade.mp4', ...lavfi(grey), '-pix_fmt', 'yuv420p', '-g', '15', '-preset', 'ultrafast');
    const media = await probe(file);
    for (const level of [0, 1]) {
      const strip = (await thumbnails(file, media, { level, index: 0 }, path('cache')))!;
      const raw = ['-vf', `scale=${strip.tiles}:1:flags=area`, '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'];
      const greys = execFileSync('ffmpeg', ['-v', 'error', '-i', strip.file, ...raw]);
      greys.forEach((shade, tile) => {
        expect(Math.abs(shade / 255 - (tile + 0.5) / strip.tiles / 2 ** level)).toBeLessThan(0.08);
      });
    }
  });

  it('shows a judge stills of a video, decoded or sought', async () => {
    const grey = "color=size=32x24:rate=1:duration=120,format=gray,geq=lum='16+219*T/120'";
    const file = make('stills.mp4', ...lavfi(grey), '-pix_fmt', 'yuv420p', '-g', '5', '-preset', 'ultrafast');
    for (const count of [12, 4]) {
      const pictures = await stills(file, count);
      expect(pictures).toHaveLength(count);
      for (const [part, input] of pictures.entries()) {
        const raw = ['-vf', 'scale=1:1:flags=area', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'];
        const [shade] = execFileSync('ffmpeg', ['-v', 'error', '-i', 'pipe:0', ...raw], { input });
        expect(Math.abs(shade / 255 - (part + 0.5) / count)).toBeLessThan(0.08);
      }
    }
  });

  it('gives a policy what a clip shows and sounds like', async () => {
    const { path: clip, scene } = sampleClips()[0];
    const { frames, mels } = await readFeatures(join(sample, clip) as MediaFile);
    const { features } = rendered(scene);
    const difference = (a: Float32Array, b: Float32Array): number =>
      a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
    expect([frames.length, mels.length]).toEqual([features.frames.length, features.mels.length]);
    expect(difference(frames, features.frames)).toBeLessThan(0.08);
    expect(difference(mels, features.mels)).toBeLessThan(0.03);
  });

  it('decodes no picture of more than 36 megapixels, whoever asks', async () => {
    const file = make('big.png', ...lavfi('color=size=8000x5000'), '-frames:v', '1');
    await expect(probe(file)).rejects.toThrow(/big\.png: .*8000x5000 exceeds/);
    const small = make('small.mp4', ...lavfi('testsrc=size=64x48:duration=1'));
    const media = { ...(await probe(small)), container: 'png_pipe' };
    const refused = /big\.png: .*8000x5000 exceeds/;
    await expect(playable(file, media, path('cache'))).rejects.toThrow(refused);
    await expect(thumbnails(file, media, { level: 0, index: 0 }, path('cache'))).rejects.toThrow(refused);
  });

  it('opens nothing that refers to other files', async () => {
    make('plain.wav', ...lavfi('sine=d=1'));
    make('0.png', ...lavfi('color=size=64x48'), '-frames:v', '1');
    writeFileSync(path('script.mp4'), "ffconcat version 1.0\nfile 'plain.wav'\n");
    writeFileSync(path('list.m3u8'), '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nplain.wav\n#EXT-X-ENDLIST\n');
    for (const [name, format] of [
      ['script.mp4', 'concat'],
      ['list.m3u8', 'hls'],
      ['%d.png', 'image2'],
    ]) {
      await expect(probe(path(name)), name).rejects.toThrow(
        `${name}: files of the format ${format} are not opened here`,
      );
      const media = await probe(path('plain.wav'));
      await expect(peaksOf(path(name), path('cache')), name).rejects.toThrow(name);
      await expect(playable(path(name), { ...media, container: 'x' }, path('cache')), name).rejects.toThrow(name);
    }
  });

  it('says which option it does not know', async () => {
    const file = make('small.mkv', ...lavfi('testsrc=size=64x48:duration=1'));
    const work = transcode([{ file, opening: [] }], path('x.mp4'), ['-no_such_mode', 'vfr'], { seconds: 60 });
    await expect(work).rejects.toThrow(/small\.mkv: Unrecognized option 'no_such_mode'/);
  });
}
