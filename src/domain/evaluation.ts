/** An evaluation: a policy's completions of prompts, made to be scored and never trained on. */
import * as v from 'valibot';
import type { AnswerJudge, AnswerVerdict } from './answer-verdict.ts';
import { backendNames, type BackendName } from './backend.ts';
import { engineNames, type EngineName } from './engine.ts';
import { raySchema } from './preset.ts';
import { rewardRuleNames, type RewardRuleName } from './reward.ts';
import type { Prompt, Rollout } from './rollout.ts';
import type { RayConfig, RunStatus } from './run.ts';
import { faultText } from './schema-fault.ts';

/** As of a run, but that none is paused: one that was stopped goes on with the prompts that are missing. */
export type EvaluationStatus = Exclude<RunStatus, 'paused'>;

/** How the completions of an evaluation are made: with its policy and its prompts, all that they depend on. */
export interface EvaluationSettings {
  /** Folder of the policy. */
  policyFolder: string;
  /** Hash of its weights and the adapter's; null until they are read. */
  policyHash: string | null;
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
  /** The cluster of the engine ray; null of the others. */
  ray: RayConfig | null;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const settingsSchema = v.strictObject({
  policyFolder: v.pipe(v.string(), v.minLength(1)),
  policyHash: v.nullable(v.string()),
  engine: v.picklist(engineNames),
  backend: v.picklist(backendNames),
  threads: count,
  n: v.pipe(count, v.minValue(1)),
  temperature: v.pipe(v.number(), v.finite(), v.minValue(0)),
  topP: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  seed: v.pipe(v.number(), v.safeInteger()),
  maxNewTokens: v.pipe(count, v.minValue(1)),
  system: v.nullable(v.string()),
  rewardRule: v.picklist(rewardRuleNames),
  // Last, as the migration of stored settings has it: whether two are the same is asked of their JSON.
  ray: v.nullable(raySchema),
});

/** Settings that were stored or chosen. Throws RangeError that names the one that cannot be. */
export function parseEvaluationSettings(settings: unknown): EvaluationSettings {
  const parsed = v.safeParse(settingsSchema, settings);
  if (!parsed.success) throw new RangeError(`the evaluation cannot be so: ${parsed.issues.map(faultText).join('; ')}`);
  const { n, temperature, engine, ray } = parsed.output;
  if (engine === 'ray' && ray === null) throw new RangeError('the engine is ray, and no cluster is named');
  if (n > 1 && temperature === 0)
    throw new RangeError('several completions of a prompt are all the same at temperature 0: set one above 0');
  return parsed.output;
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
  /** What the evaluation's judge says of it; null where it was not asked. */
  verdict: (AnswerVerdict & { judge: AnswerJudge }) | null;
}
