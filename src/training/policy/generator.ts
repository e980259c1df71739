/** Samples completions from a policy with a key/value cache. */
import type { Random } from '../../domain/random.ts';
import type { Backend, DeviceTensor } from '../backends/backend.ts';
import type { PolicyConfig } from './config.ts';
import type { Context } from './row.ts';

export interface Sampling {
  /** 0 is greedy. */
  temperature: number;
  /** Keeps the fewest most likely tokens whose probability reaches this; 1 keeps all. */
  topP: number;
  /** Keeps the k most likely tokens; 0 keeps all. */
  topK: number;
  maxNewTokens: number;
}

/** One completion wanted. Its own generator makes it the same in whatever batch it is drawn. */
export interface CompletionRequest extends Context {
  random: Random;
}

export interface Completion {
  /** Sampled ids; the last is the end-of-sequence token unless `maxNewTokens` cut it. */
  ids: Int32Array;
  /** Log-prob of each id at temperature 1 under the full distribution, as the loss needs it. */
  logProbs: Float32Array;
}

export declare class Generator {
  constructor(config: PolicyConfig, backend: Backend);
  /** One completion a request, in order. `parameters` are a learner's, or `deviceParameters(policy, backend)`. */
  generate(
    parameters: ReadonlyMap<string, DeviceTensor>,
    requests: readonly CompletionRequest[],
    sampling: Sampling,
    signal?: AbortSignal,
  ): Promise<Completion[]>;
  dispose(): void;
}
