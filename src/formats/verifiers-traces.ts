/**
 * Episodes of verifiers 0.4 and of trainers on it: `traces.jsonl`, one a line with `env`, `task`, and `traces`, one an agent. A trace
 * is a graph of messages, each with the index of its `parent` and the tokens it adds: `token_ids`, `mask` (which were sampled) and
 * `logprobs` of those, rounded to four decimals; `rewards` by name with score and weight, `metrics` (trace.py, graph.py, episode.py).
 *
 * Of a graph with several leaves the last branch is read, as verifiers' own `Trace.messages` does. Ids and log-probs are kept where the
 * model spoke once; of several turns the text alone, for what was said between them has no place in a completion's tokens.
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import type { TokenTrace } from '../domain/rollout.ts';
import { answerOf, completionOf, message, questionOf, rewardsOf } from './chat.ts';
import { logProbsOf, promptDraft, rolloutDraft, type Draft, type FileContext, type Format } from './draft.ts';
import { finishOf } from './finish.ts';
import { int32, score, step, textual, valid } from './valid.ts';

const known = <Schema extends v.GenericSchema>(schema: Schema) => v.nullish(schema, null);
const index = v.pipe(v.number(), v.integer(), v.minValue(0));

const node = v.looseObject({
  parent: known(index),
  message,
  sampled: v.optional(v.boolean(), false),
  token_ids: v.optional(v.array(int32), []),
  mask: v.optional(v.array(v.boolean()), []),
  logprobs: v.optional(v.array(v.nullable(v.number())), []),
  finish_reason: known(v.string()),
});
type Node = v.InferOutput<typeof node>;
const call = v.looseObject({ node: known(index), finish_reason: known(v.string()) });
type Call = v.InferOutput<typeof call>;

const reward = v.looseObject({ score, weight: v.optional(v.number(), 1) });
const trace = v.looseObject({
  agent: v.looseObject({
    name: v.optional(v.string(), 'agent'),
    config: v.looseObject({ model: known(v.string()) }),
  }),
  nodes: v.array(node),
  calls: v.optional(v.array(call), []),
  rewards: v.optional(v.record(v.string(), v.nullable(reward)), {}),
  metrics: v.optional(v.record(v.string(), v.unknown()), {}),
  errors: v.optional(v.array(v.looseObject({ type: v.string(), message: v.string() })), []),
});
const episode = v.looseObject({
  env: v.looseObject({ id: v.string() }),
  task: v.looseObject({
    data: v.looseObject({ id: known(textual), idx: known(textual), answer: v.optional(v.unknown()) }),
  }),
  group: known(v.looseObject({ id: v.string() })),
  run: known(
    v.looseObject({ type: v.string(), work: known(v.looseObject({ policy: known(v.looseObject({ start: step })) })) }),
  ),
  traces: v.pipe(v.array(v.unknown()), v.minLength(1, 'there are none')),
});
type Episode = v.InferOutput<typeof episode>;

interface Row {
  whole: Episode;
  record: unknown;
}

export const verifiersTraces: Format = {
  name: 'verifiers-traces',
  title: 'verifiers traces (JSONL)',
  writtenAs: /^traces$/u,
  container: 'json',
  detects: (record) => ['env', 'task', 'traces'].every((key) => key in record),
  rows(record): Row[] {
    const whole = valid(episode, record);
    return whole.traces.map((one) => ({ whole, record: one }));
  },
  parse(row, context): Draft {
    const { whole, record } = row as Row;
    const { agent, nodes, calls, rewards, metrics, errors } = valid(trace, record);
    const path = lastBranch(nodes);
    const first = path.findIndex(({ sampled }) => sampled);
    if (first < 0)
      throw new Error(`nodes: the model said nothing${errors.length > 0 ? ` (${errors.at(-1)!.message})` : ''}`);
    const { text, system, ...asked } = questionOf(path.slice(0, first).map((one) => one.message));
    const scores = Object.entries(rewards).flatMap(([name, one]) => (one ? [{ name, ...one }] : []));
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        ...taskOf(whole, context),
        question: text,
        ...asked,
        split: whole.run?.type === 'train' ? 'train' : 'test',
      }),
      rollout: rolloutDraft(context, {
        groupName: `${whole.group?.id ?? basename(dirname(context.file))} ${agent.name}`,
        policy: agent.config.model ?? agent.name,
        policyVersion: whole.run?.work?.policy?.start ?? 0,
        completion: completionOf(path.slice(first).map((one) => one.message)),
        rewards: rewardsOf({ ...metrics, ...Object.fromEntries(scores.map((one) => [one.name, one.score])) }),
        reward: totalOf(scores, context),
        tokens: tokensOf(path.slice(first), context),
        finish: finishOf({ finish_reason: reasonOf(nodes, path, calls) }),
        hinted: asked.hint !== null,
        system,
      }),
      labels: [],
    };
  },
};

/** The weighed sum. Null, and said, where a score has no value: verifiers writes NaN and infinities as null, and added them up before. */
function totalOf(scores: readonly { score: number | null; weight: number }[], { note }: FileContext): number | null {
  const counted = scores.filter(({ weight }) => weight !== 0);
  if (counted.some(({ score }) => score === null)) {
    note('the whole reward is not known where a reward has no value: verifiers writes NaN and infinity so');
    return null;
  }
  if (scores.length === 0) return null;
  return valid(
    score,
    counted.reduce((sum, one) => sum + one.score! * one.weight, 0),
  );
}

/** A task without an id of its own has its number in its environment: alone that would be taken for some other dataset's. */
function taskOf({ env, task }: Episode, { dataset }: FileContext) {
  const name = env.id || dataset;
  const id = task.data.id ?? task.data.idx;
  return { dataset: name, sourceId: id === null ? null : `${name}/${id}`, answer: answerOf(task.data.answer) };
}

/** The messages from a root to the last leaf. Throws when a parent does not stand before its child. */
function lastBranch(nodes: readonly Node[]): Node[] {
  const wrong = nodes.findIndex(({ parent }, i) => parent !== null && parent >= i);
  if (wrong >= 0) throw new Error(`nodes.${wrong}.parent: ${nodes[wrong].parent} does not stand before it`);
  const path: Node[] = [];
  for (let at = nodes.length > 0 ? nodes.length - 1 : null; at !== null; at = nodes[at].parent) path.push(nodes[at]);
  return path.reverse();
}

/** Why the last thing that the model said ended: its call tells, in older traces its message. */
function reasonOf(nodes: readonly Node[], path: readonly Node[], calls: readonly Call[]): string | null {
  const last = path.findLast(({ sampled }) => sampled)!;
  return calls.findLast(({ node }) => node === nodes.indexOf(last))?.finish_reason ?? last.finish_reason;
}

/** Those the model sampled, where it spoke once and the client kept them. */
function tokensOf(said: readonly Node[], context: FileContext): TokenTrace | null {
  const [{ token_ids, mask, logprobs }, ...others] = said;
  if (token_ids.length === 0 || others.some(({ sampled }) => sampled)) return null;
  if (mask.length !== token_ids.length)
    throw new Error(`mask: ${mask.length} values for ${token_ids.length} token_ids`);
  const ids = token_ids.filter((_, i) => mask[i]);
  if (logprobs.length !== 0 && logprobs.length !== ids.length)
    throw new Error(`logprobs: ${logprobs.length} values for ${ids.length} sampled tokens`);
  return {
    ids: Int32Array.from(ids),
    offsets: null,
    logProbs: logprobs.length > 0 ? logProbsOf(logprobs, context) : null,
    tokenizer: null,
  };
}
