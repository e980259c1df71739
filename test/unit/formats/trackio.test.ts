import Database from 'better-sqlite3';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { detectFormat } from '../../../src/formats/detect.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures } from './fixture.ts';

const project = join(fixtures, 'trackio/av.db');

it('Trackio’s traces are rollouts of training, with rewards by name and the group and version that TRL tells', async () => {
  expect((await detectFormat(project))?.name).toBe('trackio');
  const store = openStore();
  const { rejected, notes, ...report } = await importFiles(store, [project]);
  expect(report).toMatchObject({ rollouts: 3, prompts: 1 });
  expect(rejected).toMatchObject([{ line: 4, reason: 'messages: they end without a reply of the assistant' }]);
  expect(notes).toMatchObject([{ text: expect.stringContaining('groups are not whole') as string }]);
  expect(store.prompts.page().rows).toMatchObject([
    { question: 'Which colour sounds?\nA. red\nB. green', split: 'train', groups: 2 },
  ]);
  expect(everything(store)).toMatchObject([
    {
      policy: 'avatar-run',
      policyVersion: 8,
      completion: '<think>Green. 🎬</think>B',
      rewards: { accuracy_reward: 1, think_format_reward: 1 },
      reward: 1,
      advantage: 1,
      system: 'Think first.',
    },
    { completion: 'A', reward: 0, advantage: -1 },
    { completion: 'B', policyVersion: 16, advantage: 0 },
  ]);
  expect(await importFiles(store, [project])).toMatchObject({ rollouts: 0, duplicates: 3 });
});

it('a trace that is no JSON is told of, the file stays as it was, and other databases in a folder are no news', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'av.db');
  copyFileSync(project, file);
  const database = new Database(file);
  database.exec(`UPDATE traces SET messages = '[{' WHERE step = 16`);
  database.close();
  const other = new Database(join(folder, 'other.db'));
  other.exec('CREATE TABLE traces (id TEXT)');
  other.close();
  openStore(join(folder, 'rollouts.db'));
  const { rollouts, rejected } = await importFiles(openStore(), [folder]);
  expect(rollouts).toBe(2);
  expect(rejected.map(({ line, reason }) => [line, reason.split(':')[0]])).toEqual([
    [3, 'messages'],
    [4, 'messages'],
  ]);
});

it('a damaged database is told of and stops no import', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'cut.db'), 'SQLite format 3\0 and no more');
  const { rejected } = await importFiles(openStore(), [join(folder, 'cut.db')]);
  expect(rejected).toMatchObject([{ line: 0, reason: expect.stringContaining('cannot be read') as string }]);
});
