/**
 * The log that R1-V and what was made of it (Video-R1, EchoInk, VLM-R1 and others) append to under DEBUG_MODE: an entry a completion, of
 * "------------- {time} Accuracy reward: {reward} -------------", "Content: {completion}" and "Solution: {answer}", lines each (grpo.py,
 * `accuracy_reward`). VLM-R1's have "image_path: …" and "problem: …" before the content, those of the first completion of the batch;
 * the others' say nothing of what was asked, and the completions of one call share their time.
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { answerOf, questionOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type Format } from './draft.ts';
import type { RawRecord } from './json-records.ts';
import { mediaOf } from './media.ts';
import { utf8Chunks } from './utf8.ts';
import { score, valid } from './valid.ts';

const rule = '-'.repeat(13);
const header = new RegExp(`^${rule} (.+) (\\w+) reward: (\\S+) ${rule}\\r?\\n`, 'u');
/** Between entries. */
const border = new RegExp(`(?<=\\n)(?=${rule} [^\\n]+ reward: [^\\n]+ ${rule}\\r?\\n)`, 'u');

/** No completion is so long (UTF-16 units). */
const longest = 4 * 1024 * 1024;

export const r1vLog: Format = {
  name: 'r1-v-log',
  title: 'R1-V debug log (text)',
  begins: (head) => header.test(head),
  records: entriesIn,
  parse(record, context): Draft {
    const text = valid(v.string(), record);
    const [whole, time, name, reward] = header.exec(text)!;
    const body = `\n${text.slice(whole.length)}`.replaceAll('\r\n', '\n');
    const [content, solution] = [body.indexOf('\nContent: '), body.lastIndexOf('\nSolution: ')];
    if (content < 0 || solution < content) throw new Error('an entry without its content or its solution');
    const told = body.slice(0, content);
    const problem = /\nproblem: (.*)$/su.exec(told)?.[1].trim();
    const { text: question, media } = questionOf(problem ?? '');
    if (!problem)
      context.note(
        'the log says nothing of what was asked: its completions stand under the time of their call, in the split test, so that no run asks that',
      );
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        question: question || `(not in the log: ${time})`,
        answer: answerOf(body.slice(solution).replace('\nSolution: ', '').trim()),
        media: [...mediaOf('image', pathsIn(told)), ...media],
        ...(!problem && { sourceId: `${time} ${body.slice(solution).trim()}`, split: 'test' as const }),
      }),
      rollout: rolloutDraft(context, {
        policy: basename(dirname(context.file)),
        policyVersion: 0,
        completion: body.slice(content + '\nContent: '.length, solution),
        // A part: what was trained on has the format's beside it.
        rewards: rewardNamed(name.toLowerCase(), valid(score, reward)),
      }),
      labels: [],
    };
  },
};

const rewardNamed = (name: string, value: number | null): Record<string, number> =>
  value === null ? {} : { [name]: value };

/** A path, or several as Python prints a list of them. */
function pathsIn(told: string): string[] {
  const [, given = ''] = /\nimage_path: (.*)/u.exec(told) ?? [];
  if (given.startsWith('[')) return [...given.matchAll(/'([^']+)'/gu)].map(([, path]) => path);
  return given.trim() === '' || given.trim() === 'None' ? [] : [given.trim()];
}

async function* entriesIn(file: string, signal?: AbortSignal): AsyncGenerator<RawRecord> {
  const decoder = new TextDecoder();
  let [rest, line] = ['', 1];
  const taken = (part: string): RawRecord => {
    const at = line;
    line += part.split('\n').length - 1;
    return header.test(part) ? { line: at, value: part } : { line: at, reason: 'no entry of the log begins here' };
  };
  for await (const chunk of utf8Chunks(file, signal)) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split(border);
    rest = parts.pop()!;
    yield* parts.map(taken);
    if (rest.length > longest) {
      yield { line, reason: `an entry of more than ${longest} characters: what stands behind is not read` };
      return;
    }
  }
  const parts = (rest + decoder.decode()).split(border);
  yield* parts.map(taken);
}
