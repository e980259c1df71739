/** A policy that diverges: how it is seen, what it is told by, and which checkpoints are still good. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Prompt } from '../../domain/rollout.ts';
import { writeWhole } from '../../formats/whole-file.ts';
import type { Member } from './mixture.ts';

/** A gradient explodes when its norm is more than this many times the median (the lower of two) of the run's last ones … */
export const explosion = 1000;
/** … so many of them, those that explode left out. */
const remembered = 100;
/** A lower median counts as this, to which gradients are clipped by default: where groups vanish, norms are 0 and any other is many times that. */
const leastMedian = 1;
/** A policy diverges when so many gradients running explode: clipped, a single one does no harm, and many runs recover. */
const running = 3;

/** A gradient step of a run: its iteration, and its place among the iteration's, from 1. */
export interface Place {
  iteration: number;
  gradientStep: number;
}

export interface GradientState {
  /** Norms before clipping, oldest first. */
  norms: number[];
  /** Gradient steps in a row up to the last one whose gradient exploded, and where they began. */
  exploded: number;
  since: Place | null;
}

/** Watches the norms of a run's gradients. */
export class GradientWatch {
  readonly #state: GradientState;

  /** Goes on from what `state` returned. */
  constructor(state: GradientState = { norms: [], exploded: 0, since: null }) {
    this.#state = structuredClone(state);
  }

  state(): GradientState {
    return structuredClone(this.#state);
  }

  /** The norm above which a gradient explodes. */
  get limit(): number {
    const sorted = this.#state.norms.toSorted((a, b) => a - b);
    const median = sorted.length === 0 ? 0 : sorted[(sorted.length - 1) >> 1];
    return explosion * Math.max(median, leastMedian);
  }

  /** Where the explosion began that has gone on up to the last gradient; null when that did not explode. */
  get since(): Place | null {
    return this.#state.since;
  }

  /** Takes in the gradient of a step; true when the policy diverges by it. */
  diverges(place: Place, norm: number): boolean {
    const state = this.#state;
    if (norm <= this.limit) {
      state.norms.push(norm);
      if (state.norms.length > remembered) state.norms.shift();
      [state.exploded, state.since] = [0, null];
    } else {
      state.exploded += 1;
      state.since ??= place;
    }
    return state.exploded === running;
  }
}

/** Where in a run the policy diverged, how it was seen, and on what. */
export interface Divergence extends Place {
  /** The first gradient step that was not as it should be. */
  since: Place;
  loss: number;
  gradNorm: number;
  limit: number;
  learningRate: number;
  batch: readonly Member[];
}

/** Ends an iteration in which the policy diverged. */
export class RunDivergedError extends Error {
  override readonly name = 'RunDivergedError';
  readonly divergence: Divergence;

  constructor(divergence: Divergence) {
    const { iteration, gradientStep, loss, gradNorm, limit } = divergence;
    const norm = `a gradient norm of ${short(gradNorm)}`;
    const symptom = Number.isFinite(loss + gradNorm)
      ? `${norm}, number ${running} in a row over ${short(limit)}`
      : `a loss of ${short(loss)} and ${norm}`;
    super(`gradient step ${gradientStep} of iteration ${iteration} gave ${symptom}: the policy has diverged.`);
    this.divergence = divergence;
  }
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

/**
 * The last iteration whose policy is known to be good: a gradient step went well on it. The one before `since` is not where that is
 * an iteration's very first gradient step.
 */
export function lastGood({ since }: Pick<Divergence, 'since'>): number {
  return since.iteration - (since.gradientStep === 1 ? 2 : 1);
}

/** True of the name of a file that `writeBatch` wrote. */
export const isBatch = (name: string): boolean => /^diverged-\d+\.json$/u.test(name);

/** Writes the batch on which the policy diverged to diverged-ITERATION.json in `folder`, and returns that file's path. */
export async function writeBatch(
  folder: string,
  { batch, ...divergence }: Divergence,
  prompt: (id: string) => Pick<Prompt, 'question'> | null,
): Promise<string> {
  const rollouts = batch.map(({ experience: { rollout }, advantage, fresh, version }) => ({
    id: rollout.id,
    promptId: rollout.promptId,
    question: prompt(rollout.promptId)?.question ?? null,
    completion: rollout.completion,
    fresh,
    hinted: rollout.hinted,
    policyVersion: version,
    rewards: rollout.rewards,
    reward: rollout.reward,
    advantage,
  }));
  const file = join(folder, `diverged-${divergence.iteration}.json`);
  await mkdir(folder, { recursive: true });
  // JSON has no NaN: it becomes a word.
  const named = (_: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  await writeWhole(file, `${JSON.stringify({ ...divergence, rollouts }, named, 1)}\n`);
  return file;
}
