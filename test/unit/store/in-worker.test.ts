import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { runInWorker } from '../../../src/store/in-worker.ts';
import { temporaryFolder } from './fixture.ts';

const given = { store: 'none.db', job: null };

/** A thread that runs this text. */
function threadOf(text: string): string {
  const file = join(temporaryFolder(), 'thread.cjs');
  writeFileSync(file, text);
  return file;
}

it.each([
  ['ends by itself', 'process.exit(0)', 'its thread ended without a result'],
  ['throws', 'throw new Error("out of memory")', 'out of memory'],
  ['throws what is no error', 'throw "of words alone"', 'of words alone'],
])('a thread that %s has no result, and its caller hears why', async (_, text, reason) => {
  await expect(runInWorker(threadOf(text), given, {})).rejects.toThrow(reason);
});

it('a thread takes little room for what it needs for a moment, so that long work stays small', async () => {
  const text = `const { getHeapSpaceStatistics } = require('node:v8');
    const [kept, spaces] = [[], []];
    for (let i = 0; i < 2_000_000; i += 1) {
      kept[i % 200_000] = { i, text: String(i) };
      if (i % 50_000 === 0) spaces.push(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size);
    }
    require('node:worker_threads').parentPort.postMessage({ kind: 'done', result: Math.max(...spaces) });`;
  expect(await runInWorker<{ job: null; progress: never; result: number }>(threadOf(text), given, {})).toBeLessThan(
    20 * 2 ** 20,
  );
});

it('what a thread throws has its name, code and path with its caller', async () => {
  const folder = temporaryFolder();
  const missing = join(folder, 'missing/out.jsonl');
  const worker = join(inject('dist'), 'export-worker.cjs');
  const job = { out: missing, choice: { what: 'rollouts', format: 'verl' }, query: {} };
  await expect(runInWorker(worker, { store: join(folder, 'rollouts.db'), job }, {})).rejects.toMatchObject({
    ...{ name: 'Error', code: 'ENOENT', path: missing, message: expect.stringContaining(missing) as string },
  });
  const gone = { ...job, out: join(folder, 'out.jsonl'), query: { where: 'reward:' } };
  await expect(runInWorker(worker, { store: join(folder, 'rollouts.db'), job: gone }, {})).rejects.toMatchObject({
    name: 'QueryError',
  });
});

it('a store that cannot be opened is told of', async () => {
  const worker = join(inject('dist'), 'suggest-worker.cjs');
  const store = threadOf('no database');
  await expect(runInWorker(worker, { store, job: 'rules' }, {})).rejects.toThrow('not an SQLite file');
});

it('an abort is told to the thread, which may still clean up; where it would not hear of it, it is ended', async () => {
  const asked = `const { parentPort } = require('node:worker_threads');
    parentPort.postMessage({ kind: 'progress', progress: 'begun' });
    parentPort.on('message', (word) => parentPort.postMessage({ kind: 'failed', error: { name: 'Error', message: word } }));`;
  const deaf = `require('node:worker_threads').parentPort.postMessage({ kind: 'progress', progress: 'begun' });
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);`;
  for (const [text, more] of [
    [asked, {}],
    [deaf, { endAtOnce: true }],
  ] as const) {
    const stop = new AbortController();
    const onProgress = (): void => stop.abort(new Error('enough'));
    await expect(runInWorker(threadOf(text), given, { signal: stop.signal, onProgress, ...more })).rejects.toThrow(
      'enough',
    );
  }
});
