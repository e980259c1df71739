import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { rolloutLine } from '../../../src/formats/rollout-lab.ts';
import { temporaryFolder } from '../store/fixture.ts';
import { makeGroup, makePrompt } from '../store/rows.ts';

it('keeps a corrected text, takes it back, lists and exports it in the command line', () => {
  const cli = join(inject('dist'), 'cli.cjs');
  const folder = temporaryFolder();
  const db = join(folder, '.rollout-lab/rollouts.db');
  const json = (...words: string[]): unknown =>
    JSON.parse(execFileSync(process.execPath, [cli, ...words, '--db', db, '--json'], { encoding: 'utf8' }));
  const dump = join(folder, 'a.rollouts.jsonl');
  const prompt = makePrompt({ video: null });
  const [rollout] = makeGroup(prompt, [1]);
  writeFileSync(dump, rolloutLine(prompt, rollout));
  json('import', dump);

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
