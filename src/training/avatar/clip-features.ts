/** What the policy sees and hears of each clip, read once and kept on the disk. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute, join, parse, resolve } from 'node:path';
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

/** Files of clips by prompt id, and their content keys. */
export interface ClipFiles {
  clips: Map<string, MediaFile>;
  contentKeys: string[];
}

/** The clips of some prompts by prompt id, and the content keys of the files they came from. */
export interface ClipFeatures {
  prefixes: Map<string, Prefix>;
  contentKeys: string[];
}

/** A clip, and the prompts that are about it. */
interface Clip {
  video: MediaFile | null;
  audio: MediaFile | null;
  prompts: string[];
}

/**
 * The files of the clips of `prompts`, each once. Throws one Error that names the prompts whose video or sound is missing, or the file that
 * lies outside the project's media folders.
 */
async function findClips(prompts: readonly Prompt[], folder: string): Promise<Clip[]> {
  const folders = await mediaFolders(folder);
  const files = new Map<string, Promise<MediaFile | null>>();
  const found = (path: string): Promise<MediaFile | null> => {
    const known = files.get(path) ?? findMedia(path, folder, folders);
    files.set(path, known);
    return known;
  };
  const lost: string[] = [];
  const clips = new Map<string, Clip>();
  for (const { id, video, audio } of prompts) {
    const [videoFile, audioFile] = [video ? await found(video) : null, audio ? await found(audio) : null];
    if ((video && !videoFile) || (audio && !audioFile)) lost.push(videoFile ? audio! : video!);
    if (!videoFile && !audioFile) continue;
    const key = JSON.stringify([videoFile, audioFile]);
    const clip = clips.get(key) ?? { video: videoFile, audio: audioFile, prompts: [] };
    clip.prompts.push(id);
    clips.set(key, clip);
  }
  if (lost.length > 0) {
    const names = [...new Set(lost)];
    throw new Error(
      `${lost.length === 1 ? '1 prompt names' : `${lost.length} prompts name`} media that is not there (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}): ` +
        'import them again with the folder of the media, or train on another dataset',
    );
  }
  return [...clips.values()];
}

/** The files that a policy with towers opens itself, by prompt id. Throws as `findClips` does. */
export async function clipFiles(prompts: readonly Prompt[], folder: string): Promise<ClipFiles> {
  const clips = new Map<string, MediaFile>();
  const contentKeys = new Set<string>();
  for (const { video, audio, prompts: ids } of await findClips(prompts, folder)) {
    const file = video ?? audio!;
    contentKeys.add(await contentKey(file));
    for (const id of ids) clips.set(id, file);
  }
  return { clips, contentKeys: [...contentKeys].sort() };
}

/**
 * Reads the clips of `prompts`. A prompt without media has no prefix. Throws as `findClips` does, or names the file that cannot be decoded or
 * is longer than the policy reads.
 */
export async function readClips(prompts: readonly Prompt[], options: ClipFeaturesOptions): Promise<ClipFeatures> {
  const clips = await findClips(prompts, options.folder);
  const cache = join(options.folder, 'features');
  await mkdir(cache, { recursive: true });
  const prefixes = new Map<string, Prefix>();
  const contentKeys = new Set<string>();
  const waiting = [...clips];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let clip = waiting.shift(); clip; clip = waiting.shift()) {
      options.signal.throwIfAborted();
      const parts = [clip.video, clip.audio].filter((file) => file !== null);
      const keys = await Promise.all(parts.map(contentKey));
      for (const key of keys) contentKeys.add(key);
      const prefix = fitted(await cachedFeatures(parts, keys, cache, options), parts[0], options.prefix);
      for (const id of clip.prompts) prefixes.set(id, prefix);
      done += 1;
      options.progress(done, clips.length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { prefixes, contentKeys: [...contentKeys].sort() };
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
