import { describe, expect, it } from 'vitest';
import { loggedPrompt, promptMessages, promptText, withoutSystem } from '../../../src/domain/prompt-text.ts';

const prompt = { question: 'Which colour?', options: ['A red', 'B green'], hint: 'Look first.' };
const asked = 'Which colour?\nA red\nB green';
const [system, hint] = ['Be brief.', 'Look first.'];

describe('a prompt', () => {
  it('has its hint first, then the question, then one option a line', () => {
    expect(promptText(prompt)).toBe(`${asked}\n`);
    expect(promptText(prompt, { system: null, hint })).toBe(`Hint: Look first.\n${asked}\n`);
  });

  it('joins instruction and hint in one system message, or the hint to the question', () => {
    expect(promptMessages(prompt, { system, hint })).toEqual([
      { role: 'system', content: 'Be brief.\n\nHint: Look first.' },
      { role: 'user', content: asked },
    ]);
    expect(promptMessages(prompt, { system, hint }, { role: 'user', prefix: '(tip) ' })).toEqual([
      { role: 'system', content: system },
      { role: 'user', content: `(tip) Look first.\n\n${asked}` },
    ]);
    expect(promptText(prompt, { system, hint })).toBe(`Be brief.\n\nHint: Look first.\n${asked}\n`);
  });

  it('is the user’s alone where there is no system message', () => {
    const content = `Be brief.\n\nHint: Look first.\n\n${asked}`;
    expect(withoutSystem(promptMessages(prompt, { system, hint }))).toEqual([{ role: 'user', content }]);
  });

  it('is logged as plain text, and with an instruction as ChatML', () => {
    expect(loggedPrompt(prompt, { hinted: true })).toBe(`Hint: Look first.\n${asked}`);
    expect(loggedPrompt(prompt, { hinted: false, system })).toBe(
      `<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n${asked}<|im_end|>\n<|im_start|>assistant\n`,
    );
  });
});
