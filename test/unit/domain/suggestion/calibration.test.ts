import { expect, it } from 'vitest';
import { calibrationBins, calibrationError } from '../../../../src/domain/suggestion/calibration.ts';

it('tells how far scores are from how often they are right', () => {
  const predictions = [0.95, 0.95, 0.95, 0.95].map((score, i) => ({ score, right: i > 0 }));
  const unsure = [0.15, 0.15].map((score) => ({ score, right: false }));
  const bins = calibrationBins([...predictions, ...unsure]);
  expect(bins.map(({ count, right }) => [count, right])).toEqual([
    [2, 0],
    [4, 0.75],
  ]);
  expect(bins[1].meanScore).toBeCloseTo(0.95);
  // (2 · 0.15 + 4 · 0.2) / 6
  expect(calibrationError([...predictions, ...unsure])).toBeCloseTo(1.1 / 6);
  expect(calibrationError([{ score: 1, right: true }])).toBe(0);
  expect(calibrationError([])).toBeNaN();
});
