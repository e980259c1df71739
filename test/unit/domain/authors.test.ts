/** The settings of the authors' presets against the authors' own functions (test/golden/authors.py). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { offPolicyAdvantage, RewardHistory } from '../../../src/domain/advantage.ts';
import { authorsChanges, scripted, standingDeviations, unscripted } from '../../../src/domain/authors.ts';
import { freshHintState, visited, wantsHint, type HintState } from '../../../src/domain/hint.ts';
import { minibatches, mixed } from '../../../src/domain/minibatch.ts';
import { overridden, presetConfig } from '../../../src/domain/preset.ts';
import { Random } from '../../../src/domain/random.ts';
import { drawWeights, ReplayBuffer, tierCounts, tiersOf, type Tier } from '../../../src/domain/replay.ts';
import { authorsPresets } from '../../../src/domain/run.ts';
import { plannedGradientSteps, scheduledRate } from '../../../src/domain/schedule.ts';
import { deviations, sourcedSettings } from '../../../src/domain/setting-source.ts';
import { quantile } from '../../../src/domain/statistics.ts';
import { distance, golden } from './golden.ts';

interface Golden {
  tiers: { means: number[]; quantiles: number[]; tiers: Tier[] }[];
  counts: { n: number; counts: Record<Tier, number> };
  draws: { scores: number[]; temperature: number; n: number; k: number; chances: number[] }[];
  advantages: {
    alpha: number;
    window: number;
    seen: Record<string, number[]>;
    prompts: string[];
    rewards: number[];
    advantages: number[];
  }[];
  iterations: {
    prompt: string;
    rewards: number[];
    replayed: { prompt: string; reward: number; advantage: number }[];
  }[];
  steps: { fresh: number[][]; steps: number[][][] }[];
  hints: { hinted: boolean; totals: number[] }[][];
  thresholds: Record<'meanReward' | 'kl' | 'zeroRewards', number>[] &
    { rewardThreshold: number | null; klThreshold: number | null; hinted: boolean }[];
  schedule: { total: number; warmup: number; factors: number[] }[];
}
const theirs = golden<Golden>('authors');
const omni = presetConfig('avatar-authors-omni', 'policy', 1);
const { tierQuantile, tierShares: shares, replayDeviation: deviation } = omni;

describe('by the authors’ settings', () => {
  it('tiers are cut at their ranks, and a draw of four has their counts', () => {
    for (const { means, quantiles, tiers } of theirs.tiers) {
      expect([0.4, 0.75].map((q) => quantile(means, q, tierQuantile))).toEqual(quantiles);
      expect([...tiersOf(new Map(means.map((value, i) => [`p${i}`, value])), tierQuantile).values()]).toEqual(tiers);
    }
    expect(tierCounts(theirs.counts.n, shares)).toEqual(theirs.counts.counts);
    const linear = theirs.tiers.filter(({ means, quantiles: [hard] }) => quantile(means, 0.4) !== hard);
    expect(linear.length).toBeGreaterThan(0);
  });

  it('rollouts of a tier have their chances, as many are drawn, and one may come again', () => {
    for (const { scores, temperature, n, k, chances } of theirs.draws) {
      const weights = drawWeights(scores, temperature);
      const all = weights.reduce((sum, weight) => sum + weight, 0);
      expect(
        distance(
          weights.map((weight) => weight / all),
          chances,
        ),
      ).toBeLessThan(1e-6);
      const options = { capacity: 100, maxStaleness: null, temperature, shares, quantile: tierQuantile };
      const buffer = new ReplayBuffer({ ...options, sampling: 'softmax', replacement: omni.replayReplacement });
      const entries = scores.map((score, i) => ({ rolloutId: `${i}`, promptId: 'q', version: 0, reward: 0, score }));
      buffer.settle(new Map([['q', 0]]), 0, entries);
      const draws = Array.from({ length: 40 }, (_, seed) => buffer.draw(n, Random.seeded(seed)));
      for (const drawn of draws) expect(drawn.length).toBe(k);
      const again = draws.some((drawn) => new Set(drawn).size < drawn.length);
      expect(again).toBe(k > 1);
    }
  });

  it('replayed advantages are theirs: σ of a row is 1, of a batch that of its rewards', () => {
    for (const { alpha, window, seen, prompts, rewards, advantages } of theirs.advantages) {
      const history = new RewardHistory([], window);
      for (const [prompt, values] of Object.entries(seen)) for (const value of values) history.push(prompt, value);
      const found = rewards.map((reward, i) =>
        offPolicyAdvantage(reward, history.window(prompts[i]), {
          ...{ alpha, batch: rewards },
          deviation: rewards.length === 1 ? deviation : 'batch',
        }),
      );
      expect(distance(found, advantages)).toBeLessThan(1e-6);
    }
  });

  it('R̄ weighs what is replayed before the iteration’s rewards enter it', () => {
    const distances = (order: 'before' | 'after'): number[] => {
      const history = new RewardHistory([], omni.rewardWindow);
      return theirs.iterations.map(({ prompt, rewards, replayed }) => {
        const remember = (): void => rewards.forEach((reward) => history.push(prompt, reward));
        if (order === 'after') remember();
        const found = replayed.map((row) => offPolicyAdvantage(row.reward, history.window(row.prompt), { deviation }));
        if (order === 'before') remember();
        return distance(
          found,
          replayed.map(({ advantage }) => advantage),
        );
      });
    };
    expect(theirs.iterations.filter(({ replayed }) => replayed.length === 4).length).toBe(4);
    expect(Math.max(...distances(omni.rewardMean as 'before'))).toBeLessThan(1e-6);
    expect(Math.max(...distances('after'))).toBeGreaterThan(0.1);
  });

  it('an iteration trains their rows, and its gradient steps are their parts', () => {
    /** Shuffles each slot into the order that one of their processes had its rows in. */
    class Theirs extends Random {
      readonly #orders: number[][];
      constructor(orders: number[][]) {
        super([1, 2, 3, 4]);
        this.#orders = [...orders];
      }
      override shuffled<Item>(items: readonly Item[]): Item[] {
        return this.#orders.shift()!.map((place) => items[place]);
      }
    }
    for (const { fresh, steps } of theirs.steps) {
      const groups = fresh.map((_, slot) => Array.from({ length: 8 }, (__, i) => `${slot}/${i}`));
      const count = 8 - fresh[0].length;
      const replayed = Array.from({ length: 4 * count }, (_, i) => `replayed ${i}`);
      const kept = new Theirs(fresh.map((places) => [...places]));
      const rows = mixed(groups, replayed, { slots: 4, least: omni.onPolicy }, kept);
      const bySlot = fresh.map((_, slot) => rows.filter((row) => row.slot === slot).map(({ row }) => row));
      for (const [slot, places] of fresh.entries()) {
        expect(bySlot[slot].slice(0, places.length)).toEqual(places.map((place) => `${slot}/${place}`));
        expect(bySlot[slot].length).toBe(8);
      }
      // Where a replayed row of theirs stands, one of the slot's replayed rows stands here.
      const orders = fresh.map((places) => {
        let [next, other] = [0, places.length];
        return Array.from({ length: 8 }, (_, place) => (places.includes(place) ? next++ : other++));
      });
      const parts = minibatches(
        rows.map(({ slot }) => slot),
        omni.minibatches,
        new Theirs(orders),
      );
      const expected = steps.map((of) =>
        of.flatMap((places, slot) => places.map((place) => bySlot[slot][orders[slot][place]])),
      );
      expect(parts.map((part) => part.map((i) => rows[i].row).sort())).toEqual(expected.map((part) => part.sort()));
    }
  });

  it('a hint is given when theirs is, and kept', () => {
    for (const visits of theirs.hints) {
      let state: HintState = freshHintState;
      for (const { hinted, totals } of visits) {
        expect(wantsHint(omni.hints, state, 0, 0)).toBe(hinted);
        state = visited(state, { accuracies: [], totals, hinted }, 'hard');
      }
    }
    expect(theirs.hints.some((visits) => visits.some(({ hinted, totals }) => hinted && Math.max(...totals) > 0))).toBe(
      true,
    );
    for (const { rewardThreshold, klThreshold, meanReward, kl, zeroRewards, hinted } of theirs.thresholds) {
      const rule = { ...omni.hints, rewardThreshold, klThreshold };
      expect(wantsHint(rule, { ...freshHintState, zeroRewards }, meanReward, kl)).toBe(hinted);
    }
  });

  it('the learning rate of each gradient step is theirs', () => {
    for (const { total, warmup, factors } of theirs.schedule) {
      const rates = factors.map((_, done) => scheduledRate({ ...omni, warmup }, done, total) / omni.learningRate);
      expect(distance(rates, factors)).toBeLessThan(1e-6);
    }
    expect(plannedGradientSteps(omni)).toBe(omni.steps * 4);
  });
});

describe('the authors’ presets', () => {
  it('hold the scripts’ values', () => {
    expect(omni).toMatchObject({ ...scripted, ...unscripted });
    expect(presetConfig('avatar-authors-qwen3-vl', 'policy', 1)).toMatchObject({
      ...{ learningRate: 5e-7, replayMin: 1, groupSize: 8, minibatches: 4 },
      hints: { enabled: false },
    });
    expect(omni.replayMin).toBe(10);
  });

  it('say where each value is from, and where a run is not theirs', () => {
    const sources = (changes: string[]): Map<string, string> =>
      new Map(sourcedSettings(overridden(omni, changes)).map(({ key, source }) => [key, source]));
    const plain = sources([]);
    expect(plain.get('learningRate')).toBe('script');
    expect(plain.get('beta2')).toBe('script, by default');
    expect(plain.get('tierShares.hard')).toBe('script');
    expect([plain.get('tas.lambda'), plain.get('tas.scheme')]).toEqual(['script', 'script, by default']);
    const qwen = sourcedSettings(presetConfig('avatar-authors-qwen3-vl', 'policy', 1));
    expect(qwen.find(({ key }) => key === 'hints.enabled')).toMatchObject({
      source: 'script, by default',
      value: 'false',
    });
    expect([plain.get('threads'), plain.get('seed'), plain.get('policy')]).toEqual(['ours', 'set', 'set']);
    expect(sources(['learningRate=1e-5']).get('learningRate')).toBe('set');
    const theirKeys = Object.keys(authorsChanges['avatar-authors-omni']);
    expect([...plain].filter(([, source]) => source.startsWith('script')).length).toBeGreaterThanOrEqual(
      theirKeys.length,
    );

    const unsaid = sourcedSettings(omni).filter(({ source, note }) => source === 'script' && note === null);
    expect(unsaid).toEqual([]);

    for (const preset of authorsPresets)
      expect(deviations(presetConfig(preset, 'p', 1))).toEqual(standingDeviations(preset));
    expect(deviations(overridden(omni, ['learningRate=1e-5', 'steps=7', 'lora=null'])).slice(-2)).toEqual([
      'lora is null instead of their lora.rank 8, lora.alpha 32, lora.modules ["q_proj","k_proj","v_proj","o_proj","gate_proj","up_proj","down_proj"], as it was set for this run.',
      'learningRate is 0.00001 instead of their 5e-7, as it was set for this run.',
    ]);
    expect(deviations(presetConfig('avatar', 'p', 1))).toEqual([]);
  });

  it('leave ours with a paper’s value or a reason where theirs is another', () => {
    const ours = sourcedSettings(presetConfig('avatar', 'policy', 1));
    const other = sourcedSettings(omni).filter(({ key, value, source }) => {
      return source.startsWith('script') && ours.find((one) => one.key === key)?.value !== value;
    });
    expect(other.length).toBeGreaterThan(15);
    const silent = ours.filter(({ key, source, note }) => {
      return source === 'ours' && note === null && other.some((one) => one.key === key);
    });
    expect(silent.map(({ key }) => key)).toEqual([]);
  });

  it('and every setting of theirs are in the document that tells the choices', () => {
    const document = readFileSync(join(import.meta.dirname, '../../../docs/algorithm.md'), 'utf8');
    const keys = [...Object.keys(scripted), ...Object.keys(unscripted)].filter((key) => !key.startsWith('eval'));
    expect([...authorsPresets, ...keys].filter((name) => !document.includes(name))).toEqual([]);
  });
});
