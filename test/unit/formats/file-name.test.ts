import { expect, it } from 'vitest';
import { formats } from '../../../src/formats/detect.ts';
import { endings } from '../../../src/formats/ending.ts';
import { isReadable } from '../../../src/formats/ending.ts';
import { datasetOf, isMeant } from '../../../src/formats/file-name.ts';

const ofRecords = ['jsonl', 'ndjson', 'json', 'parquet', 'csv', 'tsv', 'xlsx'];

it('every ending that is offered is one of JSON, parquet and tables, or a format’s', () => {
  const owned = formats.flatMap(({ ending }) => (ending ? [ending.name] : []));
  expect([...ofRecords, ...owned].sort()).toEqual([...endings].sort());
});

it('every format is known by how its files begin or by their records, and read by what holds them', () => {
  const odd = formats.filter(
    (one) => !('begins' in one || 'detects' in one || 'archive' in one) || !(one.container || 'records' in one),
  );
  expect(odd.map(({ name }) => name)).toEqual([]);
});

it.each([
  ['rollouts/12.jsonl', 'rollouts'],
  ['avqa/completions/completions_00025.parquet', 'avqa'],
  ['avqa/data/train-00000-of-00002.parquet', 'avqa'],
  ['avqa/train_data_step3.jsonl', 'avqa'],
  ['avqa/results.jsonl.gz', 'avqa'],
  ['avqa/holmes.rollouts.jsonl', 'holmes'],
  ['avqa/mmvu.json', 'mmvu'],
])('the prompts of %s are of the dataset %s where they say none', (file, dataset) => {
  expect(datasetOf(file)).toBe(dataset);
});

it('a folder’s logs and pickles are looked at, and subtitles are not thought to be meant for us', () => {
  expect(['a.LOG', 'a.pt', 'a.tsv.gz', 'a.vtt', 'a.mp4', 'json'].map(isReadable)).toEqual([
    ...[true, true, true, true],
    ...[false, false],
  ]);
  expect(['a.tsv', 'a.eaf', 'a.vtt', 'a.log'].map(isMeant)).toEqual([true, true, false, false]);
});
