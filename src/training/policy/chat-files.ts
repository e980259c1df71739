/** The files of a policy folder that make it one that chats, and what such a policy is told by default. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultInstruction } from '../../domain/prompt-text.ts';
import { readSmall } from '../../formats/small-file.ts';

export const chatFiles = {
  template: 'chat_template.jinja',
  processor: 'chat_template.json',
  tokenizer: 'tokenizer_config.json',
  /** A folder of templates that are not the default one: for tools, for search. */
  additional: 'additional_chat_templates',
};

/**
 * The instruction of a run that names none: ours where the policy's folder has a chat template, null where it has none, cannot be read or is
 * no folder. Whatever is wrong with the folder, the run itself tells.
 */
export async function instructionFor(folder: string): Promise<string | null> {
  return (await hasChatTemplate(folder)) ? defaultInstruction : null;
}

async function hasChatTemplate(folder: string): Promise<boolean> {
  const files = await readdir(folder).catch((): string[] => []);
  if (files.includes(chatFiles.template) || files.includes(chatFiles.processor)) return true;
  try {
    const config: unknown = JSON.parse((await readSmall(join(folder, chatFiles.tokenizer))).toString());
    return ((config as { chat_template?: unknown } | null)?.chat_template ?? null) !== null;
  } catch {
    return false;
  }
}
