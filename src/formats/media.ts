/** A prompt's media: how rows name them, and where they are on this machine. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import * as v from 'valibot';
import type { Prompt, PromptMedium } from '../domain/rollout.ts';
import { contains } from '../store/folders.ts';
import { isRow } from './columns.ts';

const filePath = v.pipe(
  v.string('frames, or no path: name one file in their place'),
  v.check((path) => !path.startsWith('data:'), 'media within the row: write them to a file and name it'),
);

/** One path or several; each may stand in an object, as {"video": "a.mp4"} or {"path": "a.mp4"}. */
export const filePaths = v.pipe(
  v.nullish(v.union([v.string(), v.array(v.unknown())], 'no path of a file'), []),
  v.transform((given) => (typeof given === 'string' ? [given] : given).map(pathIn)),
  v.transform((given) => given.filter((path) => path !== null && path !== '')),
  v.array(filePath),
);

const pathIn = (value: unknown): unknown =>
  isRow(value) ? (value.video ?? value.image ?? value.audio ?? value.path ?? value) : value;

/** Files as a prompt's media; a picture in a column of videos is known by its name. */
export const mediaOf = (kind: PromptMedium['kind'], paths: readonly string[]): PromptMedium[] =>
  paths.map((path) => ({ kind: kind === 'video' && isPicture(path) ? 'image' : kind, path }));

/** All that a prompt is about, in order. */
export function allMedia({ media, video, audio }: Pick<Prompt, 'media' | 'video' | 'audio'>): readonly PromptMedium[] {
  const paths = (path: string | null): string[] => (path === null ? [] : [path]);
  return media ?? [...mediaOf('video', paths(video)), ...mediaOf('audio', paths(audio))];
}

const isPicture = (path: string): boolean => /\.(?:png|jpe?g|webp|gif|bmp)$/iu.test(path);

/** Those of the columns, of each kind that they have, else those of the messages. */
export function mediaBeside(columns: readonly PromptMedium[], asked: readonly PromptMedium[]): PromptMedium[] {
  const isSound = ({ kind }: PromptMedium): boolean => kind === 'audio';
  const others = asked.filter((one) => !columns.some((column) => isSound(column) === isSound(one)));
  return columns.some(isSound) ? [...others, ...columns] : [...columns, ...others];
}

export interface MediaPlaces {
  /** The file that names the media. */
  file: string;
  /** Folder of media the user named. */
  media?: string;
  /** Folders the user named: a relative path that leads out of all of them is not followed. */
  roots: readonly string[];
  /** Files that were taken out of the record, by the names that it has for them. */
  extracted?: ReadonlyMap<string, string>;
}

/**
 * The absolute path of `path`: taken out of its record, or looked for beside the file that names it, then in the media folder, there
 * whole, then by less and less of its end, down to its name alone. Returned unchanged when it is not found or leads out of the folders the
 * user named.
 */
export function locateMedia<Path extends string | null>(
  path: Path,
  { file, media, roots, extracted }: MediaPlaces,
): Path | string {
  if (path === null) return path;
  const taken = [...(extracted ?? [])].find(([name]) => path === name || path.endsWith(`/${name}`));
  if (taken) return taken[1];
  if (isAbsolute(path) && existsSync(path)) return path;
  const candidates = [
    ...(isAbsolute(path) ? [] : [resolve(dirname(file), path)]),
    ...(media === undefined ? [] : ends(path).map((end) => resolve(media, end))),
  ];
  return candidates.find((one) => roots.some((root) => contains(root, one)) && existsSync(one)) ?? path;
}

/** "a/b/c", "b/c", "c". */
function ends(path: string): string[] {
  const parts = path.split(/[\\/]/u).filter((part) => part !== '');
  return parts.map((_, i) => parts.slice(i).join(sep));
}
