/**
 * Evaluations of verifiers: `outputs/evals/{env_id}--{model}/{run}/results.jsonl`, a rollout a line with `example_id`,
 * `prompt`, `completion`, `answer`, `reward`, `metrics`, `info` and more, and metadata.json beside it, which names
 * environment and model (save_utils.py, `state_to_output`, `save_metadata`; 0.4 writes traces instead: verifiers-traces.ts).
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { answerOf, chat, completionOf, questionOf, rewardsOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type FileContext, type Format } from './draft.ts';
import { finishOf } from './finish.ts';
import { score, textual, valid } from './valid.ts';

const row = v.looseObject({
  example_id: textual,
  prompt: chat,
  completion: v.nullable(chat),
  answer: v.optional(v.unknown()),
  reward: score,
  metrics: v.optional(v.nullable(v.record(v.string(), v.unknown())), {}),
  info: v.optional(v.unknown()),
  error: v.optional(v.unknown()),
});
const metadata = v.fallback(v.looseObject({ env_id: v.optional(v.string()), model: v.optional(v.string()) }), {});

export const verifiers: Format = {
  name: 'verifiers',
  title: 'verifiers results (JSONL)',
  writtenAs: /^results$/u,
  container: 'json',
  companion: 'metadata.json',
  detects: (record) => 'example_id' in record && 'prompt' in record && 'completion' in record,
  parse(record, context): Draft {
    const { example_id, prompt, completion, answer, reward, metrics, error } = valid(row, record);
    if (completion === null)
      throw new Error(`completion: there is none, for ${JSON.stringify(error ?? 'no reason told')}`);
    const { environment, model } = originOf(context);
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
        split: 'test',
      }),
      rollout: rolloutDraft(context, {
        groupName: basename(dirname(context.file)),
        policy: model,
        policyVersion: 0,
        completion: completionOf(completion),
        finish: finishOf(record),
        rewards: rewardsOf(metrics ?? {}),
        reward,
        hinted: asked.hint !== null,
        system,
      }),
      labels: [],
    };
  },
};

/** By metadata.json, else by the names of the folders. */
function originOf({ companion, file }: FileContext): { environment: string; model: string } {
  const { env_id, model } = valid(metadata, companion);
  const [environment, ...rest] = basename(dirname(dirname(file))).split('--');
  return { environment: env_id ?? environment, model: model ?? (rest.join('/') || environment) };
}
