/** Presets: whole run configurations with good defaults for the sample policy, changed by `key=value` overrides. */
import * as v from 'valibot';
import { replayDeviations, rewardWindow } from './advantage.ts';
import { authorsChanges } from './authors.ts';
import { backendChoices } from './backend.ts';
import { engineNames } from './engine.ts';
import { evenStages, inStages } from './curriculum.ts';
import { defaultHintForm, hintRoles, hintRules } from './hint.ts';
import { mediaUriFault } from './media-uri.ts';
import { defaultPhases, type Phase } from './phase.ts';
import { replaySamplings, tierShares } from './replay.ts';
import { rewardParts, rewardRuleNames, stageWeightNames, weightsByStage } from './reward.ts';
import { splits, stages } from './rollout.ts';
import {
  baseBits,
  defaultLora,
  judgeStyles,
  klEstimators,
  loraModules,
  mostSelectedPrompts,
  presets,
  rayFiles,
  rewardMeans,
  storedRollouts,
  unreadableVerdicts,
  type EndpointJudgeConfig,
  type Preset,
  type RayConfig,
  type RunConfig,
} from './run.ts';
import { schedules } from './schedule.ts';
import { faultText } from './schema-fault.ts';
import { quantileRules } from './statistics.ts';
import { defaultLambda, needsPhases, tasSchemes } from './tas.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const positiveCount = v.pipe(v.number(), v.integer(), v.minValue(1));
const notNegative = v.pipe(v.number(), v.finite(), v.minValue(0));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const text = v.pipe(v.string(), v.minLength(1, 'must not be empty'));

const partWeights = v.pipe(
  v.record(v.picklist(rewardParts), notNegative),
  v.check(
    (weights) => Object.values(weights).some((weight) => weight > 0),
    'must weigh some part above 0: nothing would be rewarded',
  ),
);

/** What a judge's settings are where they are left out. */
export const judgeDefaults = {
  timeout: 60,
  concurrency: 4,
  style: 'steps',
  frames: 0,
  unreadable: 'retry',
} as const;
/** Most frames of a video that a judge may be shown. */
export const mostJudgeFrames = 64;

/** It is stored and shown, so no secret may be in it. */
const endpoint = v.pipe(
  text,
  v.check((address) => {
    const url = URL.parse(address);
    const plain = url !== null && [url.username, url.password, url.search, url.hash].every((part) => part === '');
    return plain && /^https?:$/u.test(url.protocol);
  }, 'must be an http or https address without user, password, query or fragment, as https://host/v1'),
);

/** Why this is no address of a cluster; null where it may be one. */
export const rayAddressFault = (address: string): string | null => {
  const found = v.safeParse(endpoint, address);
  return found.success ? null : `The address ${found.issues[0].message}.`;
};

/** What a cluster's settings are where they are left out. */
export const rayDefaults = {
  workers: 1,
  gpusPerWorker: 0,
  resources: {},
  storage: null,
  files: 'upload',
  mediaUri: null,
} as const;

const mediaUri = v.pipe(
  v.string(),
  v.check(
    (uri) => mediaUriFault(uri) === null,
    (issue) => mediaUriFault(issue.input)!,
  ),
  v.transform((uri) => uri.replace(/\/+$/u, '')),
);

export const raySchema = v.strictObject({
  address: endpoint,
  workers: v.optional(positiveCount, rayDefaults.workers),
  gpusPerWorker: v.optional(notNegative, rayDefaults.gpusPerWorker),
  resources: v.optional(v.record(text, notNegative), rayDefaults.resources),
  storage: v.optional(v.nullable(text), rayDefaults.storage),
  files: v.optional(v.picklist(rayFiles), rayDefaults.files),
  // Rows of runs from before there was a choice lack it.
  mediaUri: v.optional(v.nullable(mediaUri), rayDefaults.mediaUri),
});

const judgeSchema = v.strictObject({
  endpoint,
  model: text,
  timeout: v.optional(v.pipe(positive, v.maxValue(300)), judgeDefaults.timeout),
  concurrency: v.optional(positiveCount, judgeDefaults.concurrency),
  style: v.optional(v.picklist(judgeStyles), judgeDefaults.style),
  frames: v.optional(v.pipe(count, v.maxValue(mostJudgeFrames)), judgeDefaults.frames),
  unreadable: v.optional(v.picklist(unreadableVerdicts), judgeDefaults.unreadable),
});

/** A judge as a person names it, outside a run. Throws RangeError that names the setting which cannot be. */
export function parseJudge(judge: v.InferInput<typeof judgeSchema>): EndpointJudgeConfig {
  const parsed = v.safeParse(judgeSchema, judge);
  if (!parsed.success) throw new RangeError(`the judge cannot be so: ${parsed.issues.map(faultText).join('; ')}`);
  return parsed.output;
}

/** A cluster as a person names it, outside a run. Throws RangeError that names the setting which cannot be. */
export function parseRay(ray: v.InferInput<typeof raySchema>): RayConfig {
  const parsed = v.safeParse(v.strictObject({ ray: raySchema }), { ray });
  if (!parsed.success) throw new RangeError(`the cluster cannot be so: ${parsed.issues.map(faultText).join('; ')}`);
  return parsed.output.ray;
}

/** Settings that rows of older runs lack, as those runs trained. */
const unset = {
  leaveOutMissing: false,
  groupSize: null,
  minibatches: 1,
  replayReplacement: false,
  tierShares,
  tierQuantile: 'linear',
  replayAlpha: 1,
  replayDeviation: 'window',
  rewardWindow,
  rewardMean: 'after',
  storedRewards: true,
  storedEvaluations: false,
  schedule: 'constant',
  warmup: 0,
  beta2: 0.999,
  keepIterations: null,
} as const satisfies Partial<RunConfig>;

const entries = {
  preset: v.picklist(presets),
  seed: v.pipe(v.number(), v.safeInteger()),
  policy: text,
  // Rows of runs from before there were adapters lack both.
  adapter: v.optional(v.nullable(text), null),
  lora: v.optional(
    v.nullable(
      v.strictObject({
        rank: positiveCount,
        alpha: positive,
        modules: v.pipe(
          v.array(v.picklist(loraModules)),
          v.minLength(1, 'must name a module'),
          v.check((modules) => new Set(modules).size === modules.length, 'names a module twice'),
        ),
      }),
    ),
    null,
  ),
  // Rows of runs from before there was a choice lack both.
  baseBits: v.optional(v.picklist(baseBits), 32),
  engine: v.optional(v.picklist(engineNames), 'embedded'),
  ray: v.optional(v.nullable(raySchema), null),
  backend: v.picklist(backendChoices),
  threads: count,
  steps: positiveCount,
  dataset: v.nullable(text),
  // Rows of runs from before there were selections lack it.
  prompts: v.optional(
    v.nullable(
      v.pipe(
        v.array(text),
        v.minLength(1, 'must name a prompt'),
        v.maxLength(
          mostSelectedPrompts,
          `must name at most ${mostSelectedPrompts} prompts: train on a dataset instead`,
        ),
        v.check((ids) => new Set(ids).size === ids.length, 'names a prompt twice'),
      ),
    ),
    null,
  ),
  stage: v.nullable(v.picklist(stages)),
  split: v.picklist(splits),
  leaveOutMissing: v.optional(v.boolean(), unset.leaveOutMissing),
  stages: v.array(v.strictObject({ stage: v.picklist(stages), steps: positiveCount })),
  promptsPerStep: positiveCount,
  onPolicy: count,
  offPolicy: count,
  groupSize: v.optional(v.nullable(v.pipe(positiveCount, v.minValue(2))), unset.groupSize),
  gradientSteps: positiveCount,
  minibatches: v.optional(positiveCount, unset.minibatches),
  replayMin: count,
  replayCapacity: positiveCount,
  replaySampling: v.picklist(replaySamplings),
  replayTemperature: positive,
  replayReplacement: v.optional(v.boolean(), unset.replayReplacement),
  tierShares: v.optional(
    v.pipe(
      v.strictObject({ easy: share, medium: share, hard: share }),
      v.check(({ easy, medium, hard }) => Math.abs(easy + medium + hard - 1) < 1e-6, 'must add up to 1'),
    ),
    unset.tierShares,
  ),
  tierQuantile: v.optional(v.picklist(quantileRules), unset.tierQuantile),
  replayAlpha: v.optional(notNegative, unset.replayAlpha),
  replayDeviation: v.optional(v.picklist(replayDeviations), unset.replayDeviation),
  rewardWindow: v.optional(positiveCount, unset.rewardWindow),
  rewardMean: v.optional(v.picklist(rewardMeans), unset.rewardMean),
  storedRewards: v.optional(v.boolean(), unset.storedRewards),
  maxStaleness: v.nullable(count),
  storedRollouts: v.picklist(storedRollouts),
  storedEvaluations: v.optional(v.boolean(), unset.storedEvaluations),
  learningRate: positive,
  schedule: v.optional(v.picklist(schedules), unset.schedule),
  warmup: v.optional(share, unset.warmup),
  weightDecay: notNegative,
  beta2: v.optional(v.pipe(share, v.ltValue(1, 'must be below 1')), unset.beta2),
  maxGradNorm: positive,
  clipLow: v.pipe(positive, v.maxValue(1)),
  clipHigh: positive,
  dualClip: v.nullable(v.pipe(v.number(), v.finite(), v.gtValue(1))),
  ratioCap: v.nullable(positive),
  klWeight: notNegative,
  // Rows of runs from before there was a choice lack it.
  klEstimator: v.optional(v.picklist(klEstimators), 'k3'),
  advantageScale: v.picklist(['std', 'none']),
  aggregation: v.picklist(['sequence', 'token']),
  ratio: v.picklist(['token', 'sequence']),
  tas: v.strictObject({
    scheme: v.picklist(tasSchemes),
    fallback: v.picklist(
      tasSchemes.filter((scheme) => !needsPhases(scheme)),
      'must be a scheme that needs no phases',
    ),
    lambda: notNegative,
    normalise: v.boolean(),
    phaseWeights: v.pipe(v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(1))), v.minLength(2)),
    annotators: v.array(text),
    cues: v.nullable(v.strictObject({ evidence: text, synthesis: text })),
  }),
  hints: v.strictObject({
    enabled: v.boolean(),
    rule: v.optional(v.picklist(hintRules), 'visits'),
    visits: positiveCount,
    rewardThreshold: v.nullable(v.number()),
    klThreshold: v.nullable(notNegative),
    // Rows of runs from before there was a choice lack both.
    role: v.optional(v.picklist(hintRoles), defaultHintForm.role),
    prefix: v.optional(v.string(), defaultHintForm.prefix),
  }),
  // Rows of runs from before there were instructions lack it, and had none.
  system: v.optional(
    v.nullable(
      v.pipe(
        v.string(),
        v.check((words) => words.trim() !== '', 'must not be empty: null is none'),
      ),
    ),
    null,
  ),
  temperature: positive,
  topP: v.pipe(positive, v.maxValue(1)),
  topK: count,
  maxNewTokens: positiveCount,
  // Rows of runs from before there was a choice lack it.
  rewardRule: v.optional(v.picklist(rewardRuleNames), 'ours'),
  rewardWeights: v.nullable(
    v.union(
      [v.picklist(stageWeightNames), partWeights, v.strictObject(v.entriesFromList(stages, partWeights))],
      `must be ${stageWeightNames.join(' or ')}, or weights of at least 0 by part (${rewardParts.join(', ')}), or such weights for each stage (${stages.join(', ')})`,
    ),
  ),
  judge: v.nullable(judgeSchema),
  evalEvery: count,
  evalPrompts: positiveCount,
  checkpointEvery: positiveCount,
  keepIterations: v.optional(v.nullable(positiveCount), unset.keepIterations),
} satisfies Record<keyof RunConfig, v.GenericSchema>;

const runConfigSchema = v.pipe(
  v.strictObject(entries),
  v.check(
    ({ onPolicy, offPolicy }) => onPolicy + offPolicy > 0,
    'onPolicy and offPolicy are both 0: the run would learn from nothing',
  ),
  v.check(
    ({ onPolicy }) => onPolicy !== 1,
    'onPolicy is 1: a group needs at least two completions to have an advantage, or 0 for offline',
  ),
  v.check(
    ({ groupSize, onPolicy }) => groupSize === null || (onPolicy > 0 && groupSize >= onPolicy),
    'groupSize is less than the onPolicy completions that are trained, or the run makes none: leave it null for as many as are trained',
  ),
  v.check(
    ({ minibatches, promptsPerStep, onPolicy, offPolicy }) => minibatches <= promptsPerStep * (onPolicy + offPolicy),
    'minibatches are more than the rows of an iteration, promptsPerStep × (onPolicy + offPolicy)',
  ),
  v.check(
    ({ storedRewards, onPolicy }) => storedRewards || onPolicy > 0,
    'storedRewards is false and nothing is generated: no reward would enter the moving mean',
  ),
  v.check(
    ({ adapter, lora }) => adapter === null || lora === null,
    'adapter and lora are both given: the run trains the one or a fresh one; leave lora null to go on with the adapter',
  ),
  v.check(
    ({ baseBits: bits, adapter, lora }) => bits === 32 || adapter !== null || lora !== null,
    'baseBits is 8 and all weights train, which takes 32: train an adapter (lora or adapter) instead',
  ),
  v.check(
    ({ baseBits: bits, engine }) => bits === 32 || engine === 'embedded',
    'baseBits is 8, which the embedded engine alone holds: choose that, or leave 32',
  ),
  v.check(({ engine, ray }) => engine !== 'ray' || ray !== null, 'engine is ray, and no cluster is named'),
  v.check(
    ({ stage, stages: sequence }) => sequence.length === 0 || stage === null,
    'stage is one of its own beside stages: leave one of them out',
  ),
  v.check(
    ({ stages: sequence }) => new Set(sequence.map(({ stage }) => stage)).size === sequence.length,
    'stages name a stage twice',
  ),
  v.check(
    (config) => config.stages.length === 0 || inStages(config, config.stages).steps === config.steps,
    'steps are not those of the stages together: change the steps of each stage',
  ),
);

/** AVATAR as the sample policy learns best by it (docs/study.md, "The sample task"): 8 prompts × 4 fresh completions + 32 replayed, 4 gradient steps. */
const avatar: Omit<RunConfig, 'policy' | 'seed'> = {
  preset: 'avatar',
  adapter: null,
  lora: null,
  baseBits: 32,
  engine: 'embedded',
  ray: null,
  backend: 'auto',
  threads: 0,
  steps: 24,
  dataset: null,
  prompts: null,
  stage: null,
  split: 'train',
  stages: [],
  promptsPerStep: 8,
  onPolicy: 4,
  offPolicy: 4,
  ...unset,
  gradientSteps: 4,
  replayMin: 128,
  replayCapacity: 10_000,
  replaySampling: 'softmax',
  replayTemperature: 1,
  maxStaleness: 400,
  storedRollouts: 'imported',
  learningRate: 2e-4,
  weightDecay: 0,
  maxGradNorm: 1,
  clipLow: 0.2,
  clipHigh: 0.2,
  dualClip: 4,
  ratioCap: null,
  klWeight: 0.01,
  klEstimator: 'k3',
  advantageScale: 'std',
  aggregation: 'sequence',
  ratio: 'token',
  tas: {
    scheme: 'phase-warped',
    fallback: 'parabolic',
    lambda: defaultLambda,
    normalise: false,
    phaseWeights: defaultPhases.map(({ weight }) => weight),
    annotators: [],
    cues: null,
  },
  hints: { enabled: true, rule: 'visits', visits: 3, rewardThreshold: 0.5, klThreshold: 0.01, ...defaultHintForm },
  system: null,
  temperature: 1,
  topP: 1,
  topK: 0,
  maxNewTokens: 96,
  rewardRule: 'ours',
  rewardWeights: null,
  judge: null,
  evalEvery: 4,
  evalPrompts: 64,
  checkpointEvery: 8,
  keepIterations: 1000,
};

const weighedBy = (scheme: RunConfig['tas']['fallback']): Pick<RunConfig, 'tas'> => ({
  tas: { ...avatar.tas, scheme, fallback: scheme },
});
const noHints: Pick<RunConfig, 'hints'> = { hints: { ...avatar.hints, enabled: false } };
const noReplay = { onPolicy: 8, offPolicy: 0, replayMin: 0, storedRollouts: 'none' } as const;

/** What each preset changes of AVATAR. The hints belong to its replay: without that there are none (docs/algorithm.md, "Hints"). */
const changes: Readonly<Record<Preset, Partial<RunConfig>>> = {
  avatar: {},
  curriculum: inStages(avatar, evenStages(avatar.steps)),
  grpo: { ...noReplay, ...noHints, ...weighedBy('uniform') },
  offline: { ...noHints, onPolicy: 0, offPolicy: 8, replayMin: 1, maxStaleness: null },
  'tas-only': { ...noReplay, ...noHints },
  'replay-only': weighedBy('uniform'),
  'no-hints': noHints,
  'tas-uniform': weighedBy('uniform'),
  'tas-linear-decay': weighedBy('linear-decay'),
  'tas-linear-incline': weighedBy('linear-incline'),
  'tas-inverse-parabola': weighedBy('inverse-parabolic'),
  'tas-parabola': weighedBy('parabolic'),
  ...authorsChanges,
};

/** A run that weighs labels by the project's phases. */
export const withPhases = (config: RunConfig, phases: readonly Phase[]): RunConfig => ({
  ...config,
  tas: { ...config.tas, phaseWeights: phases.map(({ weight }) => weight) },
});

/** The whole configuration of a preset: AVATAR, its three stages in turn, on-policy GRPO, offline on stored rollouts, its authors', or an ablation. */
export function presetConfig(preset: Preset, policy: string, seed: number): RunConfig {
  return structuredClone({ ...avatar, ...changes[preset], preset, policy, seed });
}

/** What a setting is in the rows of runs from before it was there. */
const beforeIt = Object.fromEntries(
  Object.entries(entries).flatMap(([name, schema]) => {
    const value = v.getDefault(schema);
    return value === undefined ? [] : [[name, value]];
  }),
);

/** The configuration in a run's row, with what is not in those of an earlier version. */
export function storedRunConfig(row: string): RunConfig {
  return { ...beforeIt, ...(JSON.parse(row) as RunConfig) };
}

/** A run configuration from outside (a row, a message). Throws an Error that names every faulty key and what it must be. */
export function parseRunConfig(value: unknown): RunConfig {
  const result = v.safeParse(runConfigSchema, value);
  if (result.success) return result.output;
  const faults = result.issues.map((issue) =>
    mayBeNull(issue) ? `${faultText(issue)} (null for none)` : faultText(issue),
  );
  throw new Error(`the run's configuration is not right: ${faults.join('; ')}`);
}

/**
 * `config` changed by overrides `key=value`: a dotted key for a part (`tas.lambda=0.5`), JSON or plain text as the value,
 * a comma-separated list where a list is asked for. Throws an Error that names the override and what is wrong with it.
 */
export function overridden(config: RunConfig, overrides: readonly string[]): RunConfig {
  const result = structuredClone(config) as unknown as Record<string, unknown>;
  for (const override of overrides) {
    const equals = override.indexOf('=');
    if (equals < 1) throw new Error(`--set ${override}: write key=value`);
    set(result, override.slice(0, equals), override.slice(equals + 1));
  }
  const changed = parseRunConfig(result);
  if (changed.preset !== config.preset) throw new Error('--set preset: --preset names it, with all its values');
  return changed;
}

/** Keys an override can change, the dotted ones of parts included. */
export function overrideKeys(config: Partial<RunConfig>): string[] {
  return Object.entries(config).flatMap(([key, value]: [string, unknown]) =>
    isRecord(value) && key !== 'rewardWeights' ? Object.keys(value).map((part) => `${key}.${part}`) : [key],
  );
}

/** Parts that may be null, as they begin when an override names one of their keys. */
const absentParts = {
  lora: defaultLora,
  judge: { ...judgeDefaults, endpoint: '', model: '' },
  ray: { ...rayDefaults, address: '' },
};

function set(config: Record<string, unknown>, key: string, text: string): void {
  for (const [name, defaults] of Object.entries(absentParts)) {
    if (key.startsWith(`${name}.`)) config[name] ??= structuredClone(defaults);
  }
  if (key.startsWith('rewardWeights.') && v.is(entries.rewardWeights, config.rewardWeights))
    config.rewardWeights = structuredClone(weightsByStage(config.rewardWeights));
  const known = [
    ...overrideKeys({ ...(config as unknown as RunConfig), ...absentParts }),
    ...Object.keys(absentParts),
    ...stages.map((stage) => `rewardWeights.${stage}`),
  ];
  if (!known.includes(key)) throw new Error(`--set ${key}: no such key; the keys are ${known.join(', ')}`);
  const path = key.split('.');
  const last = path.pop()!;
  const part = path.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], config);
  if (!isRecord(part))
    throw new Error(`--set ${key}: ${path.join('.')} is ${JSON.stringify(part)}, which has no parts`);
  const value = parsed(text);
  const isList = Array.isArray(part[last]) || (key === 'prompts' && value !== null);
  part[last] = isList && !Array.isArray(value) ? text.split(',').filter((item) => item !== '') : value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mayBeNull({ path }: v.BaseIssue<unknown>): boolean {
  const [step, deeper] = path ?? [];
  const entry = Object.entries(entries).find(([key]) => key === step?.key)?.[1];
  return !deeper && entry?.type === 'nullable';
}
