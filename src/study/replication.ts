/** What a replication at the authors' size takes: seeds by the variance seen, GPU hours by a formula and its inputs. Nobody measured them. */
import { scripted } from '../domain/authors.ts';
import { seedsFor } from './power.ts';
import type { Comparison } from './measured.ts';

/** Where an input is from: the authors' script, a publication, or nowhere but a guess. */
export type InputSource = 'script' | 'published' | 'assumption';

export interface Input {
  value: number;
  what: string;
  source: InputSource;
  /** Where exactly, or why so much. */
  from: string;
}

const { onPolicy, offPolicy, groupSize, klWeight } = scripted as Required<typeof scripted>;

/** Of a run of Qwen2.5-Omni as `qwen2_5_omni/grpo.sh` trains it; GRPO's has as many completions and rows. */
export const realSize = {
  prompts: {
    value: 1000,
    what: 'training prompts of a run',
    source: 'published',
    from: 'the paper follows GRPO for 8,000 completions, 8 a prompt; how many prompts an epoch of its data has was not found',
  },
  group: { value: groupSize!, what: 'completions of a prompt', source: 'script', from: '--num_generations' },
  rows: {
    value: onPolicy + offPolicy,
    what: 'rows trained for each prompt',
    source: 'script',
    from: '--tas_on_policy_batches and --tas_off_policy_batches, 4 each',
  },
  passes: {
    value: 1,
    what: 'times that a row is trained',
    source: 'script',
    from: 'its 4 gradient steps are disjoint quarters',
  },
  scores: {
    value: klWeight > 0 ? 2 : 1,
    what: 'passes without a gradient over each row',
    source: 'script',
    from: 'the policy before the gradient steps, and the reference since --beta is not 0',
  },
  parameters: { value: 7e9, what: 'parameters', source: 'script', from: '--model, by its name' },
  context: {
    value: 3000,
    what: 'tokens of a prompt with its media',
    source: 'assumption',
    from: '16 frames of 64 tokens, a minute of sound and the texts; the script allows 16,384 in all',
  },
  completion: {
    value: 400,
    what: 'tokens of a completion',
    source: 'assumption',
    from: 'the script allows 2,048',
  },
  training: {
    value: 6,
    what: 'operations for a parameter and token trained',
    source: 'assumption',
    from: 'forward 2, backward 2 with an adapter, forward again 2',
  },
  test: { value: 1837, what: 'test prompts, asked once at the end', source: 'published', from: 'Video-Holmes' },
  accuracy: { value: 0.451, what: 'accuracy on them', source: 'published', from: 'the paper’s AVATAR on Video-Holmes' },
  peak: {
    value: 989e12,
    what: 'operations a second of a GPU at most',
    source: 'published',
    from: 'an H100’s or H200’s data sheet, bf16 without sparsity',
  },
  dense: {
    value: 0.3,
    what: 'share of it reached in reading and training',
    source: 'assumption',
    from: 'not measured',
  },
  decoding: { value: 0.03, what: 'share of it reached in decoding', source: 'assumption', from: 'not measured' },
} as const satisfies Record<string, Input>;
export type InputName = keyof typeof realSize;
export const inputNames = Object.keys(realSize) as InputName[];
/** Inputs that are shares, at most 1. */
export const shares: readonly string[] = ['accuracy', 'dense', 'decoding'] satisfies InputName[];
export type Inputs = Readonly<Record<InputName, Input>>;

/** The inputs with some of their values replaced, each marked as an assumption of whoever asks. */
export function assumed(values: Readonly<Partial<Record<InputName, number>>>): Inputs {
  const changed = inputNames.map((name) => {
    const value = values[name];
    return [
      name,
      value === undefined ? realSize[name] : { ...realSize[name], value, source: 'assumption', from: 'asked for' },
    ];
  });
  return Object.fromEntries(changed) as Inputs;
}

/** GPU hours of one run by what they go into. */
export interface GpuHours {
  generating: number;
  scoring: number;
  training: number;
  evaluating: number;
  total: number;
}

/**
 * Hours = operations / (peak × share reached) / 3600, with 2 operations for a parameter and token in a forward pass. Each completion reads
 * its prompt (dense) and is decoded; each row is scored and trained over prompt and completion. What the towers that see and hear
 * compute, and waiting, are not in it.
 */
export function gpuHours(inputs: Inputs): GpuHours {
  const of = (name: InputName): number => inputs[name].value;
  const hours = (tokens: number, operations: number, share: 'dense' | 'decoding'): number =>
    (tokens * operations * of('parameters')) / (of('peak') * of(share)) / 3600;
  const answered = (completions: number): number =>
    hours(completions * of('context'), 2, 'dense') + hours(completions * of('completion'), 2, 'decoding');
  const rowTokens = of('prompts') * of('rows') * (of('context') + of('completion'));
  const parts = {
    generating: answered(of('prompts') * of('group')),
    scoring: hours(rowTokens, 2 * of('scores'), 'dense'),
    training: hours(rowTokens * of('passes'), of('training'), 'dense'),
    evaluating: answered(of('test')),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

/** Differences of accuracy that a replication would want to see, and what they are. */
export const wantedDifferences = [
  { difference: 0.019, what: 'the paper’s on Video-Holmes' },
  { difference: 0.037, what: 'the paper’s on OmniBench' },
  { difference: 0.05, what: 'a large one' },
] as const;
export const wantedPowers = [0.8, 0.9] as const;

/** The fewest seeds at the standard deviation seen, and at the ends of its interval. */
export interface SeedCount {
  arm: string;
  against: string;
  difference: number;
  power: number;
  seeds: number;
  low: number;
  high: number;
}

export interface Replication {
  seeds: SeedCount[];
  inputs: Inputs;
  hours: GpuHours;
}

/** Seeds for each comparison of two pairs or more, at each of the wanted differences and powers; and the hours of a run. */
export function replicationOf(comparisons: readonly Comparison[], inputs: Inputs): Replication {
  const varying = comparisons.filter(({ deviation }) => deviation.value > 0);
  const seeds = varying.flatMap(({ arm, against, deviation }) =>
    wantedDifferences.flatMap(({ difference }) =>
      wantedPowers.map((power) => {
        const at = (one: number): number => seedsFor(difference, one, power);
        return {
          ...{ arm, against, difference, power },
          ...{ seeds: at(deviation.value), low: at(deviation.low), high: at(deviation.high) },
        };
      }),
    ),
  );
  return { seeds, inputs, hours: gpuHours(inputs) };
}
