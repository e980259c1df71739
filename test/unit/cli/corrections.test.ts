import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeGroup, makePrompt } from '../store/rows.ts';
import { importedStore } from './fixture.ts';

it('keeps a corrected text, takes it back, lists and exports it in the command line', () => {
  const prompt = makePrompt({ video: null });
  const [rollout] = makeGroup(prompt, [1]);
  const { cli, folder, db, json } = importedStore(prompt, [rollout]);

  const on = ['corrections', 'set', '--rollout', rollout.id, '--annotator', 'ann'];
  const file = join(folder, 'better.txt');
  writeFileSync(file, 'I look – twice.\nSo B.');
  expect(json(...on, '--file', file)).toMatchObject({ text: 'I look – twice.\nSo B.' });
  expect(json('corrections', 'list', '--rollout', rollout.id)).toMatchObject({
    corrections: [{ annotator: 'ann', text: 'I look – twice.\nSo B.' }],
  });
  const out = join(folder, 'sft.jsonl');
  expect(json('export', 'corrections', '--out', out)).toMatchObject({ format: 'trl', corrections: 1 });
  expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({
    completion: [{ role: 'assistant', content: 'I look – twice.\nSo B.' }],
  });
  expect(spawnSync(process.execPath, [cli, ...on, '--db', db], { encoding: 'utf8' })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('name a file with the corrected text by --file, or say --none') as string,
  });
  expect(json(...on, '--none')).toMatchObject({ text: null, canUndo: true });
}, 120_000);
