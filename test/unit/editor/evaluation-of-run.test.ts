import { expect, it } from 'vitest';
import { evaluationOfRun } from '../../../src/editor/evaluation-of-run.ts';
import type { EvaluationRow } from '../../../src/store/store.ts';

const row = (id: string, adapter: string | null, policyFolder: string | null): EvaluationRow =>
  ({ id, adapter, settings: policyFolder === null ? null : { policyFolder } }) as EvaluationRow;

it('an evaluation is of the run in whose folder its adapter lies, or its policy where it has none', () => {
  const rows = [
    row('imported', null, null),
    row('begun', null, '/lab/policy'),
    row('of another', '/lab/runs/2/step-8', '/lab/policy'),
    row('adapter', '/lab/runs/1/step-8', '/lab/policy'),
    row('older', '/lab/runs/1/step-4', '/lab/policy'),
    row('whole', null, '/lab/runs/3/step-8'),
  ];
  const found = ['1', '2', '3', '4'].map((run) => evaluationOfRun(rows, `/lab/runs/${run}`)?.id ?? null);
  expect(found).toEqual(['adapter', 'of another', 'whole', null]);
});
