/**
 * miles' conversations: `{dump}/trajectory/{rollout_id}.jsonl`, of its evaluations `eval_{rollout_id}.jsonl`: a sample a line with
 * `sample_index`, `group_index`, `status`, `reward`, `prompt` and `messages`, which begin with the assistant's where `prompt` is text; and
 * beside them, by `sample_index`, `{dump}/dashboard_columns/rollout_{…}.parquet` with `tokens`, of the response at their end
 * `response_length`, its `loss_mask` and its `rollout_log_probs` (ray/rollout/debug_data.py). Samples of a single turn that no session made
 * have no conversation, and are in its .pt files alone.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { finishNamed } from '../domain/finish.ts';
import type { TokenTrace } from '../domain/rollout.ts';
import { chat, completionOf, message, questionOf } from './chat.ts';
import {
  logProbsOf,
  promptDraft,
  rolloutDraft,
  type Draft,
  type FileContext,
  type Format,
  type RecordsOf,
} from './draft.ts';
import { turnsOf } from './mapped.ts';
import { unpackedName } from './utf8.ts';
import { int32s, score, textual, valid } from './valid.ts';

const sample = v.looseObject({
  sample_index: v.nullish(v.number()),
  group_index: v.nullish(textual, null),
  status: v.nullish(v.string(), ''),
  reward: score,
  prompt: v.nullish(chat, ''),
  messages: v.array(message),
});

export const miles: Format = {
  name: 'miles',
  title: 'miles trajectories (JSONL)',
  writtenAs: /^(?:eval_)?\d+$/u,
  container: 'json',
  detects: (record) => ['sample_index', 'group_index', 'messages'].every((key) => key in record),
  survey: { of: columnsOf, read: tokensIn },
  parse(record, context): Draft {
    const { sample_index, group_index, status, reward, prompt, messages } = valid(sample, record);
    const end = messages.findLastIndex(({ role }) => role === 'assistant') + 1;
    if (end === 0) throw new Error('messages: the assistant says nothing in them');
    const turns = turnsOf(messages.slice(0, end));
    const { text, system, ...asked } = questionOf(turns.completion === null ? prompt : turns.prompt);
    if (reward === null) context.note('a reward that is an object is null in miles’ file: it is not known');
    const { policy, policyVersion, isEvaluation } = originOf(context);
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        ...{ dataset: policy, question: text, ...asked },
        split: isEvaluation ? 'validation' : 'train',
      }),
      rollout: rolloutDraft(context, {
        groupName: [isEvaluation ? 'evaluation' : '', group_index ?? ''].join(' ').trim(),
        ...{ policy, policyVersion, reward },
        completion: turns.completion ?? completionOf(messages.slice(0, end)),
        finish: finishOfStatus(status),
        tokens: isOneTurn(messages, end) ? traceOf(sample_index ?? null, context) : null,
        hinted: asked.hint !== null,
        system,
      }),
      ...(isEvaluation && { evaluation: policy }),
      labels: [],
    };
  },
};

/** 'pending' says nothing. */
const finishOfStatus = (status: string | null): string | null =>
  status === null || status === 'pending' ? null : finishNamed(status);

const isOneTurn = (messages: readonly v.InferOutput<typeof message>[], end: number): boolean =>
  messages.slice(0, end - 1).every(({ role }) => role !== 'assistant' && role !== 'tool');

const place = /(?:([^/\\]+)[/\\]trajectory[/\\])?(eval_)?(\d+)\.jsonl$/u;

function originOf({ file }: FileContext): { policy: string; policyVersion: number; isEvaluation: boolean } {
  const [, policy, evaluation, version = 0] = place.exec(unpackedName(file)) ?? [];
  return {
    policy: policy ?? basename(dirname(file)),
    policyVersion: Number(version),
    isEvaluation: evaluation !== undefined,
  };
}

function columnsOf(file: string): string {
  const name = `rollout_${basename(unpackedName(file)).replace(/\.jsonl$/u, '')}.parquet`;
  return join(dirname(dirname(file)), 'dashboard_columns', name);
}

const columns = v.looseObject({
  sample_index: v.number(),
  response_length: v.pipe(v.number(), v.integer(), v.minValue(0)),
  tokens: int32s,
  loss_mask: v.nullish(v.array(v.number())),
  rollout_log_probs: v.nullish(v.array(v.nullable(v.number()))),
});

interface Survey {
  /** Of each sample that the policy wrote in one go; null of an index that several have. */
  traces: Map<number, { ids: Int32Array; logProbs: (number | null)[] | null } | null>;
  /** Why the tokens of some are not known. */
  faults: string[];
}

async function tokensIn(file: string, recordsOf: RecordsOf): Promise<Survey> {
  const traces: Survey['traces'] = new Map();
  const faults: string[] = [];
  const place = join('dashboard_columns', basename(file));
  if (!existsSync(file))
    return { traces, faults: [`there is no ${place} beside it: token ids and log-probs are not known`] };
  try {
    for await (const record of await recordsOf(file)) {
      if (!('value' in record)) throw new Error(record.reason);
      const { sample_index, response_length, tokens, loss_mask, rollout_log_probs } = valid(columns, record.value);
      const lengths = [loss_mask, rollout_log_probs].map((one) => one?.length ?? response_length);
      if (tokens.length < response_length || lengths.some((one) => one !== response_length))
        throw new Error(`row ${record.line}: its columns do not fit a response of ${response_length} tokens`);
      if (response_length === 0 || loss_mask?.some((one) => one !== 1)) continue;
      const ids = Int32Array.from(tokens.slice(-response_length));
      traces.set(sample_index, traces.has(sample_index) ? null : { ids, logProbs: rollout_log_probs ?? null });
    }
  } catch (error) {
    faults.push(
      `${place} beside it cannot be read to its end, and tokens behind are not known: ${(error as Error).message}`,
    );
  }
  return { traces, faults };
}

function traceOf(sample: number | null, context: FileContext): TokenTrace | null {
  const { traces, faults } = context.survey as Survey;
  faults.forEach(context.note);
  const trace = sample === null ? null : traces.get(sample);
  if (!trace) return null;
  const logProbs = trace.logProbs && logProbsOf(trace.logProbs, context);
  return { ids: trace.ids, offsets: null, logProbs, tokenizer: null };
}
