/** A run whose loop is in a job of a Ray cluster, as this machine's training process has it: it follows the job. */
import { dirname } from 'node:path';
import { followRun } from '../cluster/follow.ts';
import { parseRunConfig } from '../domain/preset.ts';
import { rayFault } from '../domain/ray-address.ts';
import type { Store } from '../store/store.ts';
import { mediaFolders } from '../video/media-folders.ts';
import { pruneCheckpoints, prepareRun, runMark, writeCheckpoint } from './avatar/checkpoint.ts';
import { findMedia } from './avatar/clip-features.ts';
import { rayTokenVariable } from './host/local.ts';
import type { RunProcess } from './host/run-process.ts';

/** What the user names: no run goes to another cluster, or asks another judge. */
export interface RayNames {
  address: string | null;
  judge: string | null;
  /** The folder of the built bundles. */
  dist: string;
}

/** Follows the run that `running` has claimed until it is finished or asked to stop; returns which. Throws what ends it early. */
export async function runOnRay(
  store: Store,
  running: RunProcess,
  { address, judge, dist }: RayNames,
): Promise<'finished' | 'stopped'> {
  const { run } = running;
  const token = takeToken();
  const fault = rayFault(parseRunConfig(run.config).ray, address);
  if (fault !== null) throw new Error(fault);
  const folder = dirname(store.file);
  const files = await prepareRun(store, run.id);
  const folders = await mediaFolders(folder);
  return followRun({
    ...{ store, holder: running, token, judge, dist },
    find: (path) => findMedia(path, folder, folders),
    lay: (iteration, fill) => writeCheckpoint(files.checkpoint(iteration), runMark(store, run.id), fill),
    prune: () => pruneCheckpoints(store, run.id, (message) => running.log('warn', message)),
  });
}

/** The cluster's token: no process that this one starts gets it. */
function takeToken(): string | null {
  const token = process.env[rayTokenVariable];
  delete process.env[rayTokenVariable];
  return token ?? null;
}
