/** Folders on this machine. */
import { homedir } from 'node:os';
import { isAbsolute, join, relative, sep } from 'node:path';

/**
 * The user's folder for what Rollout Lab keeps on this machine (XDG base directories): the editor, the command line and the runs of
 * either find it there.
 */
export const dataFolder = (): string =>
  join(process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'rollout-lab');

/** Whether `path` is `folder` or in it, by their names alone: resolve links first where they matter. */
export function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
