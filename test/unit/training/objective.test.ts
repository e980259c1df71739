import { expect, it } from 'vitest';
import { openBackend } from '../../../src/training/backends/choose.ts';
import { input } from '../../../src/training/graph/operators.ts';
import { program } from '../../../src/training/graph/program.ts';
import { policyLoss, ratioStats, type PolicyLossOptions } from '../../../src/training/policy/objective.ts';
import type { RolloutRow } from '../../../src/training/policy/row.ts';
import { golden } from '../domain/golden.ts';

interface Vectors {
  rows: (Record<'logProbs' | 'oldLogProbs' | 'refLogProbs' | 'weights', number[]> &
    Record<'advantage' | 'dualClip', number>)[];
  cases: (Record<'loss' | 'kl' | 'clipFraction' | 'effectiveSampleSize', number> & { options: PolicyLossOptions })[];
}

it('gives the golden loss, KL, clip fraction and effective sample size of every aggregation and ratio', async () => {
  const { rows: vectors, cases } = golden<Vectors>('loss');
  const rows = vectors.map((row): RolloutRow => ({
    promptIds: Int32Array.of(0),
    prefix: null,
    completionIds: new Int32Array(row.logProbs.length),
    weights: Float32Array.from(row.weights),
    advantage: row.advantage,
    oldLogProbs: Float32Array.from(row.oldLogProbs),
    refLogProbs: Float32Array.from(row.refLogProbs),
    dualClip: row.dualClip,
  }));
  const length = Math.max(...rows.map(({ completionIds }) => completionIds.length));
  const layout = {
    batch: rows.length,
    length,
    tokens: rows.length * length,
    rows: rows.map((row) => ({ start: 0, count: row.completionIds.length })),
  };
  const logProbs = vectors.map((row) => Float32Array.from(row.logProbs));
  const padded = new Float32Array(rows.length * length);
  for (const [i, row] of logProbs.entries()) padded.set(row, i * length);

  const backend = await openBackend('onnxruntime', 1);
  for (const { options, ...expected } of cases) {
    const objective = policyLoss(options);
    const { loss, kl } = objective.graph(input('log_probs', [rows.length, length]), layout);
    const executable = await backend.compile(program({ loss, kl }));
    const fed = { log_probs: { data: padded, shape: [rows.length, length] }, ...objective.feeds(rows, layout) };
    const feeds = Object.entries(fed).map(([name, { data, shape }]) => [name, backend.tensor(data, shape)] as const);
    const results = await executable.run(Object.fromEntries(feeds));
    const { clipFraction, effectiveSampleSize } = ratioStats(rows, logProbs, options);
    const found = { loss: results.loss.data()[0], kl: results.kl.data()[0], clipFraction, effectiveSampleSize };
    for (const [name, value] of Object.entries(found)) {
      expect([options, name, value]).toEqual([options, name, expect.closeTo(expected[name as keyof typeof found], 4)]);
    }
    executable.dispose();
  }
});
