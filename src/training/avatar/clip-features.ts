/** What the policy sees and hears of each clip, read once and kept on the disk. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute, join, parse, resolve } from 'node:path';
import { errorText } from '../../domain/error-text.ts';
import type { Prompt } from '../../domain/rollout.ts';
import { readFeatures, type Features } from '../../video/features.ts';
import { mediaFile, type MediaFile } from '../../video/media-file.ts';
import { mediaFolders } from '../../video/media-folders.ts';
import type { PrefixConfig } from '../policy/config.ts';
import type { Prefix } from '../policy/row.ts';
import { readSafetensors, writeSafetensors } from '../policy/safetensors.ts';

/** Clips read at once: each is one ffmpeg process of one thread. */
const concurrency = Math.min(availableParallelism(), 4);
/** Counts up when the features change, so that old ones on the disk are not read. */
const featuresVersion = 2;

export interface ClipFeaturesOptions {
  /** Folder of the store's file: the cache lies in it, and a relative path is looked for from it and from its parent. */
  folder: string;
  prefix: PrefixConfig;
  progress: (done: number, total: number) => void;
  signal: AbortSignal;
}

/** What is seen and heard of some prompts, by prompt id. */
export interface Clips<Clip> {
  clips: Map<string, Clip>;
  /** Of the files they came from. */
  contentKeys: string[];
  /** Prompts whose media are not there, with what they name. */
  lost: Map<string, string>;
  /** Prompts whose media cannot be read, with the reason, which names the file. */
  unreadable: Map<string, string>;
}

/** A clip, and the prompts that are about it. */
interface Clip {
  video: MediaFile | null;
  audio: MediaFile | null;
  prompts: string[];
}

/** The files of the clips of `prompts`, each once. Throws an Error that names a file outside the project's media folders. */
async function findClips(
  prompts: readonly Prompt[],
  folder: string,
): Promise<Pick<Clips<Clip>, 'lost'> & { found: Clip[] }> {
  const folders = await mediaFolders(folder);
  const files = new Map<string, Promise<MediaFile | null>>();
  const fileOf = (path: string): Promise<MediaFile | null> => {
    const known = files.get(path) ?? findMedia(path, folder, folders);
    files.set(path, known);
    return known;
  };
  const lost = new Map<string, string>();
  const clips = new Map<string, Clip>();
  for (const { id, video, audio } of prompts) {
    const [videoFile, audioFile] = [video ? await fileOf(video) : null, audio ? await fileOf(audio) : null];
    if (video && !videoFile) lost.set(id, video);
    else if (audio && !audioFile) lost.set(id, audio);
    if (lost.has(id) || (!videoFile && !audioFile)) continue;
    const key = JSON.stringify([videoFile, audioFile]);
    const clip = clips.get(key) ?? { video: videoFile, audio: audioFile, prompts: [] };
    clip.prompts.push(id);
    clips.set(key, clip);
  }
  return { found: [...clips.values()], lost };
}

/** The files that a policy with towers opens itself. Throws as `findClips` does. */
export async function clipFiles(prompts: readonly Prompt[], folder: string): Promise<Clips<MediaFile>> {
  const { found, lost } = await findClips(prompts, folder);
  const [clips, unreadable] = [new Map<string, MediaFile>(), new Map<string, string>()];
  const contentKeys = new Set<string>();
  for (const { video, audio, prompts: ids } of found) {
    const file = video ?? audio!;
    try {
      contentKeys.add(await contentKey(file));
      for (const id of ids) clips.set(id, file);
    } catch (error) {
      for (const id of ids) unreadable.set(id, errorText(error));
    }
  }
  return { clips, contentKeys: [...contentKeys].sort(), lost, unreadable };
}

/**
 * Reads the clips of `prompts`. A prompt without media has none. What cannot be decoded, or is longer than the policy reads, is unreadable.
 * Throws as `findClips` does.
 */
export async function readClips(prompts: readonly Prompt[], options: ClipFeaturesOptions): Promise<Clips<Prefix>> {
  const { found, lost } = await findClips(prompts, options.folder);
  const cache = join(options.folder, 'features');
  await mkdir(cache, { recursive: true });
  const [clips, unreadable] = [new Map<string, Prefix>(), new Map<string, string>()];
  const contentKeys = new Set<string>();
  const waiting = [...found];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let clip = waiting.shift(); clip; clip = waiting.shift()) {
      options.signal.throwIfAborted();
      const parts = [clip.video, clip.audio].filter((file) => file !== null);
      try {
        const keys = await Promise.all(parts.map(contentKey));
        const prefix = fitted(await cachedFeatures(parts, keys, cache, options), parts[0], options.prefix);
        for (const key of keys) contentKeys.add(key);
        for (const id of clip.prompts) clips.set(id, prefix);
      } catch (error) {
        options.signal.throwIfAborted();
        for (const id of clip.prompts) unreadable.set(id, errorText(error));
      }
      done += 1;
      options.progress(done, found.length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { clips, contentKeys: [...contentKeys].sort(), lost, unreadable };
}

/** What a policy sees and hears of one file that the user named. Throws as `readClips` does. */
export async function readClip(path: string, prefix: PrefixConfig, signal: AbortSignal): Promise<Prefix> {
  const file = await mediaFile(path, [parse(await realpath(path)).root]);
  return fitted(await readFeatures(file, { signal, maxSlots: prefix.max_slots }), file, prefix);
}

/** The first of the places a relative path may be meant from where there is something. */
export async function findMedia(path: string, folder: string, folders: readonly string[]): Promise<MediaFile | null> {
  const places = isAbsolute(path) ? [path] : [folder, dirname(resolve(folder))].map((base) => resolve(base, path));
  for (const place of places) {
    if (await stat(place).catch(() => null)) return mediaFile(place, folders);
  }
  return null;
}

async function contentKey(file: MediaFile): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex').slice(0, 32);
}

/** What is seen of one file and heard of another. The longer decides; the last picture stands until the end, as in the player. */
function withSound(seen: Features, heard: Features): Features {
  const slots = Math.max(seen.slots, heard.slots);
  const values = seen.frames.length / seen.slots;
  const frames = new Float32Array(slots * values);
  frames.set(seen.frames);
  for (let slot = seen.slots; slot < slots; slot += 1) frames.set(seen.frames.slice(-values), slot * values);
  const mels = new Float32Array((slots * heard.mels.length) / heard.slots);
  mels.set(heard.mels);
  return { frames, mels, slots };
}

/** Features of a video, or of its pictures beside a sound file of its own. */
async function cachedFeatures(
  [first, sound]: MediaFile[],
  keys: string[],
  cache: string,
  { prefix, signal }: ClipFeaturesOptions,
): Promise<Features> {
  const file = join(cache, `${keys.join('-')}-v${featuresVersion}.safetensors`);
  const stored = await readSafetensors(file).catch(() => null);
  const [frames, mels] = [stored?.get('frames'), stored?.get('mels')];
  if (frames && mels) return { frames: frames.data, mels: mels.data, slots: frames.shape[0] };
  const limits = { signal, maxSlots: prefix.max_slots };
  const seen = await readFeatures(first, limits);
  const features = sound === undefined ? seen : withSound(seen, await readFeatures(sound, limits));
  const { slots } = features;
  const tensors = new Map([
    ['frames', { shape: [slots, features.frames.length / slots], data: features.frames }],
    ['mels', { shape: [slots, features.mels.length / slots], data: features.mels }],
  ]);
  await writeSafetensors(file, tensors, { format: 'rollout-lab' });
  return features;
}

/** Features as a policy's prefix. Throws when the policy was made for other features, or for shorter clips. */
function fitted(features: Features, file: string, config: PrefixConfig): Prefix {
  const { frames, mels, slots } = features;
  if (slots > config.max_slots) {
    const seconds = config.max_slots / config.slots_per_second;
    throw new Error(`${file}: longer than ${seconds} s, the most this policy reads; cut it first`);
  }
  if (frames.length / slots !== config.frame_values || mels.length / slots !== config.mel_bands) {
    throw new Error(
      `the policy reads ${config.frame_values} frame values and ${config.mel_bands} sound bands a slot, ` +
        `but clips give ${frames.length / slots} and ${mels.length / slots}: it was made for other features`,
    );
  }
  return { frames, mels, slots };
}
