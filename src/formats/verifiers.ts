/**
 * Evaluations of verifiers: `outputs/evals/{env_id}--{model}/{run}/results.jsonl`, a rollout a line with `example_id`,
 * `prompt`, `completion`, `answer`, `reward`, `metrics`, `info` and more, and metadata.json beside it, which names
 * environment and model (save_utils.py, `state_to_output`, `save_metadata`; 0.4 writes traces instead: verifiers-traces.ts).
 *
 * prime-rl wrote the same rows of its training, with `env_name`, until it took up 0.4: `{run}/rollouts/step_N/train_rollouts.jsonl`, and of
 * its evaluations `eval_rollouts.jsonl` or `eval_rollouts_{env_name}.jsonl` (orchestrator.py, `save_rollouts`).
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import type { Split } from '../domain/rollout.ts';
import { answerOf, chat, completionOf, questionOf, rewardsOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type FileContext, type Format } from './draft.ts';
import { finishOf } from './finish.ts';
import { score, step, textual, valid } from './valid.ts';

const row = v.looseObject({
  example_id: textual,
  prompt: chat,
  completion: v.nullable(chat),
  answer: v.optional(v.unknown()),
  reward: score,
  metrics: v.optional(v.nullable(v.record(v.string(), v.unknown())), {}),
  info: v.optional(v.unknown()),
  env_name: v.nullish(v.string()),
  error: v.optional(v.unknown()),
});
const metadata = v.fallback(v.looseObject({ env_id: v.optional(v.string()), model: v.optional(v.string()) }), {});

export const verifiers: Format = {
  name: 'verifiers',
  title: 'verifiers results (JSONL)',
  writtenAs: /^(?:results|(?:train|eval)_rollouts.*)$/u,
  container: 'json',
  companion: 'metadata.json',
  detects: (record) => 'example_id' in record && 'prompt' in record && 'completion' in record,
  parse(record, context): Draft {
    const { example_id, prompt, completion, answer, reward, metrics, env_name, error } = valid(row, record);
    if (completion === null)
      throw new Error(`completion: there is none, for ${JSON.stringify(error ?? 'no reason told')}`);
    const origin = originOf(context);
    const environment = env_name ?? origin.environment;
    const { text, system, ...asked } = questionOf(prompt);
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        // A row's number in its environment: alone it would be taken for some other dataset's.
        sourceId: `${environment}/${example_id}`,
        dataset: environment,
        question: text,
        answer: answerOf(answer),
        ...asked,
        split: origin.split,
      }),
      rollout: rolloutDraft(context, {
        groupName: origin.groupName,
        policy: origin.policy,
        policyVersion: origin.policyVersion,
        completion: completionOf(completion),
        finish: finishOf(record),
        rewards: rewardsOf(metrics ?? {}),
        reward,
        hinted: asked.hint !== null,
        system,
      }),
      ...(origin.split !== 'train' && { evaluation: environment }),
      labels: [],
    };
  },
};

interface Origin {
  environment: string;
  groupName: string;
  policy: string;
  policyVersion: number;
  split: Split;
}

const training = /(?:([^/\\]+)[/\\]rollouts[/\\]step_(\d+)[/\\])?(train|eval)_rollouts[^/\\]*$/u;

/** Of an evaluation by metadata.json, else by the names of the folders; of prime-rl's rollouts by these alone. */
function originOf({ companion, file, note, dataset }: FileContext): Origin {
  const [isTraining, run, version, kind] = training.exec(file) ?? [];
  if (isTraining !== undefined) {
    if (run === undefined) note('outside rollouts/step_N the step is not known: 0 is taken');
    const policyVersion = valid(step, version ?? 0);
    const split = kind === 'eval' ? 'validation' : 'train';
    return { environment: dataset, groupName: kind, policy: run ?? basename(dirname(file)), policyVersion, split };
  }
  const { env_id, model } = valid(metadata, companion);
  const [environment, ...rest] = basename(dirname(dirname(file))).split('--');
  const policy = model ?? (rest.join('/') || environment);
  const groupName = basename(dirname(file));
  return { environment: env_id ?? environment, groupName, policy, policyVersion: 0, split: 'test' };
}
