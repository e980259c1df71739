import { describe, expect, it } from 'vitest';
import { defaultLora } from '../../../src/domain/run.ts';
import { OnnxBackend } from '../../../src/training/backends/onnxruntime.ts';
import { Adapter } from '../../../src/training/policy/adapter.ts';
import { collect, layOut, layoutKey, placesOfCompletions, spread } from '../../../src/training/policy/layout.ts';
import { Learner } from '../../../src/training/policy/learner.ts';
import type { PolicyLossOptions } from '../../../src/training/policy/objective.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import type { RolloutRow } from '../../../src/training/policy/row.ts';
import fc from '../fc.ts';
import { distance, golden, goldenFolder, goldenRows } from './golden.ts';

const policy = await Policy.load(goldenFolder);
const { config } = policy;
const long = { ...config, max_position_embeddings: 10_000, audio_visual_prefix: null };

/** Rows of groups: the positions of a prompt and the lengths of its completions. */
const rowsOf = (groups: readonly (readonly [number, readonly number[]])[]) =>
  groups.flatMap(([length, counts]) => {
    const promptIds = new Int32Array(length);
    return counts.map((count) => ({ promptIds, prefix: null, completionIds: new Int32Array(count) }));
  });
const groups = fc.array(
  fc.tuple(
    fc.integer({ min: 1, max: 700 }),
    fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 }),
  ),
  {
    minLength: 1,
    maxLength: 12,
  },
);

describe('a layout', () => {
  it('has each row once, in a place of its own behind its context, and room for every token', () => {
    fc.assert(
      fc.property(groups, (groups) => {
        const rows = rowsOf(groups);
        const parts = layOut(rows, long);
        expect(parts.flatMap(({ indices }) => indices).sort((a, b) => a - b)).toEqual([...rows.keys()]);
        for (const { layout, indices } of parts) {
          const { contexts, members, prompt, completion, completionTokens, promptTokens, read } = layout;
          expect(new Set(layout.rows.map(({ place }) => place)).size).toBe(indices.length);
          expect(contexts * members).toBeLessThanOrEqual(8);
          expect(read.length).toBeLessThanOrEqual(contexts);
          for (const [i, { place, count }] of layout.rows.entries()) {
            const row = rows[indices[i]];
            expect(read[Math.floor(place / members)].promptIds).toBe(row.promptIds);
            expect(count).toBe(row.completionIds.length);
            expect(count).toBeLessThanOrEqual(completion);
            expect(row.promptIds.length - 1).toBeLessThanOrEqual(prompt);
          }
          const tokens = layout.rows.reduce((sum, { count }) => sum + count, 0);
          expect(completionTokens).toBeGreaterThanOrEqual(tokens);
          expect(completionTokens).toBeLessThan(tokens + (contexts * members * completion) / 8 + 16);
          expect(promptTokens).toBeGreaterThanOrEqual(
            read.reduce((sum, { promptIds }) => sum + promptIds.length - 1, 0),
          );
          expect(
            collect(
              layout,
              spread(layout, (i) => new Float32Array(layout.rows[i].count).fill(i)),
            ),
          ).toEqual(layout.rows.map(({ count }, i) => new Float32Array(count).fill(i)));
          expect(placesOfCompletions(layout).filter((place) => place >= 0)).toHaveLength(tokens);
        }
      }),
    );
  });

  it('reads a context once where its completions fit in one run', () => {
    fc.assert(
      fc.property(groups, (groups) => {
        const read = layOut(rowsOf(groups), long).flatMap(({ layout }) => layout.read);
        const runs = groups.map(([, counts]) => Math.ceil(counts.length / 8));
        expect(read.length).toBeLessThanOrEqual(runs.reduce((sum, count) => sum + 2 * count - 1, 0));
        for (const [i, { promptIds }] of read.entries())
          if (runs.every((count) => count === 1)) expect(read.findIndex((one) => one.promptIds === promptIds)).toBe(i);
      }),
    );
  });

  it('splits what does not fit: by contexts, then within the completions of one', () => {
    const rows = rowsOf([
      [20, [5, 9, 3, 1]],
      [30, [4, 4]],
    ]);
    const partsWithin = (most: number): number[][] =>
      layOut(rows, long, ({ completionTokens }) => completionTokens <= most).map(({ indices }) => [...indices]);
    expect(partsWithin(1000)).toEqual([[0, 1, 2, 3, 4, 5]]);
    expect(partsWithin(16)).toEqual([
      [4, 5],
      [0, 1],
      [3, 2],
    ]);
    expect(partsWithin(1)).toEqual([[4], [5], [1], [0], [2], [3]]);
  });

  it('splits evenly, so that the parts are of one size and as small as they can be', () => {
    const rows = rowsOf(Array.from({ length: 4 }, () => [20, [16]]));
    const parts = layOut(rows, long, ({ completionTokens }) => completionTokens <= 48);
    expect(parts.map(({ indices }) => indices.length)).toEqual([2, 2]);
  });

  it('is of few sizes, whatever the rows are', () => {
    const keys = Array.from({ length: 64 }, (_, i) =>
      layoutKey(layOut(rowsOf([[500 + (i % 12), [33 + (i % 16), 47]]]), long)[0].layout),
    );
    expect(new Set(keys).size).toBeLessThanOrEqual(3);
  });
});

describe('rows that share a context', () => {
  const loss: PolicyLossOptions = {
    clipLow: 0.2,
    clipHigh: 0.2,
    klWeight: 0.1,
    aggregation: 'sequence',
    ratio: 'token',
  };
  /** Five completions of a prompt behind a clip, two of one without, one of another. */
  const shared: RolloutRow[] = [0, 0, 0, 0, 0, 3, 3, 1].map((context, i) => {
    const { promptIds, prefix } = goldenRows[context];
    return { ...goldenRows[i % goldenRows.length], promptIds, prefix };
  });
  /** The same, each with a context of its own. */
  const apart = shared.map((row) => ({ ...row, promptIds: Int32Array.from(row.promptIds) }));
  const adapted = policy.with({ adapter: Adapter.create(config, { ...defaultLora, rank: 2 }, 1) });

  it.each([
    ['all weights', policy, undefined],
    ['all weights, in parts', policy, 300_000],
    ['an adapter', adapted, undefined],
    ['an adapter, row by row', adapted, 1],
  ] as const)('give the loss and the gradient of rows that do not: %s', async (_, trained, memory) => {
    const learn = async (rows: readonly RolloutRow[]) => {
      const learner = new Learner({
        policy: trained,
        backend: new OnnxBackend(1),
        optimiser: golden.optimiser,
        memory,
      });
      const before = await learner.logProbs(rows);
      // The adapter's A has a gradient from the second step on.
      await learner.reinforce(rows, loss);
      const stats = await learner.reinforce(rows, loss);
      const { tensors } = learner.state();
      await learner.dispose();
      return { ...stats, before, tensors };
    };
    const [expected, actual] = [await learn(apart), await learn(shared)];
    expect(Math.abs(actual.loss / expected.loss - 1)).toBeLessThan(1e-5);
    expect(Math.abs(actual.gradNorm / expected.gradNorm - 1)).toBeLessThan(1e-5);
    for (const [i, row] of expected.before.entries()) expect(distance(actual.before[i], row)).toBeLessThan(1e-5);
    for (const name of trained.trained.keys()) {
      const [a, b] = [actual, expected].map(({ tensors }) => tensors.get(`moment1/${name}`)!.data);
      expect(Math.hypot(...a.map((x, i) => x - b[i])) / Math.hypot(...b), name).toBeLessThan(1e-4);
    }
  });
});
