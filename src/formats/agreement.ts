/** Agreement as a table for other tools. */
import type { JudgementAgreement, JudgementScope } from '../domain/judgement-agreement.ts';
import type { CsvField } from '../domain/csv-line.ts';
import type { GoldAgreement } from '../domain/gold-agreement.ts';
import { agreementMetrics } from '../domain/agreement.ts';
import {
  agreementOf,
  agreementValues,
  withinScope,
  type AgreementScope,
  type AgreementValues,
  type MeasuredRollout,
  type ScopeAgreement,
} from '../domain/agreement-report.ts';

const columns = ['kappa', 'alpha', 'boundary_similarity', 'window_diff', 'pk'];

/**
 * Rows of the table, its header first: of all people together (annotators empty), of every pair, and of every rollout of each,
 * with every metric, then of judgements of steps and each type of error, of each annotator against gold, and where rollouts are many its 95 % interval. A value that is undefined is an empty field.
 */
export function* agreementRows(
  measured: readonly MeasuredRollout[],
  judgements: JudgementAgreement,
  gold: readonly GoldAgreement[],
): Generator<CsvField[]> {
  const intervals = columns.flatMap((column) => [`${column}_low`, `${column}_high`]);
  yield ['scope', 'annotator_a', 'annotator_b', 'rollout', 'rollouts', ...columns, ...intervals];
  const { people, pairs } = agreementOf(measured);
  yield ['people', null, null, null, ...figures(people)];
  for (const pair of pairs) yield ['pair', pair.a, pair.b, null, ...figures(pair)];
  if (judgements.pairs.length > 0) yield ['judgements of all', null, null, null, ...judged(judgements.people)];
  for (const pair of judgements.pairs) yield ['judgements of a pair', pair.a, pair.b, null, ...judged(pair)];
  for (const error of judgements.errors) yield [`error ${error.error}`, null, null, null, ...judged(error)];
  for (const { annotator, labels } of gold) yield ['gold', annotator, null, null, ...figures(labels)];
  for (const one of gold)
    if (one.judgements.rollouts > 0) yield ['judgements of gold', one.annotator, null, null, ...judged(one.judgements)];
  for (const scope of [null, ...pairs]) yield* rolloutRows(measured, scope);
}

function* rolloutRows(measured: readonly MeasuredRollout[], scope: AgreementScope): Generator<CsvField[]> {
  for (const rollout of withinScope(measured, scope)) {
    const values = metrics(agreementValues([rollout]));
    const none = columns.flatMap(() => [null, null]);
    yield ['rollout', scope?.a ?? null, scope?.b ?? null, rollout.rolloutId, 1, ...values, ...none];
  }
}

function metrics(values: AgreementValues): CsvField[] {
  return agreementMetrics.map((metric) => values[metric]);
}

/** Metrics of boundaries have nothing to say of judgements. */
function judged({ rollouts, figures: { kappa, alpha } }: JudgementScope): CsvField[] {
  const none = { value: null, low: null, high: null };
  const all = { kappa, alpha, boundarySimilarity: none, windowDiff: none, pk: none };
  return figures({ rollouts, figures: all });
}

function figures({ rollouts, figures }: ScopeAgreement): CsvField[] {
  const all = agreementMetrics.map((metric) => figures[metric]);
  return [rollouts, ...all.map(({ value }) => value), ...all.flatMap(({ low, high }) => [low, high])];
}
