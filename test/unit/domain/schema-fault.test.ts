import * as v from 'valibot';
import { expect, it } from 'vitest';
import { faultText } from '../../../src/domain/schema-fault.ts';

const cases: [v.GenericSchema, unknown, string][] = [
  [v.picklist(['ours', 'authors']), 'their', 'must be ours or authors, not “their”'],
  [v.picklist(['a', 'b', 'c']), 3, 'must be a, b or c, not 3'],
  [v.number(), 'off', 'must be a number, not “off”'],
  [v.boolean(), 'yes', 'must be true or false, not “yes”'],
  [v.string(), { a: 1 }, 'must be text, not an object'],
  [v.array(v.number()), 3, 'must be a list, not 3'],
  [v.union([v.string(), v.number()]), true, 'must be text or a number, not true'],
  [v.pipe(v.number(), v.minValue(1)), 0, 'must be at least 1, not 0'],
  [v.pipe(v.number(), v.gtValue(0)), 0, 'must be more than 0, not 0'],
  [v.pipe(v.number(), v.integer()), 1.5, 'must be a whole number, not 1.5'],
  [v.pipe(v.array(v.number()), v.minLength(2)), [1], 'must be at least 2 long, not 1'],
  [v.pipe(v.string(), v.nonEmpty()), '', 'must not be empty'],
  [v.pipe(v.string(), v.minLength(1, 'must say something')), '', 'must say something'],
  [v.pipe(v.string(), v.parseJson()), 'x', 'is not JSON: '],
  [v.strictObject({ part: v.object({ key: v.string() }) }), { part: {} }, 'part.key: is missing'],
  [v.strictObject({}), { more: 1 }, 'more: is no key that is known'],
];

it.each(cases)('says what a value must be, without the names of operators and types (%#)', (schema, value, words) => {
  const { issues } = v.safeParse(schema, value);
  const text = faultText(issues![0]);
  expect(text).toContain(words);
  expect(text).not.toMatch(/Invalid|Expected|received/u);
});
