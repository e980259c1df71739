/** Exports for trainers and trackers by the bundled command line. */
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import { overridden, presetConfig } from '../../../src/domain/preset.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

/** What `export …` prints as JSON; rejects with its code and what it says of a failure. */
const exported = async (...words: string[]): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(inject('dist'), 'cli.cjs'),
    'export',
    ...words,
    '--json',
  ]);
  return JSON.parse(stdout);
};

it('says what a trainer cannot take and how to leave it out, and writes the rest with the trainer', async () => {
  const folder = temporaryFolder();
  const db = join(folder, 'rollouts.db');
  const store = openStore(db);
  const prompt = makePrompt();
  const tokens = { ids: new Int32Array([1, 2]), offsets: new Int32Array([0, 3]), logProbs: null, tokenizer: null };
  const [words] = makeGroup(prompt, [0], { name: 'words' });
  store.addRollouts([prompt], [...makeGroup(prompt, [1, 0], { completion: 'So it.', tokens }), words]);

  const out = join(folder, 'trl');
  const rollouts = ['rollouts', '--db', db, '--out', out];
  await expect(exported(...rollouts, '--format', 'training-trl')).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining(
      `1 of 3 rollouts have no token ids, and a weight stands beside a token (${words.id})`,
    ) as string,
  });
  const kept = await exported(...rollouts, '--format', 'training-trl', '--where', 'tokens:>0');
  expect(kept).toMatchObject({ rollouts: 2, sources: { parabolic: 2 } });
  expect(readdirSync(out).sort()).toEqual(['rollouts.jsonl', 'stored_media.py', 'tas_grpo_trainer.py']);
  await expect(exported(...rollouts, '--tokenizer', folder)).rejects.toMatchObject({
    code: 2,
    stdout: expect.stringContaining('--tokenizer is of training-jsonl') as string,
  });
});

it('writes what runs measured, all or those named, and says when there are none', async () => {
  const folder = temporaryFolder();
  const db = join(folder, 'rollouts.db');
  const store = openStore(db);
  const out = join(folder, 'runs.csv');
  const metrics = ['metrics', '--db', db, '--out', out];
  await expect(exported(...metrics)).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining('there are no runs in this store') as string,
  });
  const [one] = ['one', 'two'].map((name) => {
    const { id } = store.runs.create(name, presetConfig('avatar', '/policy', 1));
    store.runs.addIteration(id, { iteration: 1, at: 1, values: { reward: 0.5 }, advantages: [] }, []);
    return id;
  });
  expect(await exported(...metrics)).toMatchObject({ format: 'csv', runs: 2 });
  expect(await exported(...metrics, '--run', one)).toMatchObject({ runs: 1 });
  expect(readFileSync(out, 'utf8')).toBe('run,iteration,reward\none,1,0.5\n');
  await expect(exported(...metrics, '--run', 'none')).rejects.toMatchObject({ code: 1 });
  // Each line of Trackio's has the settings: of a selection it says how many prompts that is.
  const { id } = store.runs.create('picked', overridden(presetConfig('avatar', '/policy', 1), ['prompts=p-1,p-2']));
  store.runs.addIteration(id, { iteration: 1, at: 1, values: { reward: 0.5 }, advantages: [] }, []);
  await exported(...metrics, '--format', 'trackio', '--run', id);
  expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({
    config: { preset: 'avatar', prompts: expect.stringMatching(/^2 selected prompts \([\da-f]{6}\)$/u) as string },
  });
});
