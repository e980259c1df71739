import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { needsPhases, tasSchemes, tasWeights, type TasScheme } from '../../../src/domain/tas.ts';
import { distance, golden } from './golden.ts';

interface Case {
  length: number;
  scheme: TasScheme;
  lam: number;
  normalise: boolean;
  boundaries?: number[];
  weights: number[];
}

const cut = fc
  .integer({ min: 1, max: 300 })
  .chain((length) => fc.tuple(fc.constant(length), fc.nat(length), fc.nat(length)))
  .map(([length, a, b]) => ({ length, boundaries: [Math.min(a, b), Math.max(a, b)] }));
const lambda = fc.double({ min: 0, max: 5, noNaN: true });
const scheme = fc.constantFrom(...tasSchemes);

describe('TAS weights', () => {
  it('agree with the golden vectors', () => {
    for (const { length, scheme: name, lam, normalise, boundaries, weights } of golden<Case[]>('tas')) {
      const found = tasWeights(length, { scheme: name, lambda: lam, normalise, boundaries });
      expect([name, length, boundaries, distance(found, weights) < 1e-12]).toEqual([name, length, boundaries, true]);
    }
  });

  it('lie in [1, 1 + λ] for every scheme and every cut, empty phases included', () => {
    fc.assert(
      fc.property(cut, lambda, scheme, ({ length, boundaries }, lam, name) => {
        for (const weight of tasWeights(length, { scheme: name, lambda: lam, boundaries })) {
          expect(weight).toBeGreaterThanOrEqual(1);
          expect(weight).toBeLessThanOrEqual(1 + lam + 1e-12);
        }
      }),
    );
  });

  it('have mean 1 when normalised', () => {
    fc.assert(
      fc.property(cut, lambda, scheme, ({ length, boundaries }, lam, name) => {
        const weights = tasWeights(length, { scheme: name, lambda: lam, boundaries, normalise: true });
        expect(weights.reduce((sum, weight) => sum + weight, 0) / length).toBeCloseTo(1, 9);
      }),
    );
  });

  it('warped by equal thirds are the parabola', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), lambda, (third, lam) => {
        const length = 3 * third + 1;
        const warped = tasWeights(length, { scheme: 'phase-warped', lambda: lam, boundaries: [third, 2 * third] });
        expect(distance(warped, tasWeights(length, { scheme: 'parabolic', lambda: lam }))).toBeLessThan(1e-12);
      }),
    );
  });

  it('warped fall through planning, rise through synthesis and are lowest between', () => {
    fc.assert(
      fc.property(cut, ({ length, boundaries }) => {
        const weights = tasWeights(length, { scheme: 'phase-warped', lambda: 0.3, boundaries });
        const [first, second] = boundaries;
        for (let t = 1; t < length; t += 1) {
          if (t < first) expect(weights[t]).toBeLessThanOrEqual(weights[t - 1]);
          if (t > second) expect(weights[t]).toBeGreaterThanOrEqual(weights[t - 1]);
          if (t >= first && t < second) expect(weights[t]).toBeLessThanOrEqual(1 + 0.3 / 9 + 1e-12);
        }
      }),
    );
  });

  it('warped use the outer phases of a longer schema, and constant ones each phase’s own weight', () => {
    const boundaries = [2, 4, 6];
    expect(tasWeights(8, { scheme: 'phase-warped', lambda: 0.3, boundaries })).toEqual(
      tasWeights(8, { scheme: 'phase-warped', lambda: 0.3, boundaries: [2, 6] }),
    );
    const constant = { scheme: 'phase-constant', lambda: 0.5, boundaries } as const;
    expect([...tasWeights(8, { ...constant, phaseWeights: [1, 0, 0.5, 1] })]).toEqual([
      1.5, 1.5, 1, 1, 1.25, 1.25, 1.5, 1.5,
    ]);
    expect(() => tasWeights(8, constant)).toThrow('no weight for phase 4');
    expect([...tasWeights(3, { ...constant, boundaries: [1], phaseWeights: [1, 0] })]).toEqual([1.5, 1, 1]);
  });

  it('need phases where their scheme reads them, and a λ of 0 or more', () => {
    for (const name of tasSchemes) {
      const weights = () => tasWeights(5, { scheme: name, lambda: 0.3 });
      if (needsPhases(name)) expect(weights).toThrow(RangeError);
      else expect(weights().length).toBe(5);
    }
    expect(() => tasWeights(5, { scheme: 'uniform', lambda: -0.1 })).toThrow('λ must be 0 or more');
    expect(() => tasWeights(5, { scheme: 'uniform', lambda: NaN })).toThrow(RangeError);
    expect(tasWeights(0, { scheme: 'parabolic', lambda: 0.3, normalise: true }).length).toBe(0);
  });
});
