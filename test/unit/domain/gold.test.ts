import { describe, expect, it } from 'vitest';
import { goldTurn, isGold } from '../../../src/domain/gold.ts';
import { goldAgreement, goldText, type GoldItem } from '../../../src/domain/gold-agreement.ts';

describe('the turn of a gold item', () => {
  const open = ['a', 'b', 'c'];
  const turns = Array.from({ length: 4000 }, (_, turn) => turn);

  it('comes in its share of the turns, each item as often, and the same for the same turn', () => {
    const given = turns.flatMap((turn) => goldTurn(open, 0.2, 'ana', turn) ?? []);
    expect(given.length / turns.length).toBeCloseTo(0.2, 1);
    for (const id of open) expect(given.filter((one) => one === id).length / given.length).toBeCloseTo(1 / 3, 1);
    expect(turns.flatMap((turn) => goldTurn(open, 0.2, 'ana', turn) ?? [])).toEqual(given);
    expect(turns.flatMap((turn) => goldTurn(open, 0.2, 'ben', turn) ?? [])).not.toEqual(given);
  });

  it('never comes without an item or a share', () => {
    expect(turns.every((turn) => goldTurn([], 0.5, 'ana', turn) === null)).toBe(true);
    expect(turns.every((turn) => goldTurn(open, 0, 'ana', turn) === null)).toBe(true);
  });

  it('is by names that begin so', () => {
    expect(['gold:ana', 'gold', 'golden', 'ana'].filter(isGold)).toEqual(['gold:ana']);
  });
});

describe('annotators against gold', () => {
  const item = (annotator: string, own: number[], change: Partial<GoldItem> = {}): GoldItem => ({
    ...{ rolloutId: 'r1', annotator, completion: 'One two three four five six.', tokens: null },
    ...{ labels: [own, [8, 19]], judgements: [[], []], ...change },
  });

  it('are measured each on their own, by name, as agreement of two is', () => {
    const [ana, ben] = goldAgreement([item('ben', [4, 19]), item('ana', [8, 19])]);
    expect(ana).toMatchObject({ annotator: 'ana', labels: { rollouts: 1 } });
    expect(ana.labels.figures.boundarySimilarity.value).toBe(1);
    expect(ana.labels.figures.kappa.value).toBe(1);
    // Evidence begins one word before: half a match of two boundaries.
    expect(ben.labels.figures.boundarySimilarity.value).toBe(0.75);
    expect(goldText(ben)).toMatch(/^Boundary Similarity 0\.75, Cohen’s κ 0\.\d\d$/u);
  });

  it('count a rollout that two wrote gold for once, and judgements where both judged', () => {
    const said = (verdict: 'correct' | 'wrong', start: number) => ({ start, end: start + 4, verdict, error: null });
    const judgements: GoldItem['judgements'] = [
      [said('correct', 0), said('wrong', 4)],
      [said('correct', 0), said('wrong', 4)],
    ];
    const [ana] = goldAgreement([item('ana', [8, 19], { judgements }), item('ana', [8, 19])]);
    expect(ana.labels.rollouts).toBe(1);
    expect(ana.judgements).toMatchObject({ rollouts: 1, figures: { kappa: { value: 1 } } });
    expect(goldText(ana)).toMatch(/κ of judgements 1\.00$/u);
  });
});
