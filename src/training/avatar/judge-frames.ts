/** What a judge is shown of the clip that a prompt is about. */
import type { Prompt } from '../../domain/rollout.ts';
import { mediaFolders } from '../../video/media-folders.ts';
import { stills } from '../../video/stills.ts';
import { findMedia } from './clip-features.ts';

/** Prompts whose frames are kept at hand: the completions of a group are judged together. */
const kept = 64;

export interface JudgeFramesParts {
  /** Frames of a video; 0 shows none. */
  frames: number;
  /** Of the store's file, as for `readClips`. */
  folder: string;
  /** Hears why a prompt's video cannot be shown. */
  log: (level: 'warn', message: string) => void;
  signal: AbortSignal;
}

/** The frames of a prompt's video as JPEG data URLs; none where it has no video, or one that cannot be opened, which is logged. */
export function judgeFrames({ frames, folder, log, signal }: JudgeFramesParts): (prompt: Prompt) => Promise<string[]> {
  const known = new Map<string, Promise<string[]>>();
  /** One video is read after the other. */
  let last: Promise<string[]> = Promise.resolve([]);
  const read = async (path: string): Promise<string[]> => {
    try {
      const file = await findMedia(path, folder, await mediaFolders(folder));
      if (file === null) throw new Error(`${path}: No such file or directory`);
      const pictures = await stills(file, frames, signal);
      return pictures.map((picture) => `data:image/jpeg;base64,${picture.toString('base64')}`);
    } catch (error) {
      signal.throwIfAborted();
      log('warn', `The judge is shown no frames of a video: ${(error as Error).message}`);
      return [];
    }
  };
  return ({ video }) => {
    if (frames === 0 || video === null) return Promise.resolve([]);
    const shown = known.get(video) ?? (last = last.then(() => read(video)));
    known.set(video, shown);
    if (known.size > kept) known.delete(known.keys().next().value!);
    return shown;
  };
}
