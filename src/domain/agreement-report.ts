/** Agreement over many rollouts: of each pair of annotators and of all people, with intervals over rollouts. */
import {
  addCoincidences,
  agreementMetrics,
  boundarySimilarity,
  cohensKappa,
  cutsOf,
  krippendorffsAlpha,
  phaseConfusion,
  pk,
  windowDiff,
  metricTexts,
  type AgreementMetric,
} from './agreement.ts';
import type { Segmentation } from './phase.ts';
import { Random } from './random.ts';
import { mean, percentileInterval, resamples } from './statistics.ts';
import { unitBoundaries, unitsOf, type Tokenised } from './unit.ts';
import { isProgram } from './weight-source.ts';

/** Resamples an interval is made of. */
const rounds = 1000;

/** A rollout with all its labels, each of as many phases. */
export interface LabelledRollout extends Tokenised {
  rolloutId: string;
  labels: Segmentation[];
}

interface MeasuredPair {
  a: string;
  b: string;
  /** UTF-16 units by the phases that a and b give them (`phaseConfusion`). */
  confusion: Float64Array;
  boundarySimilarity: number | null;
  windowDiff: number | null;
  pk: number | null;
}

/** Every pair of a rollout's annotators, compared. */
export interface MeasuredRollout {
  rolloutId: string;
  pairs: MeasuredPair[];
  /** Of all its annotators (`krippendorffsAlpha`). */
  coincidences: Float64Array;
}

/** Whose agreement: two annotators, or all people (null). */
export type AgreementScope = { a: string; b: string } | null;

export type AgreementValues = Record<AgreementMetric, number | null>;

/** A value with its 95 % bootstrap interval over rollouts; null where it is undefined, or there is one rollout. */
export interface Figure {
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface ScopeAgreement {
  /** Rollouts that it is computed from. */
  rollouts: number;
  figures: Record<AgreementMetric, Figure>;
}

export interface Agreement {
  /** Who has a rollout in common with somebody: people, then programs, by name. */
  annotators: string[];
  pairs: (ScopeAgreement & { a: string; b: string })[];
  /** Of all people; programs' suggestions do not count. */
  people: ScopeAgreement;
}

/**
 * Compares every two labels of a rollout. Phases are compared by UTF-16 unit; boundaries by the rollout's tokens where their
 * offsets are known, else its words, as TAS weights are: one character apart is nothing to a reader, one word is a near miss.
 */
export function measureRollout({ rolloutId, completion, tokens, labels }: LabelledRollout): MeasuredRollout {
  const units = unitsOf({ completion, tokens });
  const count = units.starts.length;
  const all = labels.map(({ annotator, boundaries }) => ({
    annotator,
    boundaries,
    cuts: cutsOf(count, unitBoundaries(units, boundaries)),
  }));
  const pairs = all.flatMap((a, i) =>
    all.slice(i + 1).map((b) => ({
      a: a.annotator,
      b: b.annotator,
      confusion: phaseConfusion(completion.length, a.boundaries, b.boundaries, a.boundaries.length + 1),
      boundarySimilarity: boundarySimilarity(a.cuts, b.cuts),
      windowDiff: bothWays(windowDiff, count, a.cuts, b.cuts),
      pk: bothWays(pk, count, a.cuts, b.cuts),
    })),
  );
  return measuredOf(rolloutId, pairs);
}

/** The mean with each as the reference once, as segeval's `permuted` data sets give both. */
function bothWays(metric: typeof pk, units: number, a: readonly number[], b: readonly number[]): number | null {
  return meanOf([metric(units, a, b), metric(units, b, a)]);
}

function measuredOf(rolloutId: string, pairs: MeasuredPair[]): MeasuredRollout {
  const coincidences = new Float64Array(pairs[0].confusion.length);
  const annotators = new Set(pairs.flatMap(({ a, b }) => [a, b])).size;
  for (const { confusion } of pairs) addCoincidences(coincidences, confusion, annotators);
  return { rolloutId, pairs, coincidences };
}

/** What a scope has of the rollouts; those where no pair of it is are left out. */
export function withinScope(measured: readonly MeasuredRollout[], scope: AgreementScope): MeasuredRollout[] {
  const within = ({ a, b }: MeasuredPair): boolean =>
    scope === null
      ? !isProgram(a) && !isProgram(b)
      : (a === scope.a && b === scope.b) || (a === scope.b && b === scope.a);
  return measured.flatMap(({ rolloutId, pairs }) => {
    const kept = pairs.filter(within);
    return kept.length > 0 ? [measuredOf(rolloutId, kept)] : [];
  });
}

/**
 * The five metrics of these rollouts, all of one scope. κ is computed from all characters of a pair, of several pairs it is their
 * mean (Light 1971); α from all characters; the others are means over rollouts and pairs.
 */
export function agreementValues(measured: readonly MeasuredRollout[]): AgreementValues {
  return new Sums(measured).values(measured.keys());
}

/** Metrics of boundaries, which are means. */
const means = ['boundarySimilarity', 'windowDiff', 'pk'] as const;

/**
 * All that the metrics are made of adds up over rollouts: each pair's confusion, the coincidences, and for each mean its sum and
 * count. One row of these a rollout, without its zeros, makes a resample quick.
 */
class Sums {
  /** Of a matrix of phases by phases. */
  readonly #cells: number;
  /** Place of each pair's confusion. */
  readonly #confusions = new Map<string, number>();
  /** The rows, one after the other: row i is from `#starts[i]` to `#starts[i + 1]`. */
  readonly #starts: Int32Array;
  readonly #places: Int32Array;
  readonly #amounts: Float64Array;

  constructor(measured: readonly MeasuredRollout[]) {
    this.#cells = measured[0]?.coincidences.length ?? 0;
    for (const pair of measured.flatMap(({ pairs }) => pairs)) {
      if (!this.#confusions.has(keyOf(pair))) this.#confusions.set(keyOf(pair), this.#confusions.size * this.#cells);
    }
    const rows = measured.map((rollout) => [...this.#rowOf(rollout)]);
    this.#places = Int32Array.from(rows.flatMap((row) => row.map(([place]) => place)));
    this.#amounts = Float64Array.from(rows.flatMap((row) => row.map(([, amount]) => amount)));
    let end = 0;
    this.#starts = Int32Array.of(0, ...rows.map((row) => (end += row.length)));
  }

  /** The metrics of the rollouts at these places; one that is drawn twice counts twice. */
  values(drawn: Iterable<number>): AgreementValues {
    const sums = new Float64Array(this.#meansAt + 2 * means.length);
    const [starts, places, amounts] = [this.#starts, this.#places, this.#amounts];
    const times = new Int32Array(starts.length);
    for (const rollout of drawn) times[rollout] += 1;
    // In the order of memory: rows are visited a thousand times.
    for (let rollout = 0; rollout + 1 < starts.length; rollout += 1) {
      if (times[rollout] === 0) continue;
      for (let i = starts[rollout]; i < starts[rollout + 1]; i += 1) sums[places[i]] += times[rollout] * amounts[i];
    }
    const matrix = (at: number): Float64Array => sums.subarray(at, at + this.#cells);
    const kappas = [...this.#confusions.values()].map((at) => cohensKappa(matrix(at)));
    const ofBoundaries = means.map((metric, i) => {
      const [sum, count] = sums.subarray(this.#meansAt + 2 * i);
      return [metric, count === 0 ? null : sum / count] as const;
    });
    return {
      kappa: meanOf(kappas),
      alpha: krippendorffsAlpha(matrix(this.#coincidencesAt)),
      ...(Object.fromEntries(ofBoundaries) as Pick<AgreementValues, (typeof means)[number]>),
    };
  }

  get #coincidencesAt(): number {
    return this.#confusions.size * this.#cells;
  }

  get #meansAt(): number {
    return this.#coincidencesAt + this.#cells;
  }

  #rowOf({ pairs, coincidences }: MeasuredRollout): Map<number, number> {
    const row = new Map<number, number>();
    const add = (place: number, amount: number): void => {
      if (amount !== 0) row.set(place, (row.get(place) ?? 0) + amount);
    };
    for (const pair of pairs) {
      const at = this.#confusions.get(keyOf(pair))!;
      pair.confusion.forEach((count, i) => add(at + i, count));
      means.forEach((metric, i) => {
        if (pair[metric] === null) return;
        add(this.#meansAt + 2 * i, pair[metric]);
        add(this.#meansAt + 2 * i + 1, 1);
      });
    }
    coincidences.forEach((amount, i) => add(this.#coincidencesAt + i, amount));
    return row;
  }
}

function keyOf({ a, b }: { a: string; b: string }): string {
  return `${a}\u0000${b}`;
}

/** Agreement of every pair and of all people. The same rollouts in the same order give the same intervals. */
export function agreementOf(measured: readonly MeasuredRollout[]): Agreement {
  const pairs = new Map<string, { a: string; b: string }>();
  for (const { a, b } of measured.flatMap((rollout) => rollout.pairs)) pairs.set(keyOf({ a, b }), { a, b });
  const annotators = new Set([...pairs.values()].flatMap(({ a, b }) => [a, b]));
  return {
    annotators: [...annotators].sort((a, b) => Number(isProgram(a)) - Number(isProgram(b)) || (a < b ? -1 : 1)),
    pairs: [...pairs.values()].map((pair) => ({ ...pair, ...scopeAgreement(measured, pair) })),
    people: scopeAgreement(measured, null),
  };
}

function scopeAgreement(measured: readonly MeasuredRollout[], scope: AgreementScope): ScopeAgreement {
  const within = withinScope(measured, scope);
  return { rollouts: within.length, figures: figuresOf(within, [scope?.a ?? '', scope?.b ?? '']) };
}

/** The metrics of these rollouts, all of one scope, with their intervals; what is drawn for these hangs on `names`. */
export function figuresOf(
  within: readonly MeasuredRollout[],
  names: readonly string[],
): Record<AgreementMetric, Figure> {
  const sums = new Sums(within);
  const values = sums.values(within.keys());
  const random = Random.seeded(0, 'agreement', ...names);
  const resampled: AgreementValues[] = [];
  for (const drawn of resamples(within.length, rounds, random)) {
    resampled.push(sums.values(drawn));
  }
  const figureOf = (metric: AgreementMetric): Figure => {
    const value = values[metric];
    // A resample in which it is undefined says nothing of it.
    const defined = resampled.flatMap((one) => one[metric] ?? []);
    if (value === null || defined.length === 0) return { value, low: null, high: null };
    return { value, ...percentileInterval(defined) };
  };
  return Object.fromEntries(agreementMetrics.map((metric) => [metric, figureOf(metric)])) as Record<
    AgreementMetric,
    Figure
  >;
}

/** Orders rollouts by a metric, least agreement first, those without a value last. */
export function worstFirst(metric: AgreementMetric): (a: AgreementValues, b: AgreementValues) => number {
  const sign = metricTexts[metric].better === 'higher' ? 1 : -1;
  const rank = (values: AgreementValues): number => (values[metric] === null ? Infinity : sign * values[metric]);
  return (a, b) => {
    const [x, y] = [rank(a), rank(b)];
    return x < y ? -1 : Number(x > y);
  };
}

/** "0.82 [0.71, 0.90]"; "–" where it is undefined. */
export function figureText({ value, low, high }: Figure): string {
  if (value === null) return '–';
  return low === null || high === null ? fixed(value) : `${fixed(value)} [${fixed(low)}, ${fixed(high)}]`;
}

/** Two decimals with a true minus, and none before zero. */
function fixed(value: number): string {
  return (Math.round(100 * value) / 100 || 0).toFixed(2).replace('-', '−');
}

/** The mean of those that have a value; null when none has. */
function meanOf(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  return defined.length === 0 ? null : mean(defined);
}
