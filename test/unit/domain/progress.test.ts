import { describe, expect, it } from 'vitest';
import { durationText, timeLeft } from '../../../src/domain/progress.ts';

describe('time left', () => {
  it('is the iterations left at the pace of the last ones', () => {
    expect(
      timeLeft(10, [
        { iteration: 1, at: 0 },
        { iteration: 2, at: 2_000 },
        { iteration: 3, at: 4_000 },
      ]),
    ).toBe(14_000);
  });

  it('is not moved by one long pause', () => {
    const times = [1, 2, 3, 4, 5].map((iteration) => ({
      iteration,
      at: iteration * 1_000 + (iteration === 5 ? 3_600_000 : 0),
    }));
    expect(timeLeft(7, times)).toBe(2_000);
  });

  it('counts iterations that left no row', () => {
    expect(
      timeLeft(20, [
        { iteration: 5, at: 0 },
        { iteration: 10, at: 5_000 },
      ]),
    ).toBe(10_000);
  });

  it('is unknown before two steps have ended, and nothing at the end', () => {
    expect(timeLeft(10, [{ iteration: 1, at: 0 }])).toBeNull();
    expect(
      timeLeft(2, [
        { iteration: 1, at: 0 },
        { iteration: 2, at: 1_000 },
      ]),
    ).toBe(0);
  });
});

describe('a duration in words', () => {
  it.each([
    [0, '0 s'],
    [45_000, '45 s'],
    [200_000, '3 min 20 s'],
    [120_000, '2 min'],
    [7_500_000, '2 h 5 min'],
    [97_200_000, '1 d 3 h'],
  ])('%d ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
