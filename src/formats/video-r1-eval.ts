/**
 * Video-R1's evaluation: one JSON object, `results` and then `final_acc`. A result is its dataset's row with `output`,
 * `prediction`, `reward` and `correct` (Video-R1 src/eval_bench.py).
 */
import { basename } from 'node:path';
import * as v from 'valibot';
import { problemOf } from './dataset.ts';
import { rolloutDraft, type Draft, type Format } from './draft.ts';
import { finishOf } from './finish.ts';
import { score, valid } from './valid.ts';

const result = v.looseObject({
  output: v.string(),
  reward: score,
  correct: v.optional(v.nullable(v.boolean())),
});

/** Stands for the outputs of a batch that could not be generated. */
const failed = '<answer>error</answer>';

export const videoR1Eval: Format = {
  name: 'video-r1-eval',
  title: 'Video-R1 evaluation (JSON)',
  container: 'json',
  detects: (record) => 'problem' in record && 'output' in record && 'prediction' in record,
  parse(record, context): Draft {
    const prompt = problemOf(record, context);
    const { output, reward, correct } = valid(result, record);
    if (output === failed) throw new Error('output: the evaluation failed on this row, nothing was generated');
    const name = basename(context.file, '.json');
    // eval_{dataset}_{model}_greedy_output.json
    const [, dataset, policy] = /^eval_([^_]+)_(.+)_greedy_output$/u.exec(name) ?? [null, context.dataset, name];
    return {
      kind: 'prompt',
      prompt: { ...prompt, dataset, split: 'test' },
      rollout: rolloutDraft(context, {
        policy,
        policyVersion: 0,
        completion: output,
        finish: finishOf(record),
        rewards: typeof correct === 'boolean' ? { accuracy: Number(correct) } : {},
        reward,
      }),
      evaluation: dataset,
      labels: [],
    };
  },
};
