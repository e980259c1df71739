import { describe, expect, it } from 'vitest';
import { curvesTable, drawnCurves } from '../../../src/domain/run-curves.ts';
import fc from '../fc.ts';

const column = fc.array(fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true })), {
  minLength: 1,
  maxLength: 5000,
  size: 'max',
});

describe('what is drawn of a run', () => {
  it('is every iteration while there are few', () => {
    const curves = { iterations: [1, 2], values: { kl: [null, 0.1] } };
    expect(drawnCurves(curves)).toEqual({ ...curves, stretch: 1, means: {} });
  });

  it('is at most a thousand rows with the least and the greatest of each stretch, in their order', () => {
    fc.assert(
      fc.property(column, (kl) => {
        const iterations = kl.map((_, i) => i + 1);
        const drawn = drawnCurves({ iterations, values: { kl } });
        expect(drawn.iterations.length).toBeLessThanOrEqual(1000);
        const { stretch } = drawn;
        if (stretch === 1) {
          expect(drawn.values.kl).toEqual(kl);
          return;
        }
        for (let start = 0, row = 0; start < kl.length; start += stretch, row += 2) {
          const part = kl.slice(start, start + stretch);
          const measured = part.filter((value) => value !== null);
          if (part.length === 1) {
            // The last iteration by itself is one row.
            expect([drawn.iterations[row], drawn.values.kl[row], drawn.means.kl[row]]).toEqual([
              kl.length,
              part[0],
              part[0],
            ]);
            expect(drawn.iterations).toHaveLength(row + 1);
            continue;
          }
          const shown = drawn.values.kl.slice(row, row + 2);
          expect(drawn.iterations.slice(row, row + 2)).toEqual([start + 1, start + part.length]);
          expect(drawn.means.kl[row]).toBeNull();
          if (measured.length === 0) {
            expect([shown, drawn.means.kl[row + 1]]).toEqual([[null, null], null]);
            continue;
          }
          const [low, high] = [Math.min(...measured), Math.max(...measured)];
          expect(shown.toSorted((a, b) => a! - b!)).toEqual([low, high]);
          expect(part.indexOf(shown[0])).toBeLessThanOrEqual(part.indexOf(shown[1]));
          const mean = drawn.means.kl[row + 1]!;
          expect(mean >= low - 1e-6 && mean <= high + 1e-6).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('what is zoomed to', () => {
  const iterations = Array.from({ length: 100_000 }, (_, i) => i + 1);
  const values = {
    kl: iterations.map((i) => (i % 777 === 0 ? null : Math.sin(i))),
    completions: iterations.map((i) => (i < 10 ? null : 8 * i)),
  };

  it('has every iteration where few are seen, one beyond each edge, and the rest as it was', () => {
    for (const [axis, unit] of [
      ['iteration', 1],
      ['completions', 8],
    ] as const) {
      const drawn = drawnCurves({ iterations, values }, { axis, from: 50_000.5 * unit, to: 50_700.5 * unit });
      expect(drawn.stretch).toBe(1);
      const first = drawn.iterations.indexOf(50_000);
      const closer = Array.from({ length: 702 }, (_, i) => 50_000 + i);
      expect(drawn.iterations.slice(first, first + 702)).toEqual(closer);
      for (const name of ['kl', 'completions'] as const) {
        const measured = closer.map((i) => values[name][i - 1]);
        expect(drawn.values[name].slice(first, first + 702)).toEqual(measured);
        // So many are smoothed by what was measured.
        expect(drawn.means[name].slice(first, first + 702)).toEqual(measured);
      }
      expect([drawn.iterations[0], drawn.iterations.at(-1)]).toEqual([1, 100_000]);
      expect(drawn.iterations).toEqual([...new Set(drawn.iterations)].sort((a, b) => a - b));
      expect(drawn.iterations.length).toBeLessThan(2_000);
    }
  });

  it('has shorter stretches where many are seen', () => {
    const drawn = drawnCurves({ iterations, values }, { axis: 'iteration', from: 20_000, to: 29_999 });
    expect(drawn.stretch).toBe(20);
    const inside = drawn.iterations.filter((i) => i >= 20_000 && i <= 29_999);
    expect(inside).toHaveLength(1_000);
  });

  it('is nothing of its own beside the run, or on an axis that the run did not measure', () => {
    const whole = drawnCurves({ iterations, values });
    for (const zoom of [
      { axis: 'tokens', from: 1, to: 2 },
      { axis: 'iteration', from: 200_000, to: 300_000 },
      { axis: 'iteration', from: -5, to: 0 },
    ] as const) {
      const drawn = drawnCurves({ iterations, values }, zoom);
      expect(drawn.iterations.length).toBeLessThanOrEqual(whole.iterations.length + 2);
      expect([drawn.iterations[0], drawn.iterations.at(-1)]).toEqual([1, 100_000]);
    }
  });
});

describe('the table of runs', () => {
  const curves = { iterations: [1, 2], values: { reward: [0.25, 0.5], kl: [null, 0.125] } };

  it('has one row an iteration and run, empty where nothing was measured', () => {
    const runs = ['a', 'b, "best"'].map((name) => ({ name, curves }));
    expect(curvesTable(runs)).toBe(
      'run,iteration,kl,reward\na,1,,0.25\na,2,0.125,0.5\n"b, ""best""",1,,0.25\n"b, ""best""",2,0.125,0.5\n',
    );
  });

  it('keeps a run’s name a text', () => {
    expect(curvesTable([{ name: '=a', curves }])).toBe("run,iteration,kl,reward\n'=a,1,,0.25\n'=a,2,0.125,0.5\n");
  });
});
