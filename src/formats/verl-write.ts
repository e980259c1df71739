/** Rollouts as verl v1 logs its generations (see verl.ts). */
import { loggedPrompt } from '../domain/prompt-text.ts';
import type { Prompt, Rollout } from '../domain/rollout.ts';

/** One line, newline included. `uid` is "{group}_0_{rollout}", so that groups are found again. */
export function verlLine({ prompt, rollout }: { prompt: Prompt; rollout: Rollout }): string {
  const { reward, rewards, policyVersion, completion, groupId, id } = rollout;
  return `${JSON.stringify({
    ...rewards,
    // As in verl's validation dumps: `score` may be a part of it.
    reward,
    input: loggedPrompt(prompt, rollout),
    output: completion,
    gts: prompt.answer,
    score: rewards.score ?? reward,
    step: policyVersion,
    uid: `${groupId}_0_${id.replaceAll('_', '-')}`,
    problem_id: prompt.sourceId ?? prompt.id,
  })}\n`;
}
