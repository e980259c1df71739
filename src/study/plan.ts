/** What the study trains: settings, learning rates and seeds, each run described by its whole configuration. */
import { presetConfig } from '../domain/preset.ts';
import type { RunConfig } from '../domain/run.ts';
import { armNamed, type Arm, type ArmName, type Family } from './arms.ts';

/** Which prompts are trained on, and which stored rollouts are there to begin with. */
export type Material = 'all' | 'hard' | 'few' | 'long' | 'own' | 'teacher';

export interface Setting {
  name: string;
  what: string;
  material: Material;
  arms: readonly ArmName[];
  /** Arms of the main setting that its own are compared with: trained with it, and the same runs as the main setting's. */
  beside: readonly ArmName[];
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
    beside: [],
    seeds: Infinity,
  },
  {
    name: 'steps',
    what: 'the main setting with the 4 gradient steps on disjoint quarters of the rows, in place of 4 passes over all',
    material: 'all',
    arms: ['grpo-8x8-quarters', 'grpo-8x4-quarters', 'avatar-quarters'],
    beside: ['grpo-8x8-1', 'grpo-8x8-n', 'grpo-8x4-n', 'avatar'],
    seeds: Infinity,
  },
  {
    name: 'schemes',
    what: 'the main setting with every other weighting scheme',
    material: 'all',
    arms: ['avatar-linear-decay', 'avatar-linear-incline', 'avatar-inverse-parabolic', 'avatar-phase-constant'],
    beside: ['replay-only'],
    seeds: Infinity,
  },
  {
    name: 'hard',
    what: 'only prompts the cold start gets right at most once in 8, rewarded for accuracy alone: reward is sparse',
    material: 'hard',
    arms: ['grpo-8x4-n', 'replay-only', 'avatar', 'avatar-hints'],
    beside: [],
    changes: { rewardWeights: { accuracy: 1 } },
    seeds: fewerSeeds,
  },
  {
    name: 'few',
    what: '16 prompts, each drawn eight times',
    material: 'few',
    arms: ['grpo-8x4-n', 'replay-only', 'avatar'],
    beside: [],
    seeds: fewerSeeds,
  },
  {
    name: 'long',
    what: 'only prompts about clips of 8 s and more: the longest reasoning',
    material: 'long',
    arms: ['grpo-8x4-n', 'replay-only', 'avatar', 'avatar-phase-warped'],
    beside: [],
    seeds: fewerSeeds,
  },
  {
    name: 'teacher',
    what: 'stored rollouts of a better policy: what an AVATAR run wrote in its second half',
    material: 'teacher',
    arms: ['offline', 'avatar-warm'],
    beside: ['avatar'],
    seeds: fewerSeeds,
  },
  {
    name: 'own',
    what: 'stored rollouts of the cold start itself, as many of the same prompts',
    material: 'own',
    arms: ['offline', 'avatar-warm'],
    beside: ['avatar'],
    seeds: fewerSeeds,
  },
];

/** Learning rates tried first; the grid goes on by its factor while the best lies at its edge, so far. */
const firstRates: Readonly<Record<Family, readonly number[]>> = {
  'grpo-8x8-1': [1e-4, 2e-4, 4e-4],
  'grpo-8x8-n': [5e-5, 1e-4, 2e-4],
  'grpo-8x4-n': [5e-5, 1e-4, 2e-4],
  avatar: [5e-5, 1e-4, 2e-4],
  'grpo-8x8-quarters': [5e-5, 1e-4, 2e-4],
  'grpo-8x4-quarters': [5e-5, 1e-4, 2e-4],
  'avatar-quarters': [5e-5, 1e-4, 2e-4],
};
const rateFactor = 2;
const mostRates = 5;
/** Seeds that no judged run has. */
const tuningSeeds = [1001, 1002];
/** Iterations of a tuning run, for each of a whole one's. */
const tuningShare = 0.75;

/** Whole runs that the first rates of a family are as long as. */
export const tuningRuns = firstRates.avatar.length * tuningSeeds.length * tuningShare;

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

/** The arms the choice keeps of a setting, each with the setting it is trained in. */
const armsOf = ({ arms: chosen }: StudyChoice, setting: Setting): { arm: Arm; within: Setting }[] =>
  [
    ...setting.beside.map((name) => ({ arm: armNamed(name), within: settings[0] })),
    ...setting.arms.map((name) => ({ arm: armNamed(name), within: setting })),
  ].filter(({ arm }) => chosen.length === 0 || chosen.includes(arm.name));

export const settingsOf = ({ settings: chosen }: StudyChoice): Setting[] =>
  settings.filter(({ name }) => chosen.length === 0 || chosen.includes(name));

/** Families that the chosen arms need a learning rate for. */
export function familiesOf(choice: StudyChoice): Family[] {
  const needed = settingsOf(choice).flatMap((setting) => armsOf(choice, setting).map(({ arm }) => arm.family));
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
  const jobs = settingsOf(choice).flatMap((setting) => {
    const seeds = Array.from({ length: Math.min(setting.seeds, choice.seeds) }, (_, i) => i + 1);
    return seeds.flatMap((seed) => armsOf(choice, setting).map(({ arm, within }) => judged(within, arm, seed)));
  });
  // An arm may stand beside several settings.
  const each = new Map(jobs.map((job) => [`${job.setting.name}/${job.arm.name} ${job.seed}`, job]));
  return [...each.values()].map((job) => {
    if (job.setting.material === 'own' || job.setting.material === 'teacher') return { ...job, teacher };
    return isTeacher(job) ? teacher : job;
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
