/** Prompts as trainers log them: chat messages, or the text a chat template made of them. */
import * as v from 'valibot';
import { mediumKinds, type PromptMedium } from '../domain/rollout.ts';
import { untemplate } from './chat-template.ts';

const part = v.looseObject({
  type: v.optional(v.nullable(v.string())),
  text: v.optional(v.nullable(v.string())),
  video: v.optional(v.nullable(v.string())),
  audio: v.optional(v.nullable(v.string())),
});
type Part = v.InferOutput<typeof part>;
/** One turn of a chat. */
export const message = v.looseObject({
  role: v.string(),
  content: v.nullish(v.union([v.string(), v.array(part)])),
  /** Names by which a server, or a trainer by the chat template, keeps reasoning that it split off. */
  reasoning_content: v.nullish(v.string()),
  reasoning: v.nullish(v.string()),
  thinking: v.nullish(v.string()),
  tool_calls: v.nullish(v.array(v.unknown())),
});

const named = v.looseObject({ name: v.string(), arguments: v.optional(v.unknown()) });
const toolCall = v.union([
  v.pipe(
    v.looseObject({ function: named }),
    v.transform((call) => call.function),
  ),
  named,
]);

/** Plain text or a list of messages. */
export const chat = v.union([v.string(), v.array(message)], 'neither text nor a list of messages');
type Chat = v.InferOutput<typeof chat>;

export interface Question {
  text: string;
  /** What it is about, in order. */
  media: PromptMedium[];
  /** A hint given as a system message (docs/algorithm.md, "Hints"). */
  hint: string | null;
  /** The system message, without the hint; null where there is none, or where it cannot be told from the question. */
  system: string | null;
}

/** What was asked: the last thing the user said, without the template around it. Throws where there is no message. */
export function questionOf(prompt: Chat): Question {
  if (Array.isArray(prompt) && prompt.length === 0) throw new Error('no messages: nothing is asked');
  const messages = typeof prompt === 'string' ? untemplate(prompt) : prompt;
  const asked = messages.findLast(({ role }) => role === 'user') ?? messages.at(-1);
  const parts = asked && Array.isArray(asked.content) ? asked.content : [];
  const told = messages.filter(({ role }) => role === 'system').map(({ content }) => textOf(content));
  const { system, hint } = instructionOf(told.filter((one) => one.trim() !== ''));
  const text = withoutMedia(asked ? textOf(asked.content) : '');
  // Our own prompt text puts the hint on a line before the question.
  const inText = /^Hint: ([^\n]*)\n(.*)$/su.exec(text);
  return {
    text: inText?.[2].trim() ?? text,
    media: parts.flatMap((part) => mediumOf(part) ?? []),
    hint: hint ?? inText?.[1] ?? null,
    system,
  };
}

const place = v.union([
  v.string(),
  v.pipe(
    v.looseObject({ url: v.string() }),
    v.transform(({ url }) => url),
  ),
]);

/** A part that is no text: {"video": "a.mp4"}, {"type": "video", "path": "a.mp4"} or {"image_url": {"url": "a.png"}}. */
function mediumOf(part: Part): PromptMedium | null {
  for (const kind of mediumKinds) {
    const named = [part[kind], part[`${kind}_url`], ...(part.type === kind ? [part.path, part.url] : [])];
    const path = named.find((one) => v.is(place, one) && one !== '');
    if (path !== undefined) return { kind, path: v.parse(place, path) };
  }
  return null;
}

/** Instruction and hint of what system messages say: the hint is one of its own, or stands behind the instruction (`promptMessages`). */
function instructionOf(told: readonly string[]): Pick<Question, 'system' | 'hint'> {
  const isHint = /^\s*Hint: /u;
  const text = told.filter((one) => !isHint.test(one)).join('\n\n');
  const own = told.find((one) => isHint.test(one));
  if (own !== undefined) return { system: text || null, hint: own.replace(isHint, '').trim() };
  const [, system, hint] = /^(.*?)\n\nHint: (.*)$/su.exec(text) ?? [null, text, null];
  return { system: system || null, hint: hint?.trim() ?? null };
}

/** All that the assistant said in a completion; what a trainer or a server split off, reasoning and calls of tools, stands in its place. */
export function completionOf(completion: Chat): string {
  if (typeof completion === 'string') return completion;
  return completion
    .filter(({ role }) => role === 'assistant')
    .map(({ content, reasoning_content, reasoning, thinking, tool_calls }) => {
      const thought = reasoning_content || reasoning || thinking;
      const said = [textOf(content), ...(tool_calls ?? []).map(callOf)].filter((text) => text !== '');
      // Reasoning that nothing follows was cut off.
      return [...(thought ? [`<think>${thought}${said.length > 0 ? '</think>' : ''}`] : []), ...said].join('\n');
    })
    .join('\n');
}

/** A call as Qwen's and Hermes' templates have a model write it; some dumps hold it as JSON's text, or its arguments so. */
function callOf(call: unknown): string {
  const given = v.safeParse(toolCall, typeof call === 'string' ? jsonOf(call) : call);
  const json = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const text = given.success
    ? `{"name": ${JSON.stringify(given.output.name)}, "arguments": ${json(given.output.arguments ?? {})}}`
    : json(call);
  return `<tool_call>\n${text}\n</tool_call>`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The true answer by what a trainer logs of it: solutions are written as completions end, "<answer>B</answer>". */
export function answerOf(truth: unknown): string | null {
  if (truth === null || truth === undefined) return null;
  const text = typeof truth === 'string' ? truth : JSON.stringify(truth);
  return /<answer>(.*?)<\/answer>/su.exec(text)?.[1].trim() ?? text;
}

/** The entries of a record that are numbers, as rewards by name; `others` are no rewards. */
export function rewardsOf(
  columns: Readonly<Record<string, unknown>>,
  others: readonly string[] = [],
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(columns).filter(
      (entry): entry is [string, number] => Number.isFinite(entry[1]) && !others.includes(entry[0]),
    ),
  );
}

function textOf(content: v.InferOutput<typeof message>['content']): string {
  if (!Array.isArray(content)) return content ?? '';
  return content
    .map(({ text }) => text ?? '')
    .filter((text) => text !== '')
    .join('\n');
}

/** Placeholders that stand for media in a prompt's text. */
const placeholders =
  /<\|?(?:vision_start|vision_end|audio_bos|audio_eos|vision_bos|vision_eos|(?:video|audio|image)(?:_pad)?)\|?>/giu;

/** A picture that is all there is of an option, behind its letter. */
const picturedOption = /^(\s*\(?[A-Z][.):])\s*(?:<\|?(?:vision_start|vision_end|image(?:_pad)?)\|?>)+\s*$/iu;

/** Without placeholders, but for options that are pictures: "A. <image>". */
function withoutMedia(text: string): string {
  const lines = text.split('\n').map((line) => {
    const letter = picturedOption.exec(line)?.[1];
    return letter === undefined ? line.replaceAll(placeholders, '') : `${letter} <image>`;
  });
  return lines.join('\n').trim();
}
