import { describe, expect, it } from 'vitest';
import { judgeMessages, reasoningSteps, verdictScores } from '../../../src/domain/verdict.ts';

describe('the steps of a reasoning', () => {
  it.each<[string, string[]]>([
    [
      '<think>I look. At 0:03 red enters, low.\nSo it is 3.5 s.</think><answer>No. 3</answer>',
      ['I look.', 'At 0:03 red enters, low.', 'So it is 3.5 s.'],
    ],
    ['<think>- one\n\n- two', ['- one', '- two']],
    ['First this.<think>Then that.</think>', ['First this.', 'Then that.']],
    ['<think>It is <answer> here? Yes.</think><answer>A</answer>', ['It is <answer> here?', 'Yes.']],
    ['<think> \n</think><answer>A</answer>', []],
    ['', []],
  ])('of %j are its sentences', (completion, steps) => {
    expect(reasoningSteps(completion)).toEqual(steps);
  });
});

it('the judge is told the options, and no answer where none is known', () => {
  const prompt = { question: 'Which colour?', options: ['A red', 'B green'], answer: null };
  expect(judgeMessages(prompt, ['Red.'])[1].content).toBe(
    'Question:\nWhich colour?\nA red\nB green\n\nReasoning:\n1. Red.',
  );
});

describe('a verdict', () => {
  it.each([
    ['{"steps":[{"step":1,"score":0},{"step":2,"score":1}]}'],
    [
      'Sure!\n```json\n{"steps": [{"step": 2, "score": "1.0"}, {"step": 1, "score": 0.0, "note": "{wrong}"}]}\n```\nDone.',
    ],
    ['<think>\nStep 1 is {odd}.\n</think>\n\n{"steps":[{"step":1,"score":0},{"step":2,"score":1}]}'],
  ])('is read from %j', (answer) => {
    expect(verdictScores(answer, 2)).toEqual([0, 1]);
  });

  it.each([
    ['', 'JSON'],
    ['1, 1', 'JSON'],
    ['{"steps": 1}', 'steps: '],
    ['{"steps":[{"step":1,"score":-0.1},{"step":2,"score":1}]}', 'steps.0.score: '],
    ['{"steps":[{"step":1,"score":"high"},{"step":2,"score":1}]}', 'steps.0.score: '],
    ['{"steps":[{"step":1,"score":null},{"step":2,"score":1}]}', 'steps.0.score: '],
    ['{"steps":[{"step":0,"score":1},{"step":1,"score":1}]}', 'step 2 of 2 has no score'],
  ])('is not read from %j', (answer, fault) => {
    expect(() => verdictScores(answer, 2)).toThrow(fault);
  });
});
