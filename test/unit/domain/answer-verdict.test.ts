import { describe, expect, it } from 'vitest';
import { answerMessages, answerVerdict } from '../../../src/domain/answer-verdict.ts';

const prompt = { question: 'Which colour?', options: ['A. red', 'B. green'], answer: 'B' };

describe('a judge of answers', () => {
  it('is given the question with its options, the correct answer and the whole reply, and asked for a letter', () => {
    const completion = '<think>Grass.</think>It is <answer>B</answer>';
    const [system, user] = answerMessages({ prompt: { ...prompt, problemType: 'multiple-choice' }, completion });
    expect(system).toMatchObject({ role: 'system', content: expect.stringContaining('the letter alone') as string });
    expect(user).toEqual({
      role: 'user',
      content: `Question:\nWhich colour?\nA. red\nB. green\n\nCorrect answer:\nB\n\nReply:\n${completion}`,
    });
  });

  it('is given no options of an open question, and asked whether the reply means the very same', () => {
    const open = { ...prompt, answer: 'green', problemType: 'free-form' } as const;
    const [system, user] = answerMessages({ prompt: open, completion: 'Green.' });
    expect(system.content).toContain('the very same thing');
    expect(system.content).not.toContain('letter');
    expect(user.content).toBe('Question:\nWhich colour?\n\nCorrect answer:\ngreen\n\nReply:\nGreen.');
  });

  it.each([
    ['{"extracted_answer": "B", "correct": true}', { extracted: 'B', correct: true }],
    ['```json\n{"extracted_answer": " green ", "correct": "False"}\n```', { extracted: 'green', correct: false }],
    ['Well: {"extracted_answer": 7, "correct": true, "why": "seen"}', { extracted: '7', correct: true }],
    ['{"extracted_answer": null, "correct": false}', { extracted: '', correct: false }],
  ])('says %s', (answer, verdict) => {
    expect(answerVerdict(answer)).toEqual(verdict);
  });

  it.each([
    ['It is right.', 'no JSON object'],
    ['{"extracted_answer": "B", "corr', 'JSON'],
    ['{"extracted_answer": "B"}', 'correct'],
    ['{"correct": true}', 'extracted_answer'],
    ['{"extracted_answer": "B", "correct": "maybe"}', 'correct'],
    ['{"extracted_answer": "B", "correct": 1}', 'correct'],
  ])('says no verdict by %s', (answer, fault) => {
    expect(() => answerVerdict(answer)).toThrow(fault);
  });
});
