/**
 * TRL's logged completions: `<output_dir>/completions/completions_{step:05d}.parquet` with `step`, `prompt`,
 * `completion`, one float column a reward function, further logged columns and `advantage` (trl grpo_trainer.py, `log`).
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { answerOf, chat, completionOf, questionOf, rewardsOf, totalOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type FileContext, type Format } from './draft.ts';
import { score, step, textual, valid } from './valid.ts';

const row = v.looseObject({
  step: v.optional(v.nullable(step)),
  prompt: chat,
  completion: chat,
  advantage: score,
  problem_id: v.optional(v.nullable(textual)),
  solution: v.optional(v.nullable(textual)),
});

export const trl: Format = {
  name: 'trl',
  title: 'TRL completions (parquet)',
  container: 'parquet',
  detects: (record) => 'prompt' in record && 'completion' in record && !('tas_weights' in record),
  parse(record, context): Draft {
    const { step, prompt, completion, advantage, problem_id, solution, ...others } = valid(row, record);
    const { text, ...asked } = questionOf(prompt);
    // Reward functions log floats; their weights are not in the file.
    const rewards = rewardsOf(others);
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        sourceId: problem_id ?? null,
        question: text,
        answer: answerOf(solution),
        ...asked,
      }),
      rollout: rolloutDraft(context, {
        policy: policyOf(context),
        policyVersion: step ?? stepOfName(context),
        completion: completionOf(completion),
        rewards,
        reward: totalOf(rewards),
        advantage,
        hinted: asked.hint !== null,
      }),
      labels: [],
    };
  },
};

/** The run's output folder. */
function policyOf({ file }: FileContext): string {
  const folder = dirname(file);
  return basename(basename(folder) === 'completions' ? dirname(folder) : folder);
}

function stepOfName({ file }: FileContext): number {
  return Number(/(\d+)\.parquet$/u.exec(file)?.[1] ?? 0);
}
