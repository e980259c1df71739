/** Opens the backend of a run: the one named, or with `auto` the fastest on the run's own graph. */
import { join } from 'node:path';
import { backendsOf, type BackendChoice, type BackendName } from '../../domain/backend.ts';
import { errorText } from '../../domain/error-text.ts';
import { BackendUnavailableError } from './backend.ts';
import type { Backend } from './backend.ts';
import type { BackendCheck, Unavailable } from './launch-check.ts';
import { openOnnx } from './onnxruntime.ts';
import { cudaFiles, providers, version, type OnnxName } from './providers.ts';
import { keyOf, recall, remember, type Measurement } from './remembered.ts';
import { addonFile, addonFolder, recordFile } from './tensorflow-addon.ts';
import { openTensorFlow } from './tensorflow.ts';

export interface ChosenBackend {
  backend: Backend;
  /** Of every backend that `auto` timed or found unable to run; empty when the backend was named. */
  measurements: Measurement[];
  /** When they were taken, where they are remembered. */
  remembered: Date | null;
}

/** How a backend that is no provider of ONNX Runtime is opened. The types miss one that the list of names has and this has not. */
const others: Readonly<Record<Exclude<BackendName, OnnxName>, (threads: number) => Promise<Backend>>> = {
  tensorflow: openTensorFlow,
};

const addonFiles = (): string[] => [addonFile, recordFile].map((file) => join(addonFolder(), file));

const isOnnx = (name: BackendName): name is OnnxName => name in providers;

/** Opens one backend by name. Throws BackendUnavailableError, whose message names the cure, when it cannot run here. */
export function openBackend(name: BackendName, threads: number): Promise<Backend> {
  return isOnnx(name) ? openOnnx(name, threads) : others[name](threads);
}

export interface ChoiceParts {
  threads: number;
  /** Checks a backend in a process of its own, as `launchCheck` does. */
  check: (name: BackendName) => Promise<BackendCheck | Unavailable>;
  /** Runs a few steps of the run's own graph and gives their median milliseconds (see `measure`). */
  trial: (backend: Backend) => Promise<number>;
  /** What the trial's time depends on beside the machine and the threads, as JSON can say it. */
  shape: unknown;
}

/**
 * The backend of a run. `auto` takes the one with the least time in `trial`, of those of this machine that pass a check in a process of
 * their own; none is timed where only one does. What took long to find out is remembered for runs of the same shape. Throws as
 * `openBackend` does; with `auto` only when no backend runs.
 */
export async function chooseBackend(choice: BackendChoice, parts: ChoiceParts): Promise<ChosenBackend> {
  const { threads, shape } = parts;
  if (choice !== 'auto') {
    return { backend: await openBackend(choice, threads), measurements: [], remembered: null };
  }
  const key = await keyOf([version, threads, shape], [...cudaFiles(), ...addonFiles()]);
  const known = await recall(key);
  const opened = known && (await openBackend(fastest(known.measurements), threads).catch(() => null));
  if (known && opened) return { backend: opened, measurements: known.measurements, remembered: new Date(known.at) };
  const { backend, measurements } = await measured(parts);
  // What failed may run next time. Who cannot write measures again.
  const failed = measurements.some((one) => 'cause' in one && one.cause === 'failure');
  const tookLong = measurements.some((one) => 'milliseconds' in one || one.cause === 'slow');
  if (tookLong && !failed) await remember(key, measurements).catch(() => {});
  return { backend, measurements, remembered: null };
}

/** The default where none was timed. */
function fastest(measurements: readonly Measurement[]): BackendName {
  const timed = measurements.flatMap((one) => ('milliseconds' in one ? [one] : []));
  return timed.sort((a, b) => a.milliseconds - b.milliseconds).at(0)?.name ?? 'onnxruntime';
}

async function measured({ threads, check, trial }: ChoiceParts): Promise<Omit<ChosenBackend, 'remembered'>> {
  const names = backendsOf(process.platform, process.arch);
  const faults = await Promise.all(names.map((name) => faultOf(name, check)));
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
async function faultOf(name: BackendName, check: ChoiceParts['check']): Promise<Unavailable | null> {
  if (name === 'onnxruntime') return null;
  const found = await check(name);
  if ('unavailable' in found) return found;
  if (found.milliseconds !== null) return null;
  return { cause: 'slow', unavailable: `a gradient step of 64 tokens takes ${Math.round(found.smallStep)} ms` };
}
