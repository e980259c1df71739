/** Opens the backend of a run: the one named, or with `auto` the fastest on the run's own graph. */
import { backendsOf, type BackendChoice, type BackendName } from '../../domain/backend.ts';
import { errorText } from '../../domain/error-text.ts';
import { BackendUnavailableError } from './backend.ts';
import type { Backend } from './backend.ts';
import { launchCheck, type Unavailable } from './launch-check.ts';
import { openOnnx } from './onnxruntime.ts';
import { providers, type OnnxName } from './providers.ts';
import { openTensorFlow } from './tensorflow.ts';

/** What `auto` saw of one backend: its median milliseconds a step, or why it is not to be used here. */
export type Measurement = { name: BackendName } & ({ milliseconds: number } | Unavailable);

export interface ChosenBackend {
  backend: Backend;
  /** Of every backend that `auto` timed or found unable to run; empty when the backend was named. */
  measurements: Measurement[];
}

/** How a backend that is no provider of ONNX Runtime is opened. The types miss one that the list of names has and this has not. */
const others: Readonly<Record<Exclude<BackendName, OnnxName>, (threads: number) => Promise<Backend>>> = {
  tensorflow: openTensorFlow,
};

const isOnnx = (name: BackendName): name is OnnxName => name in providers;

/** Opens one backend by name. Throws BackendUnavailableError, whose message names the cure, when it cannot run here. */
export function openBackend(name: BackendName, threads: number): Promise<Backend> {
  return isOnnx(name) ? openOnnx(name, threads) : others[name](threads);
}

export interface ChoiceParts {
  threads: number;
  /** The training process's program, for `launchCheck`. */
  program: string;
  /** Runs a few steps of the run's own graph and gives their median milliseconds (see `measure`). */
  trial: (backend: Backend) => Promise<number>;
}

/**
 * The backend of a run. `auto` takes the one with the least time in `trial`, of those of this machine that pass a check in a process of
 * their own; none is timed where only one does. Throws as `openBackend` does; with `auto` only when no backend runs.
 */
export async function chooseBackend(
  choice: BackendChoice,
  { threads, program, trial }: ChoiceParts,
): Promise<ChosenBackend> {
  if (choice !== 'auto') return { backend: await openBackend(choice, threads), measurements: [] };
  const names = backendsOf(process.platform, process.arch);
  const faults = await Promise.all(names.map((name) => faultOf(name, threads, program)));
  const able = names.filter((_, i) => faults[i] === null);
  const measurements = names.flatMap((name, i): Measurement[] => (faults[i] ? [{ name, ...faults[i] }] : []));
  if (able.length === 1) return { backend: await openBackend(able[0], threads), measurements };
  let best: { backend: Backend; milliseconds: number } | null = null;
  for (const name of able) {
    try {
      const backend = await openBackend(name, threads);
      const milliseconds = await trial(backend);
      measurements.push({ name, milliseconds });
      if (!best || milliseconds < best.milliseconds) best = { backend, milliseconds };
    } catch (error) {
      measurements.push({ name, cause: 'failure', unavailable: errorText(error) });
    }
  }
  if (!best) throw new BackendUnavailableError(`No backend runs here. ${JSON.stringify(measurements)}`);
  return { backend: best.backend, measurements };
}

/** Why a backend is not tried on the run's own graph. The default is: the others are compared with it. */
async function faultOf(name: BackendName, threads: number, program: string): Promise<Unavailable | null> {
  if (name === 'onnxruntime') return null;
  const check = await launchCheck(program, name, { threads });
  if ('unavailable' in check) return check;
  if (check.milliseconds !== null) return null;
  return { cause: 'slow', unavailable: `a gradient step of 64 tokens takes ${Math.round(check.smallStep)} ms` };
}
