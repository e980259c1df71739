/** What a run measures once an iteration: the names it stores, and the charts that show them. */
import { t } from '@vscode/l10n';
import type { Split, Stage } from './rollout.ts';

/**
 * Names in a stored iteration's values. `completions` and `tokens` count what the run has generated since it began, so that
 * sample efficiency can be read off an axis. Fractions lie in [0, 1]; accuracies never count hinted rollouts. `stage` is the
 * place of the iteration's stage in the run's curriculum, from 1; `unreadableVerdicts` counts fresh completions, where there are such.
 */
export type MetricName =
  | 'reward'
  | `reward/${string}`
  | `accuracy/${Split}`
  | `accuracy/${Split}/${Stage}`
  | 'unreadableVerdicts'
  | 'stage'
  | 'loss'
  | 'kl'
  | 'clipFraction'
  | 'ess'
  | 'gradNorm'
  | 'vanishingFraction'
  | 'tier/easy'
  | 'tier/medium'
  | 'tier/hard'
  | 'replayed'
  | 'staleness'
  | 'length'
  | 'learningRate'
  | 'completions'
  | 'tokens'
  | 'tokensPerSecond'
  | 'seconds';

/** One iteration's measurements; a metric that has no value at one (no evaluation, empty buffer) is left out. */
export type MetricValues = Partial<Record<MetricName, number>>;

/** Labels as charts, tables and exports print them; a reward part's label is its own name. */
const labels: Partial<Record<MetricName, string>> = {
  reward: t('total'),
  'accuracy/train': t('train'),
  'accuracy/validation': t('validation'),
  'accuracy/test': t('held out'),
  loss: t('loss'),
  kl: t('KL to reference'),
  clipFraction: t('clipped tokens'),
  ess: t('effective sample size'),
  gradNorm: t('gradient norm'),
  vanishingFraction: t('vanishing groups'),
  'tier/easy': t('easy'),
  'tier/medium': t('medium'),
  'tier/hard': t('hard'),
  replayed: t('replayed rollouts'),
  staleness: t('mean staleness'),
  length: t('completion length'),
  learningRate: t('learning rate'),
  completions: t('completions generated'),
  tokens: t('tokens generated'),
  tokensPerSecond: t('tokens a second'),
  seconds: t('time an iteration'),
  stage: t('stage'),
  unreadableVerdicts: t('unreadable verdicts'),
};

export function metricLabel(name: string): string {
  return labels[name as MetricName] ?? name.slice(name.indexOf('/') + 1).replace('/', ', ');
}

/** Whether a metric is an evaluation's: what one says is a result of its own, not a noisy sample of a trend. */
export function isEvaluation(name: string): boolean {
  return /^accuracy\/(validation|test)(\/|$)/.test(name);
}

/** A chart: the metrics that share its axis. A name that ends in '/' stands for every metric that begins with it. */
export interface Chart {
  id: string;
  title: string;
  metrics: readonly (MetricName | 'reward/' | 'accuracy/validation/')[];
  /** What a value counts in; 'fraction' is kept within [0, 1] and printed as a percentage. */
  unit: 'reward' | 'fraction' | 'nats' | 'rollouts' | 'tokens/s' | '';
}

export const charts: readonly Chart[] = [
  { id: 'reward', title: t('Reward'), metrics: ['reward', 'reward/'], unit: 'reward' },
  {
    id: 'accuracy',
    title: t('Accuracy'),
    metrics: ['accuracy/train', 'accuracy/validation', 'accuracy/test', 'accuracy/validation/'],
    unit: 'fraction',
  },
  { id: 'vanishing', title: t('Vanishing groups'), metrics: ['vanishingFraction'], unit: 'fraction' },
  { id: 'kl', title: t('KL'), metrics: ['kl'], unit: 'nats' },
  { id: 'clip', title: t('Clip fraction'), metrics: ['clipFraction'], unit: 'fraction' },
  { id: 'ess', title: t('Effective sample size'), metrics: ['ess'], unit: 'fraction' },
  { id: 'tiers', title: t('Replay tiers'), metrics: ['tier/easy', 'tier/medium', 'tier/hard'], unit: 'rollouts' },
  { id: 'speed', title: t('Throughput'), metrics: ['tokensPerSecond'], unit: 'tokens/s' },
];

/** A chart's title with what its values count in, where the values themselves do not say it. */
export function chartTitle({ title, unit }: Chart): string {
  return unit === 'nats' || unit === 'rollouts' || unit === 'tokens/s' ? `${title} (${unit})` : title;
}

/** The names of `available` that `chart` shows, in the chart's order. */
export function chartMetrics(chart: Chart, available: Iterable<string>): string[] {
  const names = [...available];
  const chosen = chart.metrics.flatMap((metric) =>
    metric.endsWith('/') ? names.filter((name) => name.startsWith(metric)).sort() : names.filter((n) => n === metric),
  );
  return [...new Set(chosen)];
}

/** What the horizontal axis counts. */
export const axes = ['iteration', 'completions', 'tokens'] as const;
export type Axis = (typeof axes)[number];
export const axisLabels: Record<Axis, string> = {
  iteration: t('iteration'),
  completions: t('completions generated'),
  tokens: t('tokens generated'),
};
