/**
 * verl's generations: `{rollout_data_dir}/{global_step}.jsonl` with `input`, `output`, `gts`, `score`, `step`; v1 adds
 * `uid` = "{uid}_{session}_{index}"; validation dumps and older versions add reward extras (verl ray_trainer.py,
 * `_dump_generations`).
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { questionOf } from './chat.ts';
import type { Draft, Format } from './draft.ts';
import { numeral, textual, valid } from './valid.ts';

const row = v.looseObject({
  input: v.string(),
  output: v.string(),
  gts: v.optional(v.nullable(v.unknown())),
  score: v.optional(v.nullable(numeral)),
  step: v.optional(v.nullable(numeral)),
  uid: v.optional(v.nullable(textual)),
  problem_id: v.optional(v.nullable(textual)),
});

export const verl: Format = {
  name: 'verl',
  title: 'verl generations (JSONL)',
  container: 'json',
  detects: (record) => 'input' in record && 'output' in record && ('score' in record || 'step' in record),
  parse(record, context): Draft {
    const { input, output, gts, score, step, uid, problem_id, ...extras } = valid(row, record);
    const asked = questionOf(input);
    return {
      kind: 'prompt',
      prompt: {
        sourceId: problem_id ?? null,
        dataset: context.dataset,
        question: asked.text,
        options: [],
        answer: answerOf(gts),
        problemType: 'free-form',
        video: null,
        audio: null,
        hint: asked.hint,
        split: 'train',
        stage: null,
      },
      rollout: {
        groupName: uid ? groupOf(uid) : '',
        runId: null,
        policy: basename(dirname(context.file)),
        policyVersion: Math.trunc(step ?? Number(/^(\d+)\.jsonl$/u.exec(basename(context.file))?.[1] ?? 0)),
        completion: output,
        rewards: Object.fromEntries(
          Object.entries(extras)
            .filter(([name]) => name !== 'request_id')
            .map(([name, value]) => [name, typeof value === 'boolean' ? Number(value) : value] as const)
            .filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
        ),
        reward: score ?? null,
        advantage: null,
        tokens: null,
        hinted: asked.hint !== null,
        source: `import:${context.file}`,
        createdAt: context.modifiedAt,
      },
      labels: [],
    };
  },
};

/** "{uid}_{session}_{index}" without its last two parts. */
function groupOf(uid: string): string {
  return /^(.*)_[^_]*_[^_]*$/su.exec(uid)?.[1] ?? uid;
}

function answerOf(truth: unknown): string | null {
  if (truth === null || truth === undefined) return null;
  return typeof truth === 'string' ? truth : JSON.stringify(truth);
}
