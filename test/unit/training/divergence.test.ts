import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Preset } from '../../../src/domain/run.ts';
import type { Rollout } from '../../../src/domain/rollout.ts';
import { Store, type RunRow } from '../../../src/store/store.ts';
import { GradientWatch, lastGood, type Place } from '../../../src/training/avatar/divergence.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import {
  createRun,
  ended,
  importedRollouts,
  samplePrompts,
  startTraining,
  tinyPolicy,
  trainingStore,
} from './fixture.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

describe('the watch on gradients', () => {
  const place = (iteration: number): Place => ({ iteration, gradientStep: 1 });
  const after = (norms: number[]): GradientWatch => {
    const watch = new GradientWatch();
    for (const [i, norm] of norms.entries()) expect(watch.diverges(place(i + 1), norm)).toBe(false);
    return watch;
  };

  it('calls a norm above a thousand times the median of the last hundred exploding, and none below a thousand', () => {
    expect([[], [0, 0, 0, 0.5], [0, 0, 0, 0.5, 2, 3, 4, 5, 6, 7]].map((norms) => after(norms).limit)).toEqual([
      1000, 1000, 2000,
    ]);
    expect(after([...new Array<number>(100).fill(7), ...new Array<number>(51).fill(3)]).limit).toBe(3000);
  });

  it('lets single ones pass, and calls the policy diverged by the third running', () => {
    const watch = after([1, 2000, 5000, 1, 2000]);
    expect([watch.limit, watch.since]).toEqual([1000, place(5)]);
    const resumed = new GradientWatch(watch.state());
    expect([6, 7].map((iteration) => resumed.diverges(place(iteration), 1e6))).toEqual([false, true]);
    expect([resumed.limit, resumed.since]).toEqual([1000, place(5)]);
  });
});

it('a policy is good where a gradient step went well on it', () => {
  expect(lastGood({ since: { iteration: 6, gradientStep: 2 } })).toBe(5);
  expect(lastGood({ since: { iteration: 6, gradientStep: 1 } })).toBe(4);
});

describe('a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
  let store: Store;
  let file: string;

  beforeAll(async () => {
    await tinyPolicy(join(folder, 'tiny'));
    ({ store, file } = trainingStore(folder));
  });

  afterAll(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const create = (preset: Preset, learningRate: number, overrides: string[] = [], seed = 1): RunRow => {
    const short = ['steps=12', 'checkpointEvery=1', 'gradientSteps=1', 'evalEvery=0', `learningRate=${learningRate}`];
    return createRun(store, join(folder, 'tiny'), preset, [...short, ...overrides], seed);
  };

  interface Batch extends Place {
    since: Place;
    loss: number | string;
    gradNorm: number | string;
    limit: number;
    rollouts: { id: string; promptId: string; question: string; fresh: boolean }[];
  }

  /** Trains a run to its failure, where it has not `failed` yet; gives its row and the batch that it names. */
  async function fail(run: RunRow, failed = false): Promise<{ row: RunRow; batch: Batch }> {
    if (!failed) expect((await ended(startTraining(file, run))).code).toBe(1);
    const row = store.runs.get(run.id)!;
    const path = String(row.summary?.batch);
    expect(row).toMatchObject({
      status: 'failed',
      error: expect.stringContaining(`prompts, is in ${path}.`) as string,
    });
    return { row, batch: JSON.parse(readFileSync(path, 'utf8')) as Batch };
  }

  it('has no log-probs of a stored rollout one of which is no number, and does not diverge by them', async () => {
    const { tokenizer, ...policy } = await Policy.load(join(folder, 'tiny'));
    const prompts = samplePrompts(12);
    const [first, second, ...others] = importedRollouts(prompts).map((rollout, i): Rollout => {
      const ids = Int32Array.from([...tokenizer.encode(rollout.completion), policy.config.eos_token_id as number]);
      const logProbs = new Float32Array(ids.length).fill(-0.5);
      const tokens = { ids, logProbs, offsets: tokenizer.starts(ids, rollout.completion), tokenizer: 'tiny' };
      return { ...rollout, id: `known-${i}`, tokens };
    });
    first.tokens!.logProbs![3] = NaN;
    second.tokens!.logProbs![0] = -Infinity;
    // Beside the clips.
    const known = join(folder, 'known.db');
    const own = Store.open(known);
    own.addRollouts(prompts, [first, second, ...others]);
    const run = createRun(own, join(folder, 'tiny'), 'offline', [
      ...['steps=2', 'evalEvery=0', 'offPolicy=12', 'replaySampling=uniform'],
    ]);
    const { code, stderr } = await ended(startTraining(known, run));
    expect([code, stderr]).toEqual([0, stderr]);
    expect(own.runs.get(run.id)!.provenance).toMatchObject({ approximate: '2 of 36 stored rollouts' });
    expect(own.runs.metrics(run.id, 0).map(({ values }) => Number.isFinite(values.loss))).toEqual([true, true]);
    own.close();
  });

  it('at a learning rate that is too high stops at a loss that is no number with the step, its batch, and no checkpoint that was not good', async () => {
    const { row, batch } = await fail(create('grpo', 1e30));
    expect(row.error).toContain('gradient step 1 of iteration 2 gave a loss of NaN and a gradient norm of NaN');
    expect(row.error).toContain('no checkpoint of it is good');
    expect(row).toMatchObject({ iteration: 1, summary: { 'diverged at iteration': 2, checkpoint: null } });
    expect(store.runs.checkpoints(row.id)).toEqual([]);
    expect(batch).toMatchObject({ iteration: 2, gradientStep: 1, loss: 'NaN', gradNorm: 'NaN' });
    expect(batch.rollouts.length).toBe(24);
    for (const { promptId, question, fresh } of batch.rollouts) {
      expect([fresh, question]).toEqual([true, store.prompts.get(promptId)!.question]);
    }
  });

  it('whose gradients explode stops, and a new run goes on from its last good checkpoint at a lower rate', async () => {
    // Gradients may explode from the second iteration on, or not for long enough; here is a run whose second went well.
    for (let seed = 1; ; seed += 1) {
      const run = create('avatar', 1, [], seed);
      await ended(startTraining(file, run));
      if (Number(store.runs.get(run.id)!.summary?.['diverged at iteration'] ?? 0) < 5) continue;
      const { row, batch } = await fail(run, true);
      expect(row.error).toMatch(
        /gradient step 1 of iteration \d+ gave a gradient norm of \S+, number 3 in a row over \d+:/,
      );
      expect(batch).toMatchObject({ gradientStep: 1, since: { iteration: batch.iteration - 2, gradientStep: 1 } });
      const norms = store.runs.metrics(run.id, 0).map(({ values }) => values.gradNorm);
      const exploded = norms.map((norm) => norm > batch.limit);
      expect(exploded.slice(batch.since.iteration - 2)).toEqual([false, true, true]);
      expect(batch.gradNorm).toBeGreaterThan(batch.limit);
      const replayed = batch.rollouts.filter(({ fresh }) => !fresh);
      expect(replayed.length).toBe(12);
      for (const { id, promptId } of replayed) expect(store.rollouts.get(id)!.promptId).toBe(promptId);

      // On the policy of the checkpoint after it gradients explode: it is not offered any more.
      const good = store.runs.latestCheckpoint(run.id)!;
      expect(good.iteration).toBe(batch.since.iteration - 2);
      expect(row.error).toContain(`The last good checkpoint is iteration ${good.iteration} (${good.path})`);
      store.runs.request(run.id, 'run');
      expect((await fail(run)).row.error).toBe(row.error);

      const lower = create('avatar', 0.003, [`policy=${good.path}`, 'steps=4']);
      expect((await ended(startTraining(file, lower))).code).toBe(0);
      return;
    }
  });
});
