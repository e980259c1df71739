import { clusterText } from '../domain/ray-address.ts';
import { policyText } from '../evaluation/tables.ts';
import type { EvaluationItem } from '../protocol/evaluation.ts';
import type { EvaluationRow } from '../store/store.ts';

/** An evaluation as the list of the Evaluations panel shows it. */
export function itemOf(row: EvaluationRow): EvaluationItem {
  const { id, name, dataset, split, done, total, status, settings, remote, createdAt, error } = row;
  const engine = settings && (settings.engine === 'embedded' ? settings.backend : settings.engine);
  const cluster = remote && clusterText(remote, settings?.ray?.mediaUri);
  return { id, name, policy: policyText(row), dataset, split, done, total, status, engine, cluster, createdAt, error };
}
