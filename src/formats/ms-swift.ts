/**
 * ms-swift's logged completions: `<output_dir>/completions.jsonl`. Its HF trainer writes a line a logged step, each value an
 * array over the completions (`step`, `prompt`, `completion`, one a reward function, `advantages`, and what else was
 * gathered: `solution`, `num_turns`, `entropy`); its Megatron trainer the same with `gen_step`; its Ray trainer a line a
 * completion (`gen_step`, `prompt`, `completion`, `reward`). From grpo_trainer.py (`log`), megatron's rollout_mixin.py
 * (`_build_log_table`) and ray's base_trainer.py (`_maybe_log_completions`).
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { answerOf, chat, questionOf, rewardsOf, totalOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type Format } from './draft.ts';
import { score, step, valid } from './valid.ts';

const row = v.looseObject({
  step: v.optional(v.nullable(step)),
  gen_step: v.optional(v.nullable(step)),
  prompt: chat,
  completion: v.string(),
  reward: score,
  advantages: score,
  solution: v.optional(v.unknown()),
});

/** How its decoder writes the tokens that stand for media: "[151656 * 256]". */
const mediaRun = /\[(?:-100|\d{5,}) \* \d+\]/gu;

export const msSwift: Format = {
  name: 'ms-swift',
  title: 'ms-swift completions (JSONL)',
  container: 'json',
  detects: (record) => 'prompt' in record && 'completion' in record && ('step' in record || 'gen_step' in record),
  rows: (record) => (isTable(record) ? rowsOf(record) : [record]),
  parse(record, context): Draft {
    const { step, gen_step, prompt, completion, reward, advantages, solution, ...others } = valid(row, record);
    const { text, ...asked } = questionOf(typeof prompt === 'string' ? prompt.replaceAll(mediaRun, '') : prompt);
    const rewards = rewardsOf(others, ['num_turns', 'entropy']);
    return {
      kind: 'prompt',
      prompt: promptDraft(context, { question: text, answer: answerOf(solution), ...asked }),
      rollout: rolloutDraft(context, {
        policy: basename(dirname(context.file)),
        policyVersion: step ?? gen_step ?? 0,
        completion,
        rewards,
        // The Ray trainer logs the sum alone; the others the parts, without their weights.
        reward: reward ?? totalOf(rewards),
        advantage: advantages,
        hinted: asked.hint !== null,
      }),
      labels: [],
    };
  },
};

type Table = Record<string, unknown> & { completion: unknown[] };

function isTable(record: unknown): record is Table {
  return typeof record === 'object' && record !== null && 'completion' in record && Array.isArray(record.completion);
}

function rowsOf(table: Table): unknown[] {
  const columns = Object.entries(table).map(([name, values]) => {
    const count = table.completion.length;
    if (!Array.isArray(values)) throw new Error(`${name}: not a list, where completion is one`);
    if (values.length !== count) throw new Error(`${name}: ${values.length} values for ${count} completions`);
    return [name, values as unknown[]] as const;
  });
  return table.completion.map((_, i) => Object.fromEntries(columns.map(([name, values]) => [name, values[i]])));
}
