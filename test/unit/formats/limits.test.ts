/** Texts that would take all of the memory or the day, each a little beyond its limit or long enough to tell. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { detectFormat } from '../../../src/formats/detect.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { jsonRecords } from '../../../src/formats/json-records.ts';
import { askedIn } from '../../../src/formats/problem.ts';
import { xmlRoot } from '../../../src/formats/xml.ts';
import { ZipArchive } from '../../../src/formats/zip-archive.ts';
import { openStore, raw, temporaryFolder } from '../store/fixture.ts';

function fileOf(name: string, content: string | Buffer): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

it('a prompt of blank lines is read in a time that grows with its length', () => {
  // Its square is minutes.
  const blank = '\n'.repeat(300_000);
  expect(askedIn(`${blank}  Question:${blank}What?${blank}Options :${blank}A. x\nB. y\nAnswer:`)).toEqual({
    question: 'What?',
    options: ['A. x', 'B. y'],
  });
  expect(askedIn(`a question: x\nWhat?\n\n choices:`)).toEqual({ question: 'a question: x\nWhat?', options: [] });
});

it('blank lines before and between records count as lines, in one chunk of the file or in many', async () => {
  const blank = '\n \t\r\n'.repeat(100_000);
  expect(await all(jsonRecords(fileOf('a.jsonl', `${blank} {"a":1}\n${blank}{"a":2}${blank}`)))).toEqual([
    { line: 200_001, value: { a: 1 } },
    { line: 400_002, value: { a: 2 } },
  ]);
});

it('a record of lists within lists, and one of more lists than fit in memory, are refused and their file is read on', async () => {
  const [many, deep] = [`{"a":[${'[],'.repeat(1_000_000)}0]}`, '['.repeat(1_000_001)];
  const records = await all(jsonRecords(fileOf('a.jsonl', `${many}\n{"a":1}\n${deep}\n"${deep}"\n`)));
  const reason = 'more than 1000000 lists and objects in one record, which would not fit in memory';
  expect(records).toEqual([
    { line: 1, reason },
    { line: 2, value: { a: 1 } },
    { line: 3, reason },
    { line: 4, value: deep },
  ]);
});

it('a table whose first line does not end is refused', async () => {
  const { rejected } = await importFiles(openStore(), [fileOf('a.csv', ' '.repeat(64 * 1024 + 1))]);
  expect(rejected).toMatchObject([
    { reason: expect.stringContaining('its first line is longer than 65536 bytes') as string },
  ]);
});

it('XML of too many elements is refused', () => {
  expect(xmlRoot('<a><b c="1"/></a>')!.children).toHaveLength(1);
  expect(() => xmlRoot(`<a>${'<b/>'.repeat(2_000_000)}</a>`)).toThrow('more than 1000000 elements');
});

it('an archive of too many members is refused', async () => {
  const end64 = Buffer.alloc(56);
  end64.write('PK\x06\x06', 'latin1');
  end64.writeBigUInt64LE(44n, 4);
  for (const at of [24, 32]) end64.writeBigUInt64LE(200_001n, at);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  const end = Buffer.alloc(22, 0xff);
  end.write('PK\x05\x06\0\0\0\0', 'latin1');
  end.writeUInt16LE(0, 20);
  const file = fileOf('a.eval', Buffer.concat([end64, locator, end]));
  await expect(ZipArchive.open(file)).rejects.toThrow('more than 200000 members');
});

it('a view is no table of traces', async () => {
  const columns = 'run_id TEXT, run_name TEXT, step INTEGER, key TEXT, timestamp TEXT, messages TEXT, metadata TEXT';
  for (const [sql, isKnown] of [
    [`CREATE TABLE traces (${columns})`, true],
    [`CREATE TABLE other (${columns}); CREATE VIEW traces AS SELECT * FROM other`, false],
  ] as const) {
    const file = join(temporaryFolder(), 'av.db');
    raw(file, (database) => database.exec(sql));
    expect((await detectFormat(file))?.name === 'trackio').toBe(isKnown);
  }
});
