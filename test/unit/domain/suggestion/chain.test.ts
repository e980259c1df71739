import { describe, expect, it } from 'vitest';
import fc from '../../fc.ts';
import { bestPlaces, posteriorOf, scoreOf, type Chain } from '../../../../src/domain/suggestion/chain.ts';

/** Small chains with any scores. */
const chains = fc
  .record({ units: fc.integer({ min: 0, max: 5 }), phases: fc.integer({ min: 1, max: 4 }) })
  .chain(({ units, phases }) => {
    const scores = (count: number): fc.Arbitrary<Float64Array> =>
      fc
        .array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: count, maxLength: count })
        .map((values) => Float64Array.from(values));
    return fc.record<Chain>({
      units: fc.constant(units),
      phases: fc.constant(phases),
      unit: scores(units * phases),
      crossing: scores((units + 1) * (phases - 1)),
    });
  });

/** Every segmentation there is, one after another. */
function all({ units, phases }: Chain): number[][] {
  let found: number[][] = [[]];
  for (let k = 0; k < phases - 1; k += 1) {
    found = found.flatMap((places) =>
      Array.from({ length: units + 1 }, (_, place) => [...places, place]).filter(
        (grown) => grown.length === 1 || grown.at(-1)! >= grown.at(-2)!,
      ),
    );
  }
  return found;
}

describe('a monotone chain', () => {
  it('gives every segmentation its share, as counting them all does', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const every = all(chain).map((places) => ({ places, score: scoreOf(chain, places) }));
        const z = every.reduce((sum, { score }) => sum + Math.exp(score), 0);
        const { logZ, unit, crossing, entropy } = posteriorOf(chain);
        expect(logZ).toBeCloseTo(Math.log(z), 9);
        const { units, phases } = chain;
        const expectedUnit = new Float64Array(unit.length);
        const expectedCrossing = new Float64Array(crossing.length);
        let expectedEntropy = 0;
        for (const { places, score } of every) {
          const p = Math.exp(score) / z;
          expectedEntropy -= p * Math.log(p);
          places.forEach((place, k) => (expectedCrossing[place * (phases - 1) + k] += p));
          for (let t = 0; t < units; t += 1) {
            expectedUnit[t * phases + places.filter((place) => place <= t).length] += p;
          }
        }
        unit.forEach((p, i) => expect(p).toBeCloseTo(expectedUnit[i], 9));
        crossing.forEach((p, i) => expect(p).toBeCloseTo(expectedCrossing[i], 9));
        expect(entropy).toBeCloseTo(expectedEntropy, 7);
      }),
    );
  });

  it('finds the best segmentation', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const most = Math.max(...all(chain).map((places) => scoreOf(chain, places)));
        const places = bestPlaces(chain);
        expect(places).toHaveLength(chain.phases - 1);
        expect(scoreOf(chain, places)).toBeCloseTo(most, 9);
      }),
    );
  });

  it('stays finite over a long text with large scores', () => {
    const [units, phases] = [20_000, 3];
    const unit = Float64Array.from({ length: units * phases }, (_, i) => ((i * 7919) % 101) - 50);
    const chain = { units, phases, unit, crossing: new Float64Array((units + 1) * (phases - 1)).fill(-30) };
    const { logZ, crossing } = posteriorOf(chain);
    expect(Number.isFinite(logZ)).toBe(true);
    for (const k of [0, 1]) {
      const sum = crossing.filter((_, i) => i % (phases - 1) === k).reduce((total, p) => total + p, 0);
      expect(sum).toBeCloseTo(1, 6);
    }
  });
});
