/** A prompt as a policy reads it. */
import { defaultHintForm, type HintForm } from './hint.ts';
import type { Prompt } from './rollout.ts';

type Question = Pick<Prompt, 'question' | 'options'>;

/** What our instruction asks for, and no more: the tags that the format reward looks for. */
export const defaultInstruction =
  'Reason about the question inside <think> and </think>. Then give the final answer alone inside <answer> and </answer>.';

export interface Message {
  role: 'system' | 'user';
  content: string;
}

/** What a question is asked with, apart from how a hint is said. */
export interface Asking {
  /** The instruction: a system message. */
  system: string | null;
  hint: string | null;
}

/** Nothing but the question. */
export const plainly: Asking = { system: null, hint: null };

/**
 * What a policy that chats is told: instruction, hint, and the question with its options as the user's. Those of one role that follow each other
 * are one message, with a blank line between: templates and models know one system message, and turns that alternate.
 */
export function promptMessages(
  { question, options }: Question,
  { system, hint }: Asking = plainly,
  { role, prefix }: HintForm = defaultHintForm,
): Message[] {
  const messages: Message[] = [];
  const say = (role: Message['role'], content: string): void => {
    const last = messages.at(-1);
    if (last?.role === role) last.content += `\n\n${content}`;
    else messages.push({ role, content });
  };
  if (system !== null) say('system', system);
  if (hint !== null) say(role, `${prefix}${hint}`);
  say('user', [question, ...options].join('\n'));
  return messages;
}

/** The same for a policy that knows no messages: what stands between the audio-visual prefix and the completion, each message ended by a line break. */
export function promptText(prompt: Question, asking: Asking = plainly, form: HintForm = defaultHintForm): string {
  return promptMessages(prompt, asking, form)
    .map(({ content }) => `${content}\n`)
    .join('');
}

/** The same where there is no system message to be had: all of it is the user's. */
export function withoutSystem(messages: readonly Message[]): Message[] {
  return [{ role: 'user', content: messages.map(({ content }) => content).join('\n\n') }];
}

/**
 * The prompt of a rollout as trainers log it: plain text, or with an instruction the text of ChatML, from which `untemplate` has both again.
 */
export function loggedPrompt(
  prompt: Question & Pick<Prompt, 'hint'>,
  rollout: { system?: string | null; hinted: boolean },
): string {
  const asking = { system: rollout.system ?? null, hint: rollout.hinted ? prompt.hint : null };
  if (asking.system === null) return promptText(prompt, asking).trimEnd();
  const turns = promptMessages(prompt, asking).map(
    ({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`,
  );
  return `${turns.join('')}<|im_start|>assistant\n`;
}
