/** Trains a policy: loss, gradient, clipping and AdamW are one graph, one run a step. */
import type { Backend, DeviceTensor } from '../backends/backend.ts';
import type { Policy } from './policy.ts';
import type { CompletionRow, RolloutRow, SupervisedRow } from './row.ts';
import type { HostTensors } from './safetensors.ts';

/** AdamW (Loshchilov & Hutter, arXiv 1711.05101); weight decay is on matrices only, as in Hugging Face's trainer. */
export interface OptimiserOptions {
  learningRate: number;
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** The gradient's global norm is clipped to this. */
  maxGradNorm: number;
}

/** algorithm.md, "Loss". */
export interface PolicyLossOptions {
  clipLow: number;
  clipHigh: number;
  /** β of the KL term to the reference. */
  klWeight: number;
  aggregation: 'sequence' | 'token';
  ratio: 'token' | 'sequence';
}

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

export declare class Learner {
  constructor(options: LearnerOptions);
  /** Current weights by name; feed them to a generator. */
  readonly parameters: ReadonlyMap<string, DeviceTensor>;
  /** Optimiser steps taken. */
  readonly step: number;
  /** May be changed between steps (schedules). */
  learningRate: number;
  /** One step on the policy loss. Throws when the loss or the gradient is not finite. */
  reinforce(rows: readonly RolloutRow[], loss: PolicyLossOptions): Promise<PolicyStats>;
  /** One step of supervised training: Σ w · cross-entropy / Σ w over the batch. */
  imitate(rows: readonly SupervisedRow[]): Promise<SupervisedStats>;
  /** Teacher-forced log-probs [L] of each row under the current weights. */
  logProbs(rows: readonly CompletionRow[]): Promise<Float32Array[]>;
  /** The policy with the current weights. */
  policy(): Policy;
  state(): LearnerState;
  /** Goes on from a saved state, bit for bit. */
  restore(state: LearnerState): void;
  dispose(): void;
}
