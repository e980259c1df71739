/** The policy service in a job of a cluster. */
import { join } from 'node:path';
import type { RayConfig } from '../../domain/run.ts';
import type { TorchOptions } from './torch.ts';

/** The Python in the job, and the folder of the service's package there. */
export type JobPlace = Pick<TorchOptions, 'python' | 'packages'>;

/**
 * The module that is the service, with its arguments: one worker is the service itself; several have places of their own on the cluster, and share a
 * folder, which lies in `folder` where the settings name none.
 */
export function serviceModule(ray: RayConfig, name: string, folder: string): string[] {
  const { workers, gpusPerWorker, resources, storage } = ray;
  if (workers === 1) return ['policy'];
  return [
    ...['policy.workers', '--workers', `${workers}`, '--gpus-per-worker', `${gpusPerWorker}`],
    ...['--resources', JSON.stringify(resources), '--name', name],
    ...['--storage', storage ?? join(folder, 'workers')],
  ];
}
