import { dirname } from 'node:path';
import type { EvaluationRow } from '../store/store.ts';

/** The first evaluation of a run, whose checkpoints lie in `folder` as adapters or as policies; null where there is none. */
export function evaluationOfRun(rows: readonly EvaluationRow[], folder: string): EvaluationRow | null {
  const weightsOf = ({ adapter, settings }: EvaluationRow): string | null => adapter ?? settings?.policyFolder ?? null;
  return rows.find((row) => dirname(weightsOf(row) ?? '') === folder) ?? null;
}
