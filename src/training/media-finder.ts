/** Where a job of a cluster has the media of prompts from. */
import { dirname } from 'node:path';
import { objectUri } from '../domain/media-uri.ts';
import type { RayConfig } from '../domain/run.ts';
import { ProjectPaths } from '../store/project-paths.ts';
import { mediaFolders } from '../video/media-folders.ts';
import { findMedia } from './avatar/clip-features.ts';

/** Tells where a medium of the store in `file` is: its path here, or its URI where the cluster has them in an object store; null where it is not. */
export async function mediaFinder(
  file: string,
  ray: RayConfig | null,
): Promise<(path: string) => Promise<string | null>> {
  if (ray?.mediaUri) {
    const { mediaUri } = ray;
    const paths = new ProjectPaths(file);
    return (path) => Promise.resolve(objectUri(mediaUri, paths.name(path)));
  }
  const folder = dirname(file);
  const folders = await mediaFolders(folder);
  return (path) => findMedia(path, folder, folders);
}
