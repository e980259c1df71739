/** Row groups that come to more than is read at once: each row comes as it was written, and few are in memory at a time. */
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { parquetRecords } from '../../../src/formats/parquet-records.ts';
import { temporaryFolder } from '../store/fixture.ts';
import { fixtures } from './fixture.ts';

/** Row `i` of the files: its text takes 20 kB. */
const rowOf = (i: number) => ({
  id: i,
  policy: `policy-${Math.floor(i / 500)}`,
  completion: `Row ${i}. ${'So it is. '.repeat(2000)}`,
  token_ids: i % 50 === 0 ? null : new Array<number>((i * 7) % 400).fill(i),
});

/** A file of one row group with `rows` such rows. */
function fileOf(rows: number): string {
  const file = join(temporaryFolder(), 'a.parquet');
  function* all(): Generator<Record<string, unknown>> {
    for (let i = 0; i < rows; i += 1) yield rowOf(i);
  }
  void parquetWriteRows({
    writer: fileWriter(file),
    rows: all(),
    schema: [
      { name: 'root', num_children: 4 },
      { name: 'id', type: 'INT32', repetition_type: 'REQUIRED' },
      { name: 'policy', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'completion', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'token_ids', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'INT32', repetition_type: 'REQUIRED' },
    ],
    columns: ['id', 'policy', 'completion', 'token_ids'].map((name) => ({ name })),
    rowGroupSize: rows,
    pageSize: 100_000,
  });
  return file;
}

const messages = (i: number) => new Array<unknown>(i % 4).fill({ role: 'user', content: `What is ${i}?` });

it.each([
  ['this project’s writer', () => fileOf(1200), rowOf],
  [
    'pyarrow, whose pages may end within a row',
    () => join(fixtures, 'parquet/one-group.parquet'),
    (i: number) => ({ ...rowOf(i), messages: messages(i) }),
  ],
])('reads a row group of %s in slices', async (_, file, expected) => {
  let count = 0;
  for await (const { line, value } of parquetRecords(file())) {
    expect(value).toEqual(expected(count));
    count += 1;
    expect(line).toBe(count);
  }
  expect(count).toBe(1200);
});

it('has no row group in memory as a whole', async () => {
  const text = `const { workerData, parentPort } = require('node:worker_threads');
    import(workerData.source).then(async ({ parquetRecords }) => {
      let rows = 0;
      for await (const { value } of parquetRecords(workerData.file)) rows += value.completion.length > 0;
      parentPort.postMessage(rows);
    });`;
  const source = join(import.meta.dirname, '../../../src/formats/parquet-records.ts');
  // Its texts come to 80 MB.
  const workerData = { source, file: fileOf(4000) };
  const worker = new Worker(text, { eval: true, workerData, resourceLimits: { maxOldGenerationSizeMb: 64 } });
  const rows = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  expect(rows).toBe(4000);
});
