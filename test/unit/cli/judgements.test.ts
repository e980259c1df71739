import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeGroup, makePrompt } from '../store/rows.ts';
import { importedStore } from './fixture.ts';

it('judges steps, takes that back, lists and exports them in the command line', () => {
  const prompt = makePrompt({ video: null });
  const [rollout] = makeGroup(prompt, [1], { completion: 'Plan. I look. So B.' });
  const { cli, folder, db, json } = importedStore(prompt, [rollout]);

  const on = ['--rollout', rollout.id, '--annotator', 'ann', '--text', '6-14'];
  const wrong = { start: 6, end: 14, verdict: 'wrong', error: 'visual omission' };
  expect(json('judgements', 'set', ...on, '--verdict', 'wrong', '--error', 'visual omission')).toMatchObject({
    steps: [wrong],
  });
  expect(json('judgements', 'list', '--rollout', rollout.id)).toMatchObject({
    judgements: [{ annotator: 'ann', steps: [wrong] }],
  });
  const refused = ['judgements', 'set', ...on, '--verdict', 'wrong', '--error', 'taste', '--db', db];
  expect(spawnSync(process.execPath, [cli, ...refused], { encoding: 'utf8' })).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('the project has no error type “taste”: it has visual perception') as string,
  });
  const out = join(folder, 'stepwise.jsonl');
  expect(json('export', 'judgements', '--out', out)).toMatchObject({
    ...{ format: 'trl', judgements: 0 },
    left: [{ count: 1, reason: 'text before a judged step is not judged' }],
  });
  json('judgements', 'set', '--rollout', rollout.id, '--annotator', 'ann', '--text', '0-6', '--verdict', 'correct');
  expect(json('export', 'judgements', '--out', out)).toMatchObject({ judgements: 1, left: [] });
  expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({
    ...{ completions: ['Plan.', 'I look.'], labels: [true, false] },
  });
  expect(json('judgements', 'set', ...on, '--verdict', 'none')).toMatchObject({
    ...{ steps: [{ start: 0, end: 6, verdict: 'correct', error: null }], canUndo: true },
  });
}, 120_000);
