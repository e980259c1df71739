/** How far a run is and how long it still takes. */

/** When an iteration ended: `at` in ms since the epoch. */
export interface IterationTime {
  iteration: number;
  at: number;
}

/** Iterations the estimate looks back on: long enough to even out evaluations, short enough to follow a change. */
const window = 20;

/**
 * Milliseconds until `iterations` are done, from the median time of the last iterations; null when fewer than two
 * have ended. The median keeps a pause or a sleeping machine out of the estimate. `times` in order.
 */
export function timeLeft(iterations: number, times: readonly IterationTime[]): number | null {
  const recent = times.slice(-window - 1);
  const last = recent.at(-1);
  const durations = recent
    .slice(1)
    .map(({ iteration, at }, i) => (at - recent[i].at) / Math.max(iteration - recent[i].iteration, 1))
    .sort((a, b) => a - b);
  if (!last || durations.length === 0) return null;
  const middle = durations.length >> 1;
  const median = durations.length % 2 === 1 ? durations[middle] : (durations[middle - 1] + durations[middle]) / 2;
  return Math.max(iterations - last.iteration, 0) * median;
}

/** A duration in ms as people say it, two units at most: "45 s", "3 min 20 s", "2 h 5 min", "1 d 3 h". */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return '0 s';
  const [name, size] = units[first];
  const head = `${Math.floor(seconds / size)} ${name}`;
  const next = units[first + 1];
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0;
  return rest > 0 ? `${head} ${rest} ${next[0]}` : head;
}
