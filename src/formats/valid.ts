/** Validation of what files hold, with reasons a person can act on. */
import * as v from 'valibot';
import { faultText } from '../domain/schema-fault.ts';

/** `data` as `schema` has it; throws an Error naming the first field that is wrong. */
export function valid<Schema extends v.GenericSchema>(schema: Schema, data: unknown): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, data);
  if (parsed.success) return parsed.output;
  throw new Error(faultText(parsed.issues[0]));
}

/** A number, or a numeral in a string as trainers also write it. */
export const numeral = v.pipe(
  v.union([v.number(), v.bigint(), v.pipe(v.string(), v.regex(/^\s*-?\d+(\.\d+)?(e[+-]?\d+)?\s*$/iu, 'not a number'))]),
  v.transform(Number),
  v.finite('not a finite number'),
);

/** A token's id or its offset. */
export const int32 = v.pipe(v.number(), v.integer(), v.minValue(-(2 ** 31)), v.maxValue(2 ** 31 - 1));

/** A list as long as a completion has tokens: where `isSound` says so of all, they are not looked at one by one with `item`. */
export function longList<Item>(item: v.GenericSchema<unknown, Item>, isSound: (value: unknown) => boolean) {
  const sound = v.custom<Item[]>(() => true);
  const looked = v.array(item);
  return v.lazy<v.GenericSchema<unknown, Item[]>>((input) =>
    Array.isArray(input) && input.every(isSound) ? sound : looked,
  );
}

export const int32s = longList(int32, (value) => typeof value === 'number' && (value | 0) === value);

/** A reward or an advantage. Null when there is none, which trainers also write as NaN. */
export const score = v.optional(
  v.nullable(
    v.union(
      [
        numeral,
        v.pipe(
          v.nan(),
          v.transform(() => null),
        ),
      ],
      'not a finite number',
    ),
  ),
  null,
);

/** A count of training steps. */
export const step = v.pipe(numeral, v.transform(Math.trunc), v.safeInteger('too large for a step'));

/** Text that a file may also give as a number (an id, an answer). */
export const textual = v.pipe(
  v.union([v.string(), v.number(), v.bigint(), v.boolean()]),
  v.transform((value) => String(value)),
);
