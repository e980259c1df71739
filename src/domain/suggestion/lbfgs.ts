/** Minimises a smooth function by L-BFGS (Liu and Nocedal 1989) with backtracking on Armijo's condition. Deterministic. */

/** Value at `point`; writes the gradient there into `gradient`. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

/** Pairs of steps and gradient changes that approximate the curvature. */
const memory = 6;

interface Pair {
  step: Float64Array;
  change: Float64Array;
  /** 1 / (step · change). */
  rho: number;
}

/** The minimum from zero in `size` dimensions: until a step lowers the value by less than `tolerance` of it, or after `iterations`. */
export function minimise(objective: Objective, size: number, iterations = 100, tolerance = 1e-5): Float64Array {
  let point: Float64Array = new Float64Array(size);
  let gradient: Float64Array = new Float64Array(size);
  let value = objective(point, gradient);
  const pairs: Pair[] = [];
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    if (slope > -1e-12) break;
    // With no curvature known, the first step is of length one at most.
    let rate = pairs.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(dot(gradient, gradient)));
    const next = new Float64Array(size);
    const nextGradient = new Float64Array(size);
    let nextValue: number;
    for (; ; rate /= 2) {
      for (let i = 0; i < size; i += 1) next[i] = point[i] + rate * direction[i];
      nextValue = objective(next, nextGradient);
      if (nextValue <= value + 1e-4 * rate * slope) break;
      // No step lowers it by more than rounding: this is the minimum.
      if (rate < 1e-10) return point;
    }
    remember(pairs, point, next, gradient, nextGradient);
    const settled = value - nextValue <= tolerance * Math.abs(value);
    [point, gradient, value] = [next, nextGradient, nextValue];
    if (settled) break;
  }
  return point;
}

/** −H · gradient, where H is the inverse curvature that the pairs tell (the two-loop recursion). */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const shares: number[] = [];
  for (const { step, change, rho } of pairs.toReversed()) {
    const share = rho * dot(step, direction);
    shares.push(share);
    add(direction, change, -share);
  }
  const newest = pairs.at(-1);
  if (newest) {
    const scale = 1 / (newest.rho * dot(newest.change, newest.change));
    for (let i = 0; i < direction.length; i += 1) direction[i] *= scale;
  }
  for (const { step, change, rho } of pairs) add(direction, step, shares.pop()! - rho * dot(change, direction));
  return direction;
}

function remember(pairs: Pair[], from: Float64Array, to: Float64Array, was: Float64Array, is: Float64Array): void {
  const step = to.map((value, i) => value - from[i]);
  const change = is.map((value, i) => value - was[i]);
  const curvature = dot(step, change);
  if (curvature <= 1e-12) return;
  pairs.push({ step, change, rho: 1 / curvature });
  if (pairs.length > memory) pairs.shift();
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}

function add(to: Float64Array, what: Float64Array, times: number): void {
  for (let i = 0; i < to.length; i += 1) to[i] += times * what[i];
}
