/** What a policy reads and writes text by: its tokenizer, its chat template and the tokens that end a completion. Needs no weights. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { errorText } from '../../domain/error-text.ts';
import type { HintForm } from '../../domain/hint.ts';
import { promptMessages, promptText, withoutSystem, type Asking } from '../../domain/prompt-text.ts';
import { opensThinking } from '../../domain/reward.ts';
import type { Prompt } from '../../domain/rollout.ts';
import { readSmall } from '../../formats/small-file.ts';
import { chatFiles } from './chat-files.ts';
import { chatTemplateOf } from './chat-template.ts';
import type { ChatTemplate } from './chat-template.ts';
import { endIds, parseTextConfig, type TextConfig } from './config.ts';
import { Tokenizer } from '../../formats/tokenizer.ts';

export const textFiles = {
  config: 'config.json',
  tokenizer: 'tokenizer.json',
  tokenizerConfig: chatFiles.tokenizer,
  generation: 'generation_config.json',
};
/** What a folder may hold beside, kept as it is so that what is saved serves the same tools. */
const companions = [
  ...[textFiles.tokenizerConfig, textFiles.generation, chatFiles.template, chatFiles.processor],
  ...['added_tokens.json', 'special_tokens_map.json', 'merges.txt', 'vocab.json', 'tokenizer.model'],
  ...['preprocessor_config.json', 'processor_config.json', 'video_preprocessor_config.json'],
];

/** A folder's files of text by their names, and what they say. */
export interface TextParts {
  files: ReadonlyMap<string, Buffer>;
  tokenizer: Tokenizer;
  chat: ChatTemplate | null;
}

export class PolicyText<Config extends TextConfig = TextConfig> {
  readonly config: Config;
  readonly tokenizer: Tokenizer;
  protected readonly text: TextParts;

  protected constructor(config: Config, text: TextParts) {
    this.config = config;
    this.tokenizer = text.tokenizer;
    this.text = text;
  }

  /**
   * The text of any causal language model's folder. `now` is what a chat template takes for the present. Throws an error that names the file
   * and its fault.
   */
  static async read(folder: string, now = new Date()): Promise<PolicyText> {
    const { config, text } = await readText(folder, now);
    return new PolicyText(parseTextConfig(config, join(folder, textFiles.config)), text);
  }

  /**
   * A prompt's ids [tokens] with what it is asked with: through the folder's chat template, or as plain text where it has none. A template
   * without system messages has theirs before the question.
   */
  promptIds(prompt: Pick<Prompt, 'question' | 'options'>, asking?: Asking, form?: HintForm): Int32Array {
    return this.tokenizer.encode(this.#promptText(prompt, asking, form));
  }

  /** The same for a policy with towers, as the text of its chat: a placeholder for the video, if there is one, stands before the question. */
  watchedText(prompt: Pick<Prompt, 'question' | 'options'>, asking: Asking, form: HintForm, video: boolean): string {
    return this.#promptText(prompt, asking, form, video);
  }

  /** Whether a prompt ends with the tag that opens the reasoning, so that completions begin within it. */
  opensThinking(prompt: Pick<Prompt, 'question' | 'options'>): boolean {
    return opensThinking(this.#promptText(prompt));
  }

  #promptText(prompt: Pick<Prompt, 'question' | 'options'>, asking?: Asking, form?: HintForm, video = false): string {
    const { chat } = this.text;
    if (chat === null) return promptText(prompt, asking, form);
    const messages = promptMessages(prompt, asking, form);
    const isAlone = messages.every(({ role }) => role === 'user');
    return chat.render(isAlone || chat.takesSystem ? messages : withoutSystem(messages), video);
  }

  /**
   * A completion's ids [L] from its text alone, with the token that ends it: the one the text itself ends with, else a chat's own end token,
   * else the policy's first; without it where the text was cut off.
   */
  completionIds(text: string, isCut = false): Int32Array {
    const ends = endIds(this.config);
    const { chat } = this.text;
    const turnEnd = chat?.endToken === undefined ? ends[0] : this.tokenizer.id(chat.endToken);
    const ids = this.tokenizer.encode(text);
    const length = this.endedLength(ids);
    if (length > 0 && ends.includes(ids[length - 1])) return ids.slice(0, length);
    if (isCut) return ids;
    return Int32Array.from([...ids, ends.includes(turnEnd) ? turnEnd : ends[0]]);
  }

  /** How many of a completion's ids are its own: of several end tokens at its end the first ended it, and the others fill a batch. */
  endedLength(ids: Int32Array): number {
    const ends = endIds(this.config);
    const last = ids.findLastIndex((id) => !ends.includes(id));
    return Math.min(last + 2, ids.length);
  }
}

/**
 * The text of a folder, and its configuration as it stands there: the tokens that end a text are said best where generation is configured,
 * for chat models end at more than one. `now` is what a chat template takes for the present. Throws an error that names the file and its fault.
 */
export async function readText(
  folder: string,
  now: Date,
): Promise<{ config: Record<string, unknown>; text: TextParts }> {
  const templates = await readdir(join(folder, chatFiles.additional)).catch((): string[] => []);
  const kept = new Map<string, Buffer>();
  for (const name of [
    textFiles.tokenizer,
    ...companions,
    ...templates.map((file) => `${chatFiles.additional}/${file}`),
  ]) {
    const content = await readSmall(join(folder, name)).catch(unlessTooLong);
    if (content !== null) kept.set(name, content);
  }
  const json = (name: string): Record<string, unknown> => jsonObject(textOf(kept, name) ?? '{}', join(folder, name));
  if (!kept.has(textFiles.tokenizer)) {
    throw new Error(
      `${join(folder, textFiles.tokenizer)} is not there: save the tokenizer with save_pretrained, as a fast one`,
    );
  }
  const file = join(folder, textFiles.config);
  const given = jsonObject((await readSmall(file)).toString(), file);
  const ends = json(textFiles.generation).eos_token_id ?? given.eos_token_id;
  // A processor of transformers 4 keeps its template in a file of its own.
  const config4 = kept.has(chatFiles.processor) ? json(chatFiles.processor) : json(textFiles.tokenizerConfig);
  const chat = chatTemplateOf(folder, textOf(kept, chatFiles.template), config4, now);
  return {
    config: { ...given, eos_token_id: ends },
    text: { files: kept, tokenizer: tokenizerOf(kept, folder), chat },
  };
}

/** A file that is not there, or cannot be opened, is none; one that is refused is told of. */
function unlessTooLong(error: NodeJS.ErrnoException): null {
  if (error.code === undefined) throw error;
  return null;
}

/** What a tokenizer.json alone gives. */
export function textOfTokenizer(tokenizer: object): TextParts {
  const files = new Map([[textFiles.tokenizer, Buffer.from(JSON.stringify(tokenizer, null, 1))]]);
  return { files, tokenizer: tokenizerOf(files, 'the new policy'), chat: null };
}

const textOf = (kept: ReadonlyMap<string, Buffer>, name: string): string | undefined => kept.get(name)?.toString();

function tokenizerOf(kept: ReadonlyMap<string, Buffer>, folder: string): Tokenizer {
  const json = (name: string): object => jsonObject(textOf(kept, name) ?? '{}', join(folder, name));
  const [tokenizer, config] = [json(textFiles.tokenizer), json(textFiles.tokenizerConfig)];
  try {
    return new Tokenizer(tokenizer, config);
  } catch (error) {
    throw new Error(
      `${join(folder, textFiles.tokenizer)} is no tokenizer that can be read here (${errorText(error)}): save it with save_pretrained`,
      { cause: error },
    );
  }
}

function jsonObject(text: string, file: string): Record<string, unknown> {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())), text);
  if (!result.success) throw new Error(`${file} is not a JSON object`);
  return result.output;
}
