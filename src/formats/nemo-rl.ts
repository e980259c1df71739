/**
 * NeMo-RL's logged batches: `{log_dir}/train_data_step{N}.jsonl`, a rollout a line, each value a list of one, but for `idx`:
 * `content` (the text of each message, without roles), `rewards`, `input_lengths`, `token_ids`, `token_loss_mask`,
 * `advantages`, `generation_logprobs`, `prev_logprobs` (the trainer's) and more, tokens of the whole conversation, padded; and `val_data_step{N}.jsonl`
 * with `content` (messages with roles) and `rewards` (grpo.py, logger.py `log_batched_dict_as_jsonl`).
 *
 * Ids and log-probs of a completion of one turn are kept as the generator gave them. The file does not name the tokenizer
 * that the ids belong to, so their offsets in the text are not known. Of several turns the text alone is kept: what the
 * environment said between them has no place in a completion's tokens.
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { chat, completionOf, questionOf } from './chat.ts';
import type { TokenTrace } from '../domain/rollout.ts';
import {
  advantageOf,
  creditOf,
  logProbsOf,
  promptDraft,
  rolloutDraft,
  tokenCurves,
  type Draft,
  type FileContext,
  type Format,
} from './draft.ts';
import { unpackedName } from './utf8.ts';
import { score, int32s, valid } from './valid.ts';

const only = <Schema extends v.GenericSchema>(schema: Schema) => v.strictTuple([schema], 'not a list of one');
const perToken = only(v.array(v.nullable(v.number())));

const batch = v.looseObject({
  content: only(v.union([v.array(v.string()), chat], 'neither texts nor messages')),
  rewards: v.optional(v.array(score)),
  /** Those of the rollouts that dynamic sampling kept: then `rewards` are of all that were sampled. */
  filtered_rewards: v.optional(v.array(score)),
});
const trace = v.looseObject({
  input_lengths: only(v.pipe(v.number(), v.integer(), v.minValue(0))),
  token_ids: only(int32s),
  token_loss_mask: only(v.array(v.picklist([0, 1]))),
  advantages: v.optional(perToken),
  generation_logprobs: v.optional(perToken),
  /** The trainer's own, and the reference's where there is a KL term. */
  prev_logprobs: v.optional(perToken),
  reference_policy_logprobs: v.optional(perToken),
});

export const nemoRl: Format = {
  name: 'nemo-rl',
  title: 'NeMo-RL batches (JSONL)',
  writtenAs: /^(?:train|val)_data_step\d+$/u,
  container: 'json',
  detects: (record) =>
    'content' in record && 'idx' in record && ['rewards', 'input_lengths'].some((key) => key in record),
  parse(record, context): Draft {
    const { content, rewards, filtered_rewards } = valid(batch, record);
    const { prompt, completion, ...told } = isTexts(content[0])
      ? trained(content[0], record, context)
      : validated(content[0]);
    const { text, system, ...asked } = questionOf(prompt);
    const [, kind, step] = /^(train|val)_data_step(\d+)\.jsonl$/u.exec(basename(unpackedName(context.file))) ?? [];
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        question: text,
        ...asked,
        split: kind === 'val' ? 'validation' : 'train',
      }),
      rollout: rolloutDraft(context, {
        policy: basename(dirname(context.file)),
        policyVersion: Number(step ?? 0),
        completion,
        reward: (filtered_rewards ?? rewards)?.[0] ?? null,
        hinted: asked.hint !== null,
        system,
        ...told,
      }),
      ...(kind === 'val' && { evaluation: context.dataset }),
      labels: [],
    };
  },
};

type Chat = v.InferOutput<typeof chat>;

function isTexts(content: readonly unknown[] | string): content is string[] {
  return Array.isArray(content) && content.every((text) => typeof text === 'string');
}

/** Messages say who spoke. */
function validated(messages: Chat): { prompt: Chat; completion: string } {
  if (typeof messages === 'string') throw new Error('content.0: text, where messages are expected');
  const first = messages.findIndex(({ role }) => role === 'assistant');
  if (first < 1) throw new Error('content.0: no assistant answers a prompt in it');
  const prompt = messages.slice(0, first);
  // What they say is cut out of the chat template's text, marks and all.
  const text = prompt.map(({ content }) => (typeof content === 'string' ? content : '')).join('');
  return { prompt: text.includes('<|im_start|>') ? text : prompt, completion: completionOf(messages.slice(first)) };
}

/** Texts do not: the mask tells which tokens were generated, in how many turns, and whether another text follows. */
function trained(
  texts: readonly string[],
  record: unknown,
  context: FileContext,
): { prompt: string; completion: string; tokens: TokenTrace | null; advantage: number | null } {
  const { input_lengths, token_ids, token_loss_mask, advantages, generation_logprobs, ...by } = valid(trace, record);
  const { prev_logprobs, reference_policy_logprobs } = by;
  const [length] = input_lengths;
  const columns = {
    token_ids,
    token_loss_mask,
    advantages,
    generation_logprobs,
    prev_logprobs,
    reference_policy_logprobs,
  };
  for (const [name, values] of Object.entries(columns)) {
    if (values && values[0].length < length)
      throw new Error(`${name}.0: ${values[0].length} values for ${length} tokens`);
  }
  const mask = token_loss_mask[0].slice(0, length).map((value) => value === 1);
  const turns = mask.filter((generated, i) => generated && !mask[i - 1]).length;
  const first = texts.length - (mask.at(-1) ? 2 * turns - 1 : 2 * turns);
  if (turns === 0 || first < 1) {
    throw new Error(`token_loss_mask: ${turns} generated turns do not fit the ${texts.length} texts of content`);
  }
  const generated = <Value>(values: readonly Value[]): Value[] => values.filter((_, i) => mask[i]);
  const credit = advantages ? generated(advantages[0]) : null;
  return {
    prompt: texts.slice(0, first).join(''),
    completion: texts.filter((_, i) => i >= first && (i - first) % 2 === 0).join('\n'),
    tokens:
      turns > 1
        ? null
        : {
            ids: Int32Array.from(generated(token_ids[0])),
            offsets: null,
            logProbs: generation_logprobs ? logProbsOf(generated(generation_logprobs[0]), context) : null,
            tokenizer: null,
            ...tokenCurves({
              trainer: prev_logprobs && generated(prev_logprobs[0]),
              reference: reference_policy_logprobs && generated(reference_policy_logprobs[0]),
              credit: creditOf(credit),
            }),
          },
    advantage: credit && advantageOf(credit, context),
  };
}
