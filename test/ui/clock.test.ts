/** One clock for what is seen, heard, drawn and trained on: the places of a flash and a click, also as the browser plays them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, JSHandle, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../scripts/vscode/browser.ts';
import { frameValues, melBands, readFeatures } from '../../src/video/features.ts';
import { frameTimes } from '../../src/video/frame-times.ts';
import type { MediaFile } from '../../src/video/media-file.ts';
import { probe, type Media } from '../../src/video/probe.ts';
import { playable } from '../../src/video/proxy.ts';
import { thumbnails } from '../../src/video/thumbnails.ts';
import { Waveform } from '../../src/video/waveform.ts';

/** Four seconds of a faint tone with a click at 2 s, beside grey that flashes white from 2 s to 2.5 s. */
const tone = "aevalsrc='0.02*sin(2*PI*400*t)+0.9*between(t,2,2.005)':s=48000:d=4";
const flashing = "color=gray:size=64x48:rate=10:d=4,drawbox=c=white:t=fill:enable='between(t,2,2.49)'";
const flashLasts = 0.5;

const codecs = {
  webm: ['-c:v', 'libvpx', '-deadline', 'realtime', '-c:a', 'libvorbis'],
  mp4: ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'flac', '-strict', '-2'],
  mkv: ['-c:v', 'mpeg4', '-c:a', 'aac'],
  ts: ['-c:v', 'mpeg2video', '-c:a', 'mp2'],
};

interface Case {
  name: string;
  container: keyof typeof codecs;
  /** Seconds by which each stream is later. */
  picture: number;
  sound: number;
  /** Only the first frame of each colour is kept. */
  uneven?: boolean;
  /** Seconds that an edit list cuts off. */
  cut?: number;
}

const cases: Case[] = [
  { name: 'late sound', container: 'webm', picture: 0, sound: 1 },
  { name: 'late sound', container: 'mp4', picture: 0, sound: 1 },
  { name: 'late sound', container: 'mkv', picture: 0, sound: 1 },
  { name: 'late sound', container: 'ts', picture: 0, sound: 1 },
  { name: 'late picture', container: 'webm', picture: 1, sound: 0 },
  { name: 'late picture', container: 'mp4', picture: 1, sound: 0 },
  { name: 'late picture', container: 'ts', picture: 1, sound: 0 },
  { name: 'both late', container: 'mp4', picture: 0.5, sound: 1 },
  { name: 'start at 5 s', container: 'webm', picture: 5, sound: 5 },
  { name: 'start at 5 s', container: 'mp4', picture: 5, sound: 5 },
  { name: 'start at 5 s', container: 'mkv', picture: 5, sound: 5 },
  { name: 'edit list', container: 'mp4', picture: 0, sound: 0, cut: 0.5 },
  { name: 'VFR', container: 'mp4', picture: 0, sound: 0, uneven: true },
  { name: 'VFR and late sound', container: 'mkv', picture: 0, sound: 1, uneven: true },
];

let folder: string;
let browser: Browser;
let page: Page;
const path = (name: string): MediaFile => join(folder, name) as MediaFile;
const ffmpeg = (...words: string[]): Buffer => execFileSync('ffmpeg', ['-v', 'error', ...words]);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollout-lab-clock-'));
  browser = await launchBrowser();
  page = await browser.newPage();
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

function made({ name, container, picture, sound, uneven, cut }: Case): MediaFile {
  const file = path(`${name}.${container}`);
  const sources = ['-itsoffset', `${picture}`, '-f', 'lavfi', '-i', flashing].concat([
    ...['-itsoffset', `${sound}`, '-f', 'lavfi', '-i', tone],
  ]);
  const kept = uneven ? ['-vf', "select='eq(n,0)+eq(n,20)+eq(n,25)'", '-fps_mode', 'vfr'] : [];
  const whole = cut ? path(`whole.${container}`) : file;
  ffmpeg(...sources, '-copyts', ...kept, '-g', cut ? '100' : '5', ...codecs[container], whole);
  if (cut) ffmpeg('-ss', `${cut}`, '-i', whole, '-c', 'copy', '-strict', '-2', file);
  return file;
}

/** The second at which the sound is loud for the first time. */
async function loud(file: MediaFile, media: Media): Promise<number> {
  const waveform = new Waveform(file, media, path('cache'));
  for (let first = 0; ;) {
    const { values, done } = await waveform.from(first);
    const at = values.findIndex((value) => value > 16_000);
    if (at >= 0) return (first + at / 2) / waveform.perSecond;
    if (done) return NaN;
    first += values.length / 2;
  }
}

/** Of each picture of a strip, how bright it is: 0 to 255. */
function shades({ file, tiles }: { file: string; tiles: number }): Buffer {
  return ffmpeg('-i', file, '-vf', `scale=${tiles}:1:flags=area`, '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1');
}

/** A player of the file in the page. */
async function player(file: MediaFile): Promise<JSHandle<HTMLVideoElement>> {
  return page.evaluateHandle(async (data) => {
    document.body.replaceChildren();
    const video = document.createElement('video');
    document.body.append(video);
    video.src = URL.createObjectURL(new Blob([Uint8Array.from(atob(data), (byte) => byte.charCodeAt(0))]));
    await new Promise<void>((done, fail) => {
      video.oncanplaythrough = () => done();
      video.onerror = () => fail(new Error(video.error!.message));
    });
    return video;
  }, readFileSync(file).toString('base64'));
}

/** How bright the middle of the frame is that the player shows at a second: 0 to 255. */
function shown(video: JSHandle<HTMLVideoElement>, seconds: number): Promise<number> {
  return video.evaluate(async (video, seconds) => {
    const there = new Promise((done) => (video.onseeked = done));
    video.currentTime = seconds;
    await there;
    const canvas = document.createElement('canvas').getContext('2d')!;
    canvas.drawImage(video, 0, 0, 8, 8);
    return canvas.getImageData(4, 4, 1, 1).data[1];
  }, seconds);
}

/** Seconds from `from`, where the tone sounds already, to the click that the player plays; null when it ends without one. */
function clickAfter(video: JSHandle<HTMLVideoElement>, from: number): Promise<number | null> {
  return video.evaluate(async (video, from) => {
    const there = new Promise((done) => (video.onseeked = done));
    video.currentTime = from;
    await there;
    const context = new AudioContext({ sampleRate: 48_000 });
    const capture = context.createScriptProcessor(1024, 1, 1);
    context.createMediaElementSource(video).connect(capture).connect(context.destination);
    let samples = 0;
    let first = NaN;
    const clicked = new Promise<number | null>((done) => {
      video.onended = () => done(null);
      capture.onaudioprocess = ({ inputBuffer }) => {
        for (const sample of inputBuffer.getChannelData(0)) {
          if (Number.isNaN(first) && Math.abs(sample) > 0.002) first = samples;
          if (sample > 0.4) done((samples - first) / context.sampleRate);
          samples += 1;
        }
      };
    });
    await context.resume();
    await video.play();
    const seconds = await clicked;
    video.pause();
    await context.close();
    return seconds;
  }, from);
}

/**
 * How far from its place a file clicks when it plays from `from` on. A page loses some of what a player hands it, on a busy machine the more,
 * and now and then the click itself; it never gains any. So it plays until one click is `within` its place, five times at most.
 */
async function misplaced(file: MediaFile, click: number, from: number, within: number): Promise<number> {
  let nearest = Infinity;
  for (let plays = 0; plays < 5 && nearest >= within; plays += 1) {
    const video = await player(file);
    // A new player of a file that begins late plays from its beginning after its first seek.
    if (from > 0) await shown(video, from);
    const after = await clickAfter(video, from);
    if (after !== null) nearest = Math.min(nearest, Math.abs(from + after - click));
  }
  return nearest;
}

describe.each(cases)('$name, $container', (one) => {
  const flash = 2 + one.picture - (one.cut ?? 0);
  const click = 2 + one.sound - (one.cut ?? 0);
  let file: MediaFile;
  let media: Media;
  let played: MediaFile;
  let playedMedia: Media;

  beforeAll(async () => {
    file = made(one);
    media = await probe(file);
    played = await playable(file, media, path('cache'));
    playedMedia = await probe(played);
  });

  it('stands in its place in the waveform', async () => {
    expect(Math.abs((await loud(file, media)) - click)).toBeLessThan(0.02);
  });

  it('stands in its place in the list of frames, of the file and of what is played', async () => {
    for (const times of [await frameTimes(file, media), await frameTimes(played, playedMedia)]) {
      const nearest = Math.min(...times.map((time) => Math.abs(time - flash)));
      // A transport stream's sound begins with 10 ms of its encoder's own, and the clock with them.
      expect(nearest).toBeLessThan(one.container === 'ts' ? 0.015 : 0.004);
    }
  });

  it('stands in its place in what the policy sees and hears', async () => {
    const { frames, mels } = await readFeatures(file);
    const strongest = (values: Float32Array, size: number): number => {
      const sums = Array.from({ length: values.length / size }, (_, slot) =>
        values.subarray(slot * size, (slot + 1) * size).reduce((sum, value) => sum + value, 0),
      );
      return sums.indexOf(Math.max(...sums));
    };
    expect(strongest(frames, frameValues)).toBe(Math.floor(2 * (flash + flashLasts / 2)));
    expect(strongest(mels, melBands)).toBe(Math.floor(2 * (click + 0.003)));
  });

  it('stands in its place in the pictures, none of which is black', async () => {
    for (const [level, index] of [
      [0, 0],
      [1, 0],
      [1, 1],
    ]) {
      const strip = (await thumbnails(played, playedMedia, { level, index }, path('cache')))!;
      const length = playedMedia.duration / 2 ** level;
      shades(strip).forEach((shade, tile) => {
        const at = (index + (tile + 0.5) / strip.tiles) * length;
        expect(shade, `at ${at}`).toBeGreaterThan(100);
        // Pictures are chosen to the nearest of the strip's own.
        const edge = Math.min(Math.abs(at - flash), Math.abs(at - flash - flashLasts));
        if (edge > length / strip.tiles / 2 + 0.01) {
          expect(shade > 200, `at ${at}`).toBe(at > flash && at < flash + flashLasts);
        }
      });
    }
  });

  it('is seen and heard in its place in the browser', async () => {
    const video = await player(played);
    await expect.poll(() => shown(video, Math.max(one.picture, 0.01))).toBeLessThan(200);
    for (const [seconds, white] of [
      [flash - 0.03, false],
      [flash + 0.03, true],
      [flash + flashLasts - 0.03, true],
      [flash + flashLasts + 0.03, false],
    ] as const) {
      // Now and then the page still has the frame from before the seek.
      await expect.poll(async () => (await shown(video, seconds)) > 200, { message: `at ${seconds}` }).toBe(white);
    }
    // Decoders are silent for a packet or two after a seek, which takes from what is heard before the click.
    expect(await misplaced(played, click, click - 0.5, 0.05)).toBeLessThan(0.05);
  });
});

describe.each(['aac', 'mp3'])('a clip with %s sound', (codec) => {
  it('plays its click within 5 ms of its place, as a copy with Vorbis', async () => {
    const file = path(`${codec}.mp4`);
    const sources = ['-f', 'lavfi', '-i', flashing, '-f', 'lavfi', '-i', tone];
    ffmpeg(...sources, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', codec === 'mp3' ? 'libmp3lame' : codec, file);
    const played = await playable(file, await probe(file), path('cache'));
    expect(await probe(played)).toMatchObject({ video: { codec: 'h264' }, audio: { codec: 'vorbis' } });
    expect(await misplaced(played, 2, 0, 0.005)).toBeLessThan(0.005);
  });
});

it('a silent video and a sound of its own play in step', async () => {
  const [video, audio] = [path('silent.mp4'), path('sound.mp3')];
  ffmpeg('-f', 'lavfi', '-i', flashing, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', video);
  ffmpeg('-f', 'lavfi', '-i', tone, audio);
  const sound = { file: audio, media: await probe(audio) };
  const played = await playable(video, await probe(video), path('cache'), undefined, undefined, sound);
  const shows = await player(played);
  await expect.poll(() => shown(shows, 1.97)).toBeLessThan(200);
  await expect.poll(() => shown(shows, 2.03)).toBeGreaterThan(200);
  expect(await misplaced(played, 2, 0, 0.005)).toBeLessThan(0.005);
});
