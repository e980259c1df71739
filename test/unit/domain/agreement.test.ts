import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import {
  addCoincidences,
  boundarySimilarity,
  cohensKappa,
  cutsOf,
  krippendorffsAlpha,
  phaseConfusion,
  pk,
  windowDiff,
  windowSize,
} from '../../../src/domain/agreement.ts';
import { mean } from '../../../src/domain/statistics.ts';
import { golden } from './golden.ts';

interface Vectors {
  segmentations: {
    name: string;
    hypothesis: number[];
    reference: number[];
    boundarySimilarity: number | null;
    windowSize: number;
    windowDiff: number | null;
    pk: number | null;
  }[];
  phases: {
    texts: { length: number; labels: Record<string, number[]> }[];
    phases: number;
    kappa: number | null;
    alpha: number | null;
  }[];
}

const { segmentations, phases: texts } = golden<Vectors>('agreement');

/** Segment sizes as units and cuts. */
function cut(sizes: readonly number[]): { units: number; cuts: number[] } {
  let units = 0;
  const ends = sizes.map((size) => (units += size));
  return { units, cuts: ends.slice(0, -1) };
}

function near(value: number | null, expected: number | null, name: string): void {
  if (value === null || expected === null) expect(value, name).toBe(expected);
  else expect(value, name).toBeCloseTo(expected, 12);
}

const ofPair = (name: string, metric: 'boundarySimilarity' | 'windowDiff' | 'pk'): number[] =>
  segmentations.filter((one) => one.name.startsWith(name)).map((one) => one[metric]!);

describe('metrics of boundaries', () => {
  it('are what segeval gives, on its own examples and on random segmentations', () => {
    expect(segmentations.length).toBeGreaterThan(300);
    for (const { name, hypothesis, reference, ...expected } of segmentations) {
      const { units, cuts: h } = cut(hypothesis);
      const { cuts: r } = cut(reference);
      expect(windowSize(units, r), name).toBe(expected.windowSize);
      near(boundarySimilarity(h, r), expected.boundarySimilarity, name);
      near(windowDiff(units, h, r), expected.windowDiff, name);
      near(pk(units, h, r), expected.pk, name);
    }
  });

  it('have the means that segeval publishes', () => {
    expect(mean(ofPair('Kazantseva 2012, group 5', 'windowDiff'))).toBeCloseTo(0.42514977, 8);
    expect(mean(ofPair('Kazantseva 2012, group 5', 'pk'))).toBeCloseTo(0.35530058, 8);
    expect(mean(ofPair('Kazantseva 2012, group 2', 'windowDiff'))).toBeCloseTo(0.32571631, 8);
    expect(ofPair('near miss', 'boundarySimilarity')).toEqual([0.75]);
  });

  it('see an empty phase as the segment that is not there', () => {
    expect(cutsOf(10, [0, 4])).toEqual([4]);
    expect(cutsOf(10, [4, 4])).toEqual([4]);
    expect(cutsOf(10, [4, 10])).toEqual([4]);
    expect(cutsOf(10, [10, 10])).toEqual([]);
    expect(cutsOf(0, [0, 0])).toEqual([]);
  });

  it('are symmetric or null, within [0, 1], and full for one and the same cuts', () => {
    const segmentation = fc.integer({ min: 1, max: 60 }).chain((units) => {
      const cuts = fc.uniqueArray(fc.integer({ min: 1, max: Math.max(units - 1, 1) }), { maxLength: 12 });
      const inside = cuts.map((list) =>
        cutsOf(
          units,
          list.sort((x, y) => x - y),
        ),
      );
      return fc.tuple(fc.constant(units), inside, inside);
    });
    fc.assert(
      fc.property(segmentation, ([units, a, b]) => {
        expect(boundarySimilarity(a, b)).toBe(boundarySimilarity(b, a));
        for (const value of [boundarySimilarity(a, b), windowDiff(units, a, b), pk(units, a, b)]) {
          if (value === null) continue;
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
        expect([1, null]).toContain(boundarySimilarity(a, a));
        expect([0, null]).toContain(windowDiff(units, a, a));
        expect([0, null]).toContain(pk(units, b, b));
        // Whatever Pk sees, WindowDiff sees.
        expect(pk(units, a, b) ?? 0).toBeLessThanOrEqual(windowDiff(units, a, b) ?? 0);
      }),
    );
  });
});

describe('metrics of phases', () => {
  it('are what scikit-learn and krippendorff give', () => {
    for (const { texts: all, phases, kappa, alpha } of texts) {
      const confusion = new Float64Array(phases * phases);
      const coincidences = new Float64Array(phases * phases);
      for (const { length, labels } of all) {
        phaseConfusion(length, labels.a, labels.b, phases).forEach((count, i) => (confusion[i] += count));
        const names = Object.keys(labels);
        names.forEach((a, i) =>
          names
            .slice(i + 1)
            .forEach((b) =>
              addCoincidences(coincidences, phaseConfusion(length, labels[a], labels[b], phases), names.length),
            ),
        );
      }
      near(cohensKappa(confusion), kappa, JSON.stringify(all));
      near(krippendorffsAlpha(coincidences), alpha, JSON.stringify(all));
    }
  });

  it('count every character once, wherever phases are empty', () => {
    const labels = fc
      .tuple(fc.nat(30), fc.array(fc.nat(30), { minLength: 3, maxLength: 3 }))
      .map(([length, places]) => places.map((at) => Math.min(at, length)).sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.nat(30), labels, labels, (length, a, b) => {
        const [one, other] = [a, b].map((places) => places.map((at) => Math.min(at, length)));
        const phaseOf = (boundaries: number[], at: number): number => boundaries.filter((edge) => edge <= at).length;
        const expected = new Float64Array(16);
        for (let at = 0; at < length; at += 1) expected[phaseOf(one, at) * 4 + phaseOf(other, at)] += 1;
        expect(phaseConfusion(length, one, other, 4)).toEqual(expected);
      }),
    );
  });

  it('have no value where chance cannot be beaten', () => {
    expect(cohensKappa(phaseConfusion(10, [10, 10], [10, 10], 3))).toBeNull();
    expect(cohensKappa(phaseConfusion(0, [0, 0], [0, 0], 3))).toBeNull();
    expect(cohensKappa(phaseConfusion(10, [0, 0], [10, 10], 3))).toBe(0);
    expect(krippendorffsAlpha(Float64Array.of(20, 0, 0, 0))).toBeNull();
  });
});
