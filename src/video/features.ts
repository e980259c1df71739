/** What a policy sees and hears of a media file: per half second a 4×4 RGB grid and 16 log-mel bands. */
import { decode, decodeBoth, inPlace, type Output } from './ffmpeg.ts';
import type { MediaFile } from './media-file.ts';
import { opening, probe, toneMapping } from './probe.ts';
import { hannWindow, melFilters, melPower } from './spectrum.ts';

export const slotsPerSecond = 2;
export const gridSide = 4;
export const frameValues = gridSide * gridSide * 3;
export const melBands = 16;

/** Frames a second and pixels that a video is read at: whole frames a slot, whole pixels a grid cell. */
export const frameRate = 8;
export const frameSize = { width: 32, height: 24 } as const;
/** Samples a second that sound is read at, mono. */
export const soundRate = 16_000;
const windowSize = 512;

export interface Features {
  /** [slots, frameValues]: cells row by row, red, green, blue each; 0 black, 4 full. */
  frames: Float32Array;
  /** [slots, melBands]: 0 at −60 dB or less, 1 more for each 20 dB. */
  mels: Float32Array;
  slots: number;
}

export interface FeatureOptions {
  signal?: AbortSignal;
  /** Longest media read, in slots; a longer file is an error. */
  maxSlots?: number;
  /** Seconds that decoding may take. */
  seconds?: number;
}

/**
 * Features of the file at `path` (video, sound or both), decoded by ffmpeg with local file access only. A file without sound has
 * mels of 0, one without pictures has frames of 0. Throws an Error that names the file when it cannot be decoded, is longer than
 * `maxSlots` or takes too long to decode.
 */
export async function readFeatures(path: MediaFile, options: FeatureOptions = {}): Promise<Features> {
  const { maxSlots = 600, seconds = 60, signal } = options;
  const limits = { seconds, signal };
  const media = await probe(path, signal);
  const { video, audio } = media;
  if (!video && !audio) throw new Error(`${path}: holds neither pictures nor sound`);
  // Two slots past the longest that is allowed tell a longer file.
  const longest = (maxSlots + 2) / slotsPerSecond;
  const input = { file: path, opening: opening(media) };
  const { width, height } = frameSize;
  const frameBytes = width * height * 3;
  // The first picture stands until the second: so a player shows it, too.
  // What is shorter than a slot would give no picture.
  const pad = media.duration < 1 / slotsPerSecond ? `tpad=stop_mode=clone:stop_duration=${1 / slotsPerSecond},` : '';
  const scale = `${pad}fps=${frameRate}:start_time=0,scale=${width}:${height}:flags=area+full_chroma_int+accurate_rnd+bitexact`;
  const pictures = [
    '-t',
    `${longest}`,
    '-map',
    '0:v:0',
    '-vf',
    [...toneMapping(media), scale].join(','),
    '-pix_fmt',
    'rgb24',
    '-f',
    'rawvideo',
  ];
  const sound = ['-t', `${longest}`, '-map', '0:a:0', '-af', inPlace, '-ac', '1', '-ar', `${soundRate}`, '-f', 'f32le'];
  const seen = { options: pictures, bytes: (longest + 1) * frameRate * frameBytes };
  const heard = { options: sound, bytes: (longest + 1) * soundRate * 4 };
  const only = async (one: Output): Promise<Buffer> => decode(input, one.options, one.bytes, limits);
  const [pixels, waves] =
    video && audio
      ? await decodeBoth(input, [seen, heard], limits)
      : [video ? await only(seen) : Buffer.alloc(0), audio ? await only(heard) : Buffer.alloc(0)];
  const frames = Array.from({ length: Math.floor(pixels.length / frameBytes) }, (_, i) =>
    pixels.subarray(i * frameBytes, (i + 1) * frameBytes),
  );
  // A copy, because a Float32Array must start at a multiple of 4 bytes.
  const samples = new Float32Array(Uint8Array.from(waves).buffer, 0, Math.floor(waves.length / 4));
  const features = featuresOf(frames, samples);
  if (features.slots > maxSlots) {
    throw new Error(`${path}: longer than ${maxSlots / slotsPerSecond} s, the most that is read; cut it first`);
  }
  return features;
}

/**
 * Features of `frames` (RGB at `frameRate` and `frameSize`) and `samples` (mono at `soundRate`). The longer of the two decides the number
 * of slots: the last picture stands while the sound goes on, as in a player; sound that is missing stays 0.
 */
export function featuresOf(frames: readonly Uint8Array[], samples: Float32Array): Features {
  const framesPerSlot = frameRate / slotsPerSecond;
  const samplesPerSlot = soundRate / slotsPerSecond;
  const slots = Math.max(1, Math.round(frames.length / framesPerSlot), Math.round(samples.length / samplesPerSlot));
  const features = { frames: new Float32Array(slots * frameValues), mels: new Float32Array(slots * melBands), slots };
  for (let slot = 0; slot < slots; slot += 1) {
    const shown = frames.slice(slot * framesPerSlot, (slot + 1) * framesPerSlot);
    const seen = shown.length > 0 ? shown : frames.slice(-1);
    for (const frame of seen) addGrid(features.frames.subarray(slot * frameValues), frame, seen.length);
    const heard = samples.subarray(slot * samplesPerSlot, (slot + 1) * samplesPerSlot);
    if (heard.length > 0) features.mels.set(logMel(heard), slot * melBands);
  }
  return features;
}

/** Adds the mean colour of each of the grid's cells, divided by `count`. */
function addGrid(grid: Float32Array, frame: Uint8Array, count: number): void {
  const { width, height } = frameSize;
  const scale = (4 * gridSide * gridSide) / (255 * width * height * count);
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor((y * gridSide) / height) * gridSide;
    for (let x = 0; x < width; x += 1) {
      const cell = (row + Math.floor((x * gridSide) / width)) * 3;
      const pixel = (y * width + x) * 3;
      grid[cell] += frame[pixel] * scale;
      grid[cell + 1] += frame[pixel + 1] * scale;
      grid[cell + 2] += frame[pixel + 2] * scale;
    }
  }
}

const window = hannWindow(windowSize);
const filters = melFilters(melBands, windowSize, soundRate);

function logMel(samples: Float32Array): Float64Array {
  return melPower(samples, window, filters).map((power) => Math.max(0, (Math.log10(power + 1e-12) + 6) / 2));
}
