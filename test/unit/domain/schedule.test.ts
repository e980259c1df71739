import { describe, expect, it } from 'vitest';
import { scheduledRate } from '../../../src/domain/schedule.ts';

const rates = (schedule: 'constant' | 'cosine', warmup: number): number[] =>
  Array.from({ length: 11 }, (_, done) => scheduledRate({ learningRate: 2, schedule, warmup }, done, 10));

describe('the learning rate', () => {
  it('stays what it is without a schedule, exactly', () => {
    expect(rates('constant', 0)).toEqual(Array(11).fill(2));
  });

  it('rises in a line, then stays or falls to 0', () => {
    expect(rates('constant', 0.4)).toEqual([0, 0.5, 1, 1.5, ...Array<number>(7).fill(2)]);
    const cosine = rates('cosine', 0.4);
    expect(cosine.slice(0, 5)).toEqual([0, 0.5, 1, 1.5, 2]);
    expect(cosine[7]).toBeCloseTo(1, 12);
    expect(cosine[10]).toBe(0);
  });
});
