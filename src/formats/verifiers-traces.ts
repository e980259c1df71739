/**
 * Episodes of verifiers 0.4 and of trainers on it: `traces.jsonl`, one a line with `env`, `task`, and `traces`, one an agent. A trace
 * is a graph of messages, each with the index of its `parent` and the tokens it adds: `token_ids`, `mask` (which were sampled) and
 * `logprobs` of those, rounded to four decimals; `rewards` by name with score and weight, `metrics` (trace.py, graph.py, episode.py). A
 * trainer adds `advantages`, `reference_logprobs`, `trainer_logprobs` and `entropies` of the sampled tokens, and `loss_weights` by name.
 *
 * prime-rl writes `{run}/rollouts/step_N/{train|eval}/{all|effective}/traces.jsonl`: `all` as each episode ends, before it has advantages,
 * and what was trained on a second time under `effective`, with them (monitors/file.py). These are found for `all` by their traces' ids.
 * For some weeks before it wrote episodes it wrote traces by themselves, with `env_name`, `kind`, `group_id` and `policy_version`.
 *
 * Of a graph with several leaves the last branch is read, as verifiers' own `Trace.messages` does. Ids and log-probs are kept where the
 * model spoke once; of several turns the text alone, for what was said between them has no place in a completion's tokens.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import type { Split, TokenTrace } from '../domain/rollout.ts';
import { answerOf, completionOf, message, questionOf, rewardsOf } from './chat.ts';
import { isRow, type Row } from './columns.ts';
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
  type RecordsOf,
} from './draft.ts';
import { finishOf } from './finish.ts';
import { int32s, score, step, textual, valid } from './valid.ts';

const known = <Schema extends v.GenericSchema>(schema: Schema) => v.nullish(schema, null);
const perToken = v.array(v.nullable(v.number()));
const index = v.pipe(v.number(), v.integer(), v.minValue(0));

const node = v.looseObject({
  parent: known(index),
  message,
  sampled: v.optional(v.boolean(), false),
  token_ids: v.optional(int32s, []),
  mask: v.optional(v.array(v.boolean()), []),
  logprobs: v.optional(v.array(v.nullable(v.number())), []),
  advantages: known(perToken),
  trainer_logprobs: known(perToken),
  reference_logprobs: known(perToken),
  entropies: known(perToken),
  /** Of each of `token_ids`, sampled or not. */
  loss_weights: known(v.record(v.string(), perToken)),
  finish_reason: known(v.string()),
});
type Node = v.InferOutput<typeof node>;
const call = v.looseObject({ node: known(index), finish_reason: known(v.string()) });
type Call = v.InferOutput<typeof call>;

const reward = v.looseObject({ score, weight: v.optional(v.number(), 1) });
const trace = v.looseObject({
  id: known(v.string()),
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
    v.looseObject({
      type: v.string(),
      work: known(v.looseObject({ type: known(v.string()), policy: known(v.looseObject({ start: step })) })),
    }),
  ),
  traces: v.pipe(v.array(v.unknown()), v.minLength(1, 'there are none')),
});
type Episode = v.InferOutput<typeof episode>;

interface TraceRow {
  whole: Episode;
  record: unknown;
}

export const verifiersTraces: Format = {
  name: 'verifiers-traces',
  title: 'verifiers traces (JSONL)',
  writtenAs: /^traces$/u,
  container: 'json',
  detects: (record) => 'task' in record && (['env', 'traces'].every((key) => key in record) || isAlone(record)),
  survey: { of: effectiveOf, read: advantagesIn },
  rows(record): TraceRow[] {
    const whole = valid(episode, isRow(record) && isAlone(record) ? episodeOf(record) : record);
    return whole.traces.map((one) => ({ whole, record: one }));
  },
  parse(row, context): Draft {
    const { whole, record } = row as TraceRow;
    const { id, agent, nodes, calls, rewards, metrics, errors } = valid(trace, record);
    const path = lastBranch(nodes);
    const first = path.findIndex(({ sampled }) => sampled);
    if (first < 0)
      throw new Error(`nodes: the model said nothing${errors.length > 0 ? ` (${errors.at(-1)!.message})` : ''}`);
    const { text, system, ...asked } = questionOf(path.slice(0, first).map((one) => one.message));
    const split = splitOf(whole.run);
    const task = taskOf(whole, context);
    const scores = Object.entries(rewards).flatMap(([name, one]) => (one ? [{ name, ...one }] : []));
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        ...task,
        question: text,
        ...asked,
        split,
      }),
      rollout: rolloutDraft(context, {
        groupName: `${whole.group?.id ?? basename(dirname(context.file))} ${agent.name}`,
        policy: agent.config.model ?? agent.name,
        policyVersion: whole.run?.work?.policy?.start ?? 0,
        completion: completionOf(path.slice(first).map((one) => one.message)),
        rewards: rewardsOf({ ...metrics, ...Object.fromEntries(scores.map((one) => [one.name, one.score])) }),
        reward: totalOf(scores, context),
        advantage: ownAdvantage(path, context) ?? (context.survey as Map<string | null, number>).get(id) ?? null,
        tokens: tokensOf(path.slice(first), context),
        finish: finishOf({ finish_reason: reasonOf(nodes, path, calls) }),
        hinted: asked.hint !== null,
        system,
      }),
      ...(split !== 'train' && { evaluation: task.dataset }),
      labels: [],
    };
  },
};

const isAlone = (record: Row): boolean => ['agent', 'nodes'].every((key) => key in record);

/** A trace by itself, as its episode would have it. */
function episodeOf(record: Row): unknown {
  const { task, env_name = null, kind, group_id, policy_version } = record;
  const policy = typeof policy_version === 'number' ? { start: policy_version } : null;
  return {
    env: { id: env_name ?? '' },
    task,
    group: typeof group_id === 'string' ? { id: group_id } : null,
    run: typeof kind === 'string' ? { type: 'train', work: { type: kind, policy } } : null,
    traces: [record],
  };
}

/** What a training run evaluates is its validation; an evaluation by itself is a test. */
function splitOf(run: Episode['run']): Split {
  if (run?.type !== 'train') return 'test';
  return run.work?.type === 'eval' ? 'validation' : 'train';
}

/** The advantage of what the model said, which is every sampled token's; null where a trainer gave none. */
function ownAdvantage(path: readonly Node[], context: FileContext): number | null {
  return advantageOf(
    path.filter(({ sampled }) => sampled).flatMap(({ advantages }) => advantages ?? [null]),
    context,
  );
}

/** The file of prime-rl that has advantages for the traces of this one; none of other files. */
function effectiveOf(file: string): string {
  const folder = dirname(file);
  return basename(folder) === 'all' ? join(dirname(folder), 'effective', basename(file)) : '';
}

/** By the traces' ids. What is wrong in that file is told when it is imported itself. */
async function advantagesIn(file: string, recordsOf: RecordsOf): Promise<Map<string | null, number>> {
  const found = new Map<string | null, number>();
  if (file === '' || !existsSync(file)) return found;
  const credited = v.looseObject({ id: v.string(), nodes: v.array(node) });
  for await (const record of await recordsOf(file)) {
    const given = v.safeParse(v.looseObject({ traces: v.array(credited) }), 'value' in record ? record.value : null);
    for (const { id, nodes } of given.success ? given.output.traces : []) {
      const advantages = nodes.filter(({ sampled }) => sampled).flatMap((one) => one.advantages ?? [null]);
      const advantage = advantageOf(advantages, { note: () => {} });
      if (advantage !== null) found.set(id, advantage);
    }
  }
  return found;
}

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
  const [{ token_ids, mask, logprobs, ...more }, ...others] = said;
  if (others.some(({ sampled }) => sampled)) {
    if (said.some(({ token_ids: ids }) => ids.length > 0))
      context.note('of completions of several turns the text alone is kept, without their tokens and these’ curves');
    return null;
  }
  if (token_ids.length === 0) return null;
  if (mask.length !== token_ids.length)
    throw new Error(`mask: ${mask.length} values for ${token_ids.length} token_ids`);
  const ids = token_ids.filter((_, i) => mask[i]);
  const { advantages, trainer_logprobs, reference_logprobs, entropies, loss_weights } = more;
  for (const [name, values] of Object.entries({
    logprobs,
    advantages,
    trainer_logprobs,
    reference_logprobs,
    entropies,
  }))
    if (values && values.length !== 0 && values.length !== ids.length)
      throw new Error(`${name}: ${values.length} values for ${ids.length} sampled tokens`);
  // prime-rl multiplies the policy's term by those called so; others are of other losses.
  const weights = loss_weights?.rl;
  if (weights && weights.length !== token_ids.length)
    throw new Error(`loss_weights.rl: ${weights.length} values for ${token_ids.length} token_ids`);
  return {
    ids: Int32Array.from(ids),
    offsets: null,
    logProbs: logprobs.length > 0 ? logProbsOf(logprobs, context) : null,
    tokenizer: null,
    ...tokenCurves({
      entropy: entropies,
      trainer: trainer_logprobs,
      reference: reference_logprobs,
      credit: creditOf(
        advantages,
        weights?.filter((_, i) => mask[i]),
      ),
    }),
  };
}
