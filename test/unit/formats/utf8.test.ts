import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { importFiles } from '../../../src/formats/import.ts';
import { jsonRecords, type RawRecord } from '../../../src/formats/json-records.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { fixtures } from './fixture.ts';

const rows = Array.from({ length: 4000 }, (_, i) => ({
  input: `Which tone, ü🎬 ${i}?`,
  output: 'x'.repeat(i % 97),
  score: i % 2,
}));
const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');

async function readBack(bytes: Buffer): Promise<RawRecord[]> {
  const file = join(temporaryFolder(), '1.jsonl');
  writeFileSync(file, bytes);
  const records: RawRecord[] = [];
  for await (const record of jsonRecords(file)) records.push(record);
  return records;
}

const valuesOf = (records: RawRecord[]): unknown[] =>
  records.map((record) => ('value' in record ? record.value : record));

describe('records are the same', () => {
  const halves = [text.slice(0, 2000), text.slice(2000)].map((half) => Buffer.from(half));
  // What zstd's decoders skip: pzstd and seekable files begin with it.
  const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
  const utf16 = Buffer.from(text, 'utf16le');
  it.each([
    ['packed with gzip', gzipSync(text)],
    ['in gzip files written one behind the other', Buffer.concat(halves.map((half) => gzipSync(half)))],
    ['packed with zstd', zstdCompressSync(text)],
    ['in several zstd frames', Buffer.concat(halves.map((half) => zstdCompressSync(half)))],
    ['in a zstd frame for each row', Buffer.concat(rows.map((row) => zstdCompressSync(`${JSON.stringify(row)}\n`)))],
    ['behind a zstd frame that is skipped', Buffer.concat([skipped, zstdCompressSync(text)])],
    ['in UTF-16 with its mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ['in UTF-16 without it', utf16],
    ['in big-endian UTF-16', Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()])],
    ['in UTF-16 packed with gzip', gzipSync(Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]))],
  ])('%s', async (_, bytes) => {
    expect(valuesOf(await readBack(bytes))).toEqual(rows);
  });
});

describe('a packed file', () => {
  it.each([
    ['gzip', gzipSync(text)],
    ['zstd', Buffer.concat([zstdCompressSync(text.slice(0, 200_000)), zstdCompressSync(text.slice(200_000))])],
  ])('that is cut off gives what stands before, and says so: %s', async (_, whole) => {
    const records = await readBack(whole.subarray(0, whole.length - 20));
    expect(records.length).toBeGreaterThan(1000);
    const last = records.at(-1)!;
    expect(last).toMatchObject({ reason: expect.stringContaining('cut off') as string });
    expect(last.line).toBeGreaterThan(1000);
    expect(valuesOf(records.filter((record) => 'value' in record))).toEqual(rows.slice(0, records.length - 2));
  });

  it('with something else behind its last frame says so', async () => {
    const records = await readBack(Buffer.concat([zstdCompressSync(text), Buffer.from('something else')]));
    expect(records).toHaveLength(rows.length + 1);
    expect(records.at(-1)).toHaveProperty('reason');
  });

  it.each([' x', ' '])('that unpacks to one endless line of “%s” takes no room for it', async (filling) => {
    const file = join(temporaryFolder(), '1.jsonl.zst');
    const zeros = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024, filling));
    for (let i = 0; i < 8; i += 1) appendFileSync(file, zeros);
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
    const records: RawRecord[] = [];
    for await (const record of jsonRecords(file)) records.push(record);
    clearInterval(watch);
    // What is blank is no record, however long.
    const tooLong = [{ line: 1, reason: expect.stringContaining('longer than') as string }];
    expect(records).toMatchObject(filling === ' ' ? [] : tooLong);
    expect(readFileSync(file).length).toBeLessThan(1024 * 1024);
    expect(peak - before).toBeLessThan(300 * 1024 * 1024);
  });
});

describe('a folder of a verl dump', () => {
  it.each(['gz', 'gz-named', 'utf16', 'pretty'])('%s is read', async (name) => {
    const store = openStore();
    const report = await importFiles(store, [join(fixtures, 'packed', name)]);
    expect(report).toMatchObject({ files: 1, rollouts: 2, prompts: 1, rejected: [] });
    expect(store.prompts.page().rows).toMatchObject([{ question: 'What sounds first?', answer: 'A' }]);
  });
});

it('a parquet file that is packed whole, and packings that are not read, are told of with the way round', async () => {
  const folder = temporaryFolder();
  const parquet = readFileSync(join(fixtures, 'trl/text/completions/completions_00025.parquet'));
  writeFileSync(join(folder, 'a.parquet.gz'), gzipSync(parquet));
  writeFileSync(join(folder, 'b.jsonl'), Buffer.from('BZh91AY&SY'));
  expect((await importFiles(openStore(), [folder])).rejected).toMatchObject([
    { line: 0, reason: expect.stringContaining('packed with gzip, which must be unpacked') as string },
    { line: 0, reason: expect.stringContaining('packed with bzip2') as string },
  ]);
});

it('a packed file is named as the same file unpacked: it adds nothing to it', async () => {
  const folder = join(temporaryFolder(), 'run');
  mkdirSync(folder);
  copyFileSync(join(fixtures, 'nemo-rl/train_data_step3.jsonl'), join(folder, 'train_data_step3.jsonl'));
  const packed = join(folder, 'train_data_step3.jsonl.gz');
  writeFileSync(packed, gzipSync(readFileSync(join(folder, 'train_data_step3.jsonl'))));
  const store = openStore();
  const first = await importFiles(store, [join(folder, 'train_data_step3.jsonl')]);
  expect(first.rollouts).toBeGreaterThan(0);
  expect(await importFiles(store, [packed])).toMatchObject({ rollouts: 0, prompts: 0, duplicates: first.rollouts });
});
