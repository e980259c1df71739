/** A rollout of a training set, each token with the weight that Temporal Advantage Shaping gives it. */
import { loggedPrompt } from '../domain/prompt-text.ts';
import type { TokenTrace } from '../domain/rollout.ts';
import type { RunConfig } from '../domain/run.ts';
import { needsPhases, tasWeights } from '../domain/tas.ts';
import { unitBoundaries, unitsOf, type UnitSource } from '../domain/unit.ts';
import { shapingOf, type Shaping } from '../domain/weight-source.ts';
import type { Written } from './written.ts';

/** How the weights are made, as a run's configuration has it. */
export type Shaper = RunConfig['tas'];

/** How many rollouts each weight source shaped. */
export type SourceCounts = Partial<Record<Shaping['source'], number>>;

/** A rollout, and the same as a row of a training set. */
export interface Weighed {
  row: Written;
  training: TrainingRow;
}

/** One rollout; lists have a place for each token, or each word where no tokens are known. */
export interface TrainingRow {
  rollout: string;
  /** Completions of one prompt and policy version share it. */
  group: string;
  policy: string;
  policy_version: number;
  prompt: string;
  completion: string;
  reward: number | null;
  /** As the trainer recorded it. */
  advantage: number | null;
  /** Null where `units` is 'words'. */
  token_ids: number[] | null;
  /** Behaviour policy's, in nats. */
  log_probs: number[] | null;
  tokenizer: string | null;
  tas_weights: number[];
  /** Where each begins in the completion, in code points; null where only the ids are known. */
  starts: number[] | null;
  /** What has a weight: 'tokens' or 'words'. */
  units: UnitSource;
  /** Whose phases shaped the weights, 'label:ann', or the scheme that needs none. */
  weight_source: Shaping['source'];
}

export function trainingRow({ prompt, rollout, labels }: Written, shaper: Shaper): TrainingRow {
  const { tokens, completion } = rollout;
  return {
    rollout: rollout.id,
    group: rollout.groupId,
    policy: rollout.policy,
    policy_version: rollout.policyVersion,
    prompt: loggedPrompt(prompt, rollout),
    completion,
    reward: rollout.reward,
    advantage: rollout.advantage,
    token_ids: tokens && Array.from(tokens.ids),
    log_probs: tokens?.logProbs ? Array.from(tokens.logProbs) : null,
    tokenizer: tokens?.tokenizer ?? null,
    ...weighed(completion, tokens, shapingOf(completion, labels, shaper), shaper),
  };
}

/** Phases need to know where a token stands: ids alone are weighed by the fallback. */
function weighed(
  completion: string,
  tokens: TokenTrace | null,
  shaping: Shaping,
  { scheme, fallback, ...options }: Shaper,
): Pick<TrainingRow, 'tas_weights' | 'starts' | 'units' | 'weight_source'> {
  const bare = tokens !== null && tokens.offsets === null;
  const units = bare ? null : unitsOf({ completion, tokens });
  const boundaries = units && shaping.boundaries ? unitBoundaries(units, shaping.boundaries) : undefined;
  const used = needsPhases(scheme) && !boundaries ? fallback : scheme;
  const weights = tasWeights(units?.starts.length ?? tokens!.ids.length, { ...options, scheme: used, boundaries });
  return {
    tas_weights: Array.from(Float32Array.from(weights)),
    starts: units && codePointOffsets(completion, units.starts),
    units: units?.source ?? 'tokens',
    weight_source: boundaries ? shaping.source : used,
  };
}

/** Code points before each UTF-16 offset; offsets do not decrease. */
function codePointOffsets(text: string, offsets: readonly number[]): number[] {
  let [at, count] = [0, 0];
  return offsets.map((offset) => {
    for (; at < offset; count += 1) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    return count;
  });
}
