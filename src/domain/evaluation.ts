/** An evaluation: a policy's completions of prompts, made to be scored and never trained on. */
import type { BackendName } from './backend.ts';
import type { EngineName } from './engine.ts';
import type { RewardRuleName } from './reward.ts';
import type { Prompt, Rollout } from './rollout.ts';
import type { RunStatus } from './run.ts';

/** As of a run, but that none is paused: one that was stopped goes on with the prompts that are missing. */
export type EvaluationStatus = Exclude<RunStatus, 'paused'>;

/** How the completions of an evaluation are made: with its policy and its prompts, all that they depend on. */
export interface EvaluationSettings {
  /** Folder of the policy. */
  policyFolder: string;
  engine: EngineName;
  /** What computes the embedded engine's tensors. */
  backend: BackendName;
  /** Threads that compute; 0 is one for each core. */
  threads: number;
  /** Completions of a prompt. */
  n: number;
  /** 0 is greedy. */
  temperature: number;
  topP: number;
  seed: number;
  maxNewTokens: number;
  /** The instruction, a system message, for prompts that have none of their own; null is none. */
  system: string | null;
  /** By whose rule the rewards of its rollouts are read (docs/rewards.md). */
  rewardRule: RewardRuleName;
}

/** A prompt as it is scored. */
export interface EvaluatedPrompt extends Pick<
  Prompt,
  'id' | 'dataset' | 'question' | 'options' | 'answer' | 'problemType' | 'stage'
> {
  /** What its benchmark calls its kind; null where nothing says. */
  category: string | null;
}

/** A completion of an evaluation with what it answers. */
export interface EvaluatedRollout extends Pick<Rollout, 'id' | 'completion' | 'rewards' | 'reward'> {
  finish: string | null;
  /** Null where its tokens are not recorded. */
  tokenCount: number | null;
  prompt: EvaluatedPrompt;
}
