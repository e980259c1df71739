/** Opens the backend of a run: the one named, or with `auto` the fastest on the run's own graph. */
import type { BackendName } from '../../domain/run.ts';
import type { Backend } from './backend.ts';

/** What `auto` saw of one backend: its median milliseconds a step, or why it cannot run here. */
export type Measurement =
  { name: Backend['name']; milliseconds: number } | { name: Backend['name']; unavailable: string };

export interface BackendChoice {
  backend: Backend;
  /** Empty when the backend was named, or is the only one that can run here. */
  measurements: Measurement[];
}

/**
 * `trial` runs a few steps of the run's own graph and gives their median milliseconds (see `measure`). A backend asked for by name
 * that cannot run throws BackendUnavailableError, whose message names the cure.
 */
export declare function chooseBackend(
  name: BackendName,
  threads: number,
  trial: (backend: Backend) => Promise<number>,
): Promise<BackendChoice>;

/** Opens one backend by name. Throws BackendUnavailableError when it cannot run here. */
export declare function openBackend(name: Backend['name'], threads: number): Promise<Backend>;
