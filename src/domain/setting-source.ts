/** Where each setting of a run comes from: the authors' scripts, the paper, this project, or whoever started it. */
import { isAuthors, scripted, scriptedParts, scriptOptions, standingDeviations, unscripted } from './authors.ts';
import { overrideKeys, presetConfig } from './preset.ts';
import { defaultInstruction } from './prompt-text.ts';
import type { RunConfig } from './run.ts';

export interface SourcedSetting {
  key: string;
  /** As JSON. */
  value: string;
  /** `script, by default`: the script does not name it, and its trainer does this then. `set`: not what the preset has. */
  source: 'script' | 'script, by default' | 'paper' | 'ours' | 'set';
  /** How the script says it, or why this project has a value of its own; null where that is plain. */
  note: string | null;
}

/** What the paper and its page say (docs/algorithm.md, "Authors' code, paper, ours"). */
const paper: Readonly<Record<string, unknown>> = {
  onPolicy: 4,
  offPolicy: 4,
  groupSize: 8,
  replayCapacity: 10_000,
  replaySampling: 'softmax',
  'tierShares.easy': 0.25,
  'tierShares.medium': 0.35,
  'tierShares.hard': 0.4,
  replayAlpha: 1,
  replayDeviation: 'batch',
  rewardWindow: 20,
  storedRewards: false,
  clipLow: 0.2,
  clipHigh: 0.2,
  klWeight: 0.1,
  klEstimator: 'k3',
  advantageScale: 'std',
  aggregation: 'sequence',
  ratio: 'token',
  'tas.scheme': 'parabolic',
  'tas.lambda': 0.3,
  'hints.enabled': true,
  'hints.visits': 3,
  rewardWeights: null,
};

/** Why a setting is what it is by default, where theirs is another. docs/algorithm.md says more. */
const reasons: Readonly<Record<string, string>> = {
  promptsPerStep: 'the sample policy learns best with 8',
  groupSize: 'makes the 4 that are trained: the paper counts 4 an iteration',
  gradientSteps: 'the sample policy learns faster by 4 passes',
  minibatches: 'passes over all rows take their place',
  replayMin: 'the default of the authors’ trainer, above either script',
  maxStaleness: 'an old rollout’s ratio says little',
  replayReplacement: 'a rollout drawn twice is learned from twice',
  tierQuantile: 'numpy’s default; a rank jumps where prompts are few',
  replayDeviation: 'in the units of its prompt’s own rewards',
  rewardMean: 'the mean is then of the policy as it is',
  storedRewards: 'without them R̄ of an imported prompt is not known',
  storedRollouts: 'imported rollouts are what off-policy training is for',
  learningRate: 'a policy of 1M parameters needs more',
  schedule: 'runs are short, and go on from each other',
  warmup: 'runs are short',
  weightDecay: 'none, and not compared with 0.1',
  beta2: 'AdamW’s own default',
  dualClip: 'A < 0 with a large ratio is unbounded without it',
  klWeight: 'chosen for the sample policy, and not compared with 0.1',
  topK: 'log-probs are of the full distribution',
  'tas.scheme': 'labelled phases are used where there are some',
  'hints.rule': 'the format reward alone would keep a total reward from 0',
  'hints.rewardThreshold': 'a prompt may be stuck though a guess is right at times',
  'hints.klThreshold': 'a policy that still moves needs no hint',
  system: 'asks for the two tags, where the policy chats',
  rewardRule: 'an answer is what stands in its tags',
  maxNewTokens: 'the sample policy has few positions',
  evalEvery: 'accuracy is to be seen as it grows',
  checkpointEvery: 'runs are short',
};

/** Settings about which the authors have no say: the run's material and place, and what changes nothing that it learns. */
const own = new Set([
  ...['preset', 'seed', 'policy', 'adapter', 'ray', 'backend', 'threads', 'steps', 'dataset', 'prompts'],
  ...['stage', 'split', 'baseBits'],
  ...[
    'system',
    'tas.phaseWeights',
    'tas.annotators',
    'tas.cues',
    'judge',
    'evalEvery',
    'evalPrompts',
    'checkpointEvery',
    'keepIterations',
  ],
]);

/** Each setting with dotted parts on their own, in the configuration's order, and where its value comes from. */
export function sourcedSettings(config: RunConfig): SourcedSetting[] {
  const { preset } = config;
  // A policy that chats is told our instruction by default.
  const system = config.system === defaultInstruction ? defaultInstruction : null;
  const proposed = values({ ...presetConfig(preset, '', 0), system });
  const named = new Set(isAuthors(preset) ? [...values(scripted).keys(), ...scriptedParts[preset]] : []);
  const left = new Set(isAuthors(preset) ? values(unscripted).keys() : []);
  return [...values(config)].map(([key, value]) => {
    const source = ((): SourcedSetting['source'] => {
      if (value !== proposed.get(key)) return 'set';
      if (named.has(key)) return 'script';
      if (left.has(key) && !own.has(key)) return 'script, by default';
      return key in paper && JSON.stringify(paper[key]) === value ? 'paper' : 'ours';
    })();
    const notes = source === 'script' ? scriptOptions : source === 'ours' ? reasons : {};
    return { key, value, source, note: notes[key] ?? null };
  });
}

/** Where a run of the authors' presets is not theirs, in sentences: none of other presets. */
export function deviations(config: RunConfig): string[] {
  const { preset } = config;
  if (!isAuthors(preset)) return [];
  const theirs = [...values(presetConfig(preset, '', 0))];
  /** Of a setting, or of the parts of one that is set as a whole. */
  const theirValue = (key: string): string =>
    theirs
      .filter(([name]) => name === key || name.startsWith(`${key}.`))
      .map(([name, value]) => (name === key ? value : `${name} ${value}`))
      .join(', ');
  const set = sourcedSettings(config).filter(({ key, source }) => source === 'set' && !own.has(key));
  return [
    ...standingDeviations(preset),
    ...set.map(
      ({ key, value }) => `${key} is ${value} instead of their ${theirValue(key)}, as it was set for this run.`,
    ),
  ];
}

/** Values by their override's key, as JSON. */
function values(config: Partial<RunConfig>): Map<string, string> {
  return new Map(
    overrideKeys(config).map((key) => {
      const [outer, inner] = key.split('.');
      const value = config[outer as keyof RunConfig];
      return [key, JSON.stringify(inner === undefined ? value : (value as Record<string, unknown>)[inner])];
    }),
  );
}
