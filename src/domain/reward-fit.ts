/**
 * Which reward functions a trainer added up, and with which weights, told from the advantages it logged beside them: a dump holds neither.
 *
 * TRL and ms-swift have r = Σ w_i r_i over what scored a completion, and A = (r − mean(r)) / (std(r) + 1e-4) in float32, with the mean
 * over the group, and the sample standard deviation over the group, over the batch, or left out (`scale_rewards`; "leave-one-out" is
 * RLOO). What else is logged stands after the reward functions, so these are the first columns. A plain sum, the trainers' default, is
 * tried before weights are solved for: A is linear in r within a group, so each group allows the weights w with C w parallel to A, where
 * C holds its parts less their means, and all groups together those with Σ Cᵀ (1 − A Aᵀ / A·A) C w = 0.
 */
import { mean, sampleStd } from './statistics.ts';

/** Completions that were scored together, in the order they were logged. */
export interface ScoredBatch {
  /** By completion and column; NaN where the function gave no score. */
  parts: readonly (readonly number[])[];
  advantages: readonly number[];
  /** What was asked, by completion. */
  prompts: readonly string[];
}

export interface RewardWeights {
  /** One a column; 0 for those that are no reward functions. */
  weights: readonly number[];
  /** How many columns are reward functions. */
  functions: number;
  scale: Scale;
  /** Whether a completion that no function scored counts as 0 in its group, as in ms-swift and older TRL, or is left out of it. */
  unscored: 'zero' | 'left out';
}

export type RewardFit = { known: RewardWeights } | { unknown: string };

const scales = ['group', 'batch', 'none', 'leave-one-out'] as const;
type Scale = (typeof scales)[number];

/** A hypothesis without its weights. */
type Rule = Omit<RewardWeights, 'weights'>;
/** Places in a batch of the completions of each group. */
type Groups = number[][];

const stdFloor = 1e-4;

/** Of float32, times the few operations that lie between parts and advantages. */
const roundOff = 8 * 2 ** -23;

/** Weights that people choose are fractions with one of these denominators, likeliest first. */
const denominators = [1, 2, 4, 10, 20, 100, 1000, 3, 6, 7, 9];

/** Beyond it what float32 rounds off explains everything. */
const largestWeight = 1000;

/** A direction that the groups determine less than this, relative to the best determined one, they leave open. */
const leastPivot = 1e-8;

/** The weights under which every batch has the advantages it has, or why they cannot be told. `names` are the columns'. */
export function fitRewards(batches: readonly ScoredBatch[], names: readonly string[]): RewardFit {
  const explains = (fit: RewardWeights): boolean => batches.every((batch) => groupsUnder(fit, batch) !== null);
  for (const fit of plainSums(names.length)) {
    if (explains(fit)) return toldApart(fit, batches, names);
  }
  for (const fit of solutions(batches, names.length)) {
    if (!explains(fit)) continue;
    const larger = { ...fit, weights: fit.weights.map((weight) => weight * 1.1) };
    if (explains(larger)) return { unknown: 'the advantages tell how the weights compare, not how large they are' };
    return toldApart(fit, batches, names);
  }
  return { unknown: `no weights of ${names.join(', ')} give the advantages logged beside them` };
}

/** r of one completion; null when no function scored it. */
export function rewardOf(
  parts: readonly number[],
  { weights, functions }: Omit<RewardWeights, 'scale'>,
): number | null {
  const scored = parts.slice(0, functions);
  if (scored.every(Number.isNaN)) return null;
  return scored.reduce((sum, part, i) => sum + (Number.isNaN(part) ? 0 : weights[i] * part), 0);
}

/** A batch's groups; null when these weights do not give its advantages. */
export function groupsUnder(fit: RewardWeights, batch: ScoredBatch): Groups | null {
  const rewards = batch.parts.map((row) => rewardOf(row, fit) ?? (fit.unscored === 'zero' ? 0 : Number.NaN));
  const largest = batch.parts.reduce(
    (most, row) => fit.weights.reduce((more, weight, i) => Math.max(more, Math.abs(weight * row[i]) || 0), most),
    0,
  );
  const batchStd = sampleStd(rewards.filter((reward) => !Number.isNaN(reward)));
  const holds = (group: readonly number[]): boolean => {
    if (group.length === 1) return batch.advantages[group[0]] === 0;
    const scored = group.map((i) => rewards[i]).filter((reward) => !Number.isNaN(reward));
    const centre = mean(scored);
    const divisor = {
      group: sampleStd(scored) + stdFloor,
      batch: batchStd + stdFloor,
      none: 1,
      'leave-one-out': 1 - 1 / scored.length,
    }[fit.scale];
    return group.every((i) => {
      const expected = Number.isNaN(rewards[i]) ? 0 : (rewards[i] - centre) / divisor;
      return Math.abs(batch.advantages[i] - expected) <= roundOff * (Math.abs(expected) + largest / divisor);
    });
  };
  return groupings(batch).find((groups) => groups.every(holds)) ?? null;
}

/** Refuses where a column that never differs within a group is there: no advantage tells what it counts, if it counts at all. */
function toldApart(fit: RewardWeights, batches: readonly ScoredBatch[], names: readonly string[]): RewardFit {
  const groups = batches.flatMap((batch) =>
    groupsUnder(fit, batch)!.map((group) => group.map((i) => batch.parts[i].map((part) => part || 0))),
  );
  const silent = names.filter(
    (_, column) =>
      groups.every((rows) => rows.every((row) => row[column] === rows[0][column])) &&
      groups.some((rows) => rows[0][column] !== 0),
  );
  if (silent.length === 0 || names.length === 1) return { known: fit };
  return { unknown: `${silent.join(', ')} never differs within a group, so no advantage tells what it counts` };
}

/** Most functions first: where fewer do too, the others add nothing. */
function* plainSums(columns: number): Iterable<RewardWeights> {
  for (let functions = columns; functions > 0; functions -= 1) {
    const weights = Array.from({ length: columns }, (_, i) => Number(i < functions));
    for (const rule of rulesOf(functions)) yield { ...rule, weights };
  }
}

function* rulesOf(functions: number): Iterable<Rule> {
  for (const scale of scales) {
    for (const unscored of ['left out', 'zero'] as const) yield { functions, scale, unscored };
  }
}

/** Weights that give the directions of the advantages, few functions first, each rounded as people choose weights. */
function* solutions(batches: readonly ScoredBatch[], columns: number): Iterable<RewardWeights> {
  const told = batches.filter(({ advantages }) => advantages.some((advantage) => advantage !== 0));
  const most = Math.max(...told.map((batch) => groupings(batch).length), 0);
  for (let functions = 1; functions <= columns; functions += 1) {
    for (const rule of rulesOf(functions)) {
      for (let nth = 0; nth < most; nth += 1) {
        const groups = told.flatMap((batch) => centred(batch, groupings(batch)[nth] ?? groupings(batch)[0], rule));
        const direction = directionOf(groups, functions);
        if (direction === null) continue;
        const largest = Math.max(...direction.map(Math.abs));
        for (const factor of [1 / largest, factorOf(direction, groups, rule)]) {
          for (const denominator of denominators) {
            const weights = direction.map((weight) => Math.round(weight * factor * denominator) / denominator);
            if (!weights.every((weight) => Math.abs(weight) <= largestWeight)) continue;
            yield { ...rule, weights: [...weights, ...Array<number>(columns - functions).fill(0)] };
          }
        }
      }
    }
  }
}

/** The parts and advantages of a group's scored completions, less their means; `spread` is what the rule's std is taken over. */
interface Centred {
  parts: number[][];
  advantages: number[];
  spread: number[][];
}

function centred(batch: ScoredBatch, groups: Groups, { functions, unscored, scale }: Rule): Centred[] {
  const scored = (places: readonly number[]): number[] =>
    places.filter((i) => unscored === 'zero' || !batch.parts[i].slice(0, functions).every(Number.isNaN));
  const partsOf = (places: readonly number[]): number[][] =>
    lessMeans(places.map((i) => batch.parts[i].slice(0, functions).map((part) => part || 0)));
  const whole = partsOf(scored(batch.parts.map((_, i) => i)));
  return groups.map((group) => {
    const places = scored(group);
    const parts = partsOf(places);
    return { parts, advantages: places.map((i) => batch.advantages[i]), spread: scale === 'batch' ? whole : parts };
  });
}

function lessMeans(rows: readonly (readonly number[])[]): number[][] {
  const means = (rows[0] ?? []).map((_, column) => mean(rows.map((row) => row[column])));
  return rows.map((row) => row.map((value, column) => value - means[column]));
}

/** The w, up to a factor, with C w parallel to A in every group; null when there are several, or none could be. */
function directionOf(groups: readonly Centred[], functions: number): number[] | null {
  const sizes = Array.from({ length: functions }, (_, column) =>
    Math.sqrt(groups.reduce((sum, { parts }) => sum + parts.reduce((all, row) => all + row[column] ** 2, 0), 0)),
  );
  if (sizes.some((size) => size === 0)) return null;
  const matrix = sizes.map(() => sizes.map(() => 0));
  for (const { parts, advantages } of groups) {
    const length = dot(advantages, advantages);
    const columns = sizes.map((size, column) => parts.map((row) => row[column] / size));
    const along = columns.map((column) => (length === 0 ? 0 : dot(column, advantages)));
    for (const [i, one] of columns.entries()) {
      for (const [j, other] of columns.entries())
        matrix[i][j] += dot(one, other) - (length === 0 ? 0 : (along[i] * along[j]) / length);
    }
  }
  const direction = nullVector(matrix)?.map((weight, column) => weight / sizes[column]) ?? null;
  if (direction === null) return null;
  const agreement = groups.reduce((sum, { parts, advantages }) => sum + dot(advantages, times(parts, direction)), 0);
  return agreement < 0 ? direction.map((weight) => -weight) : direction;
}

/**
 * The f for which f w gives advantages as large as these. Where A = β C w and w alone makes a deviation σ, that is f = β without a
 * division, and with one f / (f σ + 1e-4) = β. Taken where σ is least, for there 1e-4 shows most.
 */
function factorOf(direction: readonly number[], groups: readonly Centred[], { scale }: Rule): number {
  const told = groups.flatMap(({ parts, advantages, spread }) => {
    const rewards = times(parts, direction);
    const slope = dot(advantages, rewards) / dot(rewards, rewards);
    return Number.isFinite(slope) && slope > 0
      ? [{ slope, deviation: sampleStd(times(spread, direction)), count: parts.length }]
      : [];
  });
  if (told.length === 0) return Number.NaN;
  const { slope, deviation, count } = told.reduce((least, one) => (one.deviation < least.deviation ? one : least));
  if (scale === 'none') return slope;
  if (scale === 'leave-one-out') return slope * (1 - 1 / count);
  return (stdFloor * slope) / (1 - slope * deviation);
}

/** The one w ≠ 0, up to a factor, that a positive semidefinite matrix takes to nearly 0, by elimination; null when it takes more to it. */
function nullVector(matrix: readonly (readonly number[])[]): number[] | null {
  const rows = matrix.map((row) => [...row]);
  const open = new Set(rows.keys());
  const order: number[] = [];
  while (open.size > 1) {
    const pivot = [...open].reduce((best, i) => (rows[i][i] > rows[best][best] ? i : best));
    if (rows[pivot][pivot] < leastPivot) return null;
    open.delete(pivot);
    order.push(pivot);
    for (const i of open) {
      const factor = rows[i][pivot] / rows[pivot][pivot];
      for (const j of open) rows[i][j] -= factor * rows[pivot][j];
    }
  }
  const [last] = open;
  const vector = rows.map((_, i) => Number(i === last));
  for (const [i, pivot] of [...order.entries()].reverse()) {
    const later = [...order.slice(i + 1), last];
    vector[pivot] = -later.reduce((sum, j) => sum + rows[pivot][j] * vector[j], 0) / rows[pivot][pivot];
  }
  return vector;
}

const dot = (one: readonly number[], other: readonly number[]): number =>
  one.reduce((sum, value, i) => sum + value * other[i], 0);

const times = (rows: readonly (readonly number[])[], vector: readonly number[]): number[] =>
  rows.map((row) => dot(row, vector));

/** A batch's groups where no weights tell them: those in which the advantages add up to 0; one a prompt, where none do. */
export function likelyGroups(batch: ScoredBatch): Groups {
  const addsUp = (group: readonly number[]): boolean =>
    Math.abs(group.reduce((sum, i) => sum + batch.advantages[i], 0)) < 1e-4 * group.length;
  const possible = groupings(batch);
  return possible.find((groups) => groups.every(addsUp)) ?? possible.at(-1)!;
}

/**
 * How a batch may be cut into groups, likeliest first: into groups of one size, the longest first, for a question that stands in a batch
 * twice, about two media, makes a run that is two groups long; at each change of the prompt; or by prompt, where somebody has sorted the file.
 */
function groupings({ prompts }: ScoredBatch): Groups[] {
  const places = prompts.map((_, i) => i);
  const runs: Groups = [];
  for (const i of places) {
    if (i > 0 && prompts[i] === prompts[i - 1]) runs.at(-1)!.push(i);
    else runs.push([i]);
  }
  const common = runs.reduce((divisor, { length }) => commonDivisor(divisor, length), 0);
  const sizes = places.map((i) => common - i).filter((size) => size > 1 && common % size === 0);
  return [
    ...sizes.map((size) =>
      Array.from({ length: places.length / size }, (_, i) => places.slice(i * size, (i + 1) * size)),
    ),
    runs,
    [...Map.groupBy(places, (i) => prompts[i]).values()],
  ];
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
