/** The pictures of a prompt's options, where they can be shown. */
import type { OptionPicture } from '../protocol/review.ts';
import { mediaFile } from '../video/media-file.ts';
import { fileVersion } from './review-media.ts';

/** Of each option the picture that it has, at the path given for it; `folders` are those that it may lie in, with links resolved. */
export function readPictures(
  paths: readonly (string | null)[],
  folders: readonly string[],
  uri: (file: string, version: string) => string,
): Promise<(OptionPicture | null)[]> {
  return Promise.all(
    paths.map(async (path) => {
      if (path === null) return null;
      try {
        const file = await mediaFile(path, folders);
        return { url: uri(file, await fileVersion(file)), fault: '' };
      } catch (error) {
        return { url: null, fault: (error as Error).message };
      }
    }),
  );
}
