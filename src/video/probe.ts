/** What a media file holds, as far as playing it needs to know. */
import * as v from 'valibot';
import { ffprobe } from './ffmpeg.ts';

export interface VideoStream {
  codec: string;
  /** As stored, before any rotation. */
  width: number;
  height: number;
  pixelFormat: string;
  /** Mean frames a second; 0 when unknown. */
  frameRate: number;
}

export interface Media {
  /** ffprobe's comma-separated format names. */
  container: string;
  /** Seconds; 0 when unknown. */
  duration: number;
  /** Bytes. */
  size: number;
  video: VideoStream | null;
  audio: { codec: string } | null;
}

const numeric = v.fallback(v.pipe(v.string(), v.transform(Number), v.finite()), 0);
const rate = v.fallback(
  v.pipe(
    v.string(),
    v.regex(/^\d+\/\d+$/),
    v.transform((text) => {
      const [frames, seconds] = text.split('/').map(Number);
      return seconds === 0 ? 0 : frames / seconds;
    }),
  ),
  0,
);

const probed = v.object({
  format: v.object({ format_name: v.string(), duration: numeric, size: numeric }),
  streams: v.array(
    v.object({
      codec_type: v.optional(v.string(), 'unknown'),
      codec_name: v.optional(v.string(), 'unknown'),
      width: v.optional(v.number(), 0),
      height: v.optional(v.number(), 0),
      pix_fmt: v.optional(v.string(), ''),
      avg_frame_rate: v.optional(rate, '0/0'),
      disposition: v.optional(v.object({ attached_pic: v.optional(v.number(), 0) }), {}),
    }),
  ),
});

/** Probes a file. Rejects, naming the file, when it is missing or no media. */
export async function probe(file: string, signal?: AbortSignal): Promise<Media> {
  const parsed = v.safeParse(probed, await ffprobe(file, { signal, seconds: 20 }));
  if (!parsed.success) throw new Error(`${file}: ffprobe answered something unexpected: ${parsed.issues[0].message}`);
  const { format, streams } = parsed.output;
  const video = streams.find((stream) => stream.codec_type === 'video' && stream.disposition.attached_pic !== 1);
  const audio = streams.find((stream) => stream.codec_type === 'audio');
  return {
    container: format.format_name,
    duration: format.duration,
    size: format.size,
    video: video
      ? {
          codec: video.codec_name,
          width: video.width,
          height: video.height,
          pixelFormat: video.pix_fmt,
          frameRate: video.avg_frame_rate,
        }
      : null,
    audio: audio ? { codec: audio.codec_name } : null,
  };
}
