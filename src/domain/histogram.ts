/** How often values lie where, in bins of a width that people read easily. Pure. */

/** Bin i counts what is from `from + i × width` to, but without, the beginning of the next. */
export interface Histogram {
  from: number;
  width: number;
  counts: number[];
}

/** Bins at most, but for the one that a largest value begins. */
const mostBins = 30;

/** Null without a value; not a number and infinite ones have no place. `isWhole` says that no value lies between whole numbers. */
export function histogramOf(values: readonly number[], isWhole: boolean): Histogram | null {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (least > most) return null;
  const width = widthOf((most - least) / mostBins, isWhole);
  const first = Math.floor(least / width);
  const counts = new Array<number>(Math.floor(most / width) - first + 1).fill(0);
  // By the same division for each, so that no rounding puts one beside the ends.
  for (const value of values) if (Number.isFinite(value)) counts[Math.floor(value / width) - first] += 1;
  return { from: first * width, width, counts };
}

/** 1, 2 or 5 times a power of ten, at least `least`; of equal values a tenth, or 1 of whole ones. */
function widthOf(least: number, isWhole: boolean): number {
  if (least === 0) return isWhole ? 1 : 0.1;
  const power = 10 ** Math.floor(Math.log10(least));
  const width = [1, 2, 5, 10].find((times) => times * power >= least)! * power;
  return isWhole ? Math.max(1, width) : width;
}
