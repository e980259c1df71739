/** A prompt as a policy reads it. */
import type { Prompt } from './rollout.ts';

type Question = Pick<Prompt, 'question' | 'options'>;

/**
 * The text that stands between the audio-visual prefix and the completion: the question, its options one a line, and a line
 * break. `hint` is prepended as a system message's text, `Hint: …` (docs/algorithm.md, "Hints").
 */
export function promptText(prompt: Question, hint: string | null = null): string {
  return promptMessages(prompt, hint)
    .map(({ content }) => `${content}\n`)
    .join('');
}

export interface Message {
  role: 'system' | 'user';
  content: string;
}

/** The same for a policy that chats: the hint is a system message, the question with its options the user's. */
export function promptMessages({ question, options }: Question, hint: string | null = null): Message[] {
  const asked: Message = { role: 'user', content: [question, ...options].join('\n') };
  return hint === null ? [asked] : [{ role: 'system', content: `Hint: ${hint}` }, asked];
}
