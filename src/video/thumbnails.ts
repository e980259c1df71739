/** A strip of small pictures along a video, for the timeline. */
import { transcode } from './ffmpeg.ts';
import type { Media } from './probe.ts';
import { cached, contentKey } from './proxy.ts';

/** Pictures in a strip and the size of each in pixels. */
export const strip = { tiles: 12, width: 96, height: 54 } as const;

/** One JPEG of `strip.tiles` pictures side by side, evenly spaced in time, in `cache`. Null when there is no picture to show. */
export async function thumbnails(
  file: string,
  media: Media,
  cache: string,
  signal?: AbortSignal,
): Promise<string | null> {
  if (!media.video || media.duration <= 0) return null;
  const { tiles, width, height } = strip;
  const fit = `scale=${width}:${height}:force_original_aspect_ratio=decrease,pad=${width}:${height}:-1:-1`;
  const options = ['-map', '0:V:0', '-vf', `fps=${tiles / media.duration},${fit},tile=${tiles}x1`];
  options.push('-frames:v', '1', '-q:v', '5', '-f', 'image2', '-update', '1', '-map_metadata', '-1');
  const limits = { signal, seconds: 60 + media.duration };
  return cached(cache, `${await contentKey(file)}.jpg`, (output) => transcode(file, output, options, limits));
}
