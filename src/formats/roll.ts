/**
 * ROLL's dumps: `{rollout_dump_dir}/rollout_dump_data.step_{N}.jsonl`, one line, an object of columns with a value a completion:
 * `global_step`, `responses` (decoded without special tokens), `scores`, and what its dataset has of `id`, `source`, `difficulty`, `prompt`,
 * `messages` (as JSON's text), `ground_truth`, `tag` and `domain` (pipeline/rlvr/utils.py). It dumps training alone.
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { answerOf, chat, questionOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type Format } from './draft.ts';
import { score, step, textual, valid } from './valid.ts';

const messages = v.union([v.pipe(v.string(), v.parseJson(undefined, 'no JSON'), chat), chat]);
const row = v.looseObject({
  global_step: v.nullish(step, 0),
  responses: v.string(),
  scores: score,
  id: v.nullish(textual, null),
  source: v.nullish(v.string()),
  domain: v.nullish(v.string()),
  tag: v.nullish(v.string()),
  prompt: v.nullish(chat),
  messages: v.nullish(messages),
  ground_truth: v.optional(v.unknown()),
});

const table = v.looseObject({ responses: v.pipe(v.array(v.unknown()), v.minLength(1, 'there are none')) });

export const roll: Format = {
  name: 'roll',
  title: 'ROLL rollouts (JSONL)',
  writtenAs: /^rollout_dump_data\.step_\d+$/u,
  container: 'json',
  detects: ({ responses, scores }) => Array.isArray(responses) && Array.isArray(scores),
  rows(record): unknown[] {
    const { responses, ...others } = valid(table, record);
    const columns = Object.entries(others).map(([name, values]) => {
      if (!Array.isArray(values)) throw new Error(`${name}: not a list, where responses is one`);
      if (values.length !== responses.length)
        throw new Error(`${name}: ${values.length} values for ${responses.length} responses`);
      return [name, values as unknown[]] as const;
    });
    return responses.map((response, i) => ({
      ...Object.fromEntries(columns.map(([name, values]) => [name, values[i]])),
      responses: response,
    }));
  },
  parse(record, context): Draft {
    const { global_step, responses, scores, id, source, prompt, messages, ground_truth, ...kind } = valid(row, record);
    const given = messages ?? prompt;
    if (given === null || given === undefined) throw new Error('prompt: there is none, and no messages');
    const { text, system, ...asked } = questionOf(given);
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        ...{ sourceId: id, question: text, answer: answerOf(ground_truth), ...asked },
        dataset: source ?? context.dataset,
        category: kind.domain ?? kind.tag,
      }),
      rollout: rolloutDraft(context, {
        policy: basename(dirname(context.file)),
        policyVersion: global_step ?? 0,
        completion: responses,
        reward: scores,
        hinted: asked.hint !== null,
        system,
      }),
      labels: [],
    };
  },
};
