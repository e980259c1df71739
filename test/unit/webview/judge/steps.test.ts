import { describe, expect, it } from 'vitest';
import type { StepJudgement } from '../../../../src/domain/judgement.ts';
import { judgedBoundaries, saidText, stepAt, stepsOf } from '../../../../webview/review/judge/steps.ts';

const said = (start: number, end: number, error: string | null = null): StepJudgement => ({
  ...{ start, end, verdict: 'wrong', error },
});

describe('the steps of Review', () => {
  it('are the phases of the label, else of a suggestion that offers all of them', () => {
    const offer = { source: 'rules', places: [4, 9], scores: [1, 1] } as const;
    expect(judgedBoundaries([1, 2], { ...offer, places: [4, 9] })).toEqual([1, 2]);
    expect(judgedBoundaries(null, { ...offer, places: [4, 9] })).toEqual([4, 9]);
    expect(judgedBoundaries(null, { ...offer, places: [null, 9] })).toBeNull();
    expect(judgedBoundaries(null, null)).toBeNull();
    expect(stepsOf(20, null, [said(0, 4)])).toEqual([]);
  });

  it('have what is said of most of their text, and tell when that was said of other text', () => {
    const steps = stepsOf(20, [5, 12], [said(0, 5, 'reasoning'), said(5, 14)]);
    expect(steps.map(saidText)).toEqual([
      'wrong: reasoning',
      'wrong, before its boundaries moved',
      'wrong, before its boundaries moved',
    ]);
    expect(stepsOf(20, [5, 12], []).map(saidText)).toEqual(['', '', '']);
  });

  it('are found at the caret, never an empty one', () => {
    const steps = stepsOf(20, [5, 20], []);
    const at = (caret: number) => stepAt(steps, caret)?.phase;
    expect([at(0), at(4), at(5), at(20)]).toEqual([0, 0, 1, 1]);
    expect(stepAt([], 3)).toBeNull();
    expect(stepAt(stepsOf(0, [0, 0], []), 0)).toBeNull();
  });
});
