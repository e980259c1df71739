import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import fc from '../fc.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { jsonRecords, type RawRecord } from '../../../src/formats/json-records.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';

async function recordsOf(text: string | Buffer): Promise<RawRecord[]> {
  const file = join(temporaryFolder(), 'rows.json');
  writeFileSync(file, text);
  const records: RawRecord[] = [];
  for await (const record of jsonRecords(file)) records.push(record);
  return records;
}

/** What JSON keeps of a value. */
const row = fc.jsonValue().map((value) => JSON.parse(JSON.stringify({ value })) as unknown);

it('lines, an array and an indented array give the same records, with the line each begins on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), async (rows) => {
      const lines = rows.map((value) => JSON.stringify(value));
      const numbered = rows.map((value, i) => ({ line: i + 1, value }));
      expect(await recordsOf(lines.join('\n'))).toEqual(numbered);
      expect(await recordsOf(`${lines.join('\r\n\r\n')}\r\n`)).toEqual(
        rows.map((value, i) => ({ line: 2 * i + 1, value })),
      );
      expect(await recordsOf(`\uFEFF[\n${lines.join(',\n')}\n]\n`)).toEqual(
        numbered.map(({ line, value }) => ({ line: line + 1, value })),
      );
      expect((await recordsOf(JSON.stringify(rows, null, 2))).map((one) => 'value' in one && one.value)).toEqual(rows);
    }),
    { numRuns: 40 },
  );
});

it('objects spread over lines are records, and one that never closes costs itself alone', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(1, 2, '\t'),
      fc.constantFrom('\n', '\n\n', '\r\n', ''),
      async (rows, indent, between) => {
        const objects = rows.map((value) => JSON.stringify(value, null, indent));
        let line = 1;
        const numbered = rows.map((value, i) => {
          const record = { line, value };
          line += (objects[i] + between).split('\n').length - 1;
          return record;
        });
        expect(await recordsOf(objects.join(between))).toEqual(numbered);
      },
    ),
    { numRuns: 60 },
  );
  expect(await recordsOf('{\n  "a": [1,\n    2\n  ]\n}\n{\n  "a": [3\n}\n{\n  "a": 4\n}\n')).toMatchObject([
    { line: 1, value: { a: [1, 2] } },
    { line: 6, reason: expect.stringContaining('not JSON') as string },
    { line: 9, value: { a: 4 } },
  ]);
  expect(await recordsOf('{\n"a": [\n{\n"b": 1\n}\n]\n}\n')).toMatchObject([{ line: 1, value: { a: [{ b: 1 }] } }]);
  expect(await recordsOf('{"a": 1,\n{"a": 2}\n{"a": "x\n{"a": 4}')).toMatchObject(
    [1, 2, 3, 4].map((line) =>
      line % 2 === 0 ? { line, value: { a: line } } : { line, reason: expect.any(String) as string },
    ),
  );
});

it('an object that begins with its results gives them, and says when what follows is broken', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 6 }), fc.nat(2), async (results, indent) => {
      const whole = JSON.stringify({ results, final_acc: [{ mean_acc: 0.5 }] }, null, indent);
      expect((await recordsOf(whole)).map((one) => 'value' in one && one.value)).toEqual(results);
      const torn = await recordsOf(whole.slice(0, -3));
      expect(torn.at(-1)).toHaveProperty('reason');
      expect(torn).toHaveLength(results.length + 1);
    }),
    { numRuns: 40 },
  );
});

it('an array that is cut off between two elements, or goes on after its end, is told of', async () => {
  expect(await recordsOf('[\n{"a": 1},\n{"a": 2}')).toMatchObject([
    { line: 2, value: { a: 1 } },
    { line: 3, value: { a: 2 } },
    { line: 3, reason: expect.stringContaining('ends before') as string },
  ]);
  expect(await recordsOf('[1, 2]\n3')).toMatchObject([
    { value: 1 },
    { value: 2 },
    { reason: expect.any(String) as string },
  ]);
  expect(await recordsOf('[1,,2,]')).toMatchObject([
    { value: 1 },
    { reason: expect.any(String) as string },
    { value: 2 },
    { reason: expect.any(String) as string },
  ]);
});

it('numbers that only Python writes are read, and stay text within text', async () => {
  expect(await recordsOf('{"a": [NaN, -Infinity, Infinity], "b": "NaN \\"Infinity"}\n{"a": nan}')).toMatchObject([
    { value: { a: [null, -Infinity, Infinity], b: 'NaN "Infinity' } },
    { line: 2, reason: expect.stringContaining('not JSON') as string },
  ]);
});

it('integers that no number can hold keep their digits, and what a number can hold is one', async () => {
  const text =
    '{"a": 9007199254740993, "b": [-9007199254740993, 9007199254740991, 1.5e300], "c": "9007199254740993", "d": NaN}';
  expect(await recordsOf(`${text}\n${text.replace('NaN', '0.1234567890123456789')}`)).toMatchObject([
    {
      value: {
        a: '9007199254740993',
        b: ['-9007199254740993', 9007199254740991, 1.5e300],
        c: '9007199254740993',
        d: null,
      },
    },
    { value: { a: '9007199254740993', d: 0.12345678901234568 } },
  ]);
});

it('bytes that are no UTF-8 break their record alone', async () => {
  const bytes = Buffer.from('{"a": "ü🎬"}\n{"a": "x"}\n{"a": "\uFFFD"}\n');
  bytes[bytes.indexOf('x')] = 0xff;
  expect(await recordsOf(bytes)).toMatchObject([
    { value: { a: 'ü🎬' } },
    { line: 2, reason: expect.stringContaining('UTF-8') as string },
    { value: { a: '\uFFFD' } },
  ]);
});

it('records longer than a chunk of the file come whole', async () => {
  const rows = [{ text: 'ü🎬"\\'.repeat(100_000) }, { text: 'next' }];
  expect((await recordsOf(JSON.stringify(rows))).map((one) => 'value' in one && one.value)).toEqual(rows);
});

it('a file with any bytes changed is read to its end: what is broken is told, nothing throws', async () => {
  const good = JSON.stringify({ input: 'What?', output: 'That.', gts: 'x', score: 1, step: 1, uid: 'a_0_0' });
  const bytes = Buffer.from(`${good}\n`.repeat(30));
  const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), { maxLength: 12 });
  const store = openStore();
  const file = join(temporaryFolder(), '1.jsonl');
  await fc.assert(
    fc.asyncProperty(damage, async (changes) => {
      const damaged = Buffer.from(bytes);
      for (const [at, byte] of changes) damaged[at] = byte;
      writeFileSync(file, damaged);
      const { rollouts, duplicates, rejected } = await importFiles(store, [file], { format: 'verl' });
      expect(rollouts + duplicates).toBeGreaterThanOrEqual(30 - 2 * changes.length);
      expect(rejected.length).toBeLessThanOrEqual(2 * changes.length);
    }),
    // A line break within the first record, a lost quote in the third.
    {
      numRuns: 40,
      examples: [
        [
          [
            [51, 10],
            [225, 1],
          ],
        ],
      ],
    },
  );
});
