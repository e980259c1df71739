/**
 * A monotone linear chain: phases in order over units in order, as a conditional random field (Lafferty, McCallum and Pereira 2001)
 * whose state never decreases. Boundary k of a segmentation is the place where phase k ends; places are 0 (before unit 0) to T
 * (after the last unit), and several boundaries may share one, which leaves phases empty.
 *
 *   score(b) = Σ_k crossing[b_k, k] + Σ_t unit[t, phase of t],   P(b) = exp(score(b)) / Z
 *
 * All sums are in log space.
 */

/** Scores in nats, for `units` T and `phases` K: `unit` is T × K, `crossing` (T + 1) × (K − 1); what stands behind them counts nothing. */
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

/**
 * Marginals, written into the arrays of `into`. Forward, every place and phase gets the share of its ways that cross into the phase there;
 * back from the end, where all are in the last phase, those shares deal out the probability: one exponential and one logarithm a boundary
 * and place.
 */
export function posteriorOf(chain: Chain, into = emptyChain(chain.units, chain.phases)): Posterior {
  const { units, phases, unit, crossing } = chain;
  const shares = into.crossing;
  const logZ = crossingShares(chain, shares);
  const mass = new Float64Array(phases);
  mass[phases - 1] = 1;
  let meanScore = 0;
  for (let t = units; t >= 0; t -= 1) {
    for (let k = phases - 2; k >= 0; k -= 1) {
      const at = t * (phases - 1) + k;
      const p = mass[k + 1] * shares[at];
      into.crossing[at] = p;
      meanScore += p * crossing[at];
      mass[k + 1] -= p;
      mass[k] += p;
    }
    for (let k = 0; k < phases && t > 0; k += 1) {
      const at = (t - 1) * phases + k;
      into.unit[at] = mass[k];
      meanScore += mass[k] * unit[at];
    }
  }
  return { logZ, unit: into.unit, crossing: into.crossing, entropy: Math.max(logZ - meanScore, 0) };
}

/** Writes, for each place and boundary k, which share of all ways to be in phase k + 1 there cross into it there; gives log Z. */
function crossingShares({ units, phases, unit, crossing }: Chain, shares: Float64Array): number {
  /** All ways to come to this place in each phase. */
  const totals = new Float64Array(phases).fill(-Infinity);
  totals[0] = 0;
  for (let t = 0; t <= units; t += 1) {
    for (let k = 0; k < phases; k += 1) {
      if (t > 0) totals[k] += unit[(t - 1) * phases + k];
      if (k === 0) continue;
      const at = t * (phases - 1) + k - 1;
      const stay = totals[k];
      const cross = totals[k - 1] + crossing[at];
      const less = stay < cross ? stay - cross : cross - stay;
      // Beyond this the smaller one is less than the larger one's rounding.
      const ratio = less > -40 ? Math.exp(less) : 0;
      totals[k] = (stay < cross ? cross : stay) + (ratio > 0 ? Math.log1p(ratio) : 0);
      shares[at] = (stay < cross ? 1 : ratio) / (1 + ratio);
    }
  }
  return totals[phases - 1];
}

/** Places of the likeliest segmentation (Viterbi); of equals, the one whose boundaries are latest. */
export function bestPlaces(chain: Chain): number[] {
  const { units, phases, crossing } = chain;
  const best = bestScores(chain);
  const places = new Array<number>(phases - 1);
  let t = units;
  for (let k = phases - 2; k >= 0; k -= 1) {
    // Back along phase k + 1, to the latest place where coming from phase k is what made its total.
    while (t > 0 && best[t * phases + k] + crossing[t * (phases - 1) + k] < best[t * phases + k + 1]) t -= 1;
    places[k] = t;
  }
  return places;
}

/** [t, k]: the best way to come to place t in phase k. (T + 1) × K. */
function bestScores({ units, phases, unit, crossing }: Chain): Float64Array {
  const best = new Float64Array((units + 1) * phases).fill(-Infinity);
  best[0] = 0;
  for (let t = 0; t <= units; t += 1) {
    const row = t * phases;
    for (let k = 0; k < phases; k += 1) {
      if (t > 0) best[row + k] = best[row - phases + k] + unit[row - phases + k];
      if (k > 0) best[row + k] = Math.max(best[row + k], best[row + k - 1] + crossing[t * (phases - 1) + k - 1]);
    }
  }
  return best;
}
