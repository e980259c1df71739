import * as v from 'valibot';
import { expect, it } from 'vitest';
import fc from '../fc.ts';
import { int32, int32s, valid } from '../../../src/formats/valid.ts';

it('takes a long list of ids, and refuses it, as one that looks at each of them', () => {
  const each = v.array(int32);
  const outcome = (schema: v.GenericSchema, data: unknown): unknown => {
    try {
      return valid(schema, data);
    } catch (error) {
      return (error as Error).message;
    }
  };
  const value = fc.oneof(
    fc.integer(),
    fc.constantFrom<unknown>(2 ** 31, -(2 ** 31) - 1, -0, 0.5, NaN, Infinity, '3', null, undefined, 3n, []),
  );
  fc.assert(
    fc.property(fc.oneof(fc.array(value), fc.array(fc.integer()), value), (data) => {
      expect(outcome(int32s, data)).toEqual(outcome(each, data));
    }),
  );
  expect(outcome(int32s, [1, 2.5])).toContain('1');
});
