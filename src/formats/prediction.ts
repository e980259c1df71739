/** What an evaluation by a tool of its own keeps of one reply: a rollout on a prompt of the test split. */
import type { Prompt } from '../domain/rollout.ts';
import { questionOf } from './chat.ts';
import {
  promptDraft,
  rolloutDraft,
  type Draft,
  type FileContext,
  type PromptDraft,
  type RolloutDraft,
} from './draft.ts';

export interface Prediction extends Partial<RolloutDraft> {
  prompt: Partial<PromptDraft> & Pick<Prompt, 'question'>;
  /** What the tool calls the set of questions, and what else tells one evaluation of a policy on it from another. */
  evaluation: string;
  policy: string;
  /** The reply, whole. */
  completion: string;
  /** What the file says of the reply; null or left out where it says nothing. */
  correct?: boolean | null;
}

/** The verdict is the reward `accuracy`, and the total where the file has none of its own. */
export function prediction(context: FileContext, { prompt, evaluation, correct = null, ...known }: Prediction): Draft {
  if (known.completion.trim() === '') throw new Error('there is no reply, so nothing was evaluated');
  const accuracy: Record<string, number> = correct === null ? {} : { accuracy: Number(correct) };
  return {
    kind: 'prompt',
    prompt: promptDraft(context, { ...prompt, split: 'test' }),
    rollout: rolloutDraft(context, {
      policyVersion: 0,
      ...known,
      rewards: { ...known.rewards, ...accuracy },
      reward: known.reward ?? accuracy.accuracy ?? null,
    }),
    evaluation,
    labels: [],
  };
}

/** A file's name without that of the benchmark, which its writer puts before or behind the policy's. */
export function withoutBenchmark(name: string, benchmark: RegExp): string {
  const rest = name.replace(benchmark, '').replaceAll(/^[\s_-]+|[\s_-]+$/gu, '');
  return rest === '' ? name : rest;
}

/** The reply of a chat that was decoded with its prompt, without special tokens; a text without turns is the reply. */
export function replyIn(chat: string): { completion: string; system: string | null } {
  const [asked] = /^(?:system|user)\n.*?\nassistant\n/su.exec(chat) ?? [''];
  return {
    completion: chat.slice(asked.length),
    system: asked.startsWith('system') ? questionOf(asked).system : null,
  };
}

/** What scores of a reply say by name: the first that is 0 or 1 is whether it is right, and the others stay rewards of their own. */
export function verdictOf(
  scores: readonly (readonly [name: string, value: number])[],
): Pick<Prediction, 'correct' | 'rewards'> {
  const verdict = scores.find(([, value]) => value === 0 || value === 1);
  return {
    correct: verdict ? verdict[1] === 1 : null,
    rewards: Object.fromEntries(scores.filter((one) => one !== verdict)),
  };
}
