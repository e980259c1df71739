/** Where a prompt's video and sound are on this machine. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { contains } from '../store/folders.ts';

export interface MediaPlaces {
  /** The file that names the media. */
  file: string;
  /** Folder of media the user named. */
  media?: string;
  /** Folders the user named: a relative path that leads out of all of them is not followed. */
  roots: readonly string[];
}

/**
 * The absolute path of `path`, looked for beside the file that names it, then in the media folder, there whole, then by less
 * and less of its end, down to its name alone. Returned unchanged when it is not found or leads out of the folders the
 * user named.
 */
export function locateMedia(path: string | null, { file, media, roots }: MediaPlaces): string | null {
  if (path === null || (isAbsolute(path) && existsSync(path))) return path;
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
