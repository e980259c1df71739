import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeGroup, makePrompt } from '../store/rows.ts';
import { importedStore } from './fixture.ts';

it('says which of two completions is better, takes that back, lists and exports it in the command line', () => {
  const prompt = makePrompt({ video: null });
  const [one, other] = makeGroup(prompt, [1, 0]);
  const { cli, folder, db, json } = importedStore(prompt, [one, other]);

  const on = ['--rollout', other.id, '--other', one.id, '--annotator', 'ann'];
  expect(json('preferences', 'set', ...on, '--verdict', 'worse')).toMatchObject({
    pairs: [{ other: one.id, verdict: 'worse' }],
  });
  expect(json('preferences', 'list', '--rollout', one.id)).toMatchObject({
    preferences: [{ annotator: 'ann', other: other.id, verdict: 'better' }],
  });
  const out = join(folder, 'dpo.jsonl');
  expect(json('export', 'preferences', '--out', out)).toMatchObject({ format: 'trl', preferences: 1, left: [] });
  expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({
    chosen: [{ role: 'assistant', content: one.completion }],
    rejected: [{ role: 'assistant', content: other.completion }],
  });
  const refused = ['preferences', 'set', ...on, '--verdict', 'nicer', '--db', db];
  expect(spawnSync(process.execPath, [cli, ...refused], { encoding: 'utf8' })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--verdict must be one of better, worse, tie, none') as string,
  });
  expect(json('preferences', 'set', ...on, '--verdict', 'none')).toMatchObject({ pairs: [], canUndo: true });
}, 120_000);
