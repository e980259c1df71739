/**
 * TRL's logged completions: `<output_dir>/completions/completions_{step:05d}.parquet` with `step`, `prompt`,
 * `completion`, one float column a reward function, further logged columns and `advantage` (trl grpo_trainer.py, `log`).
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { chat, completionOf, questionOf } from './chat.ts';
import type { Draft, FileContext, Format } from './draft.ts';
import { numeral, textual, valid } from './valid.ts';

const row = v.looseObject({
  step: v.optional(v.nullable(numeral)),
  prompt: chat,
  completion: chat,
  advantage: v.optional(v.nullable(v.number())),
  problem_id: v.optional(v.nullable(textual)),
  solution: v.optional(v.nullable(textual)),
});
const known = new Set(['step', 'prompt', 'completion', 'advantage', 'problem_id', 'solution']);

export const trl: Format = {
  name: 'trl',
  title: 'TRL completions (parquet)',
  container: 'parquet',
  detects: (record) => 'prompt' in record && 'completion' in record,
  parse(record, context): Draft {
    const { step, prompt, completion, advantage, problem_id, solution, ...others } = valid(row, record);
    const asked = questionOf(prompt);
    // Reward functions log floats; TRL's weights are not in the file, so the total is their plain sum.
    const rewards = Object.fromEntries(
      Object.entries(others).filter((entry): entry is [string, number] => !known.has(entry[0]) && isNumber(entry[1])),
    );
    const parts = Object.values(rewards);
    return {
      kind: 'prompt',
      prompt: {
        sourceId: problem_id ?? null,
        dataset: context.dataset,
        question: asked.text,
        options: [],
        answer: solution ?? null,
        problemType: 'free-form',
        video: asked.video,
        audio: asked.audio,
        hint: asked.hint,
        split: 'train',
        stage: null,
      },
      rollout: {
        groupName: '',
        runId: null,
        policy: policyOf(context),
        policyVersion: Math.trunc(step ?? stepOfName(context)),
        completion: completionOf(completion),
        rewards,
        reward: parts.length === 0 ? null : parts.reduce((sum, part) => sum + part, 0),
        advantage: isNumber(advantage) ? advantage : null,
        tokens: null,
        hinted: asked.hint !== null,
        source: `import:${context.file}`,
        createdAt: context.modifiedAt,
      },
      labels: [],
    };
  },
};

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** The run's output folder. */
function policyOf({ file }: FileContext): string {
  const folder = dirname(file);
  return basename(basename(folder) === 'completions' ? dirname(folder) : folder);
}

function stepOfName({ file }: FileContext): number {
  return Number(/(\d+)\.parquet$/u.exec(file)?.[1] ?? 0);
}
