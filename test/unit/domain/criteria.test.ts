import { describe, expect, it } from 'vitest';
import { audioCaption, criteriaMessages, criteriaScores } from '../../../src/domain/criteria.ts';

describe('the caption of a prompt’s sound', () => {
  it.each<[unknown, string | null]>([
    ['a bell', 'a bell'],
    [['a bell', 'twice'], 'a bell\ntwice'],
    [{ at: 1, cue: 'a bell' }, '{"at":1,"cue":"a bell"}'],
    ['', null],
    [null, null],
    [[], null],
  ])('of %j is %j', (audio_cues, caption) => {
    expect(audioCaption({ sourceRow: { audio_cues } })).toBe(caption);
  });

  it('is none of a prompt without a row', () => {
    expect([audioCaption({}), audioCaption({ sourceRow: {} })]).toEqual([null, null]);
  });
});

it('the judge by criteria is told what is known and no more', () => {
  const prompt = { question: 'Which?', options: ['A red', 'B green'], answer: null };
  expect(criteriaMessages(prompt, '<answer>A</answer>')![1].content).toBe(
    'Question:\nWhich?\nA red\nB green\n\nReasoning:\n\n\nFinal answer:\nA',
  );
  expect(criteriaMessages(prompt, '<think> </think>')).toBeNull();
});

describe('a verdict by criteria', () => {
  it.each([
    ['{"hearing":1,"seeing":0.5,"place":0,"description":0.25}', [1, 0.5, 0, 0.25]],
    ['```json\n{"place": "1.0", "hearing": 0}\n```', [0, 1]],
  ])('is read from %j', (answer, scores) => {
    expect(criteriaScores(answer)).toEqual(scores);
  });

  it.each([
    ['Fine.', 'JSON'],
    ['{}', 'none of hearing, seeing, place, description has a score'],
    ['{"hearing":2,"seeing":0,"place":0,"description":0}', 'hearing: '],
    ['{"hearing":null,"seeing":0,"place":0,"description":0}', 'hearing: '],
  ])('is not read from %j', (answer, fault) => {
    expect(() => criteriaScores(answer)).toThrow(fault);
  });
});
