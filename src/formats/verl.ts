/**
 * verl's generations: `{rollout_data_dir}/{global_step}.jsonl` with `input`, `output`, `gts`, `score`, `step`; v1 adds
 * `uid` = "{uid}_{session}_{index}"; validation dumps and older versions add reward extras (verl ray_trainer.py,
 * `_dump_generations`).
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { answerOf, questionOf, rewardsOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type Format } from './draft.ts';
import { score, step, textual, valid } from './valid.ts';

const flag = v.pipe(v.boolean(), v.transform(Number));

const entries = {
  input: v.string(),
  output: v.string(),
  gts: v.optional(v.nullable(v.unknown())),
  score,
  step: v.optional(v.nullable(step)),
  uid: v.optional(v.nullable(textual)),
  problem_id: v.optional(v.nullable(textual)),
};
const row = v.objectWithRest(entries, v.union([flag, v.unknown()]));

export const verl: Format = {
  name: 'verl',
  title: 'verl generations (JSONL)',
  container: 'json',
  detects: (record) => 'input' in record && 'output' in record && ('score' in record || 'step' in record),
  parse(record, context): Draft {
    const { input, output, gts, score, step, uid, problem_id, ...extras } = valid(row, record);
    const { text, ...asked } = questionOf(input);
    return {
      kind: 'prompt',
      prompt: promptDraft(context, { sourceId: problem_id ?? null, question: text, answer: answerOf(gts), ...asked }),
      rollout: rolloutDraft(context, {
        groupName: uid ? groupOf(uid) : '',
        policy: basename(dirname(context.file)),
        policyVersion: step ?? Number(/^(\d+)\.jsonl$/u.exec(basename(context.file))?.[1] ?? 0),
        completion: output,
        rewards: rewardsOf(extras, ['request_id']),
        reward: score,
        hinted: asked.hint !== null,
      }),
      labels: [],
    };
  },
};

/** "{uid}_{session}_{index}" without its last two parts. */
function groupOf(uid: string): string {
  return /^(.*)_[^_]*_[^_]*$/su.exec(uid)?.[1] ?? uid;
}
