/** From bars to ranges and back. Pure. */
import type { Range } from '../../src/domain/rollout-query.ts';
import type { ShownHistogram } from '../../src/protocol/table.ts';

/** Without the noise of adding tenths. */
const clean = (value: number): number => Number(value.toPrecision(12));

/** What the bars from one place to another, both meant, count. */
export function rangeOf({ field, histogram }: ShownHistogram, first: number, last: number): Range {
  const { from, width } = histogram;
  const [start, end] = [clean(from + first * width), clean(from + (last + 1) * width)];
  const isWhole = field !== 'reward' && field !== 'pass';
  return isWhole ? { from: start, to: end - 1 } : { from: start, to: end, isToOpen: true };
}

/** Whether a bar counts something that a range has. */
export function isBarIn({ histogram }: ShownHistogram, bar: number, range: Range): boolean {
  const start = clean(histogram.from + bar * histogram.width);
  const end = clean(start + histogram.width);
  const { from, to, isToOpen } = range;
  return (from === null || end > from) && (to === null || (isToOpen ? start < to : start <= to));
}
