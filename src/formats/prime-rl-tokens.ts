/**
 * What prime-rl trained on: `{run}/token_exports/step_{N}/rank_{R}.jsonl`, a sequence a line with lists of a value a token: `token_ids`,
 * `loss_mask` (which were sampled), `advantages`, `inference_logprobs`, and the trainer's `trainer_logprobs`, `entropy`, `mismatch_kl` and
 * `importance_ratio` (which follow from the log-probs), `is_masked` and, in older ones, `rl_weights`;
 * `step` and `env_name` (trainer/rl/token_export.py). It has neither texts nor rewards: these are in `{run}/rollouts`.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { questionOf } from './chat.ts';
import { advantageOf, creditOf, promptDraft, rolloutDraft, tokenCurves, type Draft, type Format } from './draft.ts';
import { tokenTextOf, type TokenText } from './token-text.ts';
import { int32s, step, valid } from './valid.ts';

const perToken = v.array(v.nullable(v.number()));
const row = v.looseObject({
  step,
  env_name: v.nullish(v.string()),
  token_ids: int32s,
  loss_mask: v.array(v.boolean()),
  advantages: perToken,
  inference_logprobs: perToken,
  trainer_logprobs: v.nullish(perToken),
  entropy: v.nullish(perToken),
  rl_weights: v.nullish(perToken),
});

export const primeRlTokens: Format = {
  name: 'prime-rl-tokens',
  title: 'prime-rl token exports (JSONL)',
  writtenAs: /^rank_\d+$/u,
  container: 'json',
  detects: (record) => ['token_ids', 'loss_mask', 'inference_logprobs'].every((key) => key in record),
  survey: { of: (file) => dirname(dirname(file)), read: textsOf },
  parse(record, context): Draft {
    const { step, env_name, token_ids, loss_mask, advantages, inference_logprobs, ...more } = valid(row, record);
    const { trainer_logprobs, entropy, rl_weights, is_masked } = more;
    const curves = { trainer_logprobs, entropy, rl_weights };
    for (const [name, values] of Object.entries({ loss_mask, advantages, inference_logprobs, ...curves })) {
      if (values && values.length !== token_ids.length)
        throw new Error(`${name}: ${values.length} values for ${token_ids.length} token_ids`);
    }
    const first = loss_mask.indexOf(true);
    if (first < 0) throw new Error('loss_mask: no token was trained on');
    const starts = [...loss_mask.keys()].filter((i) => loss_mask[i] && !loss_mask[i - 1]);
    const turns = starts.map((start) => {
      const end = loss_mask.indexOf(false, start);
      return token_ids.slice(start, end < 0 ? undefined : end);
    });
    const sampled = <Value>(values: readonly Value[]): Value[] => values.filter((_, i) => loss_mask[i]);
    if (Array.isArray(is_masked) && is_masked.includes(true))
      context.note('of each token, whether its loss was masked (is_masked) is left out');
    if (turns.length > 1)
      context.note('of completions of several turns the text alone is kept, without their tokens’ curves');
    const text = context.survey as TokenText;
    const { text: question, system, ...asked } = questionOf(text.textOf(token_ids.slice(0, first), { isWhole: true }));
    const completion = turns.map((ids) => text.textOf(ids)).join('\n');
    const credit = creditOf(sampled(advantages), rl_weights && sampled(rl_weights));
    const run = basename(dirname(dirname(dirname(context.file))));
    return {
      kind: 'prompt',
      prompt: promptDraft(context, { dataset: env_name ?? run, question, ...asked }),
      rollout: rolloutDraft(context, {
        policy: run,
        policyVersion: step,
        completion,
        advantage: advantageOf(sampled(advantages), context),
        tokens:
          turns.length > 1
            ? null
            : {
                ...text.traceOf(turns[0], completion, sampled(inference_logprobs), context),
                ...tokenCurves({
                  entropy: entropy && sampled(entropy),
                  trainer: trainer_logprobs && sampled(trainer_logprobs),
                  credit,
                }),
              },
        hinted: asked.hint !== null,
        system,
      }),
      labels: [],
    };
  },
};

async function textsOf(folder: string, _: unknown, tokenizer: string | undefined): Promise<TokenText> {
  if (existsSync(join(dirname(folder), 'rollouts')))
    throw new Error(
      'its completions stand in rollouts/ beside token_exports/, with their texts and rewards: import that folder',
    );
  return tokenTextOf(folder, tokenizer);
}
