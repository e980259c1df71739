/** Opens the backend of a run: the one named, or with `auto` the fastest on the run's own graph. */
import type { BackendName } from '../../domain/run.ts';
import { BackendUnavailableError } from './backend.ts';
import type { Backend } from './backend.ts';
import { OnnxBackend } from './onnxruntime.ts';
import { openTensorFlow } from './tensorflow.ts';

/** What `auto` saw of one backend: its median milliseconds a step, or why it cannot run here: because it is not set up, or fails. */
export type Measurement =
  | { name: Backend['name']; milliseconds: number }
  | { name: Backend['name']; unavailable: string; cause: 'not set up' | 'failure' };

export interface BackendChoice {
  backend: Backend;
  /** Of every backend when `auto` chose; empty when the backend was named. */
  measurements: Measurement[];
}

const openers: Record<Backend['name'], (threads: number) => Promise<Backend>> = {
  onnxruntime: async (threads) => new OnnxBackend(threads),
  tensorflow: openTensorFlow,
};

/** Opens one backend by name. Throws BackendUnavailableError, whose message names the cure, when it cannot run here. */
export const openBackend = (name: Backend['name'], threads: number): Promise<Backend> => openers[name](threads);

/**
 * The backend of a run. `trial` runs a few steps of the run's own graph and gives their median milliseconds (see `measure`); `auto`
 * takes the backend with the least. Throws as `openBackend` does; with `auto` only when no backend runs.
 */
export async function chooseBackend(
  name: BackendName,
  threads: number,
  trial: (backend: Backend) => Promise<number>,
): Promise<BackendChoice> {
  if (name !== 'auto') return { backend: await openBackend(name, threads), measurements: [] };
  const measurements: Measurement[] = [];
  let best: { backend: Backend; milliseconds: number } | null = null;
  for (const candidate of Object.keys(openers) as Backend['name'][]) {
    try {
      const backend = await openBackend(candidate, threads);
      const milliseconds = await trial(backend);
      measurements.push({ name: candidate, milliseconds });
      if (!best || milliseconds < best.milliseconds) best = { backend, milliseconds };
    } catch (error) {
      measurements.push({
        name: candidate,
        unavailable: error instanceof Error ? error.message : String(error),
        cause: error instanceof BackendUnavailableError ? 'not set up' : 'failure',
      });
    }
  }
  if (!best) throw new BackendUnavailableError(`No backend runs here. ${JSON.stringify(measurements)}`);
  return { backend: best.backend, measurements };
}
