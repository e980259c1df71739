import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MediaFile } from '../../../src/video/media-file.ts';
import { probe, type Media } from '../../../src/video/probe.ts';
import { playable, proxyPlan } from '../../../src/video/proxy.ts';
import { thumbnails } from '../../../src/video/thumbnails.ts';

const fine: Media = {
  container: 'mov,mp4,m4a,3gp,3g2,mj2',
  duration: 6,
  durationSaid: true,
  first: 0,
  zero: 0,
  size: 90_000,
  video: { codec: 'h264', width: 320, height: 240, pixelFormat: 'yuv420p', frameRate: 25, hdr: false },
  audio: { codec: 'flac' },
};
const withVideo = (change: Partial<NonNullable<Media['video']>>): Media => ({
  ...fine,
  video: { ...fine.video!, ...change },
});

describe('the proxy plan', () => {
  it('leaves alone what the editor plays', () => {
    expect(proxyPlan(fine)).toBeNull();
    expect(proxyPlan({ ...fine, audio: null })).toBeNull();
    const webm = { container: 'matroska,webm', audio: { codec: 'vorbis' } };
    expect(proxyPlan({ ...withVideo({ codec: 'vp8' }), ...webm })).toBeNull();
  });

  it('lets no MP3 play beside pictures, where it would be early', () => {
    const mp3 = { codec: 'mp3' };
    expect(proxyPlan({ ...fine, audio: mp3 })).toMatchObject({ video: 'copy', audio: 'encode' });
    expect(proxyPlan({ ...fine, container: 'mp3', video: null, audio: mp3 })).toBeNull();
  });

  it('copies the stream that is fine and encodes the other', () => {
    expect(proxyPlan({ ...fine, audio: { codec: 'aac' } })).toEqual({
      video: 'copy',
      audio: 'encode',
      separate: false,
      why: 'aac sound',
    });
    expect(proxyPlan(withVideo({ codec: 'hevc' }))).toEqual({
      video: 'encode',
      audio: 'encode',
      separate: false,
      why: 'hevc video',
    });
    expect(proxyPlan({ ...fine, container: 'avi' })).toMatchObject({ video: 'copy', audio: 'encode' });
  });

  it('makes a proxy for what plays badly', () => {
    expect(proxyPlan(withVideo({ pixelFormat: 'yuv444p' }))).toMatchObject({ video: 'encode' });
    expect(proxyPlan({ ...fine, size: 8_000_000 })).toBeNull();
    const why = '60 MB (seeking is slow over 8 MB)';
    expect(proxyPlan({ ...fine, size: 60_000_000 })).toMatchObject({ video: 'encode', why });
    expect(proxyPlan({ ...withVideo({ codec: 'vp8' }), audio: { codec: 'opus' } })).toMatchObject({ video: 'encode' });
  });
});

describe('with ffmpeg', () => {
  let folder: string;
  const path = (name: string): MediaFile => join(folder, name) as MediaFile;
  const make = (name: string, ...options: string[]): MediaFile => {
    const sources = ['-f', 'lavfi', '-i', 'testsrc=size=321x241:rate=10:duration=2', '-f', 'lavfi', '-i', 'sine=d=2'];
    execFileSync('ffmpeg', ['-v', 'error', ...sources, ...options, path(name)]);
    return path(name);
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rollout-lab-video-'));
    mkdirSync(path('cache'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('sound the editor lacks becomes Vorbis, the pictures are copied, and the second call makes nothing', async () => {
    const file = make('aac.mp4', '-vf', 'scale=320:240', '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-c:a', 'aac');
    const media = await probe(file);
    const proxy = await playable(file, media, path('cache'));
    const made = await probe(proxy);
    expect(made).toMatchObject({ video: { codec: 'h264', width: 320, height: 240 }, audio: { codec: 'vorbis' } });
    expect(made.duration).toBeCloseTo(media.duration, 0);
    const { mtimeMs } = statSync(proxy);
    expect(await playable(file, media, path('cache'))).toBe(proxy);
    expect(statSync(proxy).mtimeMs).toBe(mtimeMs);
  });

  it('odd sizes, 4:4:4 pixels and uneven frames come out playable', async () => {
    const file = make('odd.mkv', '-vf', "select='not(between(n,4,12))'", '-pix_fmt', 'yuv444p');
    const media = await probe(file);
    expect(media.video).toMatchObject({ width: 321, pixelFormat: 'yuv444p' });
    const made = await probe(await playable(file, media, path('cache')));
    expect(proxyPlan(made)).toBeNull();
    expect(made.video!.width % 2).toBe(0);
  });

  it('a portrait clip keeps its shape, at most 480 on the short side', async () => {
    const file = make('portrait.mp4', '-vf', 'scale=720:1280', '-pix_fmt', 'yuv420p', '-c:v', 'mpeg4', '-an');
    const made = await probe(await playable(file, await probe(file), path('cache')));
    expect(made).toMatchObject({ video: { codec: 'h264', width: 480, height: 854 }, audio: null });
  });

  it('a long video becomes smaller, so that it can be sought in', async () => {
    const sources = [
      '-f',
      'lavfi',
      '-i',
      'color=size=640x480:rate=1:duration=1500',
      '-f',
      'lavfi',
      '-i',
      'sine=d=1500',
    ];
    const words = ['-c:v', 'mpeg4', '-c:a', 'libmp3lame', '-b:a', '128k'];
    execFileSync('ffmpeg', ['-v', 'error', ...sources, ...words, path('hours.mp4')]);
    const media = await probe(path('hours.mp4'));
    const made = await probe(await playable(path('hours.mp4'), media, path('cache')));
    expect(made).toMatchObject({ video: { codec: 'h264', width: 480, height: 360 }, audio: { codec: 'vorbis' } });
    expect(made.duration).toBeCloseTo(1500, 0);
    expect(made.size).toBeLessThan(media.size / 2);
    // Its 25 minutes are written twice.
  }, 300_000);

  it('what needs no proxy is played itself', async () => {
    const file = make(
      'fine.mp4',
      '-vf',
      'scale=320:240',
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'libx264',
      '-c:a',
      'libvorbis',
    );
    expect(await playable(file, await probe(file), path('cache'))).toBe(file);
  });

  it('the strip holds every picture in the shape of the video, without bars', async () => {
    const shapes = [
      { name: 'wide.mp4', scale: 'scale=320:180,setsar=1', aspect: 16 / 9 },
      { name: 'tall.mp4', scale: 'scale=180:320,setsar=1', aspect: 9 / 16 },
      { name: 'oblong.mp4', scale: 'scale=240:240,setsar=4/3', aspect: 4 / 3 },
    ];
    for (const { name, scale, aspect } of shapes) {
      const file = make(name, '-vf', scale, '-pix_fmt', 'yuv420p', '-an');
      const strip = (await thumbnails(file, await probe(file), { level: 0, index: 0 }, path('cache')))!;
      expect(Math.abs(strip.aspect - aspect)).toBeLessThan(0.03);
      const { width, height } = (await probe(strip.file as MediaFile)).video!;
      expect(width / height).toBeCloseTo(strip.tiles * strip.aspect);
    }
  });

  it('refuses a playlist that names other files, and says which file', async () => {
    writeFileSync(path('trap.m3u8'), '#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n#EXT-X-ENDLIST\n');
    await expect(probe(path('trap.m3u8'))).rejects.toThrow('trap.m3u8');
  });

  it('stops when asked and leaves nothing behind', async () => {
    const file = make('long.mp4', '-vf', 'loop=100:20:0', '-c:v', 'mpeg4', '-an');
    const stop = new AbortController();
    const work = playable(file, await probe(file), path('stopped'), stop.signal);
    setTimeout(() => stop.abort(), 100);
    await expect(work).rejects.toThrow('aborted');
    expect(readdirSync(path('stopped'))).toEqual([]);
  });
});
