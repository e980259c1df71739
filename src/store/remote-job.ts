/** Parcels of a job on a cluster, as the rows of runs and evaluations count them. */
import type { RemoteJob } from './rows.ts';

/** Whether the parcel `number` is to be taken: each is once, in order. Throws where the one before it is not here; `noun` says whose it is. */
export function isDue(remote: RemoteJob | null, number: number, noun: string): remote is RemoteJob {
  if (remote === null || number > remote.taken + 1) throw new Error(`parcel ${number} of ${noun} comes before others`);
  return number > remote.taken;
}
