/**
 * AReaL's dumps: `…/{experiment}/{trial}/rollout/{version}/{task_id}.jsonl`, of evaluations under `eval-rollout`: a completion a line with
 * `task_id` (its group), `sample_idx`, `seqlen`, `prompt_len`, `head_version`, `tail_version`, `reward`, and `prompt` and `completion`,
 * decoded with their special tokens (infra/workflow_executor.py, `_dump_trajectory`). `head_version` counts the prompt's tokens too, whose version is -1.
 * Where a conversation has several turns, what it calls the completion is as many tokens at the end as were sampled in all.
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { questionOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type FileContext, type Format } from './draft.ts';
import { score, step, textual, valid } from './valid.ts';

const row = v.looseObject({
  task_id: textual,
  tail_version: step,
  reward: score,
  prompt: v.string(),
  completion: v.string(),
});

export const areal: Format = {
  name: 'areal',
  title: 'AReaL rollouts (JSONL)',
  writtenAs: /^\d+$/u,
  container: 'json',
  detects: (record) => ['task_id', 'tail_version', 'prompt', 'completion'].every((key) => key in record),
  parse(record, context): Draft {
    const { task_id, tail_version, reward, prompt, completion } = valid(row, record);
    const { dataset, policy, isEvaluation } = originOf(context);
    const { text, system, ...asked } = questionOf(prompt);
    if (isCutElsewhere(prompt))
      context.note(
        'prompts here do not end where the assistant begins: of several turns AReaL takes as many tokens at the end as were sampled in ' +
          'all for the completion',
      );
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        ...{ dataset, question: text, ...asked },
        split: isEvaluation ? 'validation' : 'train',
      }),
      rollout: rolloutDraft(context, {
        groupName: isEvaluation ? `evaluation ${task_id}` : task_id,
        ...{ policy, completion, reward },
        // A version that is not known is -1.
        policyVersion: Math.max(0, tail_version),
        hinted: asked.hint !== null,
        system,
      }),
      ...(isEvaluation && { evaluation: dataset }),
      labels: [],
    };
  },
};

/** In ChatML, where the last thing begun is not the assistant's turn, or has begun to say something; a template may open its thinking. */
function isCutElsewhere(prompt: string): boolean {
  const start = prompt.lastIndexOf('<|im_start|>');
  return start >= 0 && !/^<\|im_start\|>assistant\s*(?:<think>\s*(?:<\/think>\s*)?)?$/u.test(prompt.slice(start));
}

const place = /([^/\\]+)[/\\]([^/\\]+)[/\\](eval-)?rollout[/\\]-?\d+[/\\][^/\\]+$/u;

/** The policy is called after the trial, the dataset after the experiment. */
function originOf({ file, dataset }: FileContext): { policy: string; dataset: string; isEvaluation: boolean } {
  const [, experiment, trial, evaluation] = place.exec(file) ?? [];
  if (experiment === undefined) return { policy: basename(dirname(file)), dataset, isEvaluation: false };
  return { policy: `${experiment}/${trial}`, dataset: experiment, isEvaluation: evaluation !== undefined };
}
