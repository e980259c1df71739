/** A tool's answer as an agent reads it. */
import * as v from 'valibot';
import { plainJson } from '../domain/plain-text.ts';
import { faultText } from '../domain/schema-fault.ts';
import type { Store } from '../store/store.ts';
import { cut, type Asker } from './tool.ts';
import { tools } from './tools.ts';

/** Characters of an answer: some 40,000 tokens. Its lists are shorter than that unless their texts are unusual. */
export const longestAnswer = 150_000;

/** JSON of what a tool answers. Throws with a text for the agent: an unknown tool, a fault of the input with its place, or why there is no answer. */
export function answerOf(store: Store, name: string, input: unknown, asker: Asker): string {
  const tool = tools.find((one) => one.name === name);
  if (!tool) throw new RangeError(`there is no tool ${name}; there are ${tools.map((one) => one.name).join(', ')}`);
  if (!tool.suggests) store.writeNothing();
  const answer = plainJson(marked(answered(() => tool.answer(store, input, asker))));
  if (answer.length > longestAnswer)
    throw new RangeError(
      `the answer has ${answer.length} characters, more than the ${longestAnswer} that are given: ask for less at a time`,
    );
  return answer;
}

/** Keys of what is said in our own words. */
const own = ['why', 'note', 'hidden', 'stored'];
/** An id, a time, a word of ours: nothing that reads as a sentence. A store may come from anyone, with anything in these places. */
const plain = /^[\w.:+-]{0,80}$/u;

/** The document with every other text marked that its tool has not marked. */
function marked(document: unknown): unknown {
  if (typeof document === 'string') return plain.test(document) ? document : { untrusted: cut(document) };
  if (Array.isArray(document)) return document.map(marked);
  if (typeof document !== 'object' || document === null) return document;
  return Object.fromEntries(
    Object.entries(document).map(([name, value]: [string, unknown]) => [
      name,
      name === 'untrusted' || own.includes(name) ? value : marked(value),
    ]),
  );
}

function answered(work: () => object): object {
  try {
    return work();
  } catch (error) {
    if (error instanceof v.ValiError)
      throw new RangeError(faultText(error.issues[0] as v.BaseIssue<unknown>), { cause: error });
    throw error;
  }
}
