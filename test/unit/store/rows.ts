/** Prompts and rollouts to put in a store. */
import type { Prompt, Rollout } from '../../../src/domain/rollout.ts';
import { groupId, promptId, rolloutId } from '../../../src/domain/identity.ts';

export function makePrompt(change: Partial<Prompt> = {}): Prompt {
  const prompt: Prompt = {
    id: '',
    dataset: 'clips',
    question: 'Which colour is on screen when the low tone sounds?',
    options: ['A red', 'B green'],
    answer: 'B',
    problemType: 'multiple-choice',
    video: 'clips/1.mp4',
    audio: null,
    hint: null,
    split: 'train',
    stage: 'audio-visual',
    ...change,
  };
  return { ...prompt, id: change.id ?? promptId(prompt) };
}

/** One rollout a reward, all in one group named `name`. */
export function makeGroup(
  prompt: Prompt,
  rewards: (number | null)[],
  {
    name = '',
    completion = 'First I plan. Then I look. So it is B.',
    ...change
  }: Partial<Rollout> & { name?: string } = {},
): Rollout[] {
  return rewards.map((reward, index) => {
    const rollout: Rollout = {
      id: '',
      promptId: prompt.id,
      groupId: groupId(prompt.id, 'tiny', 0, name),
      runId: null,
      policy: 'tiny',
      policyVersion: 0,
      completion,
      rewards: reward === null ? {} : { accuracy: reward },
      reward,
      advantage: null,
      tokens: null,
      finish: null,
      hinted: false,
      source: 'import:test.jsonl',
      createdAt: '2026-01-01T00:00:00.000Z',
      ...change,
    };
    return { ...rollout, id: rolloutId(rollout, index) };
  });
}
