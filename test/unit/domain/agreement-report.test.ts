import { describe, expect, it } from 'vitest';
import {
  agreementOf,
  agreementValues,
  measureRollout,
  withinScope,
  worstFirst,
  type MeasuredRollout,
} from '../../../src/domain/agreement-report.ts';

const completion = 'Plan it now. See it here. Say it so.';

function measured(rolloutId: string, labels: Record<string, number[]>): MeasuredRollout {
  const all = Object.entries(labels).map(([annotator, boundaries]) => ({ annotator, boundaries }));
  return measureRollout({ rolloutId, completion, tokens: null, labels: all });
}

const same = measured('same', { ann: [13, 26], bo: [13, 26] });
const close = measured('close', { ann: [13, 26], bo: [17, 26] });
const apart = measured('apart', { ann: [13, 26], bo: [0, 5] });
const byThree = measured('three', { ann: [13, 26], bo: [13, 26], cy: [13, 30] });
const suggested = measured('suggested', { ann: [13, 26], 'suggestion:rules': [17, 26] });
const rollouts = [same, close, apart, byThree, suggested];

describe('agreement over rollouts', () => {
  it('is measured in words where no tokens are known: one word apart is a near miss', () => {
    expect(agreementValues([close])).toMatchObject({ boundarySimilarity: 0.75 });
    expect(agreementValues([same])).toEqual({ kappa: 1, alpha: 1, boundarySimilarity: 1, windowDiff: 0, pk: 0 });
  });

  it('is measured in the rollout’s tokens where their offsets are known', () => {
    const offsets = Int32Array.from({ length: completion.length }, (_, i) => i);
    const labels = [
      { annotator: 'ann', boundaries: [13, 26] },
      { annotator: 'bo', boundaries: [17, 26] },
    ];
    const byCharacter = measureRollout({ rolloutId: 'r', completion, tokens: { offsets }, labels });
    expect(agreementValues([byCharacter]).boundarySimilarity).toBeCloseTo(1 / 3);
  });

  it('is told of each pair and of all people; a program is in the matrix and counts for no person', () => {
    const { annotators, pairs, people } = agreementOf(rollouts);
    expect(annotators).toEqual(['ann', 'bo', 'cy', 'suggestion:rules']);
    expect(pairs.map(({ a, b, rollouts }) => [a, b, rollouts])).toEqual([
      ['ann', 'bo', 4],
      ['ann', 'cy', 1],
      ['bo', 'cy', 1],
      ['ann', 'suggestion:rules', 1],
    ]);
    expect(people.rollouts).toBe(4);
    const ofAnnAndBo = agreementValues(withinScope(rollouts, { a: 'bo', b: 'ann' }));
    expect(pairs[0].figures.kappa.value).toBe(ofAnnAndBo.kappa);
    const withCy = pairs.slice(1, 3).map(({ figures }) => figures.kappa.value!);
    expect(people.figures.kappa.value).toBeCloseTo((ofAnnAndBo.kappa! + withCy[0] + withCy[1]) / 3, 12);
  });

  it('has an interval over rollouts that holds the value and is the same every time', () => {
    const many = Array.from({ length: 12 }, (_, i) => rollouts[i % 3]);
    const { low, high, value } = agreementOf(many).people.figures.kappa;
    expect(low).toBeLessThan(value!);
    expect(high).toBeGreaterThan(value!);
    expect(agreementOf(many)).toEqual(agreementOf(many));
    expect(agreementOf([close]).people.figures.kappa).toMatchObject({ low: null, high: null });
  });

  it('is null, not a number, where it is undefined', () => {
    const blank = measured('blank', { ann: [36, 36], bo: [36, 36] });
    expect(agreementOf([blank]).people.figures).toMatchObject({
      kappa: { value: null, low: null },
      alpha: { value: null },
      boundarySimilarity: { value: null },
      pk: { value: 0 },
    });
    expect(agreementOf([])).toMatchObject({ annotators: [], pairs: [], people: { rollouts: 0 } });
    expect(agreementOf([suggested]).people).toMatchObject({ rollouts: 0, figures: { pk: { value: null } } });
  });

  it('puts the worst rollouts first and those without a value last', () => {
    const blank = measured('blank', { ann: [36, 36], bo: [36, 36] });
    const order = (metric: 'kappa' | 'pk'): string[] =>
      [blank, same, apart, close]
        .map((one) => ({ id: one.rolloutId, values: agreementValues([one]) }))
        .sort((a, b) => worstFirst(metric)(a.values, b.values))
        .map(({ id }) => id);
    expect(order('kappa')).toEqual(['apart', 'close', 'same', 'blank']);
    expect(order('pk')[0]).toBe('apart');
  });
});
