import { describe, expect, it } from 'vitest';
import {
  armFinding,
  averageAccuracy,
  bestRate,
  comparison,
  directionOf,
  finalAccuracy,
  hasCollapsed,
  lateDrop,
  lengthThirds,
  reached,
  targetAccuracy,
  type StudyRun,
} from '../../../src/study/measured.ts';
import { coldStart, madeRun } from './study-runs.ts';

const rising = [0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8];
const falling = [0.4, 0.8, 0.8, 0.8, 0.6, 0.6, 0.6];

describe('a run', () => {
  it('has reached the target where it first held it, in completions and tokens', () => {
    expect(reached(madeRun(rising), 0.8, 'completions')).toBeCloseTo(256, 9);
    expect(reached(madeRun(rising), 0.8, 'tokens')).toBeCloseTo(2560, 9);
    // Half-way between 70 % and 80 %.
    expect(reached(madeRun(rising), 0.75, 'completions')).toBeCloseTo(224, 9);
    expect(reached(madeRun(rising), 0.4, 'completions')).toBe(0);
    expect(reached(madeRun([0.4, 0.8, 0.4, 0.8, 0.8]), 0.75, 'completions')).toBeNull();
  });

  it('must hold it for as many completions, however often it is asked', () => {
    const often = (accuracies: number[]): StudyRun => {
      const evaluations = accuracies.map((accuracy, i) => ({ completions: 32 * i, tokens: 320 * i, accuracy }));
      return madeRun([], { evaluations });
    };
    expect(reached(often([0.4, 0.8, 0.8, 0.8, 0.8, 0.4]), 0.8, 'completions')).toBeNull();
    expect(reached(often([0.4, 0.8, 0.8, 0.8, 0.8, 0.8]), 0.8, 'completions')).toBeCloseTo(32, 9);
    expect(finalAccuracy(often([0, 0, 0, 0, 0, 0.1, 0.2, 0.3, 0.4, 0.5]))).toBeCloseTo(0.3, 9);
  });

  it('ends with the mean of its last three evaluations, and drops from the best three', () => {
    expect(finalAccuracy(madeRun(falling))).toBeCloseTo(0.6, 12);
    expect(lateDrop(madeRun(falling))).toBeCloseTo(0.2, 12);
    expect(hasCollapsed(madeRun(falling))).toBe(true);
    expect(lateDrop(madeRun(rising))).toBeCloseTo(0, 12);
    expect(hasCollapsed(madeRun(rising))).toBe(false);
    expect(hasCollapsed(madeRun([0.4], { diverged: 'the policy has diverged' }))).toBe(true);
  });

  it('averages what it measured after the start, up to a budget', () => {
    expect(averageAccuracy(madeRun(rising))).toBeCloseTo(0.7, 12);
    expect(averageAccuracy(madeRun(rising), 128)).toBeCloseTo(0.55, 12);
  });
});

describe('an arm', () => {
  it('counts a run that never held the target with all it generated', () => {
    const found = armFinding([madeRun(rising), madeRun([0.4, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])], 0.75, coldStart);
    expect(found).toMatchObject({ runs: 2, reached: 1, collapsed: 0, zeroFresh: 0.25, zeroReplayed: null });
    expect(found.completions.value).toBeCloseTo((224 + 384) / 2, 9);
    expect(found.vanishing.value).toBe(0.5);
  });

  it('is right by thirds of the cold start’s length', () => {
    expect(lengthThirds(coldStart)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(armFinding([madeRun(rising)], 0.75, coldStart).byLength.map(({ value }) => value)).toEqual([0.5, 1, 0.5]);
  });
});

describe('a comparison', () => {
  const slow = (seed: number): StudyRun => {
    const accuracies = [...Array.from({ length: 18 }, () => 0.5), 0.8, 0.8, 0.8];
    return madeRun(accuracies, { seed, arm: 'grpo-8x8-1' });
  };

  it('is of the seeds that both have', () => {
    const found = comparison([madeRun(rising), madeRun(rising, { seed: 2 })], [slow(2), slow(3)], 0.75, coldStart)!;
    expect(found).toMatchObject({ arm: 'main/avatar', against: 'main/grpo-8x8-1', pairs: 1, unreached: [0, 0] });
    expect(found.completions.bootstrap.value).toBeCloseTo(224 / (1088 + 64 * (0.25 / 0.3)), 12);
    expect(comparison([madeRun(rising)], [slow(2)], 0.75, coldStart)).toBeNull();
  });

  it('counts a run that never held the target with the longer budget of the two', () => {
    const never = madeRun([0.4, 0.5, 0.5, 0.5]);
    const found = comparison([never], [slow(1)], 0.75, coldStart)!;
    expect(found.unreached).toEqual([1, 0]);
    expect(found.completions.bootstrap.value).toBeCloseTo(1280 / (1088 + 64 * (0.25 / 0.3)), 12);
    expect(found.tokens.bootstrap.value).toBeCloseTo(1280 / (1088 + 64 * (0.25 / 0.3)), 12);
  });

  it('averages over the completions that both generated', () => {
    const found = comparison([madeRun([0.4, 0.6, 0.7])], [slow(1)], 0.75, coldStart)!;
    expect(found.average.value).toBeCloseTo(0.15, 12);
    const offline = madeRun([0.4, 0.6, 0.7]);
    for (const one of offline.evaluations) one.completions = 0;
    expect(comparison([offline], [madeRun([0.4, 0.5, 0.5])], 0.75, coldStart)!.average.value).toBeCloseTo(0.15, 12);
  });

  it('says more or less only when every interval does', () => {
    const interval = (low: number, high: number) => ({ value: (low + high) / 2, low, high, n: 5 });
    expect(directionOf(1, interval(0.2, 0.8), interval(0.3, 0.9))).toBe('less');
    expect(directionOf(1, interval(0.2, 0.8), interval(0.3, 1.1))).toBe('unclear');
    expect(directionOf(0, interval(0.1, 0.2))).toBe('more');
    expect(directionOf(0, interval(NaN, NaN))).toBe('unclear');
  });
});

describe('tuning', () => {
  const at = (learningRate: number, accuracy: number, changes: Partial<StudyRun> = {}): StudyRun =>
    madeRun([0.4, accuracy, accuracy, accuracy], { learningRate, purpose: 'tune', ...changes });

  it('takes the rate with the best mean over its seeds, unless one of them diverged', () => {
    const runs = [at(1e-4, 0.6), at(1e-4, 0.62), at(2e-4, 0.7), at(2e-4, 0.5), at(4e-4, 0.9), at(4e-4, 0.9)];
    expect(bestRate(runs)).toBe(4e-4);
    runs[5].diverged = 'the policy has diverged';
    expect(bestRate(runs)).toBe(1e-4);
    expect(bestRate([])).toBeUndefined();
  });

  it('fixes the target by what the opponent gains, else by the cold start alone', () => {
    expect(targetAccuracy(coldStart, [at(2e-4, 0.8), at(2e-4, 0.6)])).toBeCloseTo(1 / 3 + 0.75 * 0.3, 12);
    expect(targetAccuracy(coldStart, [])).toBeCloseTo(2 / 3, 12);
  });
});
