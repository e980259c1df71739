/** Parquet that would unpack to more than it may, each a small file with a number changed, refused before anything makes room for it. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importFiles } from '../../../src/formats/import.ts';
import { parquetRecords } from '../../../src/formats/parquet-records.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { fixtures } from './fixture.ts';

/** A thousand rows of one text, as a dictionary of one entry and one run of a thousand indexes. */
function repeated(text: string, rows = 1000): Buffer {
  const columnData = [{ name: 'completion', data: new Array<string>(rows).fill(text), type: 'STRING' as const }];
  return Buffer.from(parquetWriteBuffer({ columnData, codec: 'UNCOMPRESSED', rowGroupSize: rows }));
}

/** With `from`, which is there once or more, as `to` at its first place; both in hexadecimal. */
function changed(bytes: Buffer, from: string, to: string): Buffer {
  const at = bytes.indexOf(from, 'hex');
  expect(at).toBeGreaterThan(0);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(to, 'hex'), bytes.subarray(at + from.length / 2)]);
}

/** A number as Thrift writes one, in hexadecimal. */
function thrift(number: number): string {
  const bytes: number[] = [];
  let left = 2 * number;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]).toString('hex');
}

async function readAll(bytes: Buffer): Promise<number> {
  const file = join(temporaryFolder(), 'a.parquet');
  writeFileSync(file, bytes);
  let rows = 0;
  for await (const { value } of parquetRecords(file)) rows += Object.keys(value).length;
  return rows;
}

const good = repeated('x y z');
/** A page's kind and sizes stand first in it, each behind 15: the dictionary is of 9 bytes, its indexes take 6. */
const dictionary = `1504${`15${thrift(9)}`.repeat(2)}`;
const indexes = `1506${`15${thrift(6)}`.repeat(2)}5c15${thrift(1000)}`;

it('reads what is as long as it says', async () => {
  expect(await readAll(good)).toBe(1000);
});

it.each([
  ['a page of 100 MB', dictionary, `150415${thrift(100e6)}15${thrift(9)}`, 'unpacks to more than 67108864 bytes'],
  ['a page of 10 million values', indexes, `${indexes.slice(0, 14)}15${thrift(10e6)}`, 'unpacks to more than 67108864'],
  [
    'a run that is longer than its page',
    indexes,
    `${indexes.slice(0, 14)}15${thrift(100)}`,
    'a run of 1000 values in a',
  ],
  ['a page that is longer than its column', dictionary, `1504${`15${thrift(90_000)}`.repeat(2)}`, 'is cut off'],
])('refuses %s', async (_, from, to, reason) => {
  await expect(readAll(changed(good, from, to))).rejects.toThrow(reason);
});

it('refuses a footer with a list that is longer than it', async () => {
  const footer = Buffer.from(`152019fc${'e807'}00`, 'hex');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  const bytes = Buffer.concat([Buffer.from('PAR1'), footer, length, Buffer.from('PAR1')]);
  await expect(readAll(bytes)).rejects.toThrow('a list of 1000');
});

it('refuses rows that repeat one long text without end', async () => {
  const long = 'A text of some length. '.repeat(15_000);
  await expect(readAll(repeated(long, 1100))).rejects.toThrow('its rows repeat themselves to more than');
});

it('is damaged alone: its folder is read, and no failure is left that nobody waits for', async () => {
  // The first column has a broken page, and the second a name that the schema has not: reading one begins before the other is looked for.
  const bytes = readFileSync(join(fixtures, 'datasets/omnibench.parquet'));
  bytes.fill(0xff, 4, 12);
  // Its schema has the name first, then where the column is told of.
  bytes[bytes.indexOf('question', bytes.indexOf('question') + 1)] = 'Q'.charCodeAt(0);
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.parquet'), bytes);
  writeFileSync(join(folder, 'b.parquet'), readFileSync(join(fixtures, 'datasets/omnibench.parquet')));
  const { prompts, rejected } = await importFiles(openStore(), [folder]);
  expect(prompts).toBeGreaterThan(0);
  expect(rejected).toMatchObject([
    { file: join(folder, 'a.parquet'), reason: expect.stringContaining('damaged') as string },
  ]);
});
