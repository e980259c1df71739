/** Replies to score. */
import type { EvaluatedPrompt, EvaluatedRollout } from '../../../src/domain/evaluation.ts';
import { scored, type Scored } from '../../../src/evaluation/score.ts';

/** A reply to prompt `place`: what it answers, where B is right, and how long it thinks. */
export function reply(
  place: number,
  answer: string,
  { words = 3, id = `r-${place}`, ...change }: Partial<EvaluatedPrompt> & { words?: number } = {},
): EvaluatedRollout {
  const prompt: EvaluatedPrompt = {
    id: `p-${place}`,
    dataset: 'clips',
    question: `Question ${place}?`,
    options: ['A. red', 'B. green'],
    answer: 'B',
    problemType: 'multiple-choice',
    stage: null,
    category: place % 2 === 0 ? 'Art' : 'Science',
    ...change,
  };
  return {
    id,
    completion: `<think>${'so '.repeat(words)}</think>${answer}`,
    rewards: { accuracy: Number(answer.includes('B')) },
    reward: null,
    finish: 'stop',
    tokenCount: null,
    prompt,
    verdict: null,
  };
}

/** The replies to prompts 0, 1, …, as both readers have them. */
export const replies = (answers: readonly string[]): Scored[] =>
  answers.map((answer, place) => scored(reply(place, answer), ['recorded', 'ours']));
