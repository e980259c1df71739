/** Trains a policy: loss, gradient, clipping and AdamW are one graph, one run a step. */
import { disposeAll } from '../backends/backend.ts';
import type { Backend, DeviceTensor } from '../backends/backend.ts';
import { CompiledPrograms } from '../backends/compiled.ts';
import { gradient } from '../graph/gradient.ts';
import { total } from '../graph/operators.ts';
import { program } from '../graph/program.ts';
import type { Program } from '../graph/program.ts';
import { parameterInputs } from './decoder.ts';
import { policyLoss, ratioStats, supervised } from './objective.ts';
import type { Objective, PolicyLossOptions } from './objective.ts';
import { adamW, momentNames, optimiserDefaults, optimiserFeeds } from './optimiser.ts';
import type { OptimiserOptions } from './optimiser.ts';
import type { Policy } from './policy.ts';
import type { CompletionRow, RolloutRow, SupervisedRow } from './row.ts';
import type { HostTensor, HostTensors } from './safetensors.ts';
import { onDevice, Scorer, scoringFeeds, scoringGraph } from './scorer.ts';
import type { DeviceParameters } from './scorer.ts';
import { collect, layOut, layoutKey } from './sequence.ts';
import type { Layout } from './sequence.ts';

/** What one optimiser step measured. */
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

export interface LearnerOptions {
  policy: Policy;
  backend: Backend;
  optimiser?: Partial<OptimiserOptions>;
}

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
  readonly #programs: CompiledPrograms;
  readonly #scorer: Scorer;
  /** The weights beneath an adapter, which no step changes: the policy's own memory where the backend shares it. */
  readonly frozen: DeviceParameters;
  /** Trained weights and their moments by name; each step makes new ones, so that one which diverged leaves the last good. */
  #state: DeviceTensors;
  #step = 0;

  constructor({ policy, backend, optimiser = {} }: LearnerOptions) {
    this.#policy = policy;
    this.#backend = backend;
    this.#optimiser = { ...optimiserDefaults, ...optimiser };
    this.#programs = new CompiledPrograms(backend);
    this.#scorer = new Scorer(policy, backend);
    this.#state = {};
    this.frozen = policy.adapter ? onDevice(policy.parameters, backend) : new Map();
    for (const [name, { data, shape }] of policy.trained) {
      this.#state[name] = backend.tensor(Float32Array.from(data), shape);
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

  /** Optimiser steps taken. */
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

  /** One step on the policy loss. Throws, and keeps its state, when the loss or the gradient is not finite. */
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

  state(): LearnerState {
    const tensors = Object.entries(this.#state).map(([name, tensor]) => [name, copy(tensor)] as const);
    return { step: this.#step, tensors: new Map(tensors) };
  }

  /** Goes on from a saved state, bit for bit. Throws when it is not of this policy. */
  restore({ step, tensors }: LearnerState): void {
    const restored = Object.entries(this.#state).map(([name, { shape }]) => {
      const found = tensors.get(name);
      if (found?.shape.join() !== shape.join())
        throw new Error(`The saved state lacks ${name} of [${shape.join(', ')}].`);
      return [name, this.#backend.tensor(Float32Array.from(found.data), shape)] as const;
    });
    disposeAll(this.#state);
    this.#state = Object.fromEntries(restored);
    this.#step = step;
  }

  async dispose(): Promise<void> {
    await this.#programs.dispose();
    await this.#scorer.dispose();
    disposeAll({ ...Object.fromEntries(this.frozen), ...this.#state });
  }

  async #descend<Row extends CompletionRow>(
    objective: Objective<Row>,
    rows: readonly Row[],
  ): Promise<SupervisedStats & { values: Record<string, number> }> {
    const layout = layOut(rows, this.#policy.config);
    const key = `${objective.key} ${layoutKey(layout)}`;
    const executable = await this.#programs.get(key, () => this.#program(objective, layout));
    const fed = Object.entries({
      ...objective.feeds(rows, layout),
      ...Object.fromEntries(
        Object.entries(optimiserFeeds(this.#optimiser, this.#step + 1)).map(([name, value]) => {
          return [name, { data: Float32Array.of(value), shape: [] }];
        }),
      ),
    });
    const feeds = {
      ...scoringFeeds(this.#backend, this.#policy.config, layout, rows),
      ...Object.fromEntries(fed.map(([name, { data, shape }]) => [name, this.#backend.tensor(data, shape)])),
    };
    const results = await executable.run({ ...Object.fromEntries(this.frozen), ...this.#state, ...feeds });
    disposeAll(feeds);
    const values: Record<string, number> = {};
    const state: DeviceTensors = {};
    for (const [name, tensor] of Object.entries(results)) {
      if (name.startsWith(next)) state[name.slice(next.length)] = tensor;
      else if (tensor.shape.length === 0) values[name] = tensor.data()[0];
    }
    const { loss, gradNorm } = values;
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      throw new Error(
        `Step ${this.#step + 1} gave a loss of ${loss} and a gradient norm of ${gradNorm}: the policy has diverged. ` +
          'Lower the learning rate, or resume from an earlier checkpoint.',
      );
    }
    disposeAll(this.#state);
    this.#state = state;
    this.#step += 1;
    const tokens = rows.reduce((sum, { completionIds }) => sum + completionIds.length, 0);
    const logProbs = collect(layout, results.logProbs.data());
    return { loss, gradNorm, entropy: values.entropySum / tokens, logProbs, values };
  }

  #program<Row>(objective: Objective<Row>, layout: Layout): Program {
    const parameters = parameterInputs(this.#policy);
    const { logProbs, entropies } = scoringGraph(this.#policy, parameters, layout);
    const outcome = objective.graph(logProbs, layout);
    const trained = new Map([...this.#policy.trained.keys()].map((name) => [name, parameters.get(name)!]));
    const { updated, gradNorm } = adamW(trained, gradient(outcome.loss, [...trained.values()]), this.#optimiser);
    return program({ ...outcome, gradNorm, logProbs, entropySum: total(entropies), ...renamed(updated, nextName) });
  }
}

/** New weights and moments leave the graph under their names with this before them. */
const next = 'next/';
const nextName = (name: string): string => next + name;

function renamed<Value>(values: Readonly<Record<string, Value>>, name: (old: string) => string): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [name(key), value]));
}

const copy = (tensor: DeviceTensor): HostTensor => ({ shape: tensor.shape, data: Float32Array.from(tensor.data()) });
