/** The engine inside this process: the policy as graphs on a backend. */
import { join } from 'node:path';
import type { Backend } from '../backends/backend.ts';
import { Adapter } from '../policy/adapter.ts';
import { Generator, type Completion, type CompletionRequest } from '../policy/generator.ts';
import { Learner, type PolicyStats } from '../policy/learner.ts';
import { Policy } from '../policy/policy.ts';
import type { CompletionRow, RolloutRow } from '../policy/row.ts';
import { checkFinite, readSafetensors, writeSafetensors } from '../policy/safetensors.ts';
import type { Sampling } from '../policy/sampler.ts';
import { deviceParameters, Scorer, type DeviceParameters } from '../policy/scorer.ts';
import { optimiserFile, type Engine, type EngineOptions, type Reader, type StepOptions } from './engine.ts';

export class EmbeddedEngine implements Engine {
  readonly description: string;
  readonly #base: string;
  readonly #learner: Learner;
  readonly #generator: Generator;
  readonly #scorer: Scorer;
  readonly #reference: DeviceParameters;

  /** `policy` is the starting one: without its adapter, if any, also the frozen reference. */
  constructor(policy: Policy, backend: Backend, { optimiser, base }: EngineOptions) {
    this.description = backend.description;
    this.#base = base;
    this.#learner = new Learner({ policy, backend, optimiser });
    this.#generator = new Generator(policy, backend);
    this.#scorer = new Scorer(policy.with({ adapter: null }), backend);
    this.#reference = policy.adapter ? this.#learner.frozen : deviceParameters(policy, backend);
  }

  get step(): number {
    return this.#learner.step;
  }

  generate(requests: readonly CompletionRequest[], sampling: Sampling, signal?: AbortSignal): Promise<Completion[]> {
    return this.#generator.generate(this.#learner.parameters, requests, sampling, signal);
  }

  logProbs(rows: readonly CompletionRow[], of: 'policy' | 'reference'): Promise<Float32Array[]> {
    return of === 'policy' ? this.#learner.logProbs(rows) : this.#scorer.logProbs(this.#reference, rows);
  }

  reinforce(rows: readonly RolloutRow[], { learningRate, ...loss }: StepOptions): Promise<PolicyStats> {
    this.#learner.learningRate = learningRate;
    return this.#learner.reinforce(rows, loss);
  }

  async save(folder: string): Promise<void> {
    const policy = this.#learner.policy();
    await (policy.adapter?.save(folder, this.#base) ?? policy.save(folder));
    await writeSafetensors(join(folder, optimiserFile), this.#learner.moments);
  }

  async restore(folder: string, step: number): Promise<void> {
    const { adapter, config } = this.#learner.policy();
    const weights = adapter ? (await Adapter.load(folder, config)).parameters : (await Policy.load(folder)).trained;
    const file = join(folder, optimiserFile);
    const moments = await readSafetensors(file);
    checkFinite(file, moments);
    this.#learner.restore({ step, tensors: new Map([...weights, ...moments]) });
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#learner.dispose(), this.#generator.dispose(), this.#scorer.dispose()]);
  }
}

/** Reads a policy on a backend, without what training it takes. Its reference is itself. */
export function embeddedReader(policy: Policy, backend: Backend): Reader {
  const parameters = deviceParameters(policy, backend);
  const generator = new Generator(policy, backend);
  const scorer = new Scorer(policy, backend);
  return {
    generate: (requests, sampling, signal) => generator.generate(parameters, requests, sampling, signal),
    logProbs: (rows) => scorer.logProbs(parameters, rows),
    dispose: async () => {
      await Promise.all([generator.dispose(), scorer.dispose()]);
    },
  };
}
