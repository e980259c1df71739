/**
 * AVATAR as its authors train it: the values of their two scripts (`qwen2_5_omni/grpo.sh`, `qwen/grpo.sh`) and of what these leave to the
 * trainer's own defaults, commit 057292b; and what a run here does otherwise, in sentences.
 */
import { defaultHintForm } from './hint.ts';
import { authorsPresets, loraModules, type AuthorsPreset, type Preset, type RunConfig } from './run.ts';

/** The settings that the scripts' command lines name. */
export const scripted: Readonly<Partial<RunConfig>> = {
  promptsPerStep: 4,
  onPolicy: 4,
  offPolicy: 4,
  groupSize: 8,
  minibatches: 4,
  lora: { rank: 8, alpha: 32, modules: [...loraModules] },
  replayMin: 10,
  replayCapacity: 10_000,
  replaySampling: 'softmax',
  tierShares: { easy: 0.25, medium: 0.35, hard: 0.4 },
  replayAlpha: 1,
  rewardWindow: 20,
  learningRate: 5e-7,
  warmup: 0.05,
  klWeight: 0.1,
  temperature: 1,
  topP: 1,
  topK: 50,
  maxNewTokens: 2048,
  rewardRule: 'authors',
  rewardWeights: { accuracy: 1, format: 0.5 },
  evalEvery: 0,
  // They save every 250 gradient steps, of which an iteration takes four.
  checkpointEvery: 62,
};

/** What the scripts leave to their trainer's defaults and its code, but for `scriptedParts`. */
export const unscripted: Readonly<Partial<RunConfig>> = {
  gradientSteps: 1,
  replayTemperature: 1,
  replayReplacement: true,
  tierQuantile: 'nearest',
  replayDeviation: 'one',
  rewardMean: 'before',
  storedRewards: false,
  maxStaleness: null,
  storedRollouts: 'none',
  schedule: 'cosine',
  weightDecay: 0.1,
  beta2: 0.95,
  maxGradNorm: 1,
  clipLow: 0.2,
  clipHigh: 0.2,
  dualClip: null,
  ratioCap: null,
  klEstimator: 'k3',
  advantageScale: 'std',
  aggregation: 'sequence',
  ratio: 'token',
  hints: {
    enabled: true,
    rule: 'completions',
    visits: 3,
    rewardThreshold: null,
    klThreshold: null,
    ...defaultHintForm,
  },
  tas: {
    scheme: 'parabolic',
    fallback: 'parabolic',
    lambda: 0.3,
    normalise: false,
    phaseWeights: [1, 0, 1],
    annotators: [],
    cues: null,
  },
};

/** The scripts' own words for a setting, where its value is read from them. */
export const scriptOptions: Readonly<Record<string, string>> = {
  promptsPerStep: '4 processes × --steps_per_generation 8 ÷ --num_generations 8',
  onPolicy: '--tas_on_policy_batches',
  offPolicy: '--tas_off_policy_batches',
  groupSize: '--num_generations',
  minibatches: '--steps_per_generation 8 ÷ --gradient_accumulation_steps 2',
  'lora.rank': '--lora_rank',
  'lora.alpha': '--lora_alpha',
  'lora.modules': '--target_modules all-linear',
  replayMin: '--tas_replay_min_size',
  replayCapacity: '--tas_replay_buffer_size',
  replaySampling: '--tas_replay_strategy priority',
  'tierShares.easy': '--tas_replay_easy_ratio',
  'tierShares.medium': '--tas_replay_medium_ratio',
  'tierShares.hard': '--tas_replay_hard_ratio',
  replayAlpha: '--tas_off_policy_alpha',
  rewardWindow: '--tas_vcrs_window',
  learningRate: '--learning_rate',
  warmup: '--warmup_ratio',
  klWeight: '--beta',
  'tas.lambda': '--tas_lambda',
  'hints.enabled': '--tas_hint_key',
  'hints.visits': '--tas_hint_zero_patience',
  temperature: '--temperature',
  topP: '--top_p',
  topK: '--top_k',
  maxNewTokens: '--max_completion_length',
  rewardRule: '--reward_funcs and the plug-in',
  rewardWeights: '--reward_funcs with --reward_weights',
  evalEvery: '--eval_steps 200000000',
  checkpointEvery: '--save_steps ÷ 4 gradient steps an iteration',
};

/** The parts of `unscripted` settings that a script names. */
export const scriptedParts: Readonly<Record<AuthorsPreset, readonly string[]>> = {
  'avatar-authors-omni': ['tas.lambda', 'hints.enabled', 'hints.visits'],
  'avatar-authors-qwen3-vl': ['tas.lambda'],
};

const omni: Partial<RunConfig> = { ...scripted, ...unscripted };

/** What each script makes of a run here. Its system prompt is among `deviations`. */
export const authorsChanges: Readonly<Record<AuthorsPreset, Partial<RunConfig>>> = {
  'avatar-authors-omni': omni,
  'avatar-authors-qwen3-vl': {
    ...omni,
    replayMin: 1,
    // This script names no key of a hint, without which there is none.
    hints: { ...unscripted.hints!, enabled: false },
    // They save every 50 gradient steps.
    checkpointEvery: 12,
  },
};

export const isAuthors = (preset: Preset): preset is AuthorsPreset =>
  authorsPresets.some((authors) => authors === preset);

/** Of each script: its model, what that sees of media, and when replay begins there. */
const particulars: Readonly<Record<AuthorsPreset, { model: string; media: string; replay: string }>> = {
  'avatar-authors-omni': {
    model: 'Qwen2.5-Omni-7B',
    media: 'images of up to 401,408 pixels, 16 frames of up to 50,176 pixels of a video, and its sound',
    replay:
      'so replay begins in the second iteration instead of their third, a draw of 16 is 4 easy, 6 medium and 6 hard',
  },
  'avatar-authors-qwen3-vl': {
    model: 'Qwen3-VL-4B-Instruct',
    media: 'images of up to 401,408 pixels and 12 frames of up to 50,176 pixels of a video, without sound',
    replay: 'so a draw of 16 is 4 easy, 6 medium and 6 hard',
  },
};

/** Where a run of one of these presets is not theirs whatever its settings are: what they do, what is done instead, and why. */
export function standingDeviations(preset: AuthorsPreset): string[] {
  const { model, media, replay } = particulars[preset];
  return [
    `They train ${model} in bf16; the policy that the run names is trained in float32, in which the embedded engine computes.`,
    'Their system prompt asks for think and answer tags in about 400 characters; the run’s instruction asks for the same tags in this project’s words, or is what `system` says: null is none, as for a policy without a chat template.',
    'Their hint, a system message, takes the place of their system prompt; here it stands behind the instruction, so that a hinted prompt is still told of the tags.',
    'Their adapter is on every linear layer, those that see and hear too; a fresh one here is on the seven of each decoder layer, for the engine trains no others.',
    `Their model gets ${media}; the policy’s own configuration says what it gets here.`,
    'They allow 16,384 tokens of prompt and completion; the positions of the policy are the limit here.',
    'They train one epoch, each prompt once; the run takes as many iterations as it is told, and a quarter of its prompts is an epoch (--iterations).',
    `They keep a buffer of 10,000, its minimum and its draws of 4 (1 easy, 1 medium, 2 hard) in each of four processes; one process has one buffer here, ${replay} instead of 4, 4 and 8.`,
    'Their rollouts keep the tier they entered in, by R̄ as it was after that row; here they follow their prompt’s R̄, which is this project’s buffer.',
    'What a tier is short of they draw from all tiers alike; here the hardest other tier gives first.',
    'They know a prompt by its messages, the hint among them and the media not, so a hinted prompt begins a new R̄ and two videos with one question share theirs; here question and media tell prompts apart, and the hint does not.',
    'Their processes 1 to 3 remember, as the rewards of their rows, those of process 0, because the gathered list is read from its start; every row keeps its own reward here, for that looks like an oversight.',
  ];
}
