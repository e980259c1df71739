/** A policy: a decoder of one of the families with its tokenizer, in an ordinary Hugging Face folder. */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { HintForm } from '../../domain/hint.ts';
import { promptMessages, promptText, withoutSystem, type Asking } from '../../domain/prompt-text.ts';
import { Random } from '../../domain/random.ts';
import { opensThinking } from '../../domain/reward.ts';
import type { Prompt } from '../../domain/rollout.ts';
import { Adapter } from './adapter.ts';
import { chatFiles } from './chat-files.ts';
import { chatTemplateOf } from './chat-template.ts';
import type { ChatTemplate } from './chat-template.ts';
import { endIds, parsePolicyConfig } from './config.ts';
import type { PolicyConfig, PolicyConfigInput } from './config.ts';
import { familyOf } from './family.ts';
import { parameterShapes } from './parameters.ts';
import { writeSafetensors } from './safetensors.ts';
import type { HostTensors } from './safetensors.ts';
import { Tokenizer } from './tokenizer.ts';
import { readWeights, weightsFile } from './weights.ts';
import type { Shape } from '../graph/tensor.ts';

const files = {
  config: 'config.json',
  tokenizer: 'tokenizer.json',
  tokenizerConfig: chatFiles.tokenizer,
  generation: 'generation_config.json',
};
/** What a folder may hold beside, kept as it is so that what is saved serves the same tools. */
const companions = [
  ...[files.tokenizerConfig, files.generation, chatFiles.template, 'chat_template.json'],
  ...['added_tokens.json', 'special_tokens_map.json', 'merges.txt', 'vocab.json', 'tokenizer.model'],
  ...['preprocessor_config.json', 'processor_config.json', 'video_preprocessor_config.json'],
];

/** What a policy reads and writes text by, and the files that say it. */
interface TextParts {
  files: ReadonlyMap<string, Buffer>;
  tokenizer: Tokenizer;
  chat: ChatTemplate | null;
}

export class Policy {
  readonly config: PolicyConfig;
  /** Weights by their Hugging Face names; the prefix's begin with `prefix.`. Not to be changed in place. */
  readonly parameters: HostTensors;
  /** What is trained on top of the weights, if anything. */
  readonly adapter: Adapter | null;
  readonly tokenizer: Tokenizer;
  readonly #text: TextParts;

  private constructor(config: PolicyConfig, parameters: HostTensors, adapter: Adapter | null, text: TextParts) {
    this.config = config;
    this.parameters = parameters;
    this.adapter = adapter;
    this.tokenizer = text.tokenizer;
    this.#text = text;
  }

  /**
   * Reads a folder, and the folder of an adapter on it. `now` is what a chat template takes for the present. Throws an error that
   * names the file and its fault.
   */
  static async load(folder: string, adapter: string | null = null, now = new Date()): Promise<Policy> {
    const templates = await readdir(join(folder, chatFiles.additional)).catch((): string[] => []);
    const kept = new Map<string, Buffer>();
    for (const name of [
      files.tokenizer,
      ...companions,
      ...templates.map((file) => `${chatFiles.additional}/${file}`),
    ]) {
      const content = await readFile(join(folder, name)).catch(() => null);
      if (content !== null) kept.set(name, content);
    }
    const json = (name: string): Record<string, unknown> => jsonObject(textOf(kept, name) ?? '{}', join(folder, name));
    if (!kept.has(files.tokenizer)) {
      throw new Error(
        `${join(folder, files.tokenizer)} is not there: save the tokenizer with save_pretrained, as a fast one`,
      );
    }
    const file = join(folder, files.config);
    const given = jsonObject(await readFile(file, 'utf8'), file);
    // What ends a text is said best where generation is configured: chat models end at more than one token.
    const ends = json(files.generation).eos_token_id ?? given.eos_token_id;
    const asked = parsePolicyConfig({ ...given, eos_token_id: ends }, file);
    const { config, parameters } = await readWeights(folder, asked);
    const chat = chatTemplateOf(folder, textOf(kept, chatFiles.template), json(files.tokenizerConfig), now);
    return new Policy(config, parameters, adapter === null ? null : await Adapter.load(adapter, config), {
      files: kept,
      tokenizer: tokenizerOf(kept),
      chat,
    });
  }

  /**
   * A policy with fresh weights: matrices normal with `initializer_range`, halved where they write to the residual stream, the prefix's
   * by their fan-in, norms 1, biases 0. `tokenizer` is the content of tokenizer.json. The same seed gives the same weights. Uniform ones of
   * the same deviation take a tenth of the time.
   */
  static create(
    config: PolicyConfigInput,
    tokenizer: object,
    seed: number,
    distribution: 'normal' | 'uniform' = 'normal',
  ): Policy {
    const parsed = parsePolicyConfig(config, 'the new policy');
    const random = Random.seeded(seed, 'weights');
    const normal = (): number =>
      Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
    const deviation = (name: string, shape: Shape): number => {
      if (/^prefix\..*(linear|up|down)/.test(name)) return (3 * shape[1]) ** -0.5;
      return parsed.initializer_range * (/(o|down)_proj/.test(name) ? 0.5 : 1);
    };
    const parameters = new Map(
      [...parameterShapes(parsed)].map(([name, shape]) => {
        const data = new Float32Array(shape.reduce((product, dimension) => product * dimension, 1));
        const scale = deviation(name, shape);
        if (name.endsWith('norm.weight')) data.fill(1);
        else if (name.endsWith('bias')) return [name, { shape, data }];
        else if (distribution === 'uniform') random.fill(data, scale * Math.sqrt(3));
        else data.forEach((_, i) => (data[i] = scale * normal()));
        return [name, { shape, data }];
      }),
    );
    const kept = new Map([[files.tokenizer, Buffer.from(JSON.stringify(tokenizer, null, 1))]]);
    return new Policy(parsed, parameters, null, { files: kept, tokenizer: tokenizerOf(kept), chat: null });
  }

  /** The weights that training changes: those of the adapter where there is one, else all. */
  get trained(): HostTensors {
    return this.adapter?.parameters ?? this.parameters;
  }

  /** The same policy with other weights or another adapter; what is not named is shared. */
  with({
    parameters = this.parameters,
    adapter = this.adapter,
  }: Partial<Pick<Policy, 'parameters' | 'adapter'>>): Policy {
    return new Policy(this.config, parameters, adapter, this.#text);
  }

  /**
   * A prompt's ids [tokens] with what it is asked with: through the folder's chat template, or as plain text where it has none. A template
   * without system messages has theirs before the question.
   */
  promptIds(prompt: Pick<Prompt, 'question' | 'options'>, asking?: Asking, form?: HintForm): Int32Array {
    return this.tokenizer.encode(this.#promptText(prompt, asking, form));
  }

  /** Whether a prompt ends with the tag that opens the reasoning, so that completions begin within it. */
  opensThinking(prompt: Pick<Prompt, 'question' | 'options'>): boolean {
    return opensThinking(this.#promptText(prompt));
  }

  #promptText(prompt: Pick<Prompt, 'question' | 'options'>, asking?: Asking, form?: HintForm): string {
    const { chat } = this.#text;
    if (chat === null) return promptText(prompt, asking, form);
    const messages = promptMessages(prompt, asking, form);
    const isAlone = messages.every(({ role }) => role === 'user');
    return chat.render(isAlone || chat.takesSystem ? messages : withoutSystem(messages));
  }

  /**
   * A completion's ids [L] from its text alone, with the token that ends it: the one the text itself ends with, else a chat's own end token,
   * else the policy's first.
   */
  completionIds(text: string): Int32Array {
    const ends = endIds(this.config);
    const { chat } = this.#text;
    const turnEnd = chat?.endToken === undefined ? ends[0] : this.tokenizer.id(chat.endToken);
    const ids = this.tokenizer.encode(text);
    const length = this.endedLength(ids);
    if (length > 0 && ends.includes(ids[length - 1])) return ids.slice(0, length);
    return Int32Array.from([...ids, ends.includes(turnEnd) ? turnEnd : ends[0]]);
  }

  /** How many of a completion's ids are its own: of several end tokens at its end the first ended it, and the others fill a batch. */
  endedLength(ids: Int32Array): number {
    const ends = endIds(this.config);
    const last = ids.findLastIndex((id) => !ends.includes(id));
    return Math.min(last + 2, ids.length);
  }

  /** Writes the folder, made when missing, with the adapter merged into the weights. The same policy gives the same bytes. */
  async save(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await writeSafetensors(join(folder, weightsFile), this.adapter?.mergedInto(this.parameters) ?? this.parameters);
    for (const [name, content] of this.#text.files) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    const { architecture } = familyOf(this.config);
    // transformers 4 reads torch_dtype, 5 reads dtype; both write the keys in order.
    const types = { architectures: [architecture], torch_dtype: 'float32', dtype: 'float32' };
    const written = Object.fromEntries(
      Object.entries({ ...this.config, ...types }).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    await writeFile(join(folder, files.config), `${JSON.stringify(written, null, 2)}\n`);
  }
}

const textOf = (kept: ReadonlyMap<string, Buffer>, name: string): string | undefined => kept.get(name)?.toString();

function tokenizerOf(kept: ReadonlyMap<string, Buffer>): Tokenizer {
  const json = (name: string): object => JSON.parse(textOf(kept, name) ?? '{}') as object;
  return new Tokenizer(json(files.tokenizer), json(files.tokenizerConfig));
}

function jsonObject(text: string, file: string): Record<string, unknown> {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())), text);
  if (!result.success) throw new Error(`${file} is not a JSON object`);
  return result.output;
}
