import { expect, it } from 'vitest';
import { openBackend } from '../../../src/training/backends/choose.ts';
import { gradient } from '../../../src/training/graph/gradient.ts';
import { input } from '../../../src/training/graph/operators.ts';
import { program } from '../../../src/training/graph/program.ts';
import { policyLoss, ratioStats, type PolicyLossOptions } from '../../../src/training/policy/objective.ts';
import type { RolloutRow } from '../../../src/training/policy/row.ts';
import { klEstimators, type KlEstimator } from '../../../src/domain/run.ts';
import { golden } from '../domain/golden.ts';

interface Vectors {
  rows: (Record<'logProbs' | 'oldLogProbs' | 'refLogProbs' | 'weights', number[]> &
    Record<'advantage' | 'dualClip', number>)[];
  cases: (Record<'loss' | 'kl' | 'clipFraction' | 'effectiveSampleSize', number> & { options: PolicyLossOptions })[];
}

const { rows: vectors, cases } = golden<Vectors>('loss');
const goldenRows = vectors.map((row): RolloutRow => ({
  promptIds: Int32Array.of(0),
  prefix: null,
  completionIds: new Int32Array(row.logProbs.length),
  weights: Float32Array.from(row.weights),
  advantage: row.advantage,
  oldLogProbs: Float32Array.from(row.oldLogProbs),
  refLogProbs: Float32Array.from(row.refLogProbs),
  dualClip: row.dualClip,
}));
const goldenLogProbs = vectors.map((row) => Float32Array.from(row.logProbs));
const backend = await openBackend('onnxruntime', 1);

/** The policy loss of rows that have these log-probs, and its gradient [L] by them. */
async function computed(
  options: PolicyLossOptions,
  rows: readonly RolloutRow[],
  logProbs: readonly Float32Array[] = goldenLogProbs,
): Promise<{ loss: number; kl: number; gradients: Float32Array[] }> {
  const length = Math.max(...rows.map(({ completionIds }) => completionIds.length));
  const shape = [rows.length, length];
  const layout = {
    contexts: 1,
    members: rows.length,
    prompt: 0,
    completion: length,
    completionTokens: rows.length * length,
    promptTokens: 0,
    read: rows.slice(0, 1),
    rows: rows.map((row, place) => ({ place, count: row.completionIds.length })),
  };
  const padded = new Float32Array(rows.length * length);
  for (const [i, row] of logProbs.entries()) padded.set(row, i * length);

  const objective = policyLoss(options);
  const scores = input('log_probs', shape);
  const { loss, kl } = objective.graph(scores);
  const executable = await backend.compile(program({ loss, kl, gradient: gradient(loss, [scores])[0] }));
  const fed = { log_probs: { data: padded, shape }, ...objective.feeds(rows, layout, rows) };
  const feeds = Object.entries(fed).map(([name, { data, shape }]) => [name, backend.tensor(data, shape)] as const);
  const results = await executable.run(Object.fromEntries(feeds));
  const all = Float32Array.from(results.gradient.data());
  executable.dispose();
  return {
    loss: results.loss.data()[0],
    kl: results.kl.data()[0],
    gradients: logProbs.map((row, i) => all.slice(i * length, i * length + row.length)),
  };
}

it('gives the golden loss, KL, clip fraction and effective sample size of every aggregation and ratio', async () => {
  for (const { options, ...expected } of cases) {
    const { loss, kl } = await computed(options, goldenRows);
    const { clipFraction, effectiveSampleSize } = ratioStats(goldenRows, goldenLogProbs, options);
    const found = { loss, kl, clipFraction, effectiveSampleSize };
    for (const [name, value] of Object.entries(found)) {
      expect([options, name, value]).toEqual([options, name, expect.closeTo(expected[name as keyof typeof found], 4)]);
    }
  }
});

it('with truncated importance weights has the gradient of −w · stopped(min(ρ, C)) · A · log π, of every aggregation and ratio', async () => {
  const klWeight = 0.1;
  // Ratios higher than the golden ones, so that the cap binds some of either kind.
  const rows = goldenRows.map((row) => ({ ...row, oldLogProbs: row.oldLogProbs.map((logProb) => logProb - 0.4) }));
  const tokens = rows.reduce((count, row) => count + row.completionIds.length, 0);
  for (const [aggregation, cap] of [
    ['sequence', 1.2],
    ['token', 1.2],
    ['token', 0.7],
  ] as const) {
    for (const ratio of ['token', 'sequence'] as const) {
      const options = { clipLow: 0.2, clipHigh: 0.2, klWeight, aggregation, ratio, ratioCap: cap };
      let capped = 0;
      const { gradients } = await computed(options, rows);
      for (const [i, { weights, advantage, oldLogProbs, refLogProbs }] of rows.entries()) {
        const { length } = weights;
        const share = aggregation === 'sequence' ? 1 / (length * rows.length) : 1 / tokens;
        const behind = [...goldenLogProbs[i]].map((logProb, t) => logProb - oldLogProbs[t]);
        const average = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0) / length;
        const expected = behind.map((value, t) => {
          const rho = Math.exp(ratio === 'token' ? value : average(behind));
          const weight = ratio === 'token' ? weights[t] : average(weights);
          capped += Number(rho > cap);
          const kl = 1 - Math.exp(refLogProbs![t] - goldenLogProbs[i][t]);
          return share * (klWeight * kl - weight * Math.min(rho, cap) * advantage);
        });
        for (const [t, value] of expected.entries()) expect(gradients[i][t]).toBeCloseTo(value, 5);
      }
      const { clipFraction } = ratioStats(rows, goldenLogProbs, options);
      expect(Math.round(clipFraction * tokens)).toBe(capped);
      expect(capped).toBeGreaterThan(0);
    }
  }
});

/** One completion that has no advantage, so that its loss is the mean of the KL term. */
const klRow = (old: readonly number[], reference: readonly number[]): RolloutRow => ({
  promptIds: Int32Array.of(0),
  prefix: null,
  completionIds: new Int32Array(old.length),
  weights: new Float32Array(old.length).fill(1),
  advantage: 0,
  oldLogProbs: Float32Array.from(old),
  refLogProbs: Float32Array.from(reference),
  dualClip: Infinity,
});
const klAlone = { clipLow: 0.2, clipHigh: 0.2, klWeight: 1, aggregation: 'sequence' } as const;

it("gives the trainers' KL and its gradient for every estimator and ratio: test/golden/kl.py", async () => {
  const { logProbs, oldLogProbs, refLogProbs, cases } = golden<
    Record<'logProbs' | 'oldLogProbs' | 'refLogProbs', number[]> & {
      cases: ({ klEstimator: KlEstimator; ratio: 'token' | 'sequence' } & Record<'kl' | 'gradient', number[]>)[];
    }
  >('kl');
  expect(new Set(cases.map(({ klEstimator }) => klEstimator))).toEqual(new Set(klEstimators));
  for (const { klEstimator, ratio, ...expected } of cases) {
    const options = { ...klAlone, klEstimator, ratio };
    const row = klRow(oldLogProbs, refLogProbs);
    const { kl, loss, gradients } = await computed(options, [row], [Float32Array.from(logProbs)]);
    const mean = expected.kl.reduce((sum, value) => sum + value, 0) / logProbs.length;
    expect(loss).toBe(kl);
    expect([klEstimator, kl / mean]).toEqual([klEstimator, expect.closeTo(1, 5)]);
    for (const [t, value] of expected.gradient.entries()) {
      const scale = Math.max(Math.abs(value), 1e-2);
      expect([klEstimator, ratio, t, gradients[0][t] / scale]).toEqual([
        klEstimator,
        ratio,
        t,
        expect.closeTo(value / scale, 3),
      ]);
    }
  }
});

it('leads towards the reference however far that is, or nowhere, and is never infinite', async () => {
  const far = [20.5, 25, 40, 90, 1000];
  const distances = [...far.map((d) => -d), -19, -2, -1e-3, 0, 1e-3, 2, 19, ...far];
  const logProbs = distances.map(() => -1500);
  const row = klRow(
    logProbs,
    distances.map((d) => d - 1500),
  );
  for (const klEstimator of klEstimators) {
    const options = { ...klAlone, klEstimator, ratio: 'token' } as const;
    const { gradients, loss } = await computed(options, [row], [Float32Array.from(logProbs)]);
    expect([klEstimator, Number.isFinite(loss)]).toEqual([klEstimator, true]);
    for (const [t, d] of distances.entries()) {
      // The log-prob moves against its gradient, by d if it goes all the way.
      const held = klEstimator === 'low_var_kl' && Math.abs(d) >= 19;
      const expected = held ? 0 : Math.sign(d);
      expect([klEstimator, d, Math.sign(-gradients[0][t]) + 0]).toEqual([klEstimator, d, expected]);
    }
  }
});
