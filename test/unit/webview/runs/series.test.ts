import { describe, expect, it } from 'vitest';
import fc from '../../fc.ts';
import { charts } from '../../../../src/domain/metric.ts';
import { drawnCurves } from '../../../../src/domain/run-curves.ts';
import { chartCurves } from '../../../../webview/runs/curves.ts';
import { align, curve, extent, histogram, smooth, smoothed, stageMarks } from '../../../../webview/runs/series.ts';

describe('a curve', () => {
  const columns = {
    iterations: [1, 2, 3, 4],
    values: { reward: [0.1, 0.2, null, 0.4], completions: [8, 16, 16, 16] },
  };

  it('leaves out iterations that did not measure', () => {
    expect(curve(columns, 'reward', 'iteration')).toEqual({ xs: [1, 2, 4], ys: [0.1, 0.2, 0.4] });
  });

  it('has one point where a counter stood still: the last', () => {
    expect(curve(columns, 'reward', 'completions')).toEqual({ xs: [8, 16], ys: [0.1, 0.4] });
  });

  it('of a long run is drawn by the extremes of its stretches, and smoothed by their means', () => {
    const iterations = Array.from({ length: 100_000 }, (_, i) => i);
    const values = {
      reward: iterations.map((i) => (i === 54_321 ? 9 : i % 2)),
      completions: iterations.map((i) => 8 * i),
    };
    const run = { id: 'a', name: 'a', columns: drawnCurves({ iterations, values }), stages: [] };
    for (const axis of ['iteration', 'completions'] as const) {
      const [{ xs, ys, means }] = chartCurves(
        charts.find(({ id }) => id === 'reward')!,
        [run],
        axis,
      );
      const unit = axis === 'iteration' ? 1 : 8;
      expect([xs.length, xs[0], xs.at(-1)]).toEqual([1000, 0, 99_999 * unit]);
      expect([Math.max(...ys), Math.min(...ys)]).toEqual([9, 0]);
      expect(Math.abs(xs[ys.indexOf(9)] / unit - 54_321)).toBeLessThan(200);
      expect(means.ys).toHaveLength(500);
      const smooth = smoothed({ metric: 'reward', means }, 0.9)!.ys;
      expect(Math.max(...smooth)).toBeLessThan(0.6);
      expect(smooth[200]).toBeCloseTo(0.5, 5);
    }
  });

  it('is empty for a metric or a counter the run does not have', () => {
    expect(curve(columns, 'kl', 'iteration').xs).toEqual([]);
    expect(curve(columns, 'reward', 'tokens').xs).toEqual([]);
  });
});

describe('the extent', () => {
  const run = (iterations: number[], completions: (number | null)[]) => ({ iterations, values: { completions } });

  it('is of all runs and rows, also those where a metric was not measured', () => {
    expect(extent([run([0, 1], [null, 8]), run([1, 2, 3], [8, 16, 24])], 'iteration')).toEqual([0, 3]);
    expect(extent([run([0, 1], [null, 8]), run([1, 2, 3], [8, 16, 24])], 'completions')).toEqual([8, 24]);
  });

  it('has a width when there is one place, and is none without', () => {
    expect(extent([run([0], [null])], 'iteration')).toEqual([0, 1]);
    expect(extent([run([0], [null])], 'completions')).toBeNull();
  });
});

it('marks each stage at the iteration before its first, on any axis', () => {
  const columns = { iterations: [0, 1, 2], values: { completions: [null, 8, 16] } };
  const stages = [
    { stage: 'visual' as const, first: 1 },
    { stage: 'audio-visual' as const, first: 3 },
    { stage: 'localisation' as const, first: 4 },
  ];
  const marked = (axis: 'iteration' | 'completions') =>
    stageMarks(columns, stages, axis).map(({ x, stage }) => [stage, x]);
  expect(marked('iteration')).toEqual([
    ['visual', 0],
    ['audio-visual', 2],
  ]);
  expect(marked('completions')).toEqual([
    ['visual', 0],
    ['audio-visual', 16],
  ]);
});

describe('smoothing', () => {
  it('weighs the past and corrects for its start', () => {
    // 0.5·1/0.5 = 1, then (0.25·1 + 0.5·3)/0.75 = 7/3
    expect(smooth([1, 3], 0.5)).toEqual([1, 7 / 3]);
  });

  it('of 0 changes nothing, and never leaves the range of the values', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 0.99, noNaN: true }), (ys, weight) => {
        expect(smooth(ys, 0).every((y, i) => y === ys[i])).toBe(true);
        const slack = 1e-6;
        for (const y of smooth(ys, weight)) {
          expect(y).toBeGreaterThanOrEqual(Math.min(...ys) - slack);
          expect(y).toBeLessThanOrEqual(Math.max(...ys) + slack);
        }
      }),
    );
  });
});

describe('a smoothed curve', () => {
  const ys = [0.5, 0.75];

  it('stands beside what was measured, and changes nothing of it', () => {
    const measured = { metric: 'reward', means: { xs: [1, 2], ys } };
    expect(smoothed(measured, 0.5)).toEqual({ xs: [1, 2], ys: smooth(ys, 0.5) });
    expect(measured.means.ys).toEqual([0.5, 0.75]);
    expect(smoothed(measured, 0)).toBeNull();
  });

  it.each(['accuracy/validation', 'accuracy/test', 'accuracy/validation/visual'])('is not drawn of %s', (metric) => {
    expect(smoothed({ metric, means: { xs: [0, 12], ys } }, 0.9)).toBeNull();
  });
});

describe('alignment', () => {
  it('puts runs of different iterations on one axis', () => {
    expect(
      align([
        { xs: [1, 3], ys: [10, 30] },
        { xs: [2, 3], ys: [20, 31] },
      ]),
    ).toEqual([
      [1, 2, 3],
      [10, null, 30],
      [null, 20, 31],
    ]);
  });
});

describe('the histogram', () => {
  it('is symmetric about zero and holds both ends', () => {
    expect(histogram([-2, 0, 2], 4)).toEqual({ limit: 2, counts: [1, 0, 1, 1] });
  });

  it('counts every value once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -50, max: 50, noNaN: true })),
        fc.integer({ min: 1, max: 60 }),
        (values, bins) => {
          expect(histogram(values, bins).counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
        },
      ),
    );
  });
});
