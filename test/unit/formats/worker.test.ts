import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import { exportInWorker, importInWorker, type ExportChoice } from '../../../src/formats/client.ts';
import type { ImportProgress } from '../../../src/formats/import-report.ts';
import { openStoreInWorker } from '../../../src/store/client.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

/** A verl dump of `count` rollouts in its own folder. */
function dumpOf(count: number): string {
  const file = join(temporaryFolder(), '1.jsonl');
  const rows = Array.from({ length: count }, (_, i) => ({
    input: `q${i % 997}`,
    output: `answer ${i} `.repeat(20),
    score: i % 2,
    step: 1,
  }));
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  return file;
}

it('labels are saved while a long import goes on, which tells how far it is', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  const client = await openStoreInWorker(file, join(inject('dist'), 'store-worker.cjs'));
  const prompt = makePrompt();
  const [{ id: rolloutId }] = makeGroup(prompt, [1]);
  await client.addRollouts([prompt], makeGroup(prompt, [1]));

  const told: ImportProgress[] = [];
  let done = false;
  const importing = importInWorker(
    file,
    [dumpOf(12_000)],
    { onProgress: (progress) => told.push(progress) },
    join(inject('dist'), 'import-worker.cjs'),
  ).then((report) => {
    done = true;
    return report;
  });
  let saved = 0;
  for (; !done; saved += 1) {
    await client.labels.set({ rolloutId, annotator: 'ann', boundaries: [saved % 5, 10] });
  }
  expect(await importing).toMatchObject({ files: 1, rollouts: 12_000, rejected: [] });
  expect(saved).toBeGreaterThan(10);
  expect(told.map(({ rollouts }) => rollouts)).toEqual([...told.map(({ rollouts }) => rollouts)].sort((a, b) => a - b));
  expect(told.at(-1)).toMatchObject({ rollouts: 12_000 });
  expect(told.length).toBeGreaterThan(10);
  await client.close();
});

it('an import in its thread is cancelled by its signal, and what was committed stays', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  const cancel = new AbortController();
  const worker = join(inject('dist'), 'import-worker.cjs');
  const importing = importInWorker(
    file,
    [dumpOf(12_000)],
    { signal: cancel.signal, onProgress: ({ rollouts }) => rollouts >= 2000 && cancel.abort(new Error('enough')) },
    worker,
  );
  await expect(importing).rejects.toThrow('enough');
  const kept = openStore(file).prompts.datasets()[0].rollouts;
  expect(kept).toBeGreaterThanOrEqual(2000);
  expect(kept).toBeLessThan(12_000);
});

it('an import of a path that is not there rejects', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  const worker = join(inject('dist'), 'import-worker.cjs');
  await expect(importInWorker(file, ['/nowhere/at/all.jsonl'], {}, worker)).rejects.toThrow(
    'there is no file or folder',
  );
});

it('writes a training set with its trainer, and what one run of two measured', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  const store = openStore(file);
  const prompt = makePrompt();
  const tokens = { ids: new Int32Array([1, 2]), offsets: new Int32Array([0, 3]), logProbs: null, tokenizer: null };
  store.addRollouts([prompt], makeGroup(prompt, [1, 0], { completion: 'So it.', tokens }));
  const runs = ['one', 'two'].map((name) => store.runs.create(name, presetConfig('avatar', '/policy', 1)));
  for (const { id } of runs)
    store.runs.addIteration(id, { iteration: 1, at: 1, values: { reward: 0.5 }, advantages: [] }, []);
  const write = async (name: string, choice: ExportChoice, query = {}): Promise<number> => {
    const job = { store: file, out: join(dirname(file), name), choice, query };
    const worker = join(inject('dist'), 'export-worker.cjs');
    return (await exportInWorker(job, new AbortController().signal, worker)).count;
  };
  expect(await write('trl', { what: 'training', format: 'training-trl' })).toBe(2);
  expect(readdirSync(join(dirname(file), 'trl')).sort()).toEqual([
    'rollouts.jsonl',
    'stored_media.py',
    'tas_grpo_trainer.py',
  ]);
  expect(await write('all.csv', { what: 'metrics', format: 'csv' })).toBe(2);
  expect(await write('one.csv', { what: 'metrics', format: 'csv' }, { runId: runs[1].id })).toBe(1);
  expect(readFileSync(join(dirname(file), 'one.csv'), 'utf8')).toBe('run,iteration,reward\ntwo,1,0.5\n');
});
