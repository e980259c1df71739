/** The engine of a run: the one its configuration names, on the backend or the device that the run began with. */
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { backendNames, type BackendName } from '../../domain/backend.ts';
import type { RunConfig } from '../../domain/run.ts';
import type { Store } from '../../store/store.ts';
import { measure, type Backend } from '../backends/backend.ts';
import { launchCheck } from '../backends/launch-check.ts';
import { EmbeddedEngine } from '../engine/embedded.ts';
import type { Engine } from '../engine/engine.ts';
import { serviceModule, type JobPlace } from '../engine/job-place.ts';
import type { RunProcess } from '../host/run-process.ts';
import { torchPlace } from '../engine/torch-setup.ts';
import { TorchEngine } from '../engine/torch.ts';
import { contextLength } from '../policy/layout.ts';
import { Learner } from '../policy/learner.ts';
import { Policy } from '../policy/policy.ts';
import { isQuantised } from '../policy/quantised.ts';
import type { RolloutRow } from '../policy/row.ts';
import type { Material } from './material.ts';

/** Opens the engine of a run that `running` has claimed, and says in its log what it is; `job` is the place of one of the engine ray. Throws an error that names the cure. */
export async function openEngine(
  store: Store,
  running: RunProcess,
  config: RunConfig,
  material: Material,
  job: JobPlace | null,
): Promise<Engine> {
  const { policy, policyFolder: base } = material;
  const options = { optimiser: config, base };
  if (policy instanceof Policy) {
    return new EmbeddedEngine(policy, await openBackend(store, running, config, material, policy), options);
  }
  const engine = await TorchEngine.open(policy, {
    ...options,
    ...(job === null
      ? await torchPlace(dirname(process.argv[1]))
      : { ...job, module: serviceModule(config.ray!, running.run.id, dirname(store.file), job.objects) }),
    adapter: material.adapterFolder,
    lora: config.lora,
    seed: config.seed,
    threads: config.threads,
    signal: running.work,
  });
  running.log('info', `Computing with ${engine.description}.`);
  store.runs.update(running.run.id, { backend: config.engine });
  return engine;
}

/** The backend the run began on, or for a new run the one it names; `auto` times a gradient step of the run's own shape on each. */
async function openBackend(
  store: Store,
  running: RunProcess,
  config: RunConfig,
  material: Material,
  policy: Policy,
): Promise<Backend> {
  const { run } = running;
  const threads = config.threads || availableParallelism();
  const begun = backendNames.find((name) => name === run.backend);
  const rows = trialRows(config, material);
  const trial = async (backend: Backend): Promise<number> => {
    const learner = new Learner({ policy, backend });
    const milliseconds = await measure(() => learner.reinforce(rows, config));
    await learner.dispose();
    return milliseconds;
  };
  const check = (name: BackendName) => launchCheck(process.argv[1], name, { threads });
  const parts = { threads, check, trial, shape: shapeOf(policy, rows) };
  // A job of a cluster has no ONNX Runtime: that is loaded for this engine alone.
  const { chooseBackend } = await import('../backends/choose.ts');
  const { backend, measurements, remembered } = await chooseBackend(begun ?? config.backend, parts);
  const measured: Record<string, number> = {};
  const missing: string[] = [];
  for (const measurement of measurements) {
    const { name } = measurement;
    if ('milliseconds' in measurement) measured[name] = measurement.milliseconds;
    else if (measurement.cause === 'not set up') missing.push(name);
    else if (measurement.cause === 'slow') running.log('info', `${name} is not timed: ${measurement.unavailable}.`);
    else running.log('warn', `${name} cannot run here: ${measurement.unavailable}`);
  }
  if (missing.length > 0)
    running.log('info', `Not set up here: ${missing.join(', ')}. “rollout-lab doctor” tells how to.`);
  const times = Object.entries(measured).map(([tried, ms]) => `${tried} ${ms.toFixed(0)} ms a gradient step`);
  running.log('info', `Computing with ${backend.description}${times.length > 0 ? ` (${times.join(', ')})` : ''}.`);
  if (remembered) {
    const on = remembered.toISOString().slice(0, 10);
    running.log('info', `The backends were tried on ${on}. After “rollout-lab doctor” the next run tries them again.`);
  }
  store.runs.update(run.id, { backend: backend.name, ...(times.length > 0 && { measured }) });
  return backend;
}

/** What a trial's time depends on; runs of about the same size are alike. */
function shapeOf(policy: Policy, rows: readonly RolloutRow[]): unknown {
  const trained = [...policy.trained.values()].map(({ shape }) => shape);
  const longest = Math.max(...rows.map((row) => contextLength(row, policy.config)));
  const bits = [...policy.parameters.values()].some(isQuantised) ? 8 : 32;
  return [policy.config, trained, bits, rows.length, 2 ** Math.ceil(Math.log2(longest)), rows[0].completionIds.length];
}

/** Rows of the shape that a gradient step of the run has, each completion half as long as it may be. */
function trialRows(config: RunConfig, { prompts, experiences }: Material): RolloutRow[] {
  const length = Math.ceil(config.maxNewTokens / 2);
  const count = Math.ceil((config.promptsPerStep * (config.onPolicy + config.offPolicy)) / config.minibatches);
  const of = prompts[config.split];
  return Array.from({ length: count }, (_, i) => ({
    ...experiences.context(of[i % of.length].id, false),
    completionIds: new Int32Array(length),
    weights: new Float32Array(length).fill(1),
    advantage: i % 2 === 0 ? 1 : -1,
    oldLogProbs: new Float32Array(length).fill(-1),
    refLogProbs: new Float32Array(length).fill(-1),
    dualClip: config.dualClip ?? Infinity,
  }));
}
