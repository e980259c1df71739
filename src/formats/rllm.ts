/**
 * rLLM's episodes, a JSON file each. Its evaluations write `{run}/episodes/episode_{index}_{task}.json` with `task`, `is_correct`, `eval_idx`
 * and `trajectories`, one an agent, whose steps are calls of the model: `chat_completions`, `model_response`, `response_ids`, `logprobs`,
 * `advantage`, `weight_version`; and `{run}/meta.json` with `benchmark` and `model` (eval/episode_store.py, types.py). Its training writes
 * `{log}/episodes/{train|val}_step_{N}_epoch_{E}/episode_hash{…}_id{task}_{n}.json` with `training_step`, and texts alone
 * (utils/episode_logger.py).
 *
 * A trajectory is a rollout: what was asked first, and all that the model said in its steps. Ids and log-probs are kept of a single step.
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import type { Split, TokenTrace } from '../domain/rollout.ts';
import { answerOf, completionOf, message, questionOf, rewardsOf } from './chat.ts';
import { isRow, valueAt, type Row } from './columns.ts';
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
import { finishOf } from './finish.ts';
import { int32s, score, step, textual, valid } from './valid.ts';

const perToken = v.nullish(v.array(v.nullable(v.number())), []);
const call = v.looseObject({
  chat_completions: v.nullish(v.array(message), []),
  model_response: v.nullish(v.string(), ''),
  output: v.optional(v.unknown()),
  response_ids: v.nullish(int32s, []),
  logprobs: perToken,
  advantage: v.nullish(v.union([v.number(), v.array(v.nullable(v.number()))]), null),
  weight_version: v.nullish(step),
  model_output: v.optional(v.unknown()),
});
type Call = v.InferOutput<typeof call>;

const trajectory = v.looseObject({
  name: v.nullish(v.string(), ''),
  reward: score,
  signals: v.nullish(v.record(v.string(), v.unknown()), {}),
  steps: v.pipe(v.array(call), v.minLength(1, 'there are none: the model said nothing')),
});
const episode = v.looseObject({
  id: v.nullish(v.string()),
  episode_id: v.nullish(v.string()),
  task: v.optional(v.unknown()),
  is_correct: v.nullish(v.boolean()),
  training_step: v.nullish(step),
  termination_reason: v.nullish(v.string()),
  trajectories: v.pipe(v.array(v.unknown()), v.minLength(1, 'there are none')),
});
const meta = v.fallback(v.looseObject({ benchmark: v.nullish(v.string()), model: v.nullish(v.string()) }), {});

interface Rollout {
  whole: v.InferOutput<typeof episode>;
  record: unknown;
}

export const rllm: Format = {
  name: 'rllm',
  title: 'rLLM episodes (JSON)',
  writtenAs: /^episode_/u,
  container: 'json',
  companion: '../meta.json',
  detects: ({ trajectories, is_correct }) => Array.isArray(trajectories) && is_correct !== undefined,
  rows(record): Rollout[] {
    const whole = valid(episode, record);
    return whole.trajectories.map((one) => ({ whole, record: one }));
  },
  parse(given, context): Draft {
    const { whole, record } = given as Rollout;
    const { name, reward, signals, steps } = valid(trajectory, record);
    const { policy, dataset, split, version } = originOf(whole, context);
    const task = taskOf(whole.task);
    const { text, system, ...asked } = questionOf(promptOf(steps[0]) ?? task.question);
    if (text === '') throw new Error('chat_completions: no question in them, and none in the task');
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        sourceId: task.id === null ? null : `${dataset}/${task.id}`,
        ...{ dataset, question: text, answer: task.answer, ...asked, split },
      }),
      rollout: rolloutDraft(context, {
        // "{task}:{rollout}", which a file's name has too.
        groupName: [split, (whole.id ?? whole.episode_id ?? '').replace(/:[^:]*$/u, ''), name].join(' '),
        policy,
        policyVersion: steps[0].weight_version ?? version,
        completion: steps.map(saidIn).join('\n'),
        finish:
          finishOf(steps.at(-1)!.model_output) ?? finishOf({ finish_reason: endings[whole.termination_reason ?? ''] }),
        rewards: rewardsOf({
          ...signals,
          ...(typeof whole.is_correct === 'boolean' && { is_correct: Number(whole.is_correct) }),
        }),
        reward,
        advantage: advantageOf(
          steps.flatMap((one) => one.advantage),
          context,
        ),
        tokens: steps.length === 1 ? tokensOf(steps[0], context) : null,
        hinted: asked.hint !== null,
        system,
      }),
      ...(split !== 'train' && { evaluation: dataset }),
      labels: [],
    };
  },
};

const endings: Readonly<Record<string, string>> = { max_response_length_exceeded: 'length' };

/** What stood before the model's message. */
function promptOf({ chat_completions }: Call): v.InferOutput<typeof message>[] | null {
  const messages = chat_completions ?? [];
  const prompt = messages.at(-1)?.role === 'assistant' ? messages.slice(0, -1) : messages;
  return prompt.length > 0 ? prompt : null;
}

function saidIn({ chat_completions, model_response, output }: Call): string {
  const last = chat_completions?.at(-1);
  if (last?.role === 'assistant') return completionOf([last]);
  if (model_response) return model_response;
  if (typeof output === 'string') return output;
  throw new Error('model_response: there is none');
}

function tokensOf({ response_ids, logprobs, advantage }: Call, context: FileContext): TokenTrace | null {
  const [ids, values] = [response_ids ?? [], logprobs ?? []];
  if (ids.length === 0) return null;
  if (values.length !== 0 && values.length !== ids.length)
    throw new Error(`logprobs: ${values.length} values for ${ids.length} response_ids`);
  const logProbs = values.length > 0 ? logProbsOf(values, context) : null;
  const credit = Array.isArray(advantage) && advantage.length === ids.length ? creditOf(advantage) : null;
  return { ids: Int32Array.from(ids), offsets: null, logProbs, tokenizer: null, ...tokenCurves({ credit }) };
}

/** A task is an object with `instruction` and its dataset's row under `metadata`, or that row itself. */
function taskOf(task: unknown): { id: string | null; question: string; answer: string | null } {
  const row: Row = isRow(task) ? task : {};
  const text = (names: readonly string[]): string | null => {
    const value = names.map((name) => valueAt(row, name)).find((one) => v.is(textual, one) && one !== '');
    return value === undefined ? null : v.parse(textual, value);
  };
  return {
    id: text(['id']),
    question: typeof task === 'string' ? task : (text(['instruction', 'question', 'problem', 'prompt']) ?? ''),
    answer: answerOf(text(['ground_truth', 'answer', 'metadata.ground_truth', 'metadata.answer'])),
  };
}

const place = /([^/\\]+)[/\\]episodes[/\\](?:(train|val)_step_(\d+)_epoch_\d+[/\\])?[^/\\]+$/u;

interface Origin {
  policy: string;
  dataset: string;
  split: Split;
  version: number;
}

/** An evaluation's meta.json tells; training's policy is called after the folder of its log. */
function originOf({ training_step }: Rollout['whole'], { file, companion, dataset }: FileContext): Origin {
  const { benchmark, model } = valid(meta, companion);
  const [, run, kind, folderStep = 0] = place.exec(file) ?? [];
  const name = run ?? basename(dirname(file));
  if (kind === undefined && typeof training_step !== 'number')
    return {
      policy: model ?? name,
      dataset: benchmark ?? (run === undefined ? dataset : run),
      split: 'test',
      version: 0,
    };
  return {
    policy: name,
    dataset: name,
    split: kind === 'val' ? 'validation' : 'train',
    version: training_step ?? Number(folderStep),
  };
}
