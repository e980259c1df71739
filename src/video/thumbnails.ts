/** A strip of small pictures along a video, for the timeline. */
import { transcode } from './ffmpeg.ts';
import { probe, type Media } from './probe.ts';
import { cached, contentKey } from './proxy.ts';

/** Pictures in a strip and the height of each in pixels; their width follows the video's shape. */
const strip = { tiles: 12, height: 90, widest: 240 } as const;

/** `tiles` pictures side by side in one JPEG, evenly spaced in time, each `aspect` times as wide as high. */
export interface Strip {
  file: string;
  tiles: number;
  aspect: number;
}

/** The strip of a video, in `cache`. Null when there is no picture to show. */
export async function thumbnails(
  file: string,
  media: Media,
  cache: string,
  signal?: AbortSignal,
): Promise<Strip | null> {
  if (!media.video || media.duration <= 0) return null;
  const { tiles, height, widest } = strip;
  // dar is the shape as shown: pixels may be oblong, and a phone's video is turned.
  const fit = `scale=w='max(2,min(${widest},trunc(${height}*dar/2)*2))':h=${height},setsar=1`;
  const options = ['-map', '0:V:0', '-vf', `fps=${tiles / media.duration},${fit},tile=${tiles}x1`];
  options.push('-frames:v', '1', '-q:v', '5', '-f', 'image2', '-update', '1', '-map_metadata', '-1');
  const limits = { signal, seconds: 60 + media.duration };
  const name = `${await contentKey(file)}-strip.jpg`;
  const made = await cached(cache, name, (output) => transcode(file, output, options, limits));
  const { video } = await probe(made, signal);
  return { file: made, tiles, aspect: video ? video.width / tiles / video.height : 1 };
}
