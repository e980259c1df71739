/**
 * open-instruct's rollouts: `{run}_rollouts_{shard}.jsonl`, a completion a line with `step`, `sample_idx`, `prompt_idx` (its group within the
 * step), `prompt_tokens`, `response_tokens`, `reward`, `advantage`, `finish_reason`, `dataset`, `ground_truth`, `request_info` and
 * `logprobs`, and `{run}_metadata.jsonl` with `model_name` (rl_utils.py). Tokens are ids alone.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { answerOf, questionOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type Format } from './draft.ts';
import { finishOf } from './finish.ts';
import { jsonRecords } from './json-records.ts';
import { tokenTextOf, type TokenText } from './token-text.ts';
import { unpackedName } from './utf8.ts';
import { int32s, score, step, textual, valid } from './valid.ts';

const row = v.looseObject({
  step,
  prompt_idx: textual,
  prompt_tokens: int32s,
  response_tokens: int32s,
  reward: score,
  advantage: score,
  dataset: v.nullish(v.union([v.string(), v.array(v.string())]), null),
  ground_truth: v.optional(v.unknown()),
  request_info: v.nullish(v.looseObject({ tool_calleds: v.nullish(v.boolean(), false) })),
  logprobs: v.nullish(v.array(v.nullable(v.number()))),
});

const ofRun = /^(.*)_rollouts_\d+\.jsonl$/u;

export const openInstruct: Format = {
  name: 'open-instruct',
  title: 'open-instruct rollouts (JSONL)',
  writtenAs: /_rollouts_\d+$/u,
  container: 'json',
  detects: (record) => ['sample_idx', 'prompt_tokens', 'response_tokens'].every((key) => key in record),
  survey: {
    of: (file) => file,
    read: async (file, _, tokenizer) => tokenTextOf(dirname(file), tokenizer, await modelOf(file)),
  },
  parse(record, context): Draft {
    const { step, prompt_idx, prompt_tokens, response_tokens, logprobs, dataset, ground_truth, ...told } = valid(
      row,
      record,
    );
    if (logprobs && logprobs.length !== response_tokens.length)
      throw new Error(`logprobs: ${logprobs.length} values for ${response_tokens.length} response_tokens`);
    const text = context.survey as TokenText;
    const { text: question, system, ...asked } = questionOf(text.textOf(prompt_tokens, { isWhole: true }));
    const completion = text.textOf(response_tokens);
    const usesTools = told.request_info?.tool_calleds === true;
    if (usesTools)
      context.note('of completions that called tools the text holds what these said too, and tokens are not known');
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        dataset: (Array.isArray(dataset) ? dataset[0] : dataset) ?? context.dataset,
        ...{ question, answer: answerOf(onlyOf(ground_truth)), ...asked },
      }),
      rollout: rolloutDraft(context, {
        groupName: prompt_idx,
        policy: ofRun.exec(basename(unpackedName(context.file)))?.[1] ?? basename(dirname(context.file)),
        policyVersion: step,
        completion,
        finish: finishOf(record),
        reward: told.reward,
        advantage: told.advantage,
        tokens: usesTools ? null : text.traceOf(response_tokens, completion, logprobs ?? null, context),
        hinted: asked.hint !== null,
        system,
      }),
      labels: [],
    };
  },
};

/** A dataset may list several true answers. */
const onlyOf = (truth: unknown): unknown => (Array.isArray(truth) && truth.length === 1 ? truth[0] : truth);

async function modelOf(file: string): Promise<string | undefined> {
  const [, run] = ofRun.exec(basename(unpackedName(file))) ?? [];
  const metadata = join(dirname(file), `${run}_metadata.jsonl`);
  if (!existsSync(metadata)) return undefined;
  for await (const record of jsonRecords(metadata)) {
    const given = v.safeParse(v.looseObject({ model_name: v.string() }), 'value' in record ? record.value : null);
    if (given.success) return given.output.model_name;
  }
  return undefined;
}
