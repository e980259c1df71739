import { expect, it } from 'vitest';
import { itemOf } from '../../../src/editor/evaluation-item.ts';
import type { EvaluationRow } from '../../../src/store/store.ts';

const row = (change: object): EvaluationRow =>
  ({ policy: 'tiny', policyVersion: 4, settings: null, remote: null, ...change }) as EvaluationRow;

it('an evaluation tells what made it, and where', () => {
  const remote = { address: 'http://ray.example:8265', version: '2.60.0', session: 's', attempt: 3, taken: 9 };
  const items = [
    row({}),
    row({ settings: { engine: 'embedded', backend: 'onnxruntime' } }),
    row({ settings: { engine: 'torch', backend: 'onnxruntime' } }),
    row({ settings: { engine: 'ray', backend: 'onnxruntime' }, remote }),
    row({ settings: { engine: 'ray', backend: 'onnxruntime', ray: { mediaUri: 's3://lab/av' } }, remote }),
  ].map(itemOf);
  expect(items.map(({ engine, cluster }) => [engine, cluster])).toEqual([
    [null, null],
    ['onnxruntime', null],
    ['torch', null],
    ['ray', 'on Ray 2.60.0 at http://ray.example:8265, as its job 3'],
    ['ray', 'on Ray 2.60.0 at http://ray.example:8265, as its job 3, with media from s3://lab/av'],
  ]);
});
