/** The study's arms: what each trains with, and which share a learning rate. */
import { defaultHintForm } from '../domain/hint.ts';
import type { RunConfig } from '../domain/run.ts';
import type { TasScheme } from '../domain/tas.ts';

/** Arms that share a learning rate, named after the arm it is tuned on. */
export type Family =
  'grpo-8x8-1' | 'grpo-8x8-n' | 'grpo-8x4-n' | 'avatar' | 'grpo-8x8-quarters' | 'grpo-8x4-quarters' | 'avatar-quarters';

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
/** As many steps as the passes take, on disjoint parts: each row is in one of them. The authors' scripts train so. */
const quarters = { gradientSteps: 1, minibatches: matchedSteps } as const satisfies Partial<RunConfig>;
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
  {
    name: 'grpo-8x8-quarters',
    what: 'GRPO, 8 × 8, 4 gradient steps on disjoint quarters: each row once',
    family: 'grpo-8x8-quarters',
    iterations: 12,
    changes: { ...onPolicy(8, 1), ...quarters },
  },
  {
    name: 'grpo-8x4-quarters',
    what: 'GRPO, 8 × 4, 4 gradient steps on disjoint quarters',
    family: 'grpo-8x4-quarters',
    iterations: 16,
    changes: { ...onPolicy(4, 1), ...quarters },
  },
  {
    name: 'avatar-quarters',
    what: 'AVATAR, 4 gradient steps on disjoint quarters of its 64 rows, as its authors train',
    family: 'avatar-quarters',
    iterations: 16,
    changes: replay('parabolic', quarters),
  },
  likeAvatar('offline', 'stored rollouts alone: 64 replayed, 4 steps, nothing generated', offline),
] as const satisfies Arm[];
export type ArmName = (typeof arms)[number]['name'];

export const armNames: readonly string[] = arms.map(({ name }) => name);
export const armNamed = (name: string): Arm => arms.find((arm) => arm.name === name)!;
