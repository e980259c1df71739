/** Runs by the authors' presets, by the real training process on a tiny policy and real clips. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RewardHistory } from '../../../src/domain/advantage.ts';
import type { AuthorsPreset, Preset } from '../../../src/domain/run.ts';
import { plannedGradientSteps, scheduledRate } from '../../../src/domain/schedule.ts';
import { deviations } from '../../../src/domain/setting-source.ts';
import type { RunRow, Store } from '../../../src/store/store.ts';
import type { TrainerState } from '../../../src/training/avatar/trainer.ts';
import { createRun, ended, startTraining, timeless, tinyPolicy, trainingStore } from './fixture.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
const policy = join(folder, 'tiny');
let store: Store;
let file: string;

beforeAll(async () => {
  await tinyPolicy(policy);
  ({ store, file } = trainingStore(folder));
});

afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One pass of four minibatches, as they have it. */
const theirs = ['gradientSteps=1', 'evalEvery=0'];
const create = (preset: Preset, overrides: string[]): RunRow => createRun(store, policy, preset, overrides);

async function train(run: RunRow): Promise<RunRow> {
  const { code, stderr } = await ended(startTraining(file, run));
  expect([code, stderr]).toEqual([0, stderr]);
  return store.runs.get(run.id)!;
}

const state = (run: RunRow): TrainerState =>
  JSON.parse(readFileSync(join(store.runs.latestCheckpoint(run.id)!.path, 'trainer.json'), 'utf8')) as TrainerState;

describe('a run of the authors’ presets', () => {
  it.each<AuthorsPreset>(['avatar-authors-omni', 'avatar-authors-qwen3-vl'])(
    '%s makes eight, trains four beside four replayed, and weighs these by the mean before',
    async (preset) => {
      const run = await train(create(preset, [...theirs, 'steps=5']));
      const made = (iteration: number) => store.rollouts.page({ runId: run.id, iteration, limit: 100 }).rows;
      const rows = store.runs.metrics(run.id, 0);
      expect(rows.map(({ iteration }) => made(iteration).length)).toEqual([24, 24, 24, 24, 24]);
      expect(rows.map(({ values }) => [values.completions, values.replayed])).toEqual([
        [24, 0],
        ...[48, 72, 96, 120].map((completions) => [completions, 12]),
      ]);
      // All that was made is in the buffer and in R̄, and nothing stored.
      expect(state(run).replay.length).toBe(120);
      expect(state(run).learnerStep).toBe(5 * 4);
      const history = new RewardHistory();
      for (const { iteration, advantages, values } of rows) {
        expect(advantages.length).toBe(24);
        const earlier = rows.filter((row) => row.iteration < iteration).flatMap((row) => made(row.iteration));
        const possible = earlier.map(({ promptId, reward }) => (reward! - history.means().get(promptId)!) / (1 + 1e-4));
        for (const advantage of values.replayed === 0 ? [] : advantages.slice(-values.replayed))
          expect(Math.min(...possible.map((one) => Math.abs(one - advantage)))).toBeLessThan(1e-6);
        for (const { promptId, reward } of made(iteration)) history.push(promptId, reward!);
        const last = 4 * iteration - 1;
        expect(values.learningRate).toBeCloseTo(scheduledRate(run.config, last, plannedGradientSteps(run.config)), 12);
      }
      expect(run.provenance!.deviations).toEqual(deviations(run.config));
      expect(run.provenance!.deviations).toContain(
        'promptsPerStep is 3 instead of their 4, as it was set for this run.',
      );
    },
  );

  it('goes on bit for bit after kill -9, in the middle of its schedule', async () => {
    const settings = [...theirs, 'steps=6', 'gradientSteps=2'];
    const whole = await train(create('avatar-authors-omni', settings));
    const killed = create('avatar-authors-omni', settings);
    const child = startTraining(file, killed);
    const death = ended(child);
    while (store.runs.get(killed.id)!.iteration < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    await death;
    expect(store.runs.get(killed.id)!.iteration).toBeLessThan(6);
    await train(killed);
    expect(timeless(store.runs.metrics(killed.id, -1))).toEqual(timeless(store.runs.metrics(whole.id, -1)));
    expect(state(killed)).toMatchObject({ learnerStep: state(whole).learnerStep, history: state(whole).history });
  });
});

describe('minibatches', () => {
  it('are another way to learn from the same rows', async () => {
    const passes = ['steps=1', 'evalEvery=0', 'gradientSteps=1', 'warmup=0'];
    const [whole, parts] = [
      await train(create('grpo', passes)),
      await train(create('grpo', [...passes, 'minibatches=4'])),
    ];
    const advantages = (run: RunRow) => store.runs.metrics(run.id, 0)[0].advantages;
    expect(advantages(parts)).toEqual(advantages(whole));
    expect([state(whole).learnerStep, state(parts).learnerStep]).toEqual([1, 4]);
    expect(store.runs.metrics(parts.id, 0)[0].values.loss).not.toBe(store.runs.metrics(whole.id, 0)[0].values.loss);
  });
});

it('stored rewards stay out of the mean where they shall, and α and σ weigh what is replayed', async () => {
  const first = async (...overrides: string[]) => {
    const run = await train(create('avatar', ['steps=1', 'evalEvery=0', ...overrides]));
    return { history: state(run).history, replayed: store.runs.metrics(run.id, 0)[0].advantages.slice(-12) };
  };
  const [plain, half, batch] = [await first(), await first('replayAlpha=0.5'), await first('replayDeviation=batch')];
  expect(half.replayed.map((advantage) => advantage * 2)).toEqual(plain.replayed);
  expect(plain.history.length).toBe(9);
  const fresh = await first('storedRewards=false');
  expect(fresh.history.map(([, rewards]) => rewards.length)).toEqual([4, 4, 4]);
  // One σ for all that is replayed: an advantage is in one proportion to how far its reward is from its prompt's mean.
  const one = await first('replayDeviation=one');
  const proportions = batch.replayed.flatMap((advantage, i) => (advantage === 0 ? [] : [one.replayed[i] / advantage]));
  expect(proportions.length).toBeGreaterThan(6);
  for (const proportion of proportions) expect(proportion).toBeCloseTo(proportions[0], 9);
  expect(proportions[0]).not.toBeCloseTo(1, 3);
});

it('the KL that a hint is given by is not 0 by construction after a single gradient step', async () => {
  const run = await train(create('avatar', ['steps=2', 'gradientSteps=1', 'evalEvery=0']));
  const distances = state(run).hints.map(([, { kl }]) => kl);
  expect(distances.length).toBe(6);
  // On float32 log-probs of one policy a k3 is not above 1e-12.
  for (const kl of distances) expect(kl).toBeGreaterThan(1e-8);
});
