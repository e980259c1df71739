/** What the study trains: settings, arms, learning rates and seeds, each run described by its whole configuration. */
import { defaultHintForm } from '../../domain/hint.ts';
import { presetConfig } from '../../domain/preset.ts';
import type { RunConfig } from '../../domain/run.ts';
import type { TasScheme } from '../../domain/tas.ts';

/** Arms that share a learning rate, named after the arm it is tuned on. */
export type Family = 'grpo-8x8-1' | 'grpo-8x8-n' | 'grpo-8x4-n' | 'avatar';

export interface Arm {
  name: string;
  /** What it is, in a line of the report. */
  what: string;
  family: Family;
  /** Iterations of a whole run. */
  iterations: number;
  changes: Partial<RunConfig>;
}

const matchedSteps = 4;
/** The sample's reasoning says itself where its phases begin: these cues give its gold phases (scripts/sample/phases.ts). */
const cues = { evidence: ' At ', synthesis: ' So ' };

/** Normalised, so that a scheme shapes the gradient and does not scale it. */
const weighed = (scheme: TasScheme): Pick<RunConfig, 'tas'> => ({
  tas: { scheme, fallback: 'parabolic', lambda: 0.3, normalise: true, phaseWeights: [1, 0, 1], annotators: [], cues },
});
const onPolicy = (group: number, gradientSteps: number, scheme: TasScheme = 'uniform'): Partial<RunConfig> => ({
  ...weighed(scheme),
  preset: 'grpo',
  onPolicy: group,
  offPolicy: 0,
  gradientSteps,
});
const replay = (scheme: TasScheme, more: Partial<RunConfig> = {}): Partial<RunConfig> => ({
  ...weighed(scheme),
  onPolicy: 4,
  offPolicy: 4,
  // From the second iteration on: a run is so short that the preset's 128 would leave replay out of most of what counts.
  replayMin: 32,
  gradientSteps: matchedSteps,
  ...more,
});
const offline = replay('parabolic', {
  preset: 'offline',
  onPolicy: 0,
  offPolicy: 8,
  replayMin: 1,
  maxStaleness: null,
  storedRollouts: 'imported',
});

/** An arm on AVATAR's own terms: as many completions, steps and replayed rows. */
const likeAvatar = <const Name extends string>(name: Name, what: string, changes: Partial<RunConfig>) =>
  ({ name, what, family: 'avatar', iterations: 16, changes }) as const;

const arms = [
  {
    name: 'grpo-8x8-1',
    what: 'GRPO, 8 prompts × 8 completions, 1 gradient step (the paper’s opponent)',
    family: 'grpo-8x8-1',
    iterations: 32,
    changes: onPolicy(8, 1),
  },
  {
    name: 'grpo-8x8-n',
    what: 'GRPO, 8 × 8, 4 gradient steps: as many rows and steps as AVATAR',
    family: 'grpo-8x8-n',
    iterations: 12,
    changes: onPolicy(8, matchedSteps),
  },
  {
    name: 'grpo-8x4-n',
    what: 'GRPO, 8 × 4, 4 gradient steps: as many completions and steps as AVATAR',
    family: 'grpo-8x4-n',
    iterations: 16,
    changes: onPolicy(4, matchedSteps),
  },
  {
    name: 'tas-only',
    what: 'the same with parabolic weights',
    family: 'grpo-8x4-n',
    iterations: 16,
    changes: onPolicy(4, matchedSteps, 'parabolic'),
  },
  likeAvatar('replay-only', '8 × 4 and 32 replayed, 4 steps, uniform weights', replay('uniform')),
  likeAvatar('avatar', '8 × 4 and 32 replayed, 4 steps, parabolic weights', replay('parabolic')),
  likeAvatar('avatar-phase-warped', 'AVATAR, the parabola warped to gold phases', replay('phase-warped')),
  likeAvatar('avatar-linear-decay', 'AVATAR with weights that fall', replay('linear-decay')),
  likeAvatar('avatar-linear-incline', 'AVATAR with weights that rise', replay('linear-incline')),
  likeAvatar('avatar-inverse-parabolic', 'AVATAR with weights highest in the middle', replay('inverse-parabolic')),
  likeAvatar('avatar-phase-constant', 'AVATAR with one weight for each gold phase', replay('phase-constant')),
  likeAvatar(
    'avatar-hints',
    'AVATAR with hints for prompts that keep failing',
    replay('parabolic', {
      hints: { enabled: true, rule: 'visits', visits: 3, rewardThreshold: 0.5, klThreshold: 0.01, ...defaultHintForm },
    }),
  ),
  likeAvatar(
    'avatar-warm',
    'AVATAR, its buffer filled with stored rollouts before it begins',
    replay('parabolic', { storedRollouts: 'imported', maxStaleness: null }),
  ),
  likeAvatar('offline', 'stored rollouts alone: 64 replayed, 4 steps, nothing generated', offline),
] as const satisfies Arm[];
export type ArmName = (typeof arms)[number]['name'];

/** Which prompts are trained on, and which stored rollouts are there to begin with. */
export type Material = 'all' | 'hard' | 'few' | 'long' | 'own' | 'teacher';

export interface Setting {
  name: string;
  what: string;
  material: Material;
  arms: readonly ArmName[];
  /** Seeds at most. */
  seeds: number;
  changes?: Partial<RunConfig>;
}

/** Seeds of a setting that is not the main one. */
const fewerSeeds = 3;

/** In the order they are trained. */
export const settings: readonly Setting[] = [
  {
    name: 'main',
    what: 'all training prompts, each drawn about once',
    material: 'all',
    arms: ['grpo-8x8-1', 'grpo-8x8-n', 'grpo-8x4-n', 'tas-only', 'replay-only', 'avatar', 'avatar-phase-warped'],
    seeds: Infinity,
  },
  {
    name: 'schemes',
    what: 'the main setting with every other weighting scheme',
    material: 'all',
    arms: ['avatar-linear-decay', 'avatar-linear-incline', 'avatar-inverse-parabolic', 'avatar-phase-constant'],
    seeds: Infinity,
  },
  {
    name: 'hard',
    what: 'only prompts the cold start gets right at most once in 8, rewarded for accuracy alone: reward is sparse',
    material: 'hard',
    arms: ['grpo-8x4-n', 'replay-only', 'avatar', 'avatar-hints'],
    changes: { rewardWeights: { accuracy: 1 } },
    seeds: fewerSeeds,
  },
  {
    name: 'few',
    what: '16 prompts, each drawn eight times',
    material: 'few',
    arms: ['grpo-8x4-n', 'replay-only', 'avatar'],
    seeds: fewerSeeds,
  },
  {
    name: 'long',
    what: 'only prompts about clips of 8 s and more: the longest reasoning',
    material: 'long',
    arms: ['grpo-8x4-n', 'replay-only', 'avatar', 'avatar-phase-warped'],
    seeds: fewerSeeds,
  },
  {
    name: 'teacher',
    what: 'stored rollouts of a better policy: what an AVATAR run wrote in its second half',
    material: 'teacher',
    arms: ['offline', 'avatar-warm'],
    seeds: fewerSeeds,
  },
  {
    name: 'own',
    what: 'stored rollouts of the cold start itself, as many of the same prompts',
    material: 'own',
    arms: ['offline', 'avatar-warm'],
    seeds: fewerSeeds,
  },
];

/** Learning rates tried first; the grid goes on by its factor while the best lies at its edge, so far. */
const firstRates: Readonly<Record<Family, readonly number[]>> = {
  'grpo-8x8-1': [1e-4, 2e-4, 4e-4],
  'grpo-8x8-n': [5e-5, 1e-4, 2e-4],
  'grpo-8x4-n': [5e-5, 1e-4, 2e-4],
  avatar: [5e-5, 1e-4, 2e-4],
};
const rateFactor = 2;
const mostRates = 5;
/** Seeds that no judged run has. */
const tuningSeeds = [1001, 1002];
/** Iterations of a tuning run, for each of a whole one's. */
const tuningShare = 0.75;

/** One run of the study. */
export interface Job {
  setting: Setting;
  arm: Arm;
  purpose: 'tune' | 'judge';
  seed: number;
  learningRate: number;
  iterations: number;
  /** The run whose later rollouts this one begins with: its store is needed after it has ended. */
  teacher?: Job;
  isTeacher?: boolean;
}

/** What the user asks for of the whole. */
export interface StudyChoice {
  seeds: number;
  /** Names of arms and settings; all when empty. */
  arms: readonly string[];
  settings: readonly string[];
  /** Iterations of a run at most. */
  iterations: number;
  /** Trains every arm at this rate and tunes none. */
  rate: number | null;
}

export const armNames: readonly string[] = arms.map(({ name }) => name);
export const armNamed = (name: string): Arm => arms.find((arm) => arm.name === name)!;

/** The arms the choice keeps of a setting. */
const armsOf = (setting: Setting, { arms: chosen }: StudyChoice): Arm[] =>
  setting.arms.filter((name) => chosen.length === 0 || chosen.includes(name)).map(armNamed);

export const settingsOf = ({ settings: chosen }: StudyChoice): Setting[] =>
  settings.filter(({ name }) => chosen.length === 0 || chosen.includes(name));

/** Families that the chosen arms need a learning rate for. */
export function familiesOf(choice: StudyChoice): Family[] {
  const needed = settingsOf(choice).flatMap((setting) => armsOf(setting, choice).map(({ family }) => family));
  return [...new Set(needed)].sort();
}

/** Rates to try for a family next to those tried, of which `best` went best; none when the best lies within. */
export function nextRates(family: Family, tried: readonly number[], best: number | undefined): number[] {
  if (tried.length === 0) return [...firstRates[family]];
  if (best === undefined) return [Math.min(...tried) / rateFactor];
  if (tried.length >= mostRates) return [];
  if (best === Math.max(...tried)) return [best * rateFactor];
  return best === Math.min(...tried) ? [best / rateFactor] : [];
}

/** Tuning runs of a family at one learning rate. */
export function tuningJobs(family: Family, learningRate: number, choice: StudyChoice): Job[] {
  const arm = armNamed(family);
  const iterations = Math.min(Math.ceil(arm.iterations * tuningShare), choice.iterations);
  const [setting] = settings;
  return tuningSeeds.map((seed) => ({ setting, arm, purpose: 'tune', seed, learningRate, iterations }));
}

/** Judged runs, every arm's first seed before any arm's second, so that a study cut short compares what it has. */
export function judgedJobs(rates: ReadonlyMap<Family, number>, choice: StudyChoice): Job[] {
  const judged = (setting: Setting, arm: Arm, seed: number): Job => {
    const iterations = Math.min(arm.iterations, choice.iterations);
    return { setting, arm, purpose: 'judge', seed, learningRate: rates.get(arm.family)!, iterations };
  };
  const teacher = { ...judged(settings[0], armNamed('avatar'), 1), isTeacher: true };
  const isTeacher = ({ setting, arm, seed }: Job): boolean =>
    setting === teacher.setting && arm === teacher.arm && seed === teacher.seed;
  return settingsOf(choice).flatMap((setting) => {
    const seeds = Array.from({ length: Math.min(setting.seeds, choice.seeds) }, (_, i) => i + 1);
    const jobs = seeds.flatMap((seed) => armsOf(setting, choice).map((arm) => judged(setting, arm, seed)));
    if (setting.material === 'own' || setting.material === 'teacher') return jobs.map((job) => ({ ...job, teacher }));
    return jobs.map((job) => (isTeacher(job) ? teacher : job));
  });
}

/** A job's whole configuration. Rewards are the same for all prompts, so that arms differ in what they are compared for alone. */
export function configOf({ setting, arm, seed, learningRate, iterations }: Job, policy: string): RunConfig {
  const preset = presetConfig('avatar', policy, seed);
  return {
    ...preset,
    backend: 'onnxruntime',
    threads: 1,
    steps: iterations,
    learningRate,
    storedRollouts: 'none',
    hints: { ...preset.hints, enabled: false },
    rewardWeights: { format: 0.5, accuracy: 0.5 },
    evalEvery: 1,
    evalPrompts: 10_000,
    ...arm.changes,
    ...setting.changes,
  };
}

/** Tokens of a completion at most, in training and in the exam. */
export const { maxNewTokens } = presetConfig('avatar', '', 0);

/** How long a job takes against others: rows its gradient steps read, rows it decodes and prompts it evaluates. */
export function workOf(job: Job): number {
  const { promptsPerStep, onPolicy, offPolicy, gradientSteps, steps } = configOf(job, '');
  const rows = promptsPerStep * (onPolicy + offPolicy);
  return steps * (rows * gradientSteps + promptsPerStep * onPolicy * 0.6 + 30) + 100;
}
