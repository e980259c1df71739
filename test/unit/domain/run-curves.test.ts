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
