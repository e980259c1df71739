import { describe, expect, it } from 'vitest';
import type { StepJudgement } from '../../../../src/domain/judgement.ts';
import {
  judgedAt,
  judgedBoundaries,
  nextJudged,
  saidBeside,
  saidText,
  stepAt,
  stepsOf,
} from '../../../../webview/review/judge/steps.ts';

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

  it('have nothing of what is said of a small part of them, which stands beside them', () => {
    const all = [said(0, 5), said(6, 8), said(13, 18)];
    const steps = stepsOf(20, [5, 12], all);
    expect(steps.map(saidText)).toEqual(['wrong', '', 'wrong, said of a part of it']);
    expect(saidBeside(steps, all)).toEqual([said(6, 8), said(13, 18)]);
  });

  it('are found at the caret, never an empty one', () => {
    const steps = stepsOf(20, [5, 20], []);
    const at = (caret: number) => stepAt(steps, caret)?.phase;
    expect([at(0), at(4), at(5), at(20)]).toEqual([0, 0, 1, 1]);
    expect(stepAt([], 3)).toBeNull();
    expect(stepAt(stepsOf(0, [0, 0], []), 0)).toBeNull();
  });
});

describe('what the keys judge', () => {
  const text = '<think>I look. It is red.\nSo it is A.</think> <answer>A</answer>';
  const steps = stepsOf(text.length, [15, 26], []);
  const phases = [{ name: 'planning' }, { name: 'evidence' }, { name: 'synthesis' }];
  const at = (caret: number, by: 'phase' | 'sentence', more: Partial<Parameters<typeof judgedAt>[0]> = {}) =>
    judgedAt({ ...{ text, caret, by, steps, phases, selected: null, said: [] }, ...more });
  const told = (judged: ReturnType<typeof at>) =>
    judged && `${judged.name}: ${text.slice(judged.start, judged.end)}${judged.said ? ` (${saidText(judged)})` : ''}`;

  it('is the phase or the sentence at the caret, and what is selected before either', () => {
    expect(told(at(17, 'phase'))).toBe('evidence: It is red.\n');
    expect(told(at(17, 'sentence'))).toBe('sentence: It is red.');
    expect(told(at(14, 'sentence'))).toBe('sentence: <think>I look.');
    expect(told(at(40, 'sentence'))).toBe('sentence: So it is A.</think>');
    expect(told(at(text.length, 'sentence'))).toBe('sentence: <answer>A</answer>');
    for (const by of ['phase', 'sentence'] as const)
      expect(told(at(3, by, { selected: { from: 14, to: 24 } }))).toBe('selection: It is red');
    expect(told(at(17, 'phase', { selected: { from: 25, to: 26 } }))).toBe('evidence: It is red.\n');
  });

  it('needs phases for phases alone', () => {
    expect(at(17, 'phase', { steps: [] })).toBeNull();
    expect(told(at(17, 'sentence', { steps: [] }))).toBe('sentence: It is red.');
    expect(at(0, 'sentence', { text: ' ' })).toBeNull();
  });

  it('tells what is said of it, of a part of it, and of text around it', () => {
    const sentence = (start: number, end: number) => told(at(17, 'sentence', { said: [said(start, end)] }));
    expect(sentence(15, 25)).toBe('sentence: It is red. (wrong)');
    expect(sentence(18, 20)).toBe('sentence: It is red. (wrong, said of a part of it)');
    expect(sentence(0, 26)).toBe('sentence: It is red. (wrong, said with text around it)');
  });

  it('goes on to the next, and round to the first', () => {
    expect(nextJudged(text, at(17, 'phase'), steps)).toBe(26);
    expect(nextJudged(text, at(30, 'phase'), steps)).toBe(0);
    expect(nextJudged(text, at(17, 'sentence'), steps)).toBe(26);
    expect(nextJudged(text, at(text.length, 'sentence'), steps)).toBe(0);
    expect(nextJudged(text, null, [])).toBeNull();
  });
});
