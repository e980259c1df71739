/** Strips of small pictures along a video, for the timeline: finer ones the closer it is looked at. */
import { transcode } from './ffmpeg.ts';
import type { MediaFile } from './media-file.ts';
import { opening, probe, type Media } from './probe.ts';
import { cached, contentKey } from './proxy.ts';

/** Pictures in a strip and the height of each in pixels; their width follows the video's shape. */
const strip = { tiles: 12, height: 90, widest: 240 } as const;
/** Seconds between pictures from which on each is sought by itself: decoding all between would take too long. */
export const seekFrom = 10;

/** `tiles` pictures side by side in one JPEG, evenly spaced in time, each `aspect` times as wide as high. */
export interface Strip {
  file: string;
  tiles: number;
  aspect: number;
}

/** The strip `index` of the 2^`level` equal stretches that a video is cut into; level 0 is the whole video. */
export interface StripPlace {
  level: number;
  index: number;
}

/** A strip of a video, in `cache`. Null when there is no picture to show. Rejects with ffmpeg's reason. */
export async function thumbnails(
  file: MediaFile,
  media: Media,
  { level, index }: StripPlace,
  cache: string,
  signal?: AbortSignal,
): Promise<Strip | null> {
  if (!media.video || media.duration <= 0) return null;
  const { tiles } = strip;
  const length = media.duration / 2 ** level;
  const { openings, options } = (length / tiles > seekFrom ? sought : passed)(media, index * length, length);
  const still = ['-frames:v', '1', '-q:v', '5', '-f', 'image2', '-update', '1', '-map_metadata', '-1', '-copyts'];
  const name = `${await contentKey(file)}-strip-${level}-${index}.jpg`;
  const made = await cached(cache, name, (output) =>
    transcode(
      openings.map((opening) => ({ file, opening })),
      output,
      [...options, ...still],
      { signal, seconds: 60 },
    ),
  );
  const { video } = await probe(made, signal);
  return { file: made, tiles, aspect: video ? video.width / tiles / video.height : 1 };
}

/** How ffmpeg is to read the file, and what it makes of it. */
interface Reading {
  openings: string[][];
  options: string[];
}

/** dar is the shape as shown: pixels may be oblong, and a phone's video is turned. */
const fit = `scale=w='max(2,min(${strip.widest},trunc(${strip.height}*dar/2)*2))':h=${strip.height},setsar=1`;

/**
 * A filter that keeps, of a stretch of `length` seconds from `from` on, the picture that is shown in the middle of each of `count` parts,
 * and goes on so. The first one stands from the start, and the last one to the end.
 */
export const evenly = (count: number, from: number, length: number): string =>
  `tpad=stop_mode=clone:stop=-1,fps=${count / length}:start_time=${from}`;

/** Decodes the stretch from the key frame before it. */
function passed(media: Media, from: number, length: number): Reading {
  const filter = `${evenly(strip.tiles, from, length)},${fit},tile=${strip.tiles}x1`;
  return {
    openings: [['-noaccurate_seek', ...opening(media, from)]],
    options: ['-map', '0:V:0', '-vf', filter],
  };
}

/** Opens the file once for each picture, at the key frame before the middle of its part. */
function sought(media: Media, from: number, length: number): Reading {
  const parts = Array.from({ length: strip.tiles }, (_, part) => part);
  const middles = parts.map((part) => from + ((part + 0.5) * length) / strip.tiles);
  const pictures = parts.map((part) => `[${part}:V:0]trim=end_frame=1,setpts=0,${fit}[p${part}]`);
  const row = `${parts.map((part) => `[p${part}]`).join('')}hstack=inputs=${strip.tiles}`;
  return {
    openings: middles.map((middle) => ['-noaccurate_seek', '-threads', '1', ...opening(media, middle)]),
    options: ['-filter_complex', [...pictures, row].join(';')],
  };
}
