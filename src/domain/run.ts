/** A run: one training, described completely by its configuration so that it can be repeated from its row. */
import { t } from '@vscode/l10n';
import type { ReplayDeviation } from './advantage.ts';
import type { BackendChoice } from './backend.ts';
import type { StageLength } from './curriculum.ts';
import type { EngineName } from './engine.ts';
import type { HintRule } from './hint.ts';
import type { PhaseCues } from './phase.ts';
import type { ReplaySampling, Tier } from './replay.ts';
import type { RewardRuleName, WeightChoice } from './reward.ts';
import type { Split, Stage } from './rollout.ts';
import type { Schedule } from './schedule.ts';
import type { QuantileRule } from './statistics.ts';
import type { TasScheme } from './tas.ts';

/** AVATAR by its authors' two training scripts (docs/algorithm.md). */
export const authorsPresets = ['avatar-authors-omni', 'avatar-authors-qwen3-vl'] as const;
export const mainPresets = ['avatar', 'curriculum', 'grpo', 'offline', ...authorsPresets] as const;
/** With `avatar` (all) and `grpo` (base), one for each row of the paper's two ablation tables: components, credit assignment. */
export const ablationPresets = [
  'tas-only',
  'replay-only',
  'no-hints',
  'tas-uniform',
  'tas-linear-decay',
  'tas-linear-incline',
  'tas-inverse-parabola',
  'tas-parabola',
] as const;
export const presets = [...mainPresets, ...ablationPresets] as const;
export type AuthorsPreset = (typeof authorsPresets)[number];
export type MainPreset = (typeof mainPresets)[number];
export type Preset = (typeof presets)[number];

export const storedRollouts = ['none', 'imported', 'all'] as const;
export type StoredRollouts = (typeof storedRollouts)[number];

/** Whether replayed rollouts are weighed by R̄ as it is before an iteration's own rewards, or after them. */
export const rewardMeans = ['after', 'before'] as const;
export type RewardMean = (typeof rewardMeans)[number];

/** The linear modules of a layer that can carry an adapter, by PEFT's names. */
export const loraModules = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;

/** A low-rank adapter (Hu et al., arXiv 2106.09685): y = xWᵀ + (alpha / rank) · (xAᵀ)Bᵀ on these modules of every layer. */
export interface LoraConfig {
  /** Rank of the fresh adapter. */
  rank: number;
  /** What it adds counts alpha / rank. */
  alpha: number;
  /** Modules of every layer that carry it. */
  modules: (typeof loraModules)[number][];
}

/** Bits that a weight beneath an adapter can take. */
export const baseBits = [32, 8] as const;
export type BaseBits = (typeof baseBits)[number];

export const defaultLora: LoraConfig = { rank: 16, alpha: 32, modules: [...loraModules] };

/**
 * How the KL to the reference is estimated at a token, by the trainers' names: k3 (Schulman), k3 clamped at 10 (verl, ms-swift), k3 times the
 * ratio (TRL), and verl's k2 (`mse`) and `abs`.
 */
export const klEstimators = ['k3', 'low_var_kl', 'bias_correction_kl', 'k2', 'abs'] as const;
export type KlEstimator = (typeof klEstimators)[number];

/** What a judge scores: each step of the reasoning, or the whole by AVATAR's four criteria. */
export const judgeStyles = ['steps', 'criteria'] as const;
/** What becomes of an answer that is no verdict: 0 at once, or only when two more questions bring none either. */
export const unreadableVerdicts = ['zero', 'retry'] as const;

/** A language model that judges reasoning, behind an OpenAI-compatible endpoint. */
export interface EndpointJudgeConfig {
  /** Base URL, whose /chat/completions is asked; no secret may be in it. */
  endpoint: string;
  model: string;
  /** Seconds that one answer may take. */
  timeout: number;
  /** Questions asked at once. */
  concurrency: number;
  style: (typeof judgeStyles)[number];
  /** Frames of a prompt's video that go with each question; 0 sends text alone. */
  frames: number;
  unreadable: (typeof unreadableVerdicts)[number];
}

/** How a run sees the files that it needs: they are sent to the cluster, or lie for it under the same paths as here. */
export const rayFiles = ['upload', 'shared'] as const;

/** A Ray cluster, and what of it a run takes. */
export interface RayConfig {
  /** Base URL of its dashboard; no secret may be in it. */
  address: string;
  /** Processes that share the work of a gradient step. */
  workers: number;
  /** GPUs of each. */
  gpusPerWorker: number;
  /** What else each takes, by Ray's names: `{"CPU": 4}`. */
  resources: Record<string, number>;
  /** A folder that all nodes of several workers share; null where they are on one node. */
  storage: string | null;
  files: (typeof rayFiles)[number];
  /** Where in an object store the media lie, by the paths that the store names them with (s3://BUCKET/PREFIX); null where `files` says how they come. */
  mediaUri: string | null;
}

/** Everything a run depends on. Counts are per iteration unless named otherwise. Names follow docs/algorithm.md. */
export interface RunConfig {
  preset: Preset;
  /** Where its random numbers come from: the same seed gives the same run. */
  seed: number;
  /** Folder of the starting policy (config.json, model.safetensors, tokenizer.json), or shape:NAME: random weights, to measure with. */
  policy: string;
  /** Folder of an adapter on the policy (PEFT's format), which the run then trains instead of the policy's weights. */
  adapter: string | null;
  /** A fresh adapter to train instead of the policy's weights; null trains all of them, or `adapter`. */
  lora: LoraConfig | null;
  /**
   * Bits that a linear weight beneath the adapter takes: 32, or 8 with a scale for each row. What the run samples, scores and differentiates has the
   * same ones.
   */
  baseBits: BaseBits;
  /** What holds and trains its policy: embedded, torch or ray. */
  engine: EngineName;
  /** The cluster of the engine ray; null of the others. */
  ray: RayConfig | null;
  /** What computes the embedded engine's tensors, or `auto` for the fastest here. */
  backend: BackendChoice;
  /** Threads that compute; 0 is one for each core. */
  threads: number;
  /** Iterations of the loop (docs/algorithm.md, "One iteration"), those of all `stages` together where there are some. */
  steps: number;
  /** Trains on the prompts of this dataset; null is every one. */
  dataset: string | null;
  /** Trains on these prompts alone, by their ids, of those that dataset, stage and split choose; null is every one. */
  prompts: string[] | null;
  /** Trains on the prompts of this stage: visual, audio-visual or localisation; null is every one. */
  stage: Stage | null;
  /** Trains on the prompts of this split: train, validation or test. */
  split: Split;
  /** Whether prompts whose video or sound is not there, or cannot be read, are left out; else the run does not begin. */
  leaveOutMissing: boolean;
  /** The curriculum: stages trained one after the other; empty is one span of `steps` iterations on `stage`. */
  stages: StageLength[];
  /** Prompts drawn an iteration. */
  promptsPerStep: number;
  /** Fresh completions trained a prompt (n_on = G − n_off). 0 is offline. */
  onPolicy: number;
  /**
   * Completions made for a prompt, all of which enter the buffer and R̄; null makes the `onPolicy` that are trained. Of more, a replayed
   * rollout takes the place of one at random, until `onPolicy` are left.
   */
  groupSize: number | null;
  /** Replayed rollouts a prompt-slot (n_off). 0 is on-policy GRPO. */
  offPolicy: number;
  /** Passes over each mixture: gradient steps on it where it is one minibatch. */
  gradientSteps: number;
  /** Disjoint parts of the mixture in a pass, with a gradient step on each. */
  minibatches: number;
  /** Rollouts the buffer must hold before it is drawn from. */
  replayMin: number;
  /** Rollouts that it holds at most. */
  replayCapacity: number;
  /** How it draws within a tier: softmax of the score, uniform, or fifo. */
  replaySampling: ReplaySampling;
  /** T of softmax sampling. */
  replayTemperature: number;
  /** Whether softmax sampling may draw a rollout of a tier again. */
  replayReplacement: boolean;
  /** Each tier's share of the capacity and of a draw. */
  tierShares: Readonly<Record<Tier, number>>;
  /** How the quantiles of R̄ are read that part the tiers. */
  tierQuantile: QuantileRule;
  /** α, which multiplies a replayed rollout's advantage. */
  replayAlpha: number;
  /** σ that divides it: of its prompt's last rewards, 1, or of the rewards replayed with it. */
  replayDeviation: ReplayDeviation;
  /** Rewards of a prompt that R̄ looks back on. */
  rewardWindow: number;
  /** Whether replayed rollouts are drawn and weighed after this iteration's rewards enter R̄, or before. */
  rewardMean: RewardMean;
  /** Whether the rewards of stored rollouts enter R̄ as well. */
  storedRewards: boolean;
  /** Policy versions (gradient steps) after which a rollout is no longer replayed; null is never. */
  maxStaleness: number | null;
  /** Which stored rollouts of its prompts the run starts its buffer with: none, those no run made, or all. */
  storedRollouts: StoredRollouts;
  /** Whether stored rollouts of evaluations are learned from too, which are made to be scored. */
  storedEvaluations: boolean;
  /** Of AdamW: the highest, where a schedule changes it. */
  learningRate: number;
  /** How the learning rate goes on after it. */
  schedule: Schedule;
  /** Share of the run's gradient steps in which the learning rate rises from 0. */
  warmup: number;
  /** Of AdamW. */
  weightDecay: number;
  /** AdamW's β₂. */
  beta2: number;
  /** Global gradient norm is clipped to this. */
  maxGradNorm: number;
  /** ε of the clipped ratio, below 1. */
  clipLow: number;
  /** The same above 1. */
  clipHigh: number;
  /** Dual clip δ for replayed rollouts with A < 0; null is off. */
  dualClip: number | null;
  /** C > 0 of truncated importance weights min(ρ, C), in place of the clipped ratio and the dual clip; null is off. */
  ratioCap: number | null;
  /** β of the KL term. */
  klWeight: number;
  /** How it is estimated: k3, low_var_kl, bias_correction_kl, k2 or abs. */
  klEstimator: KlEstimator;
  /** Whether advantages are divided by the standard deviation: std, or none (Dr. GRPO). */
  advantageScale: 'std' | 'none';
  /** Mean of the loss over each completion first (sequence), or over all tokens (token). */
  aggregation: 'sequence' | 'token';
  /** Importance ratio of each token, or of the whole completion (GSPO): token or sequence. */
  ratio: 'token' | 'sequence';
  tas: {
    /** Scheme of the token weights. */
    scheme: TasScheme;
    /** Used for a rollout without phases when `scheme` needs them. */
    fallback: TasScheme;
    /** λ: weights lie between 1 and 1 + λ. */
    lambda: number;
    /** Divides the weights of a completion by their mean, so that they do not scale its gradient. */
    normalise: boolean;
    /** Weight of each of the project's phases in units of λ, for `phase-constant`; also says how many phases a label has. */
    phaseWeights: number[];
    /**
     * Annotators whose labels shape the weights, 'suggestion:tagger' and 'suggestion:rules' among them: the first match wins. Empty means
     * any person, latest first, then any suggestion but those of agents and language models, which shape a run that names
     * 'suggestion:agent:NAME' or 'suggestion:model:NAME' here.
     */
    annotators: string[];
    /** Suggests the phases of rollouts that have none, those the run makes among them; null suggests none. */
    cues: PhaseCues | null;
  };
  hints: HintRule;
  /** The instruction, a system message, for prompts that have none of their own; null is none. */
  system: string | null;
  /** Of sampling completions. */
  temperature: number;
  /** Samples from the likeliest tokens that have this probability together; 1 is all. */
  topP: number;
  /** Samples from so many likeliest tokens; 0 is all. */
  topK: number;
  /** Tokens of a completion at most; a stored rollout with more is not learned from. */
  maxNewTokens: number;
  /** By whose rule format, accuracy and self reward are read (docs/rewards.md). */
  rewardRule: RewardRuleName;
  /** Weights of the reward's parts (docs/algorithm.md, "Rewards"), of all prompts or by their stage. */
  rewardWeights: WeightChoice;
  /** Who judges reasoning: an endpoint, or when null the programmatic judge where a prompt's true events are known. */
  judge: EndpointJudgeConfig | null;
  /**
   * Greedy evaluation every this many iterations, on at most `evalPrompts` prompts of each stage in the validation split, or in test
   * where that is empty; 0 never.
   */
  evalEvery: number;
  /** Prompts of a stage that an evaluation asks at most. */
  evalPrompts: number;
  /** A checkpoint is written every this many iterations. */
  checkpointEvery: number;
  /**
   * Newest iterations whose rollouts all stay in the store; of those before, the first's and every hundredth's after it stay, and what someone
   * did something with. null keeps all.
   */
  keepIterations: number | null;
}

/** Prompts that a run may be given by their ids: its row is read often, and holds them all. */
export const mostSelectedPrompts = 10_000;

/** Completions that a run makes for a prompt. */
export const madePerPrompt = ({ groupSize, onPolicy }: Pick<RunConfig, 'groupSize' | 'onPolicy'>): number =>
  groupSize ?? onPolicy;

export const runStatuses = ['queued', 'running', 'paused', 'stopped', 'finished', 'failed', 'lost'] as const;
/** How each is called. */
export const statusTexts: Readonly<Record<RunStatus, string>> = {
  queued: t('queued'),
  running: t('running'),
  paused: t('paused'),
  stopped: t('stopped'),
  finished: t('finished'),
  failed: t('failed'),
  lost: t('lost'),
};
/** 'lost': marked running or queued but no process trains it any more; it can be resumed. */
export type RunStatus = (typeof runStatuses)[number];
/** Those that can be stopped, and those from which a run goes on. The manifest's menus have the same (tested). */
export const activeStatuses: readonly RunStatus[] = ['queued', 'running', 'paused'];
export const resumableStatuses: readonly RunStatus[] = ['paused', 'stopped', 'failed', 'lost'];

/** What the user last asked of a run; the loop reads it once an iteration. 'end' does not wait for that: what came after the last checkpoint is lost. */
export type RunRequest = 'run' | 'pause' | 'stop' | 'end';

/** What a request to stop asks for: a second one ends the run at once. */
export const stopAfter = (request: RunRequest): RunRequest =>
  request === 'stop' || request === 'end' ? 'end' : 'stop';

/** A queued run that no process took in this time (ms) is lost: whoever started it is gone. */
export const claimTimeoutMs = 60_000;
