/**
 * A monotone linear chain: phases in order over units in order, as a conditional random field (Lafferty, McCallum and Pereira 2001)
 * whose state never decreases. Boundary k of a segmentation is the place where phase k ends; places are 0 (before unit 0) to T
 * (after the last unit), and several boundaries may share one, which leaves phases empty.
 *
 *   score(b) = Σ_k crossing[b_k, k] + Σ_t unit[t, phase of t],   P(b) = exp(score(b)) / Z
 *
 * All sums are in log space.
 */

/** Scores in nats, for `units` T and `phases` K: `unit` is T × K, `crossing` (T + 1) × (K − 1). */
export interface Chain {
  units: number;
  phases: number;
  unit: Float64Array;
  crossing: Float64Array;
}

/** What the chain's distribution over segmentations comes to. */
export interface Posterior {
  logZ: number;
  /** P(unit t is in phase k), T × K. */
  unit: Float64Array;
  /** P(boundary k is at place t), (T + 1) × (K − 1). */
  crossing: Float64Array;
  /** Of the distribution over whole segmentations, in nats. */
  entropy: number;
}

/** A chain of zeros: every segmentation is equally likely. */
export function emptyChain(units: number, phases: number): Chain {
  return {
    units,
    phases,
    unit: new Float64Array(units * phases),
    crossing: new Float64Array((units + 1) * (phases - 1)),
  };
}

/** Score of the segmentation whose boundaries are at `places`, in nats. */
export function scoreOf({ units, phases, unit, crossing }: Chain, places: readonly number[]): number {
  let score = 0;
  places.forEach((place, k) => (score += crossing[place * (phases - 1) + k]));
  let phase = 0;
  for (let t = 0; t < units; t += 1) {
    while (phase < places.length && places[phase] <= t) phase += 1;
    score += unit[t * phases + phase];
  }
  return score;
}

/** Marginals by the forward-backward algorithm. */
export function posteriorOf(chain: Chain): Posterior {
  const { units, phases, unit, crossing } = chain;
  const before = totalsBefore(chain, logAdd);
  const after = totalsAfter(chain);
  const logZ = before[units * phases + phases - 1];
  const posterior: Posterior = {
    logZ,
    unit: new Float64Array(unit.length),
    crossing: new Float64Array(crossing.length),
    entropy: logZ,
  };
  for (let t = 0; t <= units; t += 1) {
    for (let k = 0; k < phases; k += 1) {
      const here = before[t * phases + k] - logZ;
      if (t < units) {
        const at = t * phases + k;
        const p = Math.exp(here + unit[at] + after[at + phases]);
        posterior.unit[at] = p;
        posterior.entropy -= p * unit[at];
      }
      if (k < phases - 1) {
        const at = t * (phases - 1) + k;
        const p = Math.exp(here + crossing[at] + after[t * phases + k + 1]);
        posterior.crossing[at] = p;
        posterior.entropy -= p * crossing[at];
      }
    }
  }
  posterior.entropy = Math.max(posterior.entropy, 0);
  return posterior;
}

/** Places of the likeliest segmentation (Viterbi); of equals, the one whose boundaries are latest. */
export function bestPlaces(chain: Chain): number[] {
  const { units, phases, crossing } = chain;
  const best = totalsBefore(chain, Math.max);
  const places = new Array<number>(phases - 1);
  let t = units;
  for (let k = phases - 2; k >= 0; k -= 1) {
    // Back along phase k + 1, to the latest place where coming from phase k is what made its total.
    while (t > 0 && best[t * phases + k] + crossing[t * (phases - 1) + k] < best[t * phases + k + 1]) t -= 1;
    places[k] = t;
  }
  return places;
}

/** [t, k]: all ways to come to place t in phase k, joined by `join`. (T + 1) × K. */
function totalsBefore(chain: Chain, join: (a: number, b: number) => number): Float64Array {
  const { units, phases, unit, crossing } = chain;
  const totals = new Float64Array((units + 1) * phases).fill(-Infinity);
  totals[0] = 0;
  for (let t = 0; t <= units; t += 1) {
    const row = t * phases;
    for (let k = 0; k < phases; k += 1) {
      if (t > 0) totals[row + k] = totals[row - phases + k] + unit[row - phases + k];
      if (k > 0) totals[row + k] = join(totals[row + k], totals[row + k - 1] + crossing[t * (phases - 1) + k - 1]);
    }
  }
  return totals;
}

/** [t, k]: all ways to go on to the end from place t in phase k. (T + 1) × K. */
function totalsAfter({ units, phases, unit, crossing }: Chain): Float64Array {
  const totals = new Float64Array((units + 1) * phases).fill(-Infinity);
  totals[totals.length - 1] = 0;
  for (let t = units; t >= 0; t -= 1) {
    const row = t * phases;
    for (let k = phases - 1; k >= 0; k -= 1) {
      if (t < units) totals[row + k] = unit[row + k] + totals[row + phases + k];
      if (k < phases - 1)
        totals[row + k] = logAdd(totals[row + k], crossing[t * (phases - 1) + k] + totals[row + k + 1]);
    }
  }
  return totals;
}

/** log(eᵃ + eᵇ). */
function logAdd(a: number, b: number): number {
  const high = a > b ? a : b;
  const less = a > b ? b - a : a - b;
  // Beyond this the smaller one is less than the larger one's rounding; both may be −∞, whose difference is no number.
  return less > -40 ? high + Math.log1p(Math.exp(less)) : high;
}
