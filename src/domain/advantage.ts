/** Advantages: of a rollout in its group (GRPO), and of a replayed rollout against its prompt's moving mean (AVATAR). */
import { mean, sampleStd } from './statistics.ts';

/** A group whose rewards have a smaller standard deviation teaches nothing: it is vanishing. */
export const vanishingStd = 1e-6;

/** Added to every standard deviation that divides. */
export const stdFloor = 1e-4;

/** Rewards of a prompt that its moving mean and deviation look back on, by default. */
export const rewardWindow = 20;

export type AdvantageScale = 'std' | 'none';

/** True when all rewards of a group are the same, to within `vanishingStd`. */
export function isVanishing(rewards: readonly number[]): boolean {
  return sampleStd(rewards) < vanishingStd;
}

/**
 * A_i = (r_i − mean(r)) / (std(r) + 1e-4) over the rewards of one group (GRPO, arXiv 2402.03300, eq. 3; sample standard
 * deviation as in AVATAR's trainer). 'none' leaves out the division (Dr. GRPO, arXiv 2503.20783). All 0 when vanishing.
 */
export function groupAdvantages(rewards: readonly number[], scale: AdvantageScale = 'std'): number[] {
  if (isVanishing(rewards)) return rewards.map(() => 0);
  const centre = mean(rewards);
  const divisor = scale === 'std' ? sampleStd(rewards) + stdFloor : 1;
  return rewards.map((reward) => (reward - centre) / divisor);
}

export const replayDeviations = ['window', 'one', 'batch'] as const;
/** Where σ of a replayed rollout's advantage comes from: its prompt's window of rewards, nowhere (1), or the rewards replayed with it. */
export type ReplayDeviation = (typeof replayDeviations)[number];

/**
 * A_off = α (r − R̄(q)) / (σ + 1e-4) of a replayed rollout with reward r (AVATAR, "Off-policy advantage"). `window` holds the prompt's last
 * rewards: R̄ is their mean, 0 of none. σ is the sample standard deviation of the window (ours) or of `batch`, the rewards of all that is
 * replayed at once (the paper), 1 where those are fewer than two or constant; or 1 (the released trainer, whose σ is that of a row alone).
 * 'none' leaves out the division.
 */
export function offPolicyAdvantage(
  reward: number,
  window: readonly number[],
  {
    scale = 'std',
    alpha = 1,
    deviation = 'window',
    batch = [],
  }: { scale?: AdvantageScale; alpha?: number; deviation?: ReplayDeviation; batch?: readonly number[] } = {},
): number {
  const centre = alpha * (reward - mean(window));
  if (scale === 'none') return centre;
  const spread = { window: () => sampleStd(window), one: () => 1, batch: () => sampleStd(batch) }[deviation]();
  return centre / ((spread < vanishingStd ? 1 : spread) + stdFloor);
}

/** The last rewards of each prompt seen: R̄(q) and σ(q) of AVATAR's moving average. */
export class RewardHistory {
  readonly #windows: Map<string, number[]>;
  readonly #length: number;

  /** Continues from what `entries` returned; `length` rewards of a prompt are looked back on. */
  constructor(entries: readonly (readonly [string, readonly number[]])[] = [], length = rewardWindow) {
    this.#length = length;
    this.#windows = new Map(entries.map(([prompt, rewards]) => [prompt, [...rewards]]));
  }

  push(promptId: string, reward: number): void {
    const window = this.#windows.get(promptId) ?? [];
    window.push(reward);
    if (window.length > this.#length) window.shift();
    this.#windows.set(promptId, window);
  }

  /** Oldest first; empty for a prompt never seen. */
  window(promptId: string): readonly number[] {
    return this.#windows.get(promptId) ?? [];
  }

  /** R̄ of every prompt seen, in the order they were first seen. */
  means(): Map<string, number> {
    return new Map([...this.#windows].map(([prompt, rewards]) => [prompt, mean(rewards)]));
  }

  entries(): [string, number[]][] {
    return [...this.#windows].map(([prompt, rewards]) => [prompt, [...rewards]]);
  }
}
