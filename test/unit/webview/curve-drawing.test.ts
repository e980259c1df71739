import { expect, it } from 'vitest';
import { curveNumber, curvePath, curveSaid, scaleOf } from '../../../webview/review/label/curve-drawing.ts';

const entropy = (...values: number[]) => ({ name: 'entropy' as const, values: Float32Array.from(values) });

it('a strip reaches from the least to the greatest value, and to what a curve is measured from', () => {
  expect(scaleOf(entropy(0.5, 2, Number.NaN))).toEqual({ low: 0.5, high: 2 });
  expect(scaleOf({ name: 'ratio', values: Float32Array.of(1.5, 2) })).toEqual({ low: 1, high: 2 });
  expect(scaleOf(entropy(1, 1))).toEqual({ low: 0.5, high: 1.5 });
  expect(scaleOf(entropy(-Infinity, Number.NaN))).toBeNull();
});

it('a curve has a gap where nothing is known, and a single high value of many is drawn', () => {
  const scale = { low: 0, high: 1 };
  expect(curvePath(Float32Array.of(0, 1, Number.NaN, 0.5, 1), scale, 4, 10)).toBe(
    'M0.0 10.0L0.0 10.0L1.0 0.0M3.0 5.0L3.0 5.0L4.0 0.0',
  );
  const long = new Float32Array(10_000);
  long[5003] = 1;
  const path = curvePath(long, scale, 400, 10);
  expect(path).toContain(' 0.0');
  expect(path.split(/[ML]/u).length).toBeLessThan(1000);
});

it('a curve is said as a whole and by phase', () => {
  expect(curveSaid(entropy(1, 3, -0.0001, 2), ['planning', 'evidence'], [0, 2, 4])).toBe(
    'entropy in nats of 4 tokens: least −1.0e-4, greatest 3.00, mean 1.50; mean by phase: planning 2.00, evidence 1.00',
  );
  expect(curveSaid(entropy(Number.NaN), ['planning'], null)).toBe('entropy: no value is known');
  expect(curveSaid(entropy(1, Number.NaN), ['planning', 'evidence'], [0, 1, 2])).toMatch(
    /planning 1\.00, evidence unknown$/u,
  );
  expect(curveNumber(0)).toBe('0');
  expect(curveNumber(12_345)).toBe('1.2e+4');
});
