/** The policy service in a job of a cluster. */
import { join } from 'node:path';
import type { Prompt } from '../../domain/rollout.ts';
import type { RayConfig } from '../../domain/run.ts';
import type { TorchOptions } from './torch.ts';

/** Media that lie in an object store. */
export interface ObjectMedia {
  /** Where each node keeps those that it has fetched. */
  folder: string;
  /** Fetches the media of prompts to this node: what the store has not is not there then. Throws when aborted, and an error that names the URI and a cure. */
  bring(prompts: readonly Prompt[], signal: AbortSignal): Promise<void>;
}

/** The Python in the job, and the folder of the service's package there. */
export interface JobPlace extends Pick<TorchOptions, 'python' | 'packages'> {
  /** Left out where media come as the policy does. */
  objects?: ObjectMedia;
}

/**
 * The module that is the service, with its arguments: one worker is the service itself; several have places of their own on the cluster, and share a
 * folder, which lies in `folder` where the settings name none.
 */
export function serviceModule(ray: RayConfig, name: string, folder: string, objects?: ObjectMedia): string[] {
  const { workers, gpusPerWorker, resources, storage } = ray;
  if (workers === 1) return ['policy'];
  return [
    ...['policy.workers', '--workers', `${workers}`, '--gpus-per-worker', `${gpusPerWorker}`],
    ...['--resources', JSON.stringify(resources), '--name', name],
    ...['--storage', storage ?? join(folder, 'workers')],
    ...(objects ? ['--media', objects.folder] : []),
  ];
}
