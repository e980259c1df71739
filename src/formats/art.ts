/**
 * ART's trajectories: `{art_path}/{project}/models/{model}/trajectories/{split}/{step}.parquet`, a row each with `group_index`, `reward`,
 * `metrics` and `metadata` (JSON's text), `tools`, `logs`, and `messages`: `role`, `content`, `tool_calls` (JSON's text), `tool_call_id` and
 * `trainable`, which is true of what the model said (utils/trajectory_logging.py). Log-probs and finish reasons do not go into it.
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import type { Split } from '../domain/rollout.ts';
import { completionOf, questionOf, rewardsOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type FileContext, type Format } from './draft.ts';
import { score, textual, valid } from './valid.ts';

const jsonText = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.nullish(v.pipe(v.string(), v.parseJson(undefined, 'no JSON'), schema), null);
const turn = v.looseObject({
  role: v.string(),
  content: v.nullish(v.string(), ''),
  tool_calls: jsonText(v.nullable(v.array(v.unknown()))),
  trainable: v.nullish(v.boolean(), false),
});
const trajectory = v.looseObject({
  group_index: v.nullish(textual, '0'),
  reward: score,
  metrics: jsonText(v.nullable(v.record(v.string(), v.unknown()))),
  messages: v.array(turn),
});

export const art: Format = {
  name: 'art',
  title: 'ART trajectories (parquet)',
  writtenAs: /^\d{4,}$/u,
  container: 'parquet',
  detects: (record) => ['group_index', 'reward', 'metrics', 'messages', 'logs'].every((key) => key in record),
  parse(record, context): Draft {
    const { group_index, reward, metrics, messages } = valid(trajectory, record);
    const marked = messages.some(({ trainable }) => trainable);
    const first = messages.findIndex(({ role, trainable }) => (marked ? trainable : role === 'assistant'));
    if (first < 0) throw new Error('messages: the model says nothing in them');
    const { project, policy, policyVersion, split } = originOf(context);
    const { text, system, ...asked } = questionOf(messages.slice(0, first));
    return {
      kind: 'prompt',
      prompt: promptDraft(context, { dataset: project, question: text, ...asked, split }),
      rollout: rolloutDraft(context, {
        groupName: `${split} ${group_index}`,
        ...{ policy, policyVersion, reward },
        completion: completionOf(messages.slice(first)),
        rewards: rewardsOf(metrics ?? {}),
        hinted: asked.hint !== null,
        system,
      }),
      ...(split !== 'train' && { evaluation: project }),
      labels: [],
    };
  },
};

const place = /([^/\\]+)[/\\]models[/\\]([^/\\]+)[/\\]trajectories[/\\]([^/\\]+)[/\\](\d+)\.parquet$/u;
const splits: Readonly<Record<string, Split>> = { train: 'train', test: 'test' };

/** By the folders; the name of a split is the user's, and `val` as a rule. */
function originOf({ file, dataset }: FileContext): {
  project: string;
  policy: string;
  policyVersion: number;
  split: Split;
} {
  const [, project, policy, split, step] = place.exec(file) ?? [];
  if (project === undefined) {
    const version = Number(/^(\d+)\./u.exec(basename(file))?.[1] ?? 0);
    return { project: dataset, policy: basename(dirname(file)), policyVersion: version, split: 'train' };
  }
  return {
    project,
    policy,
    policyVersion: Number(step),
    split: Object.hasOwn(splits, split) ? splits[split] : 'validation',
  };
}
