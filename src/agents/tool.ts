/** What an agent may ask of a store: a tool has a name, what it takes, and an answer. */
import * as v from 'valibot';
import type { Viewer } from '../domain/review.ts';
import type { AgentSource } from '../domain/suggestion/suggestion.ts';
import type { Store } from '../store/store.ts';

/** Who asks. */
export interface Asker {
  /** The person at whose side the agent works. */
  viewer: Viewer;
  /** Whose suggestions the agent's are. */
  source: AgentSource;
  /** The program that speaks for the agent, with its version. */
  program: string;
}

/** A terminal shows everything to everyone. */
export const everything: Viewer = { annotator: '', blindFirstPass: false };

export interface Tool {
  /** Of a to z and _. */
  name: string;
  title: string;
  /** For a language model: what the answer has, and when to ask for it. */
  description: string;
  input: v.GenericSchema<Record<string, unknown>>;
  /** It stores a suggestion. All others have a connection that SQLite lets write nothing. */
  suggests: boolean;
  /**
   * A document of limited size. Every text in it that a model, a file or a person wrote stands below a key `untrusted`. Takes seconds of a large
   * store. Throws with a text for the agent, in which no such text stands.
   */
  answer: (store: Store, input: unknown, asker: Asker) => object;
}

/** A tool whose answer is given what its schema makes of the input. Throws RangeError with the input's fault. */
export function toolOf<const Schema extends v.GenericSchema<Record<string, unknown>>>({
  answer,
  ...tool
}: Omit<Tool, 'answer' | 'input' | 'suggests'> & {
  input: Schema;
  suggests?: true;
  answer: (store: Store, input: v.InferOutput<Schema>, asker: Asker) => object;
}): Tool {
  return {
    suggests: false,
    ...tool,
    answer: (store, input, asker) => answer(store, v.parse(tool.input, input), asker),
  };
}

/** How many there may be in a list, and how long a text in it is. */
export const longestText = 300;
const mostNamed = 50;

/** The first `length` characters of a text, with the sign of a cut. */
export function cut(text: string, length = longestText): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** The same where there may be no text. */
export const cutOrNull = (text: string | null | undefined, length?: number): string | null =>
  text === null || text === undefined ? null : cut(text, length);

/** The first of a record's values, under names of limited length. */
export function fewOf<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  const few = Object.entries(record).slice(0, mostNamed);
  return Object.fromEntries(few.map(([name, value]) => [cut(name, 80), value]));
}

/** The first of a list's texts. */
export const fewTexts = (texts: readonly string[]): string[] => texts.slice(0, mostNamed).map((text) => cut(text));

export const id = (what: string) => v.pipe(v.string(), v.minLength(1), v.maxLength(200), v.description(what));
export const from = v.optional(
  v.pipe(v.number(), v.integer(), v.minValue(0), v.description('Where the list goes on: `next` of the answer before.')),
  0,
);

/** A stretch of a list, and where it goes on. */
export function stretch<Row>(rows: readonly Row[], from: number, limit: number): { rows: Row[]; next: number | null } {
  return { rows: rows.slice(from, from + limit), next: from + limit < rows.length ? from + limit : null };
}
