/**
 * Inspect's logs, `{time}_{task}_{id}.eval`: a zip archive of `header.json` with the evaluation, and of `samples/{id}_epoch_{n}.json`, a sample each
 * with `input`, `choices`, `target`, `messages`, `output`, `scores` by scorer, and `attachments` for which `attachment://HASH` stands
 * (inspect_ai 0.3.285, log/_recorders/eval.py, log/_log.py, log/_condense.py).
 */
import * as v from 'valibot';
import { letterOf } from './benchmarks.ts';
import { chat, completionOf, questionOf } from './chat.ts';
import { isRow, type Row } from './columns.ts';
import type { Format } from './draft.ts';
import { finishNamed } from '../domain/finish.ts';
import { parseJson, type RawRecord } from './json-records.ts';
import { turnsOf } from './mapped.ts';
import { prediction, verdictOf } from './prediction.ts';
import { textual, valid } from './valid.ts';
import { ZipArchive } from './zip-archive.ts';

const header = v.looseObject({
  eval: v.looseObject({ task: v.string(), model: v.string(), created: v.optional(v.string(), '') }),
});
const sample = v.looseObject({
  id: textual,
  input: v.unknown(),
  choices: v.nullish(v.array(v.string()), []),
  target: v.nullish(v.union([textual, v.array(textual)]), null),
  messages: v.optional(v.array(v.unknown()), []),
  output: v.looseObject({
    choices: v.optional(v.array(v.looseObject({ message: v.unknown(), stop_reason: v.optional(v.string(), '') })), []),
  }),
  scores: v.nullish(v.record(v.string(), v.looseObject({ value: v.unknown() })), {}),
  error: v.nullish(v.looseObject({ message: v.optional(v.string(), 'no reason told') })),
  attachments: v.nullish(v.record(v.string(), v.string()), {}),
});

const whole = v.looseObject({
  samples: v.array(v.unknown(), 'there are none: this log has the header alone, and its samples are elsewhere'),
});

const isSample = (name: string): boolean => /^samples\/.+\.json$/u.test(name);

/** While it goes on, the log has the evaluation where it began. */
const headers = ['header.json', '_journal/start.json'];

export const inspect: Format = {
  name: 'inspect',
  title: 'Inspect log (.eval)',
  ending: { name: 'eval', isOthers: true },
  archive: (names) => headers.some((name) => names.includes(name)),
  records: sampleRecords,
  parse(record, context) {
    const { log, sample: given } = record as { log: unknown; sample: unknown };
    const { task, model, created } = valid(header, log).eval;
    const { id, input, choices, target, output, scores, error, ...row } = valid(sample, given);
    if (error) throw new Error(`error: the sample failed: ${error.message}`);
    const read = <Value>(value: Value): unknown => resolved(value, row.attachments ?? {});
    const [first, ...others] = output.choices;
    if (first === undefined) throw new Error('output: the model gave no reply');
    if (others.length > 0)
      context.note('of several replies in one output the first alone is scored: the others are left out');
    const turns = turnsOf(valid(chat, (read(row.messages) as unknown[]).map(plainMessage)));
    const { text, media, hint } = questionOf(valid(chat, read(input)));
    const said = turns.completion ?? completionOf(valid(chat, [plainMessage(read(first.message))]));
    return prediction(context, {
      evaluation: `${task} ${created}`.trim(),
      groupName: task,
      prompt: {
        sourceId: `${task}/${id}`,
        dataset: task,
        question: text,
        media,
        hint,
        options: (choices ?? []).map((choice, i) => `${letterOf(i)}. ${choice}`),
        answer: Array.isArray(target) ? target.join(', ') : target,
        problemType: choices?.length ? 'multiple-choice' : 'free-form',
      },
      policy: model,
      completion: said,
      finish: finishNamed(first.stop_reason),
      system: turns.prompt.length > 0 ? questionOf(turns.prompt).system : null,
      ...verdictOf(Object.entries(scores ?? {}).flatMap(([name, { value }]) => valuesOf(name, value))),
    });
  },
};

/** The same evaluation as one object of JSON, with its samples in a list: `{time}_{task}_{id}.json` (log/_recorders/json.py). */
export const inspectJson: Format = {
  name: 'inspect-json',
  title: 'Inspect log (JSON)',
  container: 'json',
  within: 'samples',
  detects: (record) => v.is(header, record) && 'status' in record && 'plan' in record,
  rows(record): unknown[] {
    const { samples, ...log } = valid(whole, record);
    return samples.map((sample) => ({ log, sample }));
  },
  parse: (record, context) => inspect.parse(record, context),
};

/** A sample at a time, in the archive's order; one that cannot be read is told of, and the rest goes on. */
async function* sampleRecords(file: string, signal?: AbortSignal): AsyncGenerator<RawRecord> {
  const archive = await ZipArchive.open(file);
  try {
    const names = archive.names;
    const log = parseJson(await archive.text(headers.find((name) => names.includes(name)) ?? headers[0]));
    for (const [i, name] of names.filter(isSample).entries()) {
      signal?.throwIfAborted();
      const line = i + 1;
      try {
        yield { line, value: { log, sample: parseJson(await archive.text(name)) } };
      } catch (error) {
        yield { line, reason: `${name}: ${(error as Error).message}` };
      }
    }
  } finally {
    archive.close();
  }
}

const protocol = 'attachment://';

/** A value with the texts that were put apart from it. */
function resolved(value: unknown, attachments: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string')
    return value.startsWith(protocol) ? (attachments[value.slice(protocol.length)] ?? value) : value;
  if (Array.isArray(value)) return value.map((one) => resolved(one, attachments));
  if (!isRow(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolved(one, attachments)]));
}

const call = v.looseObject({ function: v.string(), arguments: v.optional(v.unknown()) });

/** A message as others have it: reasoning is a part of the content here, and a call names its function without an object around it. */
function plainMessage(message: unknown): unknown {
  if (!isRow(message)) return message;
  const parts: readonly unknown[] = Array.isArray(message.content) ? message.content : [];
  const thoughts = parts.filter((part): part is Row => isRow(part) && part.type === 'reasoning');
  const calls: readonly unknown[] = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  return {
    ...message,
    ...(thoughts.length > 0 && {
      content: parts.filter((part) => !thoughts.includes(part as Row)),
      reasoning: thoughts.map(thoughtIn).join('\n'),
    }),
    tool_calls: calls.map((one) => (v.is(call, one) ? { name: one.function, arguments: one.arguments } : one)),
  };
}

/** Some models' reasoning is kept from all but them: then there is a summary. */
const thoughtIn = ({ reasoning, summary }: Row): string =>
  [reasoning, summary].find((text): text is string => typeof text === 'string' && text !== '') ?? '';

/** Correct, incorrect, partly, no answer: scorers' letters. */
const letters: Readonly<Record<string, number>> = { C: 1, I: 0, P: 0.5, N: 0 };

/** A score's numbers by name, of an object one for each key; NaN is what a scorer says of a sample that it left unscored. */
function valuesOf(name: string, value: unknown): [string, number][] {
  if (isRow(value)) return Object.entries(value).flatMap(([key, one]) => valuesOf(`${name}/${key}`, one));
  const number = typeof value === 'string' ? letters[value] : typeof value === 'boolean' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? [[name, number]] : [];
}
