/** How a curve of tokens is drawn, and what is said of it. Pure. */
import { t } from '@vscode/l10n';
import { curves, extremes, meanKnown, type Curve } from '../../../src/domain/token-curve.ts';

/** The least and the greatest value of a strip. */
export interface Scale {
  low: number;
  high: number;
}

/** From the least to the greatest value, and to what the curve is measured from, where there is such; null where no value is known. */
export function scaleOf({ name, values }: Curve): Scale | null {
  const { least, greatest } = extremes(values);
  if (least === null || greatest === null) return null;
  const { base } = curves[name];
  const [low, high] = base === null ? [least, greatest] : [Math.min(least, base), Math.max(greatest, base)];
  return low === high ? { low: low - 0.5, high: high + 0.5 } : { low, high };
}

/** Stretches that are drawn at most: more than its pixels would not show. */
const most = 400;

/**
 * The curve as the path of an SVG of this size. Of many tokens each stretch is drawn from its least to its greatest value, so that a single high
 * one is seen; where no value is known there is a gap.
 */
export function curvePath(values: Float32Array, { low, high }: Scale, width: number, height: number): string {
  const stride = Math.max(1, Math.ceil(values.length / most));
  const last = Math.max(values.length - 1, 1);
  const place = (token: number, value: number): string =>
    `${((width * token) / last).toFixed(1)} ${(height * (1 - (value - low) / (high - low))).toFixed(1)}`;
  let path = '';
  let isOpen = false;
  for (let start = 0; start < values.length; start += stride) {
    const { least, greatest } = extremes(values.subarray(start, start + stride));
    if (least === null || greatest === null) {
      isOpen = false;
      continue;
    }
    path += `${isOpen ? 'L' : 'M'}${place(start, least)}`;
    // A token between two that are not known is a dot.
    if (greatest > least || !isOpen) path += `L${place(start, greatest)}`;
    isOpen = true;
  }
  return path;
}

/** "0.31", "−1.10", "0.0002": with a true minus. */
export function curveNumber(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return 'unknown';
  const size = Math.abs(value);
  if (size === 0) return '0';
  const isFar = size >= 1000 || size < 0.0005;
  const text = isFar ? size.toExponential(1) : size.toFixed(size < 0.1 ? 4 : 2);
  return value < 0 ? `−${text}` : text;
}

/** What a screen reader says of a curve: least, greatest and mean, and the mean of each phase; `edges` are the tokens at which phases start, and the end. */
export function curveSaid({ name, values }: Curve, phases: readonly string[], edges: readonly number[] | null): string {
  const { title, unit } = curves[name];
  const { least, greatest } = extremes(values);
  if (least === null) return t('{0}: no value is known', title);
  const what = unit === '' ? title : t('{0} in {1}', title, unit);
  const numbers = [least, greatest, meanKnown(values)].map(curveNumber);
  const whole = t('{0} of {1} tokens: least {2}, greatest {3}, mean {4}', what, values.length, ...numbers);
  if (edges === null) return whole;
  const means = phases.map((phase, i) => `${phase} ${curveNumber(meanKnown(values, edges[i], edges[i + 1]))}`);
  return t('{0}; mean by phase: {1}', whole, means.join(', '));
}
