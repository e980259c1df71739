import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importFiles } from '../../../src/formats/import.ts';
import { workbookRows } from '../../../src/formats/workbook-records.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures, folderOf } from './fixture.ts';

const workbook = join(fixtures, 'vlmevalkit/tables.xlsx');

it('reads numbers, flags, shared and own texts and runs of one cell, of the first sheet alone', async () => {
  const rows = [];
  for await (const row of workbookRows(workbook)) rows.push(row);
  expect(rows).toEqual([
    { line: 2, value: { prompt: 'What is it?', reply: 'It is a ball.', score: 0.5, right: true } },
    { line: 4, value: { prompt: 'Where & when?', reply: 'red ball', score: 3, right: null } },
  ]);
});

it('is read by the columns that a person names, as any other table', async () => {
  const store = openStore();
  const asked = await importFiles(store, [workbook]);
  expect(asked.rejected).toMatchObject([
    {
      line: 0,
      offer: { columns: ['prompt', 'reply', 'score', 'right'], guess: { prompt: ['prompt'], completion: ['reply'] } },
    },
  ]);
  const map = { prompt: ['prompt'], completion: ['reply'], reward: ['score'] };
  expect(await importFiles(store, [workbook], { map })).toMatchObject({ rollouts: 2, rejected: [] });
  expect(everything(store)).toMatchObject([
    { completion: 'It is a ball.', reward: 0.5 },
    { completion: 'red ball', reward: 3 },
  ]);
});

it('is told of where it is cut off, and other archives stay what they were', async () => {
  const folder = temporaryFolder();
  cpSync(workbook, join(folder, 'cut.xlsx'));
  writeFileSync(join(folder, 'cut.xlsx'), 'PK\x03\x04 and no more');
  const other = folderOf({ 'data.json': ['PK\x03\x04 x'], 'old.xlsx': ['<html>'] });
  for (const path of [folder, other]) {
    const { rollouts, rejected } = await importFiles(openStore(), [path]);
    expect(rollouts).toBe(0);
    expect(rejected.length).toBeGreaterThan(0);
    for (const { reason } of rejected) expect(reason).toMatch(/\w/u);
  }
});
