/** What a person types when starting a run: names, numbers and their faults. Pure. */
import { basename } from 'node:path';
import { t } from '@vscode/l10n';
import { counted } from '../domain/counted.ts';
import { mostPackageBytes } from '../cluster/jobs.ts';
import { megabytes, sizesText, type Sizes } from '../cluster/package.ts';
import { parseStages, remaining, stageSpans } from '../domain/curriculum.ts';
import { errorText } from '../domain/error-text.ts';
import { parseRunConfig } from '../domain/preset.ts';
import { mediaUriFault } from '../domain/media-uri.ts';
import { defaultInstruction } from '../domain/prompt-text.ts';
import { stageWeights, type RewardRuleName, type StageWeights } from '../domain/reward.ts';
import { promptFault, type RunPrompts } from '../domain/run-prompts.ts';
import type { BaseBits, KlEstimator, Preset, RayConfig, RunConfig } from '../domain/run.ts';
import type { SegmentedRollouts } from '../domain/weight-source.ts';
import type { StoreClient } from '../store/client.ts';
import type { CheckpointRow, RunRow } from '../store/store.ts';
import { memoryNeeded, type PolicyFacts } from '../training/policy/policy-facts.ts';

export interface NumberRule {
  integer?: boolean;
  min: number;
  max: number;
}

/** Bounds of the numbers asked for; the schema of a run's configuration has the last word. */
export const numberRules = {
  steps: { integer: true, min: 1, max: 1_000_000 },
  seed: { integer: true, min: 0, max: 2 ** 31 - 1 },
  lambda: { min: 0, max: 10 },
  learningRate: { min: 1e-9, max: 1 },
  klWeight: { min: 0, max: 100 },
  fresh: { integer: true, min: 0, max: 1024 },
  replayed: { integer: true, min: 0, max: 1024 },
  clipLow: { min: 1e-6, max: 1 },
  clipHigh: { min: 1e-6, max: 100 },
  rank: { integer: true, min: 1, max: 1024 },
  alpha: { min: 1e-6, max: 65_536 },
  workers: { integer: true, min: 1, max: 1024 },
  gpusPerWorker: { min: 0, max: 64 },
} satisfies Record<string, NumberRule>;

/** What is said of a policy, whether it is a warning, and whether no run can be started with it. */
export interface PolicyWord {
  text: string;
  warns: boolean;
  stops?: true;
}

/** What the policy is and needs, or why the run cannot train it. `memory` is the machine's, in bytes. */
export function policyWord(facts: PolicyFacts, config: RunConfig, memory: number): PolicyWord {
  const { family, parameters, sees, embeddedFault } = facts;
  if (config.engine === 'embedded' && embeddedFault !== null) {
    return {
      text: t('The embedded engine cannot train it; choose the engine torch. {0}', embeddedFault),
      warns: true,
      stops: true,
    };
  }
  const needed = memoryNeeded(facts, config);
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  const size = [
    family,
    t('{0} million parameters', (parameters / 1e6).toFixed(1)),
    ...(sees ? [t('sees and hears')] : []),
  ].join(', ');
  if (config.engine === 'ray')
    return { text: t('{0}; takes about {1} of memory on the cluster', size, gigabytes(needed)), warns: false };
  const room = t('takes about {0} of memory; this machine has {1}', gigabytes(needed), gigabytes(memory));
  return { text: `${size}; ${room}`, warns: needed > memory };
}

export const filesTexts: Readonly<Record<RayConfig['files'], string>> = {
  upload: t('The policy and the prompts’ media are sent: 100 MiB at most.'),
  shared: t('The cluster sees them under the same paths as this machine: they are not sent.'),
};

/** What a run's job is sent beside the part of the store that it needs, of which `store` bytes are the most there may be. */
export function uploadWord(sizes: Sizes, store: number): { text: string; warns: boolean } {
  const sent = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
  const text = t(
    '{0} MB are sent ({1}), and at most {2} MB of the store',
    megabytes(sent),
    sizesText(sizes),
    megabytes(store),
  );
  const warns = sent > mostPackageBytes;
  const most = `${mostPackageBytes / 2 ** 20} MiB`;
  return { text: warns ? t('{0}: Ray takes {1} at most. Share the files, or send less.', text, most) : text, warns };
}

/** How many media a run needs of an object store, of which one is there by the URI `example`. */
export function mediaWord(count: number, example: string | null): { text: string; warns: boolean } {
  if (count === 0) return { text: t('These prompts have no media.'), warns: false };
  if (example !== null) return { text: t('{0} media are read there, as {1}', count, example), warns: false };
  return {
    text: t('The store names media by paths that lead out of the project: none of them can lie there.'),
    warns: true,
  };
}

/** Why no media can lie under what a person typed; null where they can, and where it is empty. */
export function mediaFault(typed: string): string | null {
  const fault = typed.trim() === '' ? null : mediaUriFault(typed.trim());
  return fault && t('It {0}.', fault);
}

/** "http://127.0.0.1:8265, 2 workers of 1 GPU". */
export function rayText({ address, workers, gpusPerWorker }: RayConfig): string {
  return t('{0}, {1} of {2}', address, counted(workers, 'worker'), counted(gpusPerWorker, 'GPU'));
}

/** What tells the estimates of the KL term apart, d = log π_ref − log π_θ. */
export const klTexts: Readonly<Record<KlEstimator, string>> = {
  k3: t('exp(d) − d − 1, as the paper has it'),
  low_var_kl: t('k3 clamped at 10: verl, ms-swift'),
  bias_correction_kl: t('k3 times the ratio, the gradient of the KL itself: TRL'),
  k2: t('d² / 2: verl’s mse'),
  abs: '|d|: verl',
};

export const ruleTexts: Readonly<Record<RewardRuleName, string>> = {
  ours: t('The last answer tag, 0 without one; a choice by its letter or its text; ROUGE of the words as they stand'),
  authors: t(
    'AVATAR’s released code: the first tag, else the whole text; a choice by its letter alone; ROUGE with stemmer',
  ),
};

const shares = (weights: StageWeights): string =>
  Object.entries(weights)
    .map(
      ([stage, parts]) =>
        `${stage} ${Object.entries(parts)
          .map(([part, weight]) => `${part} ${weight}`)
          .join(' + ')}`,
    )
    .join(', ');

export const weightTexts = {
  page: t('AVATAR’s project page: {0}', shares(stageWeights.page)),
  readme: t('The README of its code: {0}', shares(stageWeights.readme)),
};

/** "ours, weights of the page". */
export function rewardsText({ rewardRule, rewardWeights }: Pick<RunConfig, 'rewardRule' | 'rewardWeights'>): string {
  const name = rewardWeights ?? 'page';
  return `${rewardRule}, ${typeof name === 'string' ? t('weights of the {0}', name) : t('weights of its own')}`;
}

/** "ours", "none", or the beginning of what it says. */
export function instructionText(system: string | null): string {
  if (system === null) return t('none');
  if (system === defaultInstruction) return t('ours');
  const line = system.replaceAll(/\s+/gu, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** Why `text` is not a number by `rule`, or null when it is. */
export function numberFault(text: string, rule: NumberRule): string | null {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return t('Type a number.');
  if (rule.integer && !Number.isInteger(value)) return t('Type a whole number.');
  if (value < rule.min) return t('At least {0}.', rule.min);
  if (value > rule.max) return t('At most {0}.', rule.max);
  return null;
}

/** Why a run cannot be started as the form stands; null when it can. */
export function startFault(config: RunConfig, policy: PolicyWord | null, prompts: RunPrompts): string | null {
  if (policy?.stops) return policy.text;
  try {
    parseRunConfig(config);
    return promptFault(config, prompts);
  } catch (error) {
    return errorText(error);
  }
}

/** Why a run cannot have this name beside those of the others; null when it can. */
export function nameFault(name: string, taken: readonly string[]): string | null {
  if (name.trim() === '') return t('Type a name.');
  return taken.includes(name.trim()) ? t('Another run has this name.') : null;
}

/** "8: 4 fresh, 4 replayed", and how many are made where more than the fresh ones. */
export function groupText({ onPolicy, offPolicy, groupSize }: RunConfig): string {
  const all = onPolicy + offPolicy;
  return groupSize === null || groupSize === onPolicy
    ? t('{0}: {1} fresh, {2} replayed', all, onPolicy, offPolicy)
    : t('{0}: {1} fresh of {2} made, {3} replayed', all, onPolicy, groupSize, offPolicy);
}

/** "rank 16, α 32"; "adapter NAME"; "none: all weights are trained". */
export function adapterText({ lora, adapter }: RunConfig): string {
  if (lora) return t('rank {0}, α {1}', lora.rank, lora.alpha);
  return adapter === null ? t('none: all weights are trained') : t('goes on with {0}', basename(adapter));
}

/** How the weights beneath an adapter are held. */
export const baseTexts: Readonly<Record<BaseBits, string>> = {
  32: t('32 bits, as they were read'),
  8: t('8 bits with a scale for each row: a quarter of the memory'),
};

/** Why `text` is not a curriculum, or null when it is. */
export function stagesFault(text: string): string | null {
  try {
    parseStages(text);
    return null;
  } catch (error) {
    return errorText(error);
  }
}

/** The file of the batch on which the policy of a failed run diverged; null when that is not why it failed, or it did not. */
export function divergedBatch({ status, summary }: Pick<RunRow, 'status' | 'summary'>): string | null {
  return status === 'failed' && typeof summary?.batch === 'string' ? summary.batch : null;
}

/**
 * What a new run proposes that goes on where `run` ended: its configuration from its checkpoint (its policy without one), the
 * iterations that were left, and a tenth of its learning rate where that made it diverge.
 */
export function configAfter(run: RunRow, checkpoint: CheckpointRow | null): RunConfig {
  const config = parseRunConfig(run.config);
  const { learningRate } = config;
  const rate = divergedBatch(run) === null ? learningRate : Number((learningRate / 10).toPrecision(6));
  if (!checkpoint) return { ...config, learningRate: rate };
  const { iteration, path } = checkpoint;
  const trained = config.lora || config.adapter ? { adapter: path, lora: null } : { policy: path };
  return { ...remaining(config, iteration), ...trained, learningRate: rate };
}

/** Tells what `segmented` does of a run's prompts, and counts anew only when these are others than the last time. */
export function countedOnce(
  suggestions: Pick<StoreClient['suggestions'], 'segmented'>,
): (config: RunConfig) => Promise<SegmentedRollouts[]> {
  let known: { key: string; counted: Promise<SegmentedRollouts[]> } | null = null;
  return ({ dataset, prompts, split, storedRollouts, ...config }) => {
    const chosen = { dataset, prompts, split, storedRollouts };
    const stages = stageSpans(config).map(({ stage }) => stage);
    const key = JSON.stringify([chosen, stages]);
    if (known?.key !== key) known = { key, counted: suggestions.segmented(chosen, stages) };
    return known.counted;
  };
}

/** "avatar-3": the preset with the first number that no run has yet. */
export function runName(preset: Preset, taken: readonly string[]): string {
  let number = 1;
  while (taken.includes(`${preset}-${number}`)) number += 1;
  return `${preset}-${number}`;
}
