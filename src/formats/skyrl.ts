/**
 * SkyRL's evaluations: `dumped_evals/eval_only/{data_source}.jsonl`, or `dumped_evals/global_step_{N}_evals/…` while it trains: a completion
 * a line with `input_prompt` and `output_response` (decoded text), `score`, `stop_reason`, `env_class`, `env_extras` and `data_source`
 * (skyrl_train trainer_utils.py, `dump_per_dataset_eval_results`). The aggregated_results.jsonl beside them holds averages.
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { finishNamed } from '../domain/finish.ts';
import { answerOf, questionOf } from './chat.ts';
import { valueAt } from './columns.ts';
import { promptDraft, rolloutDraft, type Draft, type FileContext, type Format } from './draft.ts';
import { score, step, valid } from './valid.ts';

/** Of a list, which has a reward a token, the sum: unknown where one of them is. */
const total = v.union(
  [
    score,
    v.pipe(
      v.array(score),
      v.transform((rewards) => (rewards.includes(null) ? null : rewards.reduce<number>((sum, one) => sum + one!, 0))),
      v.nullable(v.pipe(v.number(), v.finite())),
    ),
  ],
  'neither a number nor a list with one a token',
);

const row = v.looseObject({
  input_prompt: v.string(),
  output_response: v.string(),
  score: total,
  stop_reason: v.nullish(v.string(), ''),
  env_class: v.nullish(v.string()),
  env_extras: v.nullish(v.record(v.string(), v.unknown()), {}),
  data_source: v.nullish(v.string()),
});

/** The true answer, where the environment's columns have one: as SkyRL's own datasets name it, and those made for verl. */
const truths = ['reward_spec.ground_truth', 'reward_model.ground_truth'];

export const skyrl: Format = {
  name: 'skyrl',
  title: 'SkyRL evaluations (JSONL)',
  container: 'json',
  detects: (record) => 'input_prompt' in record && 'output_response' in record,
  parse(record, context): Draft {
    const { input_prompt, output_response, score, stop_reason, env_class, env_extras, data_source } = valid(
      row,
      record,
    );
    const { text, system, ...asked } = questionOf(input_prompt);
    const dataset = data_source ?? context.dataset;
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        dataset,
        question: text,
        answer: truths.map((column) => answerOf(valueAt(env_extras, column))).find((truth) => truth !== null) ?? null,
        ...asked,
        category: env_class,
        split: 'validation',
      }),
      rollout: rolloutDraft(context, {
        ...policyOf(context),
        completion: output_response,
        finish: finishNamed(stop_reason),
        reward: score,
        hinted: asked.hint !== null,
        system,
      }),
      evaluation: dataset,
      labels: [],
    };
  },
};

const place = /([^/\\]+)[/\\]dumped_evals[/\\](?:eval_only|global_step_(\d+)_evals)[/\\][^/\\]+$/u;

/** A file tells neither: the policy is called after the folder that it was exported to, and its version is the step. */
function policyOf({ file, note }: FileContext): { policy: string; policyVersion: number } {
  const [, policy, version = 0] = place.exec(file) ?? [];
  if (policy === undefined)
    note('outside dumped_evals/eval_only or dumped_evals/global_step_N_evals the step is not known: 0 is taken');
  return { policy: policy ?? basename(dirname(file)), policyVersion: valid(step, version) };
}
