import { describe, expect, it } from 'vitest';
import { scripted } from '../../../src/domain/authors.ts';
import { assumed, gpuHours, inputNames, realSize } from '../../../src/study/replication.ts';

describe('a run at the authors’ size', () => {
  it('has the values of their script', () => {
    expect(realSize.group.value).toBe(scripted.groupSize);
    expect(realSize.rows.value).toBe(8);
    expect(realSize.scores.value).toBe(2);
  });

  it('takes hours by the formula, of which every input can be assumed otherwise', () => {
    // One operation a second for everything: 2 prompts × 3 completions of 7 + 5 tokens, 4 rows, twice trained; 1 test prompt.
    const simple = assumed({
      ...{ prompts: 2, group: 3, rows: 2, passes: 2, scores: 1, parameters: 1, context: 7, completion: 5 },
      ...{ training: 6, test: 1, accuracy: 0.5, peak: 1, dense: 1, decoding: 0.5 },
    });
    const { generating, scoring, training, evaluating, total } = gpuHours(simple);
    expect(generating * 3600).toBeCloseTo(6 * (7 * 2 + 5 * 2 * 2), 9);
    expect(scoring * 3600).toBeCloseTo(4 * 12 * 2, 9);
    expect(training * 3600).toBeCloseTo(4 * 12 * 2 * 6, 9);
    expect(evaluating * 3600).toBeCloseTo(7 * 2 + 5 * 2 * 2, 9);
    expect(total).toBeCloseTo(generating + scoring + training + evaluating, 12);
    for (const name of inputNames) expect(simple[name].source).toBe('assumption');
  });

  it('says of every input where it is from', () => {
    expect(assumed({ context: 100 })).toEqual({
      ...realSize,
      context: { ...realSize.context, value: 100, source: 'assumption', from: 'asked for' },
    });
  });
});
