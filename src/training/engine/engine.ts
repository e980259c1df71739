/** What holds and trains a policy. The loop of AVATAR knows no more of it than this: one engine is in this process, another in Python. */
import type { Completion, CompletionRequest } from '../policy/generator.ts';
import type { PolicyStats } from '../policy/learner.ts';
import type { PolicyLossOptions } from '../policy/objective.ts';
import type { CompletionRow, RolloutRow } from '../policy/row.ts';
import type { Sampling } from '../policy/sampler.ts';

/** A gradient step's loss, and the learning rate that it is taken at. */
export interface StepOptions extends PolicyLossOptions {
  learningRate: number;
}

export interface Engine {
  /** Library and version, where it computes and on how many threads, for the run's record. */
  readonly description: string;
  /** Optimiser steps that the policy has had. */
  readonly step: number;
  /**
   * One completion a request, in order, by the current weights. Here and below, what shares a context (the same objects as `promptIds` and
   * `prefix`) reads it once. An aborted `signal` throws its reason between tokens.
   */
  generate(requests: readonly CompletionRequest[], sampling: Sampling, signal?: AbortSignal): Promise<Completion[]>;
  /** Teacher-forced log-probs [L] of each row, by the current weights or by the frozen reference: those that the run began with. */
  logProbs(rows: readonly CompletionRow[], of: 'policy' | 'reference'): Promise<Float32Array[]>;
  /** One gradient step on the policy loss. Throws StepNotFiniteError, and keeps its state, when the loss or the gradient is not finite. */
  reinforce(rows: readonly RolloutRow[], options: StepOptions): Promise<PolicyStats>;
  /** Writes the policy, or the adapter where one is trained, into a folder that is there, and the optimiser's moments beside it. */
  save(folder: string): Promise<void>;
  /** Goes on from what `save` wrote after so many optimiser steps: on one machine's CPU, bit for bit. Throws when it is not of this policy. */
  restore(folder: string, step: number): Promise<void>;
  dispose(): Promise<void>;
}

/** An engine whose process died: what it held is in the last checkpoint. */
export class EngineLostError extends Error {
  override readonly name = 'EngineLostError';
}

/** What only reads a policy. */
export type Reader = Pick<Engine, 'generate' | 'logProbs' | 'dispose'>;

/** The file of a checkpoint that holds AdamW's moments, `moment1/NAME` and `moment2/NAME`. */
export const optimiserFile = 'optimiser.safetensors';

/** What an engine begins with. */
export interface EngineOptions {
  optimiser: { weightDecay: number; beta2: number; maxGradNorm: number };
  /** What a saved adapter says it belongs on. */
  base: string;
}
