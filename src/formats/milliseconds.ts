/** What a phase talks about, in formats that count whole milliseconds and people edit. */
import type { MediaSpan } from '../domain/phase.ts';

/** ELAN's files have no later time. */
const latest = 2 ** 32 - 1;

/** [start, end) in milliseconds, at least one long. */
export function millisecondsOf({ start, end }: MediaSpan): MediaSpan {
  const first = Math.min(Math.round(start * 1000), latest - 1);
  return { start: first, end: Math.max(Math.min(Math.round(end * 1000), latest), first + 1) };
}

/** The span in seconds: `exact` unless somebody changed the milliseconds that were written for it. */
export function secondsOf(milliseconds: MediaSpan, exact: MediaSpan | null): MediaSpan {
  const written = exact && millisecondsOf(exact);
  if (exact && written?.start === milliseconds.start && written.end === milliseconds.end) return exact;
  return { start: milliseconds.start / 1000, end: milliseconds.end / 1000 };
}
