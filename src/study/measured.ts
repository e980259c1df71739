/** What the runs of a study say: how soon an arm holds a target, how well it ends, and how it compares with another. */
import { Random } from '../domain/random.ts';
import { deviationEstimate, varianceSplit, type VarianceSplit } from './power.ts';
import type { RunConfig } from '../domain/run.ts';
import {
  type Estimate,
  geometricRatio,
  heldFrom,
  mean,
  meanDifference,
  meanEstimate,
  quantile,
  ratioOfMeans,
  runningMeans,
} from '../domain/statistics.ts';

/** Completions that a target must be held for, and over whose evaluations a final accuracy is the mean. */
export const heldCompletions = 128;
/** Where nothing is generated, so many evaluations stand for them. */
const offlineEvaluations = 5;
/** A run has collapsed when it ends this far below its best, in accuracy. */
export const collapse = 0.1;
/** Advantages are counted in this many bins, the middle one around 0. */
export const advantageBins = { count: 25, low: -3.125, high: 3.125 };

/** Greedy answers to some prompts, in the prompts' order: whether each is right, and its length in tokens. */
export interface Answers {
  right: boolean[];
  tokens: number[];
}

/** Advantages of a run's rows: counts by bin, and how many of all are exactly 0. */
export interface AdvantageCounts {
  bins: number[];
  zeros: number;
  total: number;
}

/** One run of the study, as its store measured it. */
export interface StudyRun {
  /** What its result is cached by. */
  key: string;
  setting: string;
  arm: string;
  /** A run that helps to choose the learning rate is measured on validation prompts, one that counts on test prompts. */
  purpose: 'tune' | 'judge';
  seed: number;
  learningRate: number;
  config: RunConfig;
  seconds: number;
  /** Why it ended early, when it did. */
  diverged: string | null;
  /** Completions and tokens generated, and greedy accuracy then; the first before any training. */
  evaluations: { completions: number; tokens: number; accuracy: number }[];
  /** Measurements of each iteration by name. */
  curves: Record<string, number[]>;
  advantages: { fresh: AdvantageCounts; replayed: AdvantageCounts };
  /** Where every test prompt stood at the end; null for a tuning run or one that diverged. */
  answers: Answers | null;
}

const accuracies = ({ evaluations }: StudyRun): number[] => evaluations.map(({ accuracy }) => accuracy);

/** Evaluations in a row that span `heldCompletions`. */
function held({ evaluations: [start, next] }: StudyRun): number {
  const spacing = next ? next.completions - start.completions : 0;
  return spacing > 0 ? Math.round(heldCompletions / spacing) + 1 : offlineEvaluations;
}

/** Mean of the last evaluations. */
export const finalAccuracy = (run: StudyRun): number => mean(accuracies(run).slice(-held(run)));

/** The highest mean of evaluations in a row. */
const bestAccuracy = (run: StudyRun): number =>
  Math.max(finalAccuracy(run), ...runningMeans(accuracies(run), held(run)));

/** Mean of the evaluations after the start, up to so many generated completions: high for a run that learns soon and stays. */
export const averageAccuracy = ({ evaluations }: StudyRun, completions = Infinity): number =>
  mean(evaluations.slice(1).flatMap((one) => (one.completions <= completions ? one.accuracy : [])));

/** How far the end lies below the best, both as means of evaluations in a row. */
export const lateDrop = (run: StudyRun): number => bestAccuracy(run) - finalAccuracy(run);

export const hasCollapsed = (run: StudyRun): boolean => run.diverged !== null || lateDrop(run) > collapse;

/**
 * Completions or tokens generated when the run first held the target, on the line between the evaluations before and after; null
 * when it never did.
 */
export function reached(run: StudyRun, target: number, unit: 'completions' | 'tokens'): number | null {
  const at = heldFrom(accuracies(run), target, held(run));
  if (at === null || at === 0) return at;
  const [before, after] = [run.evaluations[at - 1], run.evaluations[at]];
  const share = (target - before.accuracy) / (after.accuracy - before.accuracy);
  return before[unit] + share * (after[unit] - before[unit]);
}

/** Generated in all. */
const spent = ({ evaluations }: StudyRun, unit: 'completions' | 'tokens'): number => evaluations.at(-1)?.[unit] ?? 0;

/** What an arm of a setting came to over its seeds. */
export interface ArmFinding {
  setting: string;
  arm: string;
  learningRate: number;
  runs: number;
  /** Runs that held the target. */
  reached: number;
  /** To the held target; a run that never held it counts with all it generated, so the mean is then a lower bound. */
  completions: Estimate;
  tokens: Estimate;
  final: Estimate;
  average: Estimate;
  drop: Estimate;
  collapsed: number;
  /** Share of fresh groups whose rewards are all the same. */
  vanishing: Estimate;
  /** Share of rows whose advantage is 0, over all runs; null without such rows. */
  zeroFresh: number | null;
  zeroReplayed: number | null;
  /** Final accuracy on test prompts by the length of the cold start's reasoning: short, middle, long thirds. */
  byLength: Estimate[];
  seconds: Estimate;
}

export function armFinding(runs: readonly StudyRun[], target: number, coldStart: Answers): ArmFinding {
  const [{ setting, arm, learningRate }] = runs;
  const over = (value: (run: StudyRun) => number): Estimate => meanEstimate(runs.map(value));
  const zeros = (kind: 'fresh' | 'replayed'): number | null => {
    const total = runs.reduce((sum, { advantages }) => sum + advantages[kind].total, 0);
    return total === 0 ? null : runs.reduce((sum, { advantages }) => sum + advantages[kind].zeros, 0) / total;
  };
  return {
    setting,
    arm,
    learningRate,
    runs: runs.length,
    reached: runs.filter((run) => reached(run, target, 'completions') !== null).length,
    completions: over((run) => reached(run, target, 'completions') ?? spent(run, 'completions')),
    tokens: over((run) => reached(run, target, 'tokens') ?? spent(run, 'tokens')),
    final: over(finalAccuracy),
    average: over((run) => averageAccuracy(run)),
    drop: over(lateDrop),
    collapsed: runs.filter(hasCollapsed).length,
    vanishing: meanEstimate(
      runs.flatMap(({ curves }) => (curves.vanishingFraction ? mean(curves.vanishingFraction) : [])),
    ),
    zeroFresh: zeros('fresh'),
    zeroReplayed: zeros('replayed'),
    byLength: transposed(runs.map((run) => accuracyByLength(run, coldStart)).filter((row) => row !== null)).map(
      meanEstimate,
    ),
    seconds: over(({ seconds }) => seconds),
  };
}

/** Indices of the prompts with the shortest, middle and longest reasoning, a third each; ties stay together. */
export function lengthThirds({ tokens }: Answers): number[][] {
  const cuts = [quantile(tokens, 1 / 3), quantile(tokens, 2 / 3)];
  const third = (length: number): number => cuts.filter((cut) => length > cut).length;
  return [0, 1, 2].map((wanted) => tokens.flatMap((length, prompt) => (third(length) === wanted ? prompt : [])));
}

/** A run's final accuracy on each of `lengthThirds`; null when it was not examined. */
function accuracyByLength({ answers }: StudyRun, coldStart: Answers): number[] | null {
  return answers && lengthThirds(coldStart).map((prompts) => mean(prompts.map((i) => Number(answers.right[i]))));
}

const transposed = (rows: readonly (readonly number[])[]): number[][] =>
  (rows[0] ?? []).map((_, column) => rows.map((row) => row[column]));

/** One arm against another, over the seeds both have; both are named setting/arm. */
export interface Comparison {
  arm: string;
  against: string;
  pairs: number;
  /** Runs of each that never held the target: they count as if they had at the longest budget of the two. */
  unreached: [number, number];
  completions: RatioEstimate;
  tokens: RatioEstimate;
  /** Differences of accuracy: at each one's end, and over the completions that both generated. */
  final: Estimate;
  average: Estimate;
  /** Standard deviation of the differences at the end, over the pairs; and what made the last answers' differ, where it is known. */
  deviation: Estimate;
  split: VarianceSplit | null;
  /** Differences of final accuracy on the prompts with the shortest, middle and longest reasoning. */
  byLength: Estimate[];
}

/** A ratio of means with its bootstrap interval, and the geometric one with Student's, which is the safer of few pairs. */
export interface RatioEstimate {
  bootstrap: Estimate;
  geometric: Estimate;
}

/** Null where no seed is in both. */
export function comparison(
  runs: readonly StudyRun[],
  others: readonly StudyRun[],
  target: number,
  coldStart: Answers,
): Comparison | null {
  const pairs = runs.flatMap((run) => {
    const other = others.find(({ seed }) => seed === run.seed);
    return other ? [[run, other] as const] : [];
  });
  if (pairs.length === 0) return null;
  const ratio = (unit: 'completions' | 'tokens'): RatioEstimate => {
    const horizon = Math.max(...pairs.flat().map((run) => spent(run, unit)));
    const [a, b] = [0, 1].map((side) => pairs.map((pair) => reached(pair[side], target, unit) ?? horizon));
    return {
      bootstrap: ratioOfMeans(a, b, Random.seeded(pairs.length, 'bootstrap', unit)),
      geometric: geometricRatio(a, b),
    };
  };
  const difference = (value: (run: StudyRun) => number): Estimate =>
    meanDifference(
      pairs.map(([run]) => value(run)),
      pairs.map(([, other]) => value(other)),
    );
  const unreached = (side: 0 | 1): number =>
    pairs.filter((pair) => reached(pair[side], target, 'completions') === null).length;
  // Runs of one pair may go on for longer than the other's; an offline one generates nothing at all.
  const common = Math.min(...pairs.flat().map((run) => spent(run, 'completions'))) || Infinity;
  const nameOf = ({ setting, arm }: StudyRun): string => `${setting}/${arm}`;
  const answered = pairs.flatMap(([run, other]) =>
    run.answers && other.answers ? [[run.answers.right, other.answers.right] as const] : [],
  );
  const lengths = pairs.flatMap(([run, other]) => {
    const [own, theirs] = [accuracyByLength(run, coldStart), accuracyByLength(other, coldStart)];
    return own && theirs ? [own.map((value, third) => value - theirs[third])] : [];
  });
  return {
    arm: nameOf(runs[0]),
    against: nameOf(others[0]),
    pairs: pairs.length,
    unreached: [unreached(0), unreached(1)],
    completions: ratio('completions'),
    tokens: ratio('tokens'),
    final: difference(finalAccuracy),
    average: difference((run) => averageAccuracy(run, common)),
    deviation: deviationEstimate(pairs.map(([run, other]) => finalAccuracy(run) - finalAccuracy(other))),
    split: varianceSplit(
      answered.map(([right]) => right),
      answered.map(([, others]) => others),
    ),
    byLength: transposed(lengths).map(meanEstimate),
  };
}

/** What the intervals of a difference or of a ratio say about it, `none` being 0 or 1. */
export type Direction = 'more' | 'less' | 'unclear';

export function directionOf(none: number, ...intervals: readonly Estimate[]): Direction {
  if (intervals.every(({ low }) => low > none)) return 'more';
  if (intervals.every(({ high }) => high < none)) return 'less';
  return 'unclear';
}

/** A learning rate's runs on validation prompts. */
export interface RateFinding {
  learningRate: number;
  runs: number;
  average: Estimate;
}

/** Tuning runs of one arm by learning rate, in ascending order. */
export function rateFindings(runs: readonly StudyRun[]): RateFinding[] {
  return [...Map.groupBy(runs, ({ learningRate }) => learningRate)]
    .map(([learningRate, group]) => {
      return { learningRate, runs: group.length, average: meanEstimate(group.map((run) => averageAccuracy(run))) };
    })
    .sort((a, b) => a.learningRate - b.learningRate);
}

/** The rate with the highest accuracy over the whole run, a run that diverged disqualifying its rate. Undefined of no runs. */
export function bestRate(runs: readonly StudyRun[]): number | undefined {
  const broken = new Set(runs.filter(({ diverged }) => diverged !== null).map(({ learningRate }) => learningRate));
  const sound = rateFindings(runs).filter(({ learningRate }) => !broken.has(learningRate));
  return sound.sort((a, b) => b.average.value - a.average.value)[0]?.learningRate;
}

/** Share of the opponent's gain that the target asks for. */
const targetShare = 0.75;

/**
 * The target accuracy on test prompts, fixed before any run is judged: the cold start's own and three quarters of what one-step
 * GRPO gains on validation at its tuned rate (the best it holds, over the tuning seeds). `tuned` are those runs; without any,
 * the target is half of the cold start's errors.
 */
export function targetAccuracy(coldStart: Answers, tuned: readonly StudyRun[]): number {
  const start = mean(coldStart.right.map(Number));
  if (tuned.length === 0) return (1 + start) / 2;
  const gains = tuned.map((run) => bestAccuracy(run) - accuracies(run)[0]);
  return start + targetShare * mean(gains);
}
