/** A run's files: they lie beside the store, under names made of the run's id alone, whatever the store's rows say. */
import { closeSync, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface RunFiles {
  /** Its checkpoints, and the batch it diverged on. */
  folder: string;
  /** What its last process wrote. */
  log: string;
  /** What its process holds while it lives (`RunLocks`). */
  lock: string;
  checkpoint: (iteration: number) => string;
}

/** As `randomUUID` makes them: nothing else becomes the name of a file. */
const runId = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/u;

export const isRunId = (id: string): boolean => runId.test(id);

/** Where the files of a run of the store in `file` are. Throws when `id` is none that a store gives, such as a path. */
export function runFiles(file: string, id: string): RunFiles {
  if (!isRunId(id)) {
    throw new Error(
      `the run’s id ${JSON.stringify(id.slice(0, 80))} is not one that Rollout Lab gives (a UUID): its store was changed by another program`,
    );
  }
  const beside = dirname(file);
  const folder = join(beside, 'runs', id);
  return {
    folder,
    log: join(beside, 'logs', `${id}.log`),
    lock: join(beside, 'locks', `${id}.lock`),
    checkpoint: (iteration) => join(folder, `step-${iteration}`),
  };
}

/** Throws when `path`, or the folder it is in, is a symbolic link, which may lead to what is not the store's, or nothing that can be waited for. */
export function refuseLinks(path: string): void {
  for (const place of [dirname(path), path]) {
    const there = lstatSync(place, { throwIfNoEntry: false });
    if (!there || there.isFile() || there.isDirectory()) continue;
    throw new Error(
      `${place} is a symbolic link, a pipe or a device, and a run’s files lie beside the store alone: move it away, or the whole store to where it leads`,
    );
  }
}

/** How much of a log's end is read for a reason, in bytes. */
const lastBytes = 16_384;

/** The error that a run's last process wrote into its log, where its store took no more; null when it wrote none. */
export function lastError(log: string): string | null {
  try {
    refuseLinks(log);
    const text = endOf(log);
    const errors = [...text.matchAll(/^\d{4}-\S+Z error (.+)$/gmu)];
    return errors.at(-1)?.[1] ?? null;
  } catch {
    // A log that is not there, or is none of ours, says nothing.
    return null;
  }
}

function endOf(log: string): string {
  const descriptor = openSync(log, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, lastBytes));
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, read);
  } finally {
    closeSync(descriptor);
  }
}
