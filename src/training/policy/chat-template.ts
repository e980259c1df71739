/** How a chat policy's prompt becomes text: its folder's Jinja template, as transformers' apply_chat_template renders it. */
import { Environment, Interpreter, Template } from '@huggingface/jinja';
import { join } from 'node:path';
import * as v from 'valibot';
import { errorText } from '../../domain/error-text.ts';
import type { Message } from '../../domain/prompt-text.ts';
import { within } from '../../formats/time-limit.ts';
import { chatFiles } from './chat-files.ts';

const templates = v.union(
  [v.string(), v.array(v.object({ name: v.string(), template: v.string() }))],
  'is neither a template nor a list of named ones',
);
/** What a template may take (ms): others' take a few. */
const patience = 10_000;
/** What `range` may give: no loop of a template is so long. */
const longestRange = 100_000;
/**
 * How long a text or a list that a template makes may be, and all of them together, in characters; an entry, of some 80 bytes, counts as 64. So it
 * takes 2.5 GB at most, also where it keeps everything. Others' make a few times what they are told.
 */
const largest = 2 ** 23;
const mostMade = 2 ** 30;
const entrySize = 64;

const tokenContent = v.union([v.string(), v.object({ content: v.string() })]);

/**
 * The chat template of a policy folder: that of chat_template.jinja (`source`), else the default one in tokenizer_config.json
 * (`config`); null without either. `now` is what it takes for the present. Throws an Error that names the file and its fault.
 */
export function chatTemplateOf(
  folder: string,
  source: string | undefined,
  config: Readonly<Record<string, unknown>>,
  now: Date,
): ChatTemplate | null {
  const tokens: Record<string, string> = {};
  for (const [name, value] of Object.entries(config)) {
    const { success, output } = v.safeParse(tokenContent, value);
    if (success && name.endsWith('_token')) tokens[name] = typeof output === 'string' ? output : output.content;
  }
  if (source !== undefined) return new ChatTemplate(source, join(folder, chatFiles.template), tokens, now);
  const place = `${join(folder, chatFiles.tokenizer)}, chat_template`;
  const { success, output, issues } = v.safeParse(v.nullish(templates), config.chat_template);
  if (!success) throw new Error(`${place} ${issues[0].message}`);
  if (output === null || output === undefined) return null;
  const chosen = typeof output === 'string' ? output : output.find(({ name }) => name === 'default')?.template;
  if (chosen === undefined) throw new Error(`${place} has none that is called “default”`);
  return new ChatTemplate(chosen, place, tokens, now);
}

export class ChatTemplate {
  readonly #source: string;
  readonly #place: string;
  readonly #template: Template;
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #limit: number;
  #takesSystem: boolean | null = null;
  /** The text of the tokenizer's end token: an answer's last one. */
  readonly endToken: string | undefined;

  /**
   * `place` is where the source was read, for errors; `tokens` are bos_token, eos_token and the like; `now` is what the template takes
   * for the present (UTC); `limit` is how long it may take each time (ms). Throws an Error that names the place, the line and the fault
   * where the source is no template.
   */
  constructor(
    source: string,
    place: string,
    tokens: Readonly<Record<string, string>>,
    now: Date,
    limit: number = patience,
  ) {
    // Jinja reads every line end as \n, in texts too.
    this.#source = source.replace(/\r\n?/gu, '\n');
    this.#place = place;
    this.#limit = limit;
    const time = { strftime_now: (format: string) => strftime(now, format) };
    this.#given = { ...tokens, tools: null, documents: null, ...time };
    this.endToken = tokens.eos_token;
    try {
      this.#template = within(limit, () => new Template(this.#source));
    } catch (error) {
      // Where the source ends within a block, the parser reads past its end.
      const fault = error instanceof TypeError ? 'a tag or a block is not closed' : errorText(error);
      throw this.#fault(unreadLine(this.#source, limit), fault);
    }
  }

  /** Whether a system message is told beside what the user says: some templates refuse one, or leave it out. */
  get takesSystem(): boolean {
    this.#takesSystem ??= this.#tells('an instruction', 'a question');
    return this.#takesSystem;
  }

  #tells(system: string, asked: string): boolean {
    try {
      const messages = [
        { role: 'system', content: system },
        { role: 'user', content: asked },
      ];
      const text = this.#rendered({ ...this.#given, messages, add_generation_prompt: true });
      return text.includes(system) && text.includes(asked);
    } catch {
      return false;
    }
  }

  /**
   * The text that an answer to `messages` goes on from; with a `video`, the last of them begins with it. Throws an Error that names the place
   * and the line where the template fails.
   */
  render(messages: readonly Message[], video = false): string {
    const said = video ? withVideo(messages) : messages;
    const given = { ...this.#given, messages: said, add_generation_prompt: true };
    try {
      return this.#rendered(given);
    } catch (error) {
      throw this.#fault(failedLine(this.#source, given, this.#limit), errorText(error));
    }
  }

  #rendered(given: Record<string, unknown>): string {
    return within(this.#limit, () => rendered(this.#template, given));
  }

  #fault(line: number, fault: string): Error {
    return new Error(`${this.#place}, line ${line}: the chat template cannot be used: ${fault}`);
  }
}

function withVideo(messages: readonly Message[]): object[] {
  return messages.map(({ role, content }, i) => {
    if (i < messages.length - 1) return { role, content: [{ type: 'text', text: content }] };
    return { role, content: [{ type: 'video' }, { type: 'text', text: content }] };
  });
}

/** What Jinja knows by name. The package's own range fills the memory, and its time is that of the machine's clock, in the machine's language. */
const globals = {
  ...{ true: true, True: true, false: false, False: false, none: null, None: null, range: shortRange },
  raise_exception: (message: string) => {
    throw new Error(message);
  },
};

/** A template's text, within what it may make. */
function rendered({ parsed }: Template, given: Readonly<Record<string, unknown>>): string {
  const environment = new Environment();
  for (const [name, value] of Object.entries({ ...globals, ...given })) environment.set(name, value);
  return new Renderer(environment).run(parsed).value as string;
}

/** Looks at the size of all that is made. */
class Renderer extends Interpreter {
  #made = 0;

  override evaluate(
    ...[statement, environment]: Parameters<Interpreter['evaluate']>
  ): ReturnType<Interpreter['evaluate']> {
    const made = super.evaluate(statement, environment);
    const { value } = made;
    const size = typeof value === 'string' ? value.length : Array.isArray(value) ? value.length * entrySize : 0;
    // A name stands for what was made before.
    if (statement?.type !== 'Identifier') this.#made += size;
    if (size > largest) throw new Error(`it makes a text or a list of ${size} characters, and ${largest} are the most`);
    if (this.#made > mostMade) throw new Error(`it makes more than ${mostMade} characters in all`);
    return made;
  }
}

/** Python's range of two or three numbers, or of one. Throws where it is longer than a template needs. */
function shortRange(...numbers: unknown[]): number[] {
  const given = numbers.filter((number) => typeof number === 'number');
  const [start, stop, step = 1] = given.length > 1 ? given : [0, ...given];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= longestRange)) throw new Error(`a range of more than ${longestRange} numbers`);
  return Array.from({ length }, (_, i) => start + i * step);
}

/** The line at which reading fails: the first one with which it fails as it does in the end. */
function unreadLine(source: string, limit: number): number {
  const lines = source.split('\n');
  const fault = (count: number): string | null => {
    try {
      new Template(lines.slice(0, count).join('\n'));
      return null;
    } catch (error) {
      return errorText(error);
    }
  };
  let line = lines.length;
  try {
    within(limit, () => {
      const whole = fault(lines.length);
      while (line > 1 && fault(line - 1) === whole) line -= 1;
    });
  } catch {
    // As far as it came.
  }
  return line;
}

/** The line of the tag at which rendering fails: it is rendered once more, with a note of its line before each tag. */
function failedLine(source: string, given: Readonly<Record<string, unknown>>, limit: number): number {
  let line = 1;
  const at_line = (reached: number): string => {
    line = reached;
    return '';
  };
  const code = source.replace(/\{#[^]*?#\}/gu, (comment) => comment.replace(/[^\n]/gu, ' '));
  const noted = code.replace(/\{[%{]/gu, (tag, offset: number) => {
    return `{{at_line(${code.slice(0, offset).split('\n').length})}}${tag}`;
  });
  try {
    within(limit, () => rendered(new Template(noted), { ...given, at_line }));
  } catch {
    // As expected: the last note tells where.
  }
  return line;
}

/** Python's strftime of a time in UTC, in English; codes beyond the calendar's and the clock's stay as they are. */
function strftime(time: Date, format: string): string {
  const iso = time.toISOString();
  const named = (part: Intl.DateTimeFormatOptions): string =>
    time.toLocaleString('en-US', { timeZone: 'UTC', ...part });
  const codes: Readonly<Record<string, () => string>> = {
    ...{ Y: () => iso.slice(0, 4), y: () => iso.slice(2, 4), m: () => iso.slice(5, 7), d: () => iso.slice(8, 10) },
    ...{ H: () => iso.slice(11, 13), M: () => iso.slice(14, 16), S: () => iso.slice(17, 19), '%': () => '%' },
    ...{ a: () => named({ weekday: 'short' }), A: () => named({ weekday: 'long' }) },
    ...{ b: () => named({ month: 'short' }), B: () => named({ month: 'long' }) },
  };
  return format.replace(/%(.)/gu, (whole, code: string) => codes[code]?.() ?? whole);
}
