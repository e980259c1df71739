/** What a media file holds, as far as playing it needs to know. */
import * as v from 'valibot';
import { faultText } from '../domain/schema-fault.ts';
import { ffprobe, probeStream } from './ffmpeg.ts';
import type { MediaFile } from './media-file.ts';

export interface VideoStream {
  codec: string;
  /** As stored, before any rotation. */
  width: number;
  height: number;
  pixelFormat: string;
  /** Mean frames a second; 0 when unknown. */
  frameRate: number;
  /** Its brightness is coded for HDR screens: PQ or HLG. */
  hdr: boolean;
}

export interface Media {
  /** ffprobe's comma-separated format names. */
  container: string;
  /** Seconds on the player's clock at which it ends; 0 for one picture. */
  duration: number;
  /** False when the file does not say its duration, as recorders leave it: it was found by reading the whole file. */
  durationSaid: boolean;
  /** Timestamps of the file, in seconds: the first one, and the one at which the player's clock shows 0. */
  first: number;
  zero: number;
  /** Bytes. */
  size: number;
  video: VideoStream | null;
  audio: { codec: string } | null;
}

/** Whether a file is one picture that stands still. */
export function isStill({ container, audio }: Media): boolean {
  return audio === null && /^(image2|\w+_pipe)$/.test(container);
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
  format: v.object({ format_name: v.string(), start_time: numeric, duration: numeric, size: numeric }),
  streams: v.array(
    v.object({
      codec_type: v.optional(v.string(), 'unknown'),
      codec_name: v.optional(v.string(), 'unknown'),
      width: v.optional(v.number(), 0),
      height: v.optional(v.number(), 0),
      pix_fmt: v.optional(v.string(), ''),
      color_transfer: v.optional(v.string(), ''),
      avg_frame_rate: v.optional(rate, '0/0'),
      disposition: v.optional(v.object({ attached_pic: v.optional(v.number(), 0) }), {}),
    }),
  ),
});

/** Seconds of media that work is allowed for at most. */
const longest = 4 * 3600;
/** Bytes that a second of media has at least, for the time limits of work on it: a few kilobits of speech. */
const fewestBytes = 1000;

/** Bytes a second that packets are read at least. */
const slowestBytes = 10_000_000;

/** Seconds that a file lasts, for time limits: what it says of itself counts as far as its bytes bear it out. */
export function lasting({ duration, size }: Media): number {
  return Math.min(duration > 0 ? duration : longest, size / fewestBytes, longest);
}

/**
 * The timestamp at which the player's clock shows 0. MP4 and Matroska count from there themselves, so that a stream that starts late is
 * late; what other containers count from means nothing, and players begin with the first.
 */
function zeroOf(container: string, first: number): number {
  if (/mp4|matroska/.test(container) || first === 0) return 0;
  // Shifted by the very start, a stream that is decoded alone would begin at 0: ffmpeg up to 6 then takes its own start for the file's.
  return first - 1e-6;
}

/** The timestamp at which the last packet of a file ends. Rejects with ffprobe's reason. */
async function lastTime(file: MediaFile, size: number, signal?: AbortSignal): Promise<number> {
  const options = ['-show_entries', 'packet=pts_time,duration_time', '-of', 'csv=p=0'];
  let rest = '';
  let last = 0;
  for await (const chunk of probeStream(file, options, { signal, seconds: 60 + size / slowestBytes })) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const [start, lasts] = line.split(',').map(Number.parseFloat);
      last = Math.max(last, (start || 0) + (lasts || 0));
    }
  }
  return last;
}

/** What opens a file, whose times are kept, on the player's clock, at `from` seconds of it. */
export function opening({ first, zero }: Media, from = 0): string[] {
  const seek = from - (first - zero);
  return [
    ...(zero === 0 ? [] : ['-itsoffset', (-zero).toFixed(6)]),
    ...(from > 0 && seek > 0 ? ['-ss', seek.toFixed(6)] : []),
  ];
}

/** Filters that bring HDR pictures to an ordinary screen, none for others. Chosen to be within a
 * fifteenth of what Chromium shows of PQ's and HLG's greys. */
export function toneMapping({ video }: Media): string[] {
  if (!video?.hdr) return [];
  const linear = ['zscale=t=linear:npl=150', 'format=gbrpf32le', 'zscale=p=bt709', 'tonemap=hable:desat=0'];
  return [...linear, 'zscale=t=bt709:m=bt709:r=tv', 'format=yuv420p'];
}

/** Probes a file. Rejects, naming the file, when it is no media, or holds pictures too large to read. */
export async function probe(file: MediaFile, signal?: AbortSignal): Promise<Media> {
  const { told, complaint } = await ffprobe(file, { signal, seconds: 20 });
  const parsed = v.safeParse(probed, told);
  if (!parsed.success)
    throw new Error(`${file}: ffprobe answered something unexpected: ${faultText(parsed.issues[0])}`);
  const { format, streams } = parsed.output;
  const video = streams.find((stream) => stream.codec_type === 'video' && stream.disposition.attached_pic !== 1);
  const audio = streams.find((stream) => stream.codec_type === 'audio');
  if (video?.width === 0) throw new Error(`${file}: its pictures cannot be read${complaint ? `: ${complaint}` : ''}`);
  const zero = zeroOf(format.format_name, format.start_time);
  const durationSaid = format.duration > 0;
  return {
    container: format.format_name,
    duration: durationSaid ? format.duration : Math.max(0, (await lastTime(file, format.size, signal)) - zero),
    durationSaid,
    first: format.start_time,
    zero,
    size: format.size,
    video: video
      ? {
          codec: video.codec_name,
          width: video.width,
          height: video.height,
          pixelFormat: video.pix_fmt,
          frameRate: video.avg_frame_rate,
          hdr: /^(smpte2084|arib-std-b67)$/.test(video.color_transfer),
        }
      : null,
    audio: audio ? { codec: audio.codec_name } : null,
  };
}
