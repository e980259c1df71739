/** The stratified replay buffer: rollouts in tiers by how well their prompt goes (AVATAR, "Stratified replay buffer"). */
import type { Random } from './random.ts';
import { quantile, type QuantileRule } from './statistics.ts';

export const tiers = ['easy', 'medium', 'hard'] as const;
export type Tier = (typeof tiers)[number];

/** Each tier's share of the capacity and of a draw, by default. */
export const tierShares: Readonly<Record<Tier, number>> = { easy: 0.25, medium: 0.35, hard: 0.4 };

/** A prompt is hard while its R̄ is at most the first of these quantiles of all prompts' R̄, medium up to the second, else easy. */
const tierQuantiles = [0.4, 0.75] as const;

export const replaySamplings = ['softmax', 'uniform', 'fifo'] as const;
export type ReplaySampling = (typeof replaySamplings)[number];

/** What the buffer knows of a rollout. */
export interface ReplayEntry {
  rolloutId: string;
  promptId: string;
  /** Policy version, in gradient steps, that wrote it or counts as having written it; staleness is counted from here. */
  version: number;
  /** Under this run's rewards. */
  reward: number;
  /** s of `replayScore`, fixed when the rollout entered. */
  score: number;
}

export interface ReplayOptions {
  /** Rollouts held at most, over all tiers. */
  capacity: number;
  sampling: ReplaySampling;
  /** T of softmax sampling: P ∝ exp((s − s_min) / T). */
  temperature: number;
  /** Whether softmax sampling may draw a rollout of a tier again. */
  replacement: boolean;
  shares: Readonly<Record<Tier, number>>;
  quantile: QuantileRule;
  /** Policy versions after which a rollout is dropped; null is never. */
  maxStaleness: number | null;
}

/** s = mean A − 0.1 · mean(log π_b − log π_ref): the second mean is over the completion's tokens, in nats. */
export function replayScore(advantage: number, meanLogRatio: number): number {
  return advantage - 0.1 * meanLogRatio;
}

/** The tier of every prompt seen, from its R̄ against the quantiles of all of them: ≤ q40 hard, ≤ q75 medium, else easy. */
export function tiersOf(means: ReadonlyMap<string, number>, rule: QuantileRule = 'linear'): Map<string, Tier> {
  const [hard, medium] = tierQuantiles.map((q) => quantile([...means.values()], q, rule));
  const tierOf = (value: number): Tier => (value <= hard ? 'hard' : value <= medium ? 'medium' : 'easy');
  return new Map([...means].map(([prompt, value]) => [prompt, tierOf(value)]));
}

/** n split over the tiers by their shares: floors first, then one each to the largest remainders (the harder tier on a tie). */
export function tierCounts(n: number, shares: Readonly<Record<Tier, number>> = tierShares): Record<Tier, number> {
  // Counting in millionths keeps the remainders of shares of a few decimals exact.
  const parts = tiers.map((tier) => ({ tier, millionths: n * Math.round(shares[tier] * 1e6) }));
  const counts = Object.fromEntries(parts.map((part) => [part.tier, Math.floor(part.millionths / 1e6)])) as Record<
    Tier,
    number
  >;
  const left = n - tiers.reduce((sum, tier) => sum + counts[tier], 0);
  const byRemainder = parts.toReversed().sort((a, b) => (b.millionths % 1e6) - (a.millionths % 1e6));
  for (const { tier } of byRemainder.slice(0, left)) counts[tier] += 1;
  return counts;
}

/** What softmax sampling weighs rollouts with these scores by: P ∝ exp((s − s_min) / T), scaled so that nothing overflows. */
export function drawWeights(scores: readonly number[], temperature: number): number[] {
  const top = Math.max(...scores);
  return scores.map((score) => Math.exp((score - top) / temperature));
}

/**
 * Holds rollouts oldest first. Tiers follow the prompts' moving means: `settle` puts every rollout where its prompt now
 * belongs, so a prompt whose R̄ crosses a quantile takes its rollouts with it (ours).
 */
export class ReplayBuffer {
  readonly #options: ReplayOptions;
  readonly #capacities: Record<Tier, number>;
  #entries: ReplayEntry[];
  #tiers = new Map<string, Tier>();

  /** Continues from what `entries` returned; call `settle` before drawing. */
  constructor(options: ReplayOptions, entries: readonly ReplayEntry[] = []) {
    this.#options = options;
    this.#capacities = tierCounts(options.capacity, options.shares);
    this.#entries = [...entries];
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Oldest first. */
  entries(): readonly ReplayEntry[] {
    return this.#entries;
  }

  /**
   * Adds rollouts, newest last, then settles everything at policy version `version` by the prompts' moving means `means`:
   * drops what is stale, puts the rest in tiers, and drops the oldest of each tier that is over its share of the capacity.
   */
  settle(means: ReadonlyMap<string, number>, version: number, added: readonly ReplayEntry[] = []): void {
    this.#tiers = tiersOf(means, this.#options.quantile);
    const { maxStaleness } = this.#options;
    const room = { ...this.#capacities };
    this.#entries = [...this.#entries, ...added]
      .filter((entry) => version - entry.version <= (maxStaleness ?? Infinity))
      .reverse()
      .filter((entry) => {
        const tier = this.#tierOf(entry);
        room[tier] -= 1;
        return room[tier] >= 0;
      })
      .reverse();
  }

  tierSizes(): Record<Tier, number> {
    const sizes = { easy: 0, medium: 0, hard: 0 };
    for (const entry of this.#entries) sizes[this.#tierOf(entry)] += 1;
    return sizes;
  }

  /**
   * Draws min(n, size) rollouts, all different unless with replacement: each tier's count by `tierCounts`, and what a tier is short of
   * from the others, the hardest first.
   */
  draw(n: number, random: Random): ReplayEntry[] {
    const pools: Record<Tier, ReplayEntry[]> = { easy: [], medium: [], hard: [] };
    for (const entry of this.#entries) pools[this.#tierOf(entry)].push(entry);
    const counts = tierCounts(n, this.#options.shares);
    const drawn = tiers.flatMap((tier) => this.#take(pools[tier], counts[tier], random));
    const wanted = Math.min(n, this.size);
    for (const tier of tiers.toReversed()) drawn.push(...this.#take(pools[tier], wanted - drawn.length, random));
    return drawn;
  }

  /** Up to `count` entries of `pool`, never more than are in it, by the sampling rule; moves them out of it unless with replacement. */
  #take(pool: ReplayEntry[], count: number, random: Random): ReplayEntry[] {
    const { sampling, temperature, replacement } = this.#options;
    // Weighed anew for each draw, lest the weights of those that are left be too small for a number.
    const softmax = (): number =>
      random.weighted(
        drawWeights(
          pool.map(({ score }) => score),
          temperature,
        ),
      );
    if (sampling === 'softmax' && replacement)
      return Array.from({ length: Math.min(count, pool.length) }, () => pool[softmax()]);
    const taken: ReplayEntry[] = [];
    while (taken.length < count && pool.length > 0) {
      const index = sampling === 'fifo' ? 0 : sampling === 'uniform' ? random.integer(pool.length) : softmax();
      taken.push(...pool.splice(index, 1));
    }
    return taken;
  }

  #tierOf(entry: ReplayEntry): Tier {
    return this.#tiers.get(entry.promptId) ?? 'medium';
  }
}
