/**
 * Suggests phases as a project's own labels have them: a monotone linear-chain conditional random field over words with sparse
 * hashed features, trained to the labels' likelihood with an L2 penalty. Seconds on one thread; the same labels give the same tagger.
 */
import { Random } from '../random.ts';
import { partitionPoint } from '../partition-point.ts';
import { bestPlaces, emptyChain, posteriorOf, scoreOf, type Chain } from './chain.ts';
import { DistinctLists } from './distinct-lists.ts';
import { featuresOf, type FeatureLists, type Features } from './features.ts';
import { minimise, type Objective } from './lbfgs.ts';
import { beginning, firstLetter } from './sentences.ts';
import type { Suggestion } from './suggestion.ts';

/** A person's label and what it is of. */
export interface LabelledText {
  text: string;
  boundaries: readonly number[];
  /** Labels of one prompt are never on both sides of a held-out fold. */
  promptId: string;
}

export interface Tagger {
  phases: number;
  /** A feature's hash → its row of `weights`. */
  rows: Map<number, number>;
  /** Rows × phases: of a word's feature for each phase, of a place's feature for each boundary. */
  weights: Float64Array;
  /** Scores are divided by it, so that probabilities are as often right as they say. */
  temperature: number;
  /** Whether labels put the white space between two phases in the later one. */
  spaceAfter: boolean;
  /** Labels it learned from. */
  labels: number;
}

/** What a tagger learns from a label: its text's features and the places of its boundaries. */
export interface Example {
  features: Features;
  places: number[];
  promptId: string;
  /** Boundaries that stand before a space, less those that stand behind one. */
  beforeSpace: number;
}

/** Weight of ½‖w‖² beside the sum of the labels' negative log-likelihoods. */
const penalty = 0.1;
const foldCount = 4;
/** Labels that the temperature is fitted with at most: it is one number. */
const calibrationLabels = 200;

export interface TrainingOptions {
  /** Number of phases; each label has one boundary fewer. */
  phases: number;
  seed: number;
}

/** Learns from at least one label. The temperature is fitted on folds by prompt, each scored by a tagger that did not see it. */
export function trainTagger(examples: readonly Example[], { phases, seed }: TrainingOptions): Tagger {
  const tagger = fit(examples, phases);
  const heldOut = folds(examples, seed).flatMap(({ inside, outside }) => {
    const other = fit(inside, phases);
    return outside.map(({ features, places }) => ({ chain: chainOf(other, features), places }));
  });
  return { ...tagger, temperature: fitTemperature(heldOut), spaceAfter: spaceGoesAfter(examples) };
}

/** The likeliest segmentation of `text`, with the calibrated probability of each boundary's place. */
export function suggestByTagger(tagger: Tagger, text: string): Suggestion {
  const features = featuresOf(text);
  const chain = scaled(chainOf(tagger, features), tagger.temperature);
  const places = bestPlaces(chain);
  const { crossing, entropy } = posteriorOf(chain);
  return {
    source: 'tagger',
    boundaries: places.map((place) => offsetOf(text, features.starts, place, tagger.spaceAfter)),
    scores: places.map((place, k) => crossing[place * (tagger.phases - 1) + k]),
    entropy,
  };
}

export function exampleOf({ text, boundaries, promptId }: LabelledText): Example {
  const features = featuresOf(text);
  const isSpace = (offset: number): number => Number(text[offset] === ' ');
  return {
    features,
    places: boundaries.map((boundary) => placeOf(text, features.starts, boundary)),
    promptId,
    beforeSpace: boundaries.reduce((sum, boundary) => sum + isSpace(boundary) - isSpace(boundary - 1), 0),
  };
}

/** The place nearest to an offset; white space between two words counts as nothing. */
export function placeOf(text: string, starts: readonly number[], offset: number): number {
  const after = partitionPoint(starts, (start) => start <= offset);
  const within = text.slice(starts[after - 1] ?? 0, offset).trim().length;
  if (within === 0) return Math.max(after - 1, 0);
  const left = text.slice(offset, starts[after] ?? text.length).trim().length;
  return within <= left ? after - 1 : after;
}

function offsetOf(text: string, starts: readonly number[], place: number, spaceAfter: boolean): number {
  if (place === starts.length) return text.length;
  return spaceAfter ? beginning(text, starts[place]) : firstLetter(text, starts[place]);
}

/** Whether labels that stand beside a space mostly stand before it. */
function spaceGoesAfter(examples: readonly Example[]): boolean {
  return examples.reduce((sum, { beforeSpace }) => sum + beforeSpace, 0) >= 0;
}

/** Weights at the least penalised negative log-likelihood; temperature 1. */
function fit(examples: readonly Example[], phases: number): Tagger {
  const [unit, place] = [new DistinctLists(), new DistinctLists()];
  const numbered = examples.map(({ features, places }) => ({
    places,
    unit: unit.numbersOf(features.unit),
    place: place.numbersOf(features.place),
  }));
  const rows = new Map<number, number>();
  const known = ({ items, ends }: FeatureLists): FeatureLists => ({
    ends,
    items: items.map((hash) => {
      const row = rows.get(hash) ?? rows.size;
      if (row === rows.size) rows.set(hash, row);
      return row;
    }),
  });
  const training: TrainingSet = { examples: numbered, unit: known(unit.lists), place: known(place.lists) };
  const objective = lossOf(training, phases);
  return {
    phases,
    rows,
    weights: minimise(objective, rows.size * phases),
    temperature: 1,
    spaceAfter: true,
    labels: examples.length,
  };
}

/** Labels' places, and the numbers of the lists that their words and places have; the lists hold rows of the weights. */
export interface TrainingSet {
  examples: readonly { places: readonly number[]; unit: Int32Array; place: Int32Array }[];
  unit: FeatureLists;
  place: FeatureLists;
}

/** Of some weights: Σ −log P(label) + ½ · penalty · ‖w‖², in nats, and its gradient: expected less observed features. */
export function lossOf({ examples, unit, place }: TrainingSet, phases: number): Objective {
  const longest = examples.reduce((most, example) => Math.max(most, example.unit.length), 0);
  const chain = emptyChain(longest, phases);
  const posterior = emptyChain(longest, phases);
  return (weights, gradient) => {
    let value = 0;
    for (let i = 0; i < weights.length; i += 1) {
      value += 0.5 * penalty * weights[i] * weights[i];
      gradient[i] = penalty * weights[i];
    }
    const scores = scoredLists(unit, place, phases, weights);
    const slopes = { unit: new Float64Array(scores.unit.length), crossing: new Float64Array(scores.crossing.length) };
    for (const { unit: units, place: crossings, places } of examples) {
      chain.units = units.length;
      spell(units, scores.unit, phases, chain.unit);
      spell(crossings, scores.crossing, phases - 1, chain.crossing);
      const { logZ, unit: inPhase, crossing } = posteriorOf(chain, posterior);
      value += logZ - scoreOf(chain, places);
      let phase = 0;
      for (let t = 0; t < units.length; t += 1) {
        while (phase < places.length && places[phase] <= t) phase += 1;
        inPhase[t * phases + phase] -= 1;
      }
      places.forEach((at, k) => (crossing[at * (phases - 1) + k] -= 1));
      collect(units, inPhase, phases, slopes.unit);
      collect(crossings, crossing, phases - 1, slopes.crossing);
    }
    spread(unit, slopes.unit, phases, phases, gradient);
    spread(place, slopes.crossing, phases - 1, phases, gradient);
    return value;
  };
}

/** Writes the `count` scores of each list of a text, end to end. */
function spell(numbers: Int32Array, scores: Float64Array, count: number, to: Float64Array): void {
  for (let t = 0, at = 0; t < numbers.length; t += 1) {
    for (let k = 0, from = numbers[t] * count; k < count; k += 1, at += 1, from += 1) to[at] = scores[from];
  }
}

/** Adds the `count` values of each list of a text to those of all texts. */
function collect(numbers: Int32Array, values: Float64Array, count: number, to: Float64Array): void {
  for (let t = 0, at = 0; t < numbers.length; t += 1) {
    for (let k = 0, into = numbers[t] * count; k < count; k += 1, at += 1, into += 1) {
      // What is as good as certain, most of a text, moves nothing.
      if (Math.abs(values[at]) >= 1e-9) to[into] += values[at];
    }
  }
}

/** Adds each list's `count` values to its rows' slots of the gradient. */
function spread(
  { items, ends }: FeatureLists,
  values: Float64Array,
  count: number,
  phases: number,
  gradient: Float64Array,
): void {
  for (let t = 0, from = 0; t < ends.length; from = ends[t], t += 1) {
    for (let k = 0; k < count; k += 1) {
      const value = values[t * count + k];
      if (value === 0) continue;
      for (let i = from; i < ends[t]; i += 1) gradient[items[i] * phases + k] += value;
    }
  }
}

/** Sums of the weights of each list's rows; a row of −1 has none. */
function gather(
  { items, ends }: FeatureLists,
  scores: Float64Array,
  count: number,
  phases: number,
  weights: Float64Array,
): void {
  for (let t = 0, from = 0; t < ends.length; from = ends[t], t += 1) {
    for (let i = from; i < ends[t]; i += 1) {
      if (items[i] < 0) continue;
      for (let k = 0; k < count; k += 1) scores[t * count + k] += weights[items[i] * phases + k];
    }
  }
}

/** Scores of lists of words' and of places' features. */
function scoredLists(
  unit: FeatureLists,
  place: FeatureLists,
  phases: number,
  weights: Float64Array,
): Pick<Chain, 'unit' | 'crossing'> {
  const scores = {
    unit: new Float64Array(unit.ends.length * phases),
    crossing: new Float64Array(place.ends.length * (phases - 1)),
  };
  gather(unit, scores.unit, phases, phases, weights);
  gather(place, scores.crossing, phases - 1, phases, weights);
  return scores;
}

/** Scores of a text by a tagger; features it has not seen count nothing. */
function chainOf({ phases, rows, weights }: Tagger, { unit, place }: Features): Chain {
  const known = ({ items, ends }: FeatureLists): FeatureLists => ({
    ends,
    items: items.map((hash) => rows.get(hash) ?? -1),
  });
  return { units: unit.ends.length, phases, ...scoredLists(known(unit), known(place), phases, weights) };
}

function scaled(chain: Chain, temperature: number): Chain {
  const scale = (scores: Float64Array): Float64Array => scores.map((score) => score / temperature);
  return { ...chain, unit: scale(chain.unit), crossing: scale(chain.crossing) };
}

/** Splits by prompt, at random; none when all labels are of one prompt. */
function folds(examples: readonly Example[], seed: number): { inside: Example[]; outside: Example[] }[] {
  const prompts = Random.seeded(seed, 'folds').shuffled([...new Set(examples.map(({ promptId }) => promptId))]);
  const share = Math.min(calibrationLabels / examples.length, 1);
  const used = prompts.slice(0, Math.ceil(share * prompts.length));
  const count = Math.min(foldCount, used.length);
  if (count < 2) return [];
  const foldOf = new Map(used.map((prompt, i) => [prompt, i % count]));
  const known = examples.filter(({ promptId }) => foldOf.has(promptId));
  return Array.from({ length: count }, (_, fold) => ({
    inside: known.filter(({ promptId }) => foldOf.get(promptId) !== fold),
    outside: known.filter(({ promptId }) => foldOf.get(promptId) === fold),
  }));
}

/**
 * The temperature at which held-out boundaries are as often where they are suggested as their probability says: least Brier score
 * (1950), which one gross miss cannot rule as it would the likelihood that Guo et al. (2017) fit. A weak prior holds it near 1,
 * where it stays without labels.
 */
function fitTemperature(heldOut: readonly { chain: Chain; places: number[] }[]): number {
  const best = heldOut.map(({ chain }) => bestPlaces(chain));
  const cost = (log: number): number => {
    let sum = 0.05 * log * log;
    heldOut.forEach(({ chain, places }, i) => {
      const { crossing } = posteriorOf(scaled(chain, Math.exp(log)));
      best[i].forEach((place, k) => {
        sum += (crossing[place * (chain.phases - 1) + k] - Number(place === places[k])) ** 2;
      });
    });
    return sum;
  };
  // Golden-section search.
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(0.25), Math.log(8)];
  while (high - low > 0.02) {
    const [left, right] = [high - ratio * (high - low), low + ratio * (high - low)];
    if (cost(left) < cost(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}
