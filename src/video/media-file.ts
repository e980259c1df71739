/** The gate that every path to a video or sound goes through before anything opens it. */
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { contains } from '../store/folders.ts';

declare const checked: unique symbol;

/** The path of a regular file in a folder that the user named or chose, with links resolved. Only `mediaFile` makes one, and the cache of our own files. */
export type MediaFile = string & { readonly [checked]: true };

/** A file outside the folders that the user named. `folder` is the one that it lies in. */
export class MediaOutsideError extends Error {
  override readonly name = 'MediaOutsideError';
  readonly folder: string;

  constructor(path: string, real: string) {
    const folder = dirname(real);
    const led = real === path ? '' : ` (a link to ${real})`;
    super(
      `${path}${led} lies outside the folders that you named for this project. Allow its folder in the Review panel, or import again with --media ${folder}`,
    );
    this.folder = folder;
  }
}

/** `path` as a file that may be opened. Throws an Error that names it when it is missing, no regular file, or outside `folders`. */
export async function mediaFile(path: string, folders: readonly string[]): Promise<MediaFile> {
  const real = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${path}: ${error.code === 'ENOENT' ? 'No such file or directory' : error.message}`);
  });
  if (!folders.some((folder) => contains(folder, real))) throw new MediaOutsideError(path, real);
  // A pipe or a device might never end.
  if (!(await stat(real)).isFile()) throw new Error(`${path}: is not a regular file`);
  return real as MediaFile;
}
