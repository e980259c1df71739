/** Trains a policy: the gradient of the loss is summed over parts of the rows, then AdamW updates the weights, some at a time. */
import { disposeAll } from '../backends/backend.ts';
import type { Backend, DeviceTensor } from '../backends/backend.ts';
import { CompiledPrograms, mostLayouts } from '../backends/compiled.ts';
import type { Program } from '../graph/program.ts';
import { sizeOf } from '../graph/tensor.ts';
import { collect, layOut, layoutKey } from './layout.ts';
import type { Part, Sizes } from './layout.ts';
import { policyLoss, ratioStats, supervised } from './objective.ts';
import type { Objective, PolicyLossOptions } from './objective.ts';
import { momentNames, optimiserDefaults, optimiserFeeds } from './optimiser.ts';
import type { OptimiserOptions } from './optimiser.ts';
import type { Policy } from './policy.ts';
import type { CompletionRow, RolloutRow, SupervisedRow } from './row.ts';
import type { HostTensor, HostTensors } from './safetensors.ts';
import { onDevice, Scorer, scoringFeeds } from './scorer.ts';
import type { DeviceParameters } from './scorer.ts';
import {
  gradientMemory,
  gradientName,
  gradientProgram,
  lossProgram,
  moreName,
  next,
  normProgram,
  sumProgram,
  updateProgram,
  weightGroups,
} from './step.ts';

/** What one gradient step measured. */
export interface SupervisedStats {
  loss: number;
  /** Global norm of the gradient before clipping. */
  gradNorm: number;
  /** Mean entropy of the predictions over completion tokens, in nats. */
  entropy: number;
  /** Log-probs [L] of each row before the step. */
  logProbs: Float32Array[];
}

export interface PolicyStats extends SupervisedStats {
  policyLoss: number;
  /** k3 estimate of KL(π_θ ‖ π_ref), aggregated as the loss is. */
  kl: number;
  /** Fraction of completion tokens whose clipped branch was taken. */
  clipFraction: number;
  /** (Σρ)² / Σρ² over completion tokens, and their number. */
  effectiveSampleSize: number;
  tokens: number;
}

/** A gradient step that was not taken, because its loss or its gradient is not finite. */
export class StepNotFiniteError extends Error {
  override readonly name = 'StepNotFiniteError';
  readonly loss: number;
  readonly gradNorm: number;

  constructor(step: number, loss: number, gradNorm: number) {
    super(
      `Gradient step ${step} gave a loss of ${loss} and a gradient norm of ${gradNorm}: the policy has diverged. Lower the learning rate.`,
    );
    this.loss = loss;
    this.gradNorm = gradNorm;
  }
}

export interface LearnerOptions {
  policy: Policy;
  backend: Backend;
  optimiser?: Partial<OptimiserOptions>;
  /**
   * Bytes that what a step holds until its backward pass may take beside the weights: more rows are summed over in parts. A part takes a
   * quarter of them, or more where smaller parts would read a long prompt several times.
   */
  memory?: number;
}

const defaultMemory = 2 ** 31;

/** Weights, AdamW's moments (`moment1/NAME`, `moment2/NAME`) and the number of steps: all a resumed run needs. */
export interface LearnerState {
  step: number;
  tensors: HostTensors;
}

type DeviceTensors = Record<string, DeviceTensor>;

export class Learner {
  readonly #policy: Policy;
  readonly #backend: Backend;
  readonly #optimiser: OptimiserOptions;
  readonly #memory: number;
  /** Of the policy as it is, and of a part's layout. */
  readonly #whole: CompiledPrograms;
  readonly #parts: CompiledPrograms;
  readonly #scorer: Scorer;
  /** The weights beneath an adapter, which no step changes: the policy's own memory where the backend shares it. */
  readonly frozen: DeviceParameters;
  /** Trained weights and their moments by name; they stay as they are until it is known that a step has not diverged. */
  #state: DeviceTensors;
  #step = 0;

  constructor({ policy, backend, optimiser = {}, memory = defaultMemory }: LearnerOptions) {
    // Weights that train are the state's: the values they begin with need not stay.
    const bare = new Map(
      [...policy.parameters].map(([name, { shape }]) => [name, { shape, data: new Float32Array() }]),
    );
    this.#policy = policy.adapter ? policy : policy.with({ parameters: bare });
    this.#backend = backend;
    this.#optimiser = { ...optimiserDefaults, ...optimiser };
    this.#memory = memory;
    this.#whole = new CompiledPrograms(backend);
    this.#parts = new CompiledPrograms(backend, mostLayouts);
    this.#scorer = new Scorer(this.#policy, backend);
    this.#state = {};
    this.frozen = policy.adapter ? onDevice(policy.parameters, backend) : new Map();
    for (const [name, { data, shape }] of policy.trained) {
      this.#state[name] = backend.tensor(data, shape);
      for (const moment of momentNames(name))
        this.#state[moment] = backend.tensor(new Float32Array(data.length), shape);
    }
  }

  /** Current weights by name, to feed to a generator or a scorer. Good until the next step. */
  get parameters(): DeviceParameters {
    return new Map([
      ...this.frozen,
      ...[...this.#policy.trained.keys()].map((name) => [name, this.#state[name]] as const),
    ]);
  }

  /** Gradient steps taken. */
  get step(): number {
    return this.#step;
  }

  get learningRate(): number {
    return this.#optimiser.learningRate;
  }

  /** May be set between steps, for schedules. */
  set learningRate(value: number) {
    this.#optimiser.learningRate = value;
  }

  /** One step on the policy loss. Throws StepNotFiniteError, and keeps its state, when the loss or the gradient is not finite. */
  async reinforce(rows: readonly RolloutRow[], options: PolicyLossOptions): Promise<PolicyStats> {
    const { values, ...stats } = await this.#descend(policyLoss(options), rows);
    const ratios = ratioStats(rows, stats.logProbs, options);
    return { ...stats, policyLoss: values.policyLoss, kl: values.kl, ...ratios };
  }

  /** One step of supervised training: Σ w · cross-entropy / Σ w over the batch. Throws as `reinforce` does. */
  async imitate(rows: readonly SupervisedRow[]): Promise<SupervisedStats> {
    const { loss, gradNorm, entropy, logProbs } = await this.#descend(supervised, rows);
    return { loss, gradNorm, entropy, logProbs };
  }

  /** Teacher-forced log-probs [L] of each row under the current weights. */
  logProbs(rows: readonly CompletionRow[]): Promise<Float32Array[]> {
    return this.#scorer.logProbs(this.parameters, rows);
  }

  /** The policy with a copy of the current weights; it shares those beneath an adapter. */
  policy(): Policy {
    const current = new Map([...this.#policy.trained.keys()].map((name) => [name, copy(this.#state[name])]));
    const { adapter } = this.#policy;
    return this.#policy.with(adapter ? { adapter: adapter.with(current) } : { parameters: current });
  }

  /** AdamW's moments by name. Good until the next step. */
  get moments(): HostTensors {
    const names = [...this.#policy.trained.keys()].flatMap(momentNames);
    return new Map(
      names.map((name) => [name, { shape: this.#state[name].shape, data: this.#state[name].data() as Float32Array }]),
    );
  }

  state(): LearnerState {
    const tensors = Object.entries(this.#state).map(([name, tensor]) => [name, copy(tensor)] as const);
    return { step: this.#step, tensors: new Map(tensors) };
  }

  /** Goes on from a saved state, bit for bit; its data are the learner's from then on. Throws when it is not of this policy. */
  restore({ step, tensors }: LearnerState): void {
    const restored = Object.entries(this.#state).map(([name, { shape }]) => {
      const found = tensors.get(name);
      if (found?.shape.join() !== shape.join())
        throw new Error(`The saved state lacks ${name} of [${shape.join(', ')}].`);
      return [name, this.#backend.tensor(found.data, shape)] as const;
    });
    disposeAll(this.#state);
    this.#state = Object.fromEntries(restored);
    this.#step = step;
  }

  async dispose(): Promise<void> {
    await this.#whole.dispose();
    await this.#parts.dispose();
    await this.#scorer.dispose();
    disposeAll({ ...Object.fromEntries(this.frozen), ...this.#state });
  }

  async #descend<Row extends CompletionRow>(
    objective: Objective<Row>,
    rows: readonly Row[],
  ): Promise<SupervisedStats & { values: Record<string, number> }> {
    const most = ({ contexts, prompt, completion }: Sizes): number =>
      contexts === 1 && prompt >= completion ? this.#memory : this.#memory / 4;
    const fits = (sizes: Sizes): boolean => gradientMemory(sizes, this.#policy) <= most(sizes);
    const partsOf = (teaching: boolean): Part[] =>
      layOut(rows, this.#policy.config, fits, (index) => objective.teaches(rows[index]) === teaching);
    const [parts, idle] = [partsOf(true), partsOf(false)];
    const { values, logProbs, tensors: gradient } = await this.#gradient(objective, parts, idle, rows);
    const { loss, gradNorm } = values;
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      disposeAll(gradient);
      throw new StepNotFiniteError(this.#step + 1, loss, gradNorm);
    }
    await this.#update(gradient, gradNorm);
    this.#step += 1;
    const tokens = rows.reduce((sum, { completionIds }) => sum + completionIds.length, 0);
    return { loss, gradNorm, entropy: values.entropySum / tokens, logProbs, values };
  }

  /** Loss, log-probs and the gradient, summed over parts of the rows; the `idle` ones have none. */
  async #gradient<Row extends CompletionRow>(
    objective: Objective<Row>,
    parts: readonly Part[],
    idle: readonly Part[],
    rows: readonly Row[],
  ): Promise<Outcome> {
    const whole: Outcome = { values: {}, logProbs: [], tensors: {} };
    const gather = ({ indices }: Part, { values, logProbs }: Outcome): void => {
      for (const index of indices) whole.logProbs[index] = logProbs[index];
      for (const [name, value] of Object.entries(values)) whole.values[name] = (whole.values[name] ?? 0) + value;
    };
    for (const [i, part] of parts.entries()) {
      const outcome = await this.#part('gradient', objective, part, rows);
      gather(part, outcome);
      if (i === 0) whole.tensors = outcome.tensors;
      else await this.#add(whole.tensors, outcome.tensors);
    }
    for (const part of idle) gather(part, await this.#part('loss', objective, part, rows));
    for (const [name, { shape }] of parts.length === 0 ? this.#policy.trained : [])
      whole.tensors[name] = this.#backend.tensor(new Float32Array(sizeOf(shape)), shape);
    const executable = await this.#whole.get('norm', () => normProgram(this.#policy));
    const { values } = outcomeOf(await executable.run(named(gradientName, whole.tensors)));
    return { ...whole, values: { ...whole.values, ...values } };
  }

  /** Adds the gradient of one more part to the sum of those before. */
  #add(sum: DeviceTensors, gradient: DeviceTensors): Promise<void> {
    const build = (names: readonly string[]): Program => sumProgram(this.#policy, names);
    const feeds = { ...named(gradientName, sum), ...named(moreName, gradient) };
    return this.#inGroups('sum', build, feeds, sum, gradient);
  }

  /** Takes a step of AdamW. */
  async #update(gradient: DeviceTensors, gradNorm: number): Promise<void> {
    const scalars = { ...optimiserFeeds(this.#optimiser, this.#step + 1), grad_norm: gradNorm };
    const values = this.#feeds(
      Object.entries(scalars).map(([name, value]) => [name, { data: Float32Array.of(value), shape: [] }]),
    );
    const build = (names: readonly string[]): Program => updateProgram(this.#policy, names, this.#optimiser);
    const feeds = { ...this.#state, ...named(gradientName, gradient), ...values };
    await this.#inGroups('update', build, feeds, this.#state, gradient);
    disposeAll(values);
  }

  /** Runs a graph on some weights at a time: what it gives takes the places of what `standing` had, and their part of `read` is given back. */
  async #inGroups(
    kind: string,
    build: (names: readonly string[]) => Program,
    feeds: DeviceTensors,
    standing: DeviceTensors,
    read: DeviceTensors,
  ): Promise<void> {
    for (const names of weightGroups(this.#policy, this.#memory)) {
      const executable = await this.#whole.get(`${kind} ${names[0]}`, () => build(names));
      for (const [name, tensor] of Object.entries(outcomeOf(await executable.run(feeds)).tensors)) {
        standing[name].dispose();
        standing[name] = tensor;
      }
      for (const name of names) read[name].dispose();
    }
  }

  /** Runs the graph of the gradient, or of the loss alone, on a part of the rows; log-probs stand in the places of its rows. */
  async #part<Row extends CompletionRow>(
    kind: 'gradient' | 'loss',
    objective: Objective<Row>,
    { layout, indices }: Part,
    all: readonly Row[],
  ): Promise<Outcome> {
    const rows = indices.map((index) => all[index]);
    const key = `${kind} ${objective.key} ${layoutKey(layout)}`;
    const executable = await this.#parts.get(key, () =>
      (kind === 'gradient' ? gradientProgram : lossProgram)(this.#policy, objective, layout, this.#memory),
    );
    const feeds = {
      ...scoringFeeds(this.#backend, this.#policy.config, layout, rows),
      ...this.#feeds(Object.entries(objective.feeds(rows, layout, all))),
    };
    const results = await executable.run({ ...Object.fromEntries(this.frozen), ...this.#state, ...feeds });
    disposeAll(feeds);
    const outcome = outcomeOf(results);
    for (const [i, row] of collect(layout, results.logProbs.data()).entries()) outcome.logProbs[indices[i]] = row;
    results.logProbs.dispose();
    return outcome;
  }

  #feeds(values: readonly (readonly [string, HostTensor])[]): DeviceTensors {
    return Object.fromEntries(values.map(([name, { data, shape }]) => [name, this.#backend.tensor(data, shape)]));
  }
}

/** What running a graph gave: scalars, log-probs by row, and what goes on to the next graph. */
interface Outcome {
  values: Record<string, number>;
  logProbs: Float32Array[];
  tensors: DeviceTensors;
}

/** Gradients under the names that a graph is fed them by. */
const named = (nameOf: (name: string) => string, gradients: DeviceTensors): DeviceTensors =>
  Object.fromEntries(Object.entries(gradients).map(([name, tensor]) => [nameOf(name), tensor]));

function outcomeOf(results: DeviceTensors): Outcome {
  const outcome: Outcome = { values: {}, logProbs: [], tensors: {} };
  for (const [name, tensor] of Object.entries(results)) {
    if (name.startsWith(next)) outcome.tensors[name.slice(next.length)] = tensor;
    else if (tensor.shape.length === 0) {
      outcome.values[name] = tensor.data()[0];
      tensor.dispose();
    }
  }
  return outcome;
}

const copy = (tensor: DeviceTensor): HostTensor => ({ shape: tensor.shape, data: Float32Array.from(tensor.data()) });
