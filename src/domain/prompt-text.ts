/** A prompt as a policy reads it. */
import type { Prompt } from './rollout.ts';

/**
 * The text that stands between the audio-visual prefix and the completion: the question, its options one a line, and a line
 * break. `hint` is prepended as a system message's text, `Hint: …` (algorithm.md, "Hints").
 */
export function promptText(prompt: Pick<Prompt, 'question' | 'options'>, hint: string | null = null): string {
  const lines = [prompt.question, ...prompt.options].map((line) => `${line}\n`);
  return (hint === null ? [] : [`Hint: ${hint}\n`]).concat(lines).join('');
}
