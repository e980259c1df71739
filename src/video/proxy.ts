/** A file the editor can play: the original where it can, else a small H.264 + Vorbis copy kept beside the store. */
import { createHash } from 'node:crypto';
import { lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAbandoned } from '../store/abandoned.ts';
import { inPlace, transcode } from './ffmpeg.ts';
import type { MediaFile } from './media-file.ts';
import { isStill, lasting, toneMapping, type Media } from './probe.ts';

/** What happens to each stream on the way to the proxy. */
export interface ProxyPlan {
  video: 'copy' | 'encode' | 'none';
  audio: 'encode' | 'none';
  /** The sound is that of a file of its own. */
  separate: boolean;
  /** Why the original will not do, in words for the panel. */
  why: string;
}

/** Counts up when what is made of a file changes, so that what an older version left in the cache is not shown. */
const version = 3;

/** Pictures a second of a still one beside sound: each is a place to seek to. */
const stillRate = 5;

/** A file whose sound is that of another one's pictures. */
export interface Sound {
  file: MediaFile;
  media: Media;
}

const sharpest = 480;
/**
 * A bigger file seeks slowly where the editor is a browser's page: each seek sends the file from there to its end. Measured with two cores,
 * the median of eight seeks took 0.2 s in 8 MB, 0.8 s in 16 MB and 2.7 s in 64 MB; 0.8, 2.6 and 6.5 s when they were busy.
 */
const maxBytes = 8_000_000;
const maxSeconds = 4 * 3600;
/** What a proxy holds at most: one of 360 MB never came to seek at all. */
const proxyBytes = 60_000_000;
/** Where ffmpeg stops: only a file that says too short a length comes here. */
const mostBytes = 4 * proxyBytes;
/** What proxies of up to so many seconds are made of. `sound` is in bits a second. */
const qualities = [
  { seconds: 1200, shortSide: sharpest, sound: 128_000, channels: 2, sampleRate: 44_100 },
  { seconds: 3600, shortSide: 360, sound: 48_000, channels: 1, sampleRate: 22_050 },
  { seconds: Infinity, shortSide: 180, sound: 16_000, channels: 1, sampleRate: 16_000 },
];

/**
 * Null when the editor plays the file as it is. Copies have Vorbis, which every VS Code decodes and no player cuts at the start; FLAC is as
 * exact, but many times as large and slow to seek in. Product VS Code decodes H.264 and VP8, MP3, Vorbis, FLAC and PCM; it has no
 * AAC, Opus or HEVC, and plays such a file silently or black without an error.
 */
export function proxyPlan(media: Media, separate: Media | null = null): ProxyPlan | null {
  const { video } = media;
  const { audio } = separate ?? media;
  const separated = 'its sound in a file of its own';
  if (separate && isStill(media)) return { video: 'encode', audio: 'encode', separate: true, why: separated };
  const container: string[] = [];
  const picture: string[] = [];
  const sound: string[] = separate ? [separated] : [];
  if (!/mp4|webm|mp3|ogg|wav|flac/.test(media.container)) container.push(`a ${media.container} container`);
  // A browser would show no end of it.
  if (!media.durationSaid) container.push('no duration');
  if (video && !['h264', 'vp8'].includes(video.codec)) picture.push(`${video.codec} video`);
  if (video && !['yuv420p', 'yuvj420p'].includes(video.pixelFormat)) picture.push(`${video.pixelFormat} pixels`);
  if (video?.hdr) picture.push('HDR brightness');
  if (video && Math.min(video.width, video.height) > sharpest && media.size > maxBytes / 4) {
    picture.push(`${video.width}×${video.height} pixels`);
  }
  if (media.size > maxBytes)
    picture.push(`${Math.round(media.size / 1e6)} MB (seeking is slow over ${maxBytes / 1e6} MB)`);
  // Chromium cuts off an MP3's first 1,105 samples twice: for MP4's edit list, and for the encoder's own mark.
  if (audio?.codec === 'mp3' && video && !separate) sound.push('mp3 sound, which plays too early beside pictures');
  if (audio && !separate && !/^(mp3|vorbis|flac|pcm_(s16le|u8|f32le))$/.test(audio.codec))
    sound.push(`${audio.codec} sound`);
  const reasons = [...container, ...picture, ...sound];
  if (reasons.length === 0) return null;
  return {
    video: !video ? 'none' : picture.length === 0 && video.codec === 'h264' ? 'copy' : 'encode',
    audio: audio ? 'encode' : 'none',
    separate: separate !== null,
    why: reasons.join(', '),
  };
}

/**
 * The file to play for `file`: itself, or its proxy in `cache`, made once (named by content, so a renamed or moved original
 * finds it again). `sound` is played instead of the file's own. `told` hears which part of it is made, 0 to 1. Rejects with ffmpeg's reason; leaves no half-made file.
 */
export async function playable(
  file: MediaFile,
  media: Media,
  cache: string,
  signal?: AbortSignal,
  told?: (part: number) => void,
  sound: Sound | null = null,
): Promise<MediaFile> {
  const plan = proxyPlan(media, sound?.media);
  if (!plan) return file;
  const parts = [{ file, media }, ...(sound ? [sound] : [])];
  const seconds = Math.max(...parts.map((part) => part.media.duration));
  const limits = { signal, seconds: 60 + 4 * Math.max(...parts.map((part) => lasting(part.media))) };
  const progress = (made: number): void => told?.(seconds > 0 ? Math.min(made / seconds, 1) : 0);
  const keys = await Promise.all(parts.map((part) => contentKey(part.file)));
  return cached(cache, `${keys.join('-')}.mp4`, async (output) => {
    const inputs = parts.map((part) => ({ file: part.file, opening: inTime(part.media) }));
    const made = { ...limits, progress };
    await transcode(inputs, output, encoding(plan, media, seconds, vorbis), made).catch((error: Error) => {
      // ffmpeg 9 cannot end Vorbis in MP4 at every length.
      if (plan.audio === 'none' || !error.message.includes('Invalid data found')) throw error;
      return transcode(inputs, output, encoding(plan, media, seconds, flac), made);
    });
    if ((await stat(output)).size < 0.95 * mostBytes) return;
    throw new Error(`${file}: is much longer than it says (${seconds} s); remux it and try again`);
  });
}

/** ffmpeg moves a file's first timestamp to 0; this moves it on to its place on the clock. */
function inTime({ first, zero }: Media): string[] {
  return first === zero ? [] : ['-itsoffset', (first - zero).toFixed(6)];
}

/** A name for a file's content: its size and its first and last mebibyte (whole long videos take seconds to read). */
export async function contentKey(file: MediaFile): Promise<string> {
  const part = 1 << 20;
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const hash = createHash('sha256').update(`${version} ${size}\n`);
    for (const position of size > part ? [0, size - part] : [0]) {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(part), position });
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest('hex').slice(0, 32);
  } finally {
    await handle.close();
  }
}

/** How the name of a file begins that is being made, and what tells it from others. */
const unfinishedName = /^unfinished-\d+-[\d.]+-/u;

/**
 * `name` in `cache`, made by `make` when missing: written under another name first, so what is there is whole. Something there that is
 * no regular file is not ours, and makes room. What killed processes left in `cache` goes first.
 */
export async function cached(cache: string, name: string, make: (output: string) => Promise<void>): Promise<MediaFile> {
  const path = join(cache, name) as MediaFile;
  const there = await lstat(path).catch(() => null);
  if (there?.isFile()) return path;
  await mkdir(cache, { recursive: true });
  await removeAbandoned(cache, (entry) => entry.isFile() && unfinishedName.test(entry.name));
  const unfinished = join(cache, `unfinished-${process.pid}-${performance.now()}-${name}`);
  try {
    await make(unfinished);
    await rename(unfinished, path);
    return path;
  } finally {
    await rm(unfinished, { force: true });
  }
}

const vorbis = ['-c:a', 'libvorbis'];
const flac = ['-c:a', 'flac', '-sample_fmt', 's16'];

/** What a copy of `lasts` seconds is made of, its sound by this codec; that is the last input's. */
function encoding(plan: ProxyPlan, media: Media, lasts: number, codec: readonly string[]): string[] {
  const seconds = Math.min(lasts, maxSeconds);
  const { shortSide, sound, channels, sampleRate } = qualities.find((quality) => seconds <= quality.seconds)!;
  const pictureBits = Math.round((8 * proxyBytes) / Math.max(seconds, 1) - sound);
  const even = (side: string): string => `trunc(min(${shortSide},${side})/2)*2`;
  const scale = `scale='if(gt(iw,ih),-2,${even('iw')})':'if(gt(iw,ih),${even('ih')},-2)'`;
  // Every frame keeps its own time, also where they come unevenly.
  const stands = [`tpad=stop_mode=clone:stop_duration=${seconds}`, `fps=${stillRate}`];
  const rate = isStill(media) ? stands : (media.video?.frameRate ?? 0) > 60 ? ['fps=60'] : [];
  const video = {
    none: ['-vn'],
    copy: ['-map', '0:v:0', '-c:v', 'copy'],
    // A key frame every 15 frames: a seek decodes at most that many.
    encode: ['-map', '0:V:0', '-c:v', 'libx264', '-preset', 'veryfast', '-crf', '26', '-g', '15'].concat([
      '-maxrate',
      `${pictureBits}`,
      '-bufsize',
      `${2 * pictureBits}`,
      '-pix_fmt',
      'yuv420p',
      '-vf',
      [...rate, scale, ...toneMapping(media)].join(','),
      '-fps_mode',
      'vfr',
      '-enc_time_base',
      '1/90000',
    ]),
  }[plan.video];
  const audio = {
    none: ['-an'],
    encode: ['-map', plan.separate ? '1:a:0' : '0:a:0', '-af', inPlace, ...codec, '-b:a', `${sound}`].concat([
      '-ar',
      `${sampleRate}`,
      '-ac',
      `${channels}`,
    ]),
  }[plan.audio];
  return [
    ...video,
    ...audio,
    '-t',
    `${maxSeconds}`,
    '-fs',
    `${mostBytes}`,
    '-map_metadata',
    '-1',
    '-movflags',
    '+faststart',
    '-f',
    'mp4',
  ];
}
