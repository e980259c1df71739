import { expect, it } from 'vitest';
import { promptText } from '../../../src/domain/prompt-text.ts';

it('puts a hint first, then the question, then one option a line', () => {
  const prompt = { question: 'Which colour?', options: ['A red', 'B green'] };
  expect(promptText(prompt)).toBe('Which colour?\nA red\nB green\n');
  expect(promptText(prompt, 'Look first.')).toBe('Hint: Look first.\nWhich colour?\nA red\nB green\n');
});
