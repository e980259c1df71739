import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, inject, it, onTestFinished } from 'vitest';
import { openStoreInWorker, passOn, type StoreClient } from '../../../src/store/client.ts';
import { Store, StoreReplaced } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, raw, temporaryFolder } from './fixture.ts';

/** A client of the worker as it is bundled for the extension. */
async function openClient(file: string): Promise<StoreClient> {
  return openStoreInWorker(file, join(inject('dist'), 'store-worker.cjs'));
}

it('answers every call from its thread, arrays and errors too, until it is closed', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  const client = await openClient(file);
  const prompt = makePrompt();
  const [rollout] = makeGroup(prompt, [1], {
    tokens: { ids: new Int32Array([7]), offsets: null, logProbs: new Float32Array([-0.5]), tokenizer: null },
  });
  expect(await client.addRollouts([prompt], [rollout])).toEqual({ prompts: 1, rollouts: 1, labels: 0, duplicates: 0 });
  expect(await client.rollouts.get(rollout.id)).toEqual(rollout);
  await expect(client.labels.set({ rolloutId: rollout.id, annotator: 'ann', boundaries: [9, 3] })).rejects.toThrow(
    'boundaries must not decrease',
  );

  const copy = join(temporaryFolder(), 'copy.db');
  await client.backup(copy);
  expect(openStore(copy).rollouts.get(rollout.id)).toEqual(rollout);

  await client.close();
  await expect(client.runs.all()).rejects.toThrow('the store is closed');
});

it('does what the store and its parts have for others, and nothing else', async () => {
  const client = await openClient(join(temporaryFolder(), 'rollouts.db'));
  onTestFinished(() => client.close());
  const call = (...path: string[]): Promise<unknown> => passOn(client, { path, args: [] });
  expect(await call('runs', 'all')).toEqual([]);
  expect(await call('isInPlace')).toBe(true);
  const others = [['runs'], ['file'], ['none', 'all'], ['runs', 'none'], ['runs', 'all', 'call'], ['runs', 'toString']];
  for (const path of [...others, ['constructor'], ['runs', 'constructor'], ['constructor', 'open'], ['open']])
    await expect(call(...path)).rejects.toThrow(`the store has no method ${path.join('.')}`);
});

// Windows lets nobody remove what SQLite has open.
it.skipIf(process.platform === 'win32')('says of a store that was removed that it is', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  const client = await openClient(file);
  onTestFinished(() => client.close());
  const prompt = makePrompt();
  const [rollout] = makeGroup(prompt, [1]);
  await client.addRollouts([prompt], [rollout]);
  expect(await client.isInPlace()).toBe(true);
  rmSync(file);
  expect(await client.isInPlace()).toBe(false);
  const saves = Array.from({ length: 20 }, () =>
    client.labels.set({ rolloutId: rollout.id, annotator: 'ann', boundaries: [3, 9] }),
  );
  for (const save of await Promise.allSettled(saves)) {
    expect(save).toMatchObject({ status: 'rejected', reason: expect.any(StoreReplaced) as StoreReplaced });
  }
  expect(await client.labels.of(rollout.id)).toEqual([]);
});

it('ends its thread when a stranger’s file is refused', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  Store.open(file).close();
  raw(file, (database) =>
    database.exec("DROP TABLE verdicts; CREATE VIEW verdicts AS SELECT 'k' AS key, '[]' AS scores, '' AS created_at"),
  );
  const path = join(inject('dist'), 'store-worker.cjs');
  await expect(openStoreInWorker(file, path)).rejects.toThrow('“verdicts” is not part of a store');
  const worker = new Worker(path, { workerData: { file } });
  const [code] = (await once(worker, 'exit')) as [number];
  expect(code).toBe(0);
});

it('rejects when the file is no store', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  writeFileSync(
    file,
    'This is a letter, and it is long enough to be told from the beginning of a database file. '.repeat(20),
  );
  await expect(openClient(file)).rejects.toThrow('is not a Rollout Lab store');
});

it('sees what another connection writes', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  const client = await openClient(file);
  onTestFinished(() => client.close());
  const other = Store.open(file);
  const before = await client.dataVersion();
  expect(await client.dataVersion()).toBe(before);
  other.addRollouts([makePrompt()], []);
  other.close();
  expect(await client.dataVersion()).not.toBe(before);
});
