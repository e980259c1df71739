/** Validation of what files hold, with reasons a person can act on. */
import * as v from 'valibot';

/** `data` as `schema` has it; throws an Error naming the first field that is wrong. */
export function valid<Schema extends v.GenericSchema>(schema: Schema, data: unknown): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, data);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  throw new Error(path === null ? issue.message : `${path}: ${issue.message}`);
}

/** A number, or a numeral in a string as trainers also write it. */
export const numeral = v.pipe(
  v.union([v.number(), v.bigint(), v.pipe(v.string(), v.regex(/^\s*-?\d+(\.\d+)?(e[+-]?\d+)?\s*$/iu, 'not a number'))]),
  v.transform(Number),
);

/** Text that a file may also give as a number (an id, an answer). */
export const textual = v.pipe(
  v.union([v.string(), v.number(), v.bigint(), v.boolean()]),
  v.transform((value) => String(value)),
);
