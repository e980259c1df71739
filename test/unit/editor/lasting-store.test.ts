import Database from 'better-sqlite3';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { LastingStore } from '../../../src/editor/lasting-store.ts';
import { checkInWorker, restoreInWorker } from '../../../src/store/care.ts';
import { openStoreInWorker, type StoreClient } from '../../../src/store/client.ts';
import { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

const prompt = makePrompt();
const [rollout] = makeGroup(prompt, [1]);
const label = { rolloutId: rollout.id, annotator: 'ann', boundaries: [1, 2] };

/** A lasting store on a file of its own with one rollout, in real worker threads. */
async function makeLasting() {
  const worker = join(inject('dist'), 'store-worker.cjs');
  const file = join(temporaryFolder(), 'rollouts.db');
  const store = Store.open(file);
  store.addRollouts([prompt], [rollout]);
  store.close();
  const onOpened = (): Promise<void> => Promise.resolve();
  const state = { file, opened: 0, lost: [] as string[], onOpened: onOpened as (client: StoreClient) => Promise<void> };
  const connect = (path: string): Promise<StoreClient> => {
    state.opened += 1;
    return openStoreInWorker(path, worker);
  };
  const lasting = new LastingStore({
    file: () => state.file,
    connect,
    onOpened: (client) => state.onOpened(client),
    onReplaced: ({ message }) => state.lost.push(message),
  });
  onTestFinished(() => lasting.close());
  return { lasting, state, file };
}

describe('a lasting store', () => {
  it('knows when it was used last, which a look for changes does not count as', async () => {
    const { lasting } = await makeLasting();
    expect(lasting.idleSince).toBe(0);
    await lasting.client.labels.of(rollout.id);
    const used = lasting.idleSince;
    expect(used).toBeGreaterThan(0);
    await lasting.look();
    await lasting.client.dataVersion();
    expect(lasting.idleSince).toBe(used);
    await lasting.client.labels.of(rollout.id);
    expect(lasting.idleSince).toBeGreaterThan(used);
  });

  it('lets nobody open the file while it is restored, and then goes on with what is there', async () => {
    const { lasting, state, file } = await makeLasting();
    await lasting.client.labels.set(label);
    const copy = join(dirname(file), 'copy.db');
    await lasting.client.backup(copy);
    await lasting.client.labels.set({ ...label, boundaries: [3, 4] });
    const care = join(inject('dist'), 'care-worker.cjs');
    let edits = 0;
    let asked: Promise<unknown> | undefined;
    await lasting.alone(async () => {
      asked = lasting.client.labels.get(rollout.id, 'ann');
      writeFileSync(file, 'damaged');
      expect((await checkInWorker(file, care)).faults).toHaveLength(1);
      edits = (await restoreInWorker(file, copy, care)).edits;
      expect(state.opened).toBe(1);
    });
    expect(await asked).toMatchObject({ boundaries: [3, 4] });
    expect([edits, state.opened, state.lost]).toEqual([1, 2, []]);
    await expect(lasting.alone(() => Promise.reject(new Error('no backup')))).rejects.toThrow('no backup');
    expect(await lasting.client.labels.get(rollout.id, 'ann')).toMatchObject({ boundaries: [3, 4] });
  });

  it('is not opened by its path while it is restored, nor restored while it is open so', async () => {
    const { lasting, file } = await makeLasting();
    const order: string[] = [];
    const backup = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const before = lasting.beside(async () => {
      order.push('backup begins');
      begun.resolve();
      await backup.promise;
      order.push('backup ends');
    });
    await begun.promise;
    let after: Promise<unknown> | undefined;
    const care = join(inject('dist'), 'care-worker.cjs');
    const copy = join(dirname(file), 'copy.db');
    await lasting.client.backup(copy);
    const restored = lasting.alone(async () => {
      order.push('restoring begins');
      rmSync(file);
      after = lasting.beside(async (path) => {
        order.push('next backup begins');
        const own = await openStoreInWorker(path, join(inject('dist'), 'store-worker.cjs'));
        expect(await own.rollouts.get(rollout.id)).toEqual(rollout);
        await own.close();
      });
      await restoreInWorker(file, copy, care);
      order.push('restoring ends');
    });
    // Answered meanwhile: whoever reviews waits for no backup.
    expect(await lasting.client.labels.set(label)).toMatchObject({ boundaries: [1, 2] });
    expect(order).toEqual(['backup begins']);
    backup.resolve();
    await restored;
    await Promise.all([before, after]);
    expect(order).toEqual(['backup begins', 'backup ends', 'restoring begins', 'restoring ends', 'next backup begins']);
    // The journal brought back what was said after the copy.
    expect(await lasting.client.labels.get(rollout.id, 'ann')).toMatchObject({ boundaries: [1, 2] });
  });

  it('keeps a reader open beside it, which waits for nothing here, and closes it for a restoring', async () => {
    const { lasting, state, file } = await makeLasting();
    const { reader, client } = lasting;
    expect([await reader.table.total(), await reader.table.total(), state.opened]).toEqual([1, 1, 2]);
    await client.labels.set(label);
    expect(await reader.labels.get(rollout.id, 'ann')).toMatchObject({ boundaries: [1, 2] });
    const copy = join(dirname(file), 'copy.db');
    await client.backup(copy);
    await lasting.alone(async () => {
      rmSync(file);
      await restoreInWorker(file, copy, join(inject('dist'), 'care-worker.cjs'));
      expect(state.opened).toBe(2);
    });
    expect([await reader.table.total(), state.opened]).toEqual([1, 4]);
    await lasting.closeReaders();
    expect([await reader.table.total(), state.opened]).toEqual([1, 5]);
    // A second call while one is answered has a thread of its own; a third waits for one of both.
    const asked = [reader.table.total(), reader.table.total(), reader.table.total()];
    expect([await Promise.all(asked), state.opened]).toEqual([[1, 1, 1], 6]);
    await lasting.closeReaders();
    rmSync(file);
    await expect(reader.table.total()).rejects.toThrow(file);
    expect(existsSync(file)).toBe(false);
  });

  it('tells damage as what it is', async () => {
    const { lasting, file } = await makeLasting();
    writeFileSync(file, Buffer.concat([readFileSync(file).subarray(0, 100), Buffer.alloc(200_000, 0xa5)]));
    await expect(lasting.open()).rejects.toMatchObject({
      name: 'StoreDamaged',
      message: expect.stringContaining(`the store ${file} is damaged`) as string,
    });
  });

  it('answers what was asked before it was closed, and opens anew for what is asked after', async () => {
    const { lasting, state } = await makeLasting();
    const { client } = lasting;
    const asked = [client.labels.set(label), client.labels.get(rollout.id, 'ann')];
    const closed = lasting.close();
    const after = client.labels.set({ ...label, boundaries: [3, 4] });
    expect(await Promise.all(asked)).toMatchObject([{ boundaries: [1, 2] }, { boundaries: [1, 2] }]);
    await closed;
    expect(await after).toMatchObject({ boundaries: [3, 4], canUndo: true });
    expect(state.opened).toBe(2);
  });

  it('keeps nobody on a connection: one client reads whichever file is the store', async () => {
    const { lasting, state, file } = await makeLasting();
    const { client } = lasting;
    expect(await client.prompts.datasets()).toHaveLength(1);
    state.file = join(temporaryFolder(), 'other.db');
    await lasting.close();
    expect(await client.prompts.datasets()).toEqual([]);
    state.file = file;
    await lasting.close();
    expect(await client.prompts.datasets()).toHaveLength(1);
  });

  it('rejects with the reason while it cannot be opened, and each call tries again', async () => {
    const { lasting, state } = await makeLasting();
    state.file = join(temporaryFolder(), 'letter.db');
    writeFileSync(state.file, 'This is a letter, and it is longer than the beginning of a database file. '.repeat(20));
    await expect(lasting.client.prompts.datasets()).rejects.toThrow('is not a Rollout Lab store');
    expect(lasting).toMatchObject({ failed: true, isOpen: false });
    rmSync(state.file);
    expect(await lasting.client.prompts.datasets()).toEqual([]);
    expect(lasting).toMatchObject({ failed: false, isOpen: true });
  });

  it('ends the thread of one whose first question fails, and asks a new one at the next call', async () => {
    const { lasting, state } = await makeLasting();
    const asked: StoreClient[] = [];
    state.onOpened = async (client) => {
      asked.push(client);
      if (asked.length === 1) await client.labels.get('none', 'ann');
    };
    await expect(lasting.open()).rejects.toThrow('none');
    expect(lasting).toMatchObject({ failed: true, isOpen: false });
    await expect(asked[0].runs.all()).rejects.toThrow('the store is closed');
    expect(await lasting.client.labels.set(label)).toMatchObject({ boundaries: [1, 2] });
    expect(asked).toHaveLength(2);
  });

  it('says what to do while another program holds the store, and saves once it has let go', async () => {
    const { lasting, file } = await makeLasting();
    await lasting.open();
    const other = new Database(file);
    onTestFinished(() => void other.close());
    other.exec('BEGIN IMMEDIATE');
    await expect(lasting.client.labels.set(label)).rejects.toThrow('Another program is writing to the store');
    other.exec('ROLLBACK');
    expect(await lasting.client.labels.set(label)).toMatchObject({ boundaries: [1, 2] });
  });
});

describe('a store that was removed or replaced while it was open', () => {
  it('is told once, in the same words to everyone, and can still be read', async () => {
    const { lasting, state, file } = await makeLasting();
    await lasting.open();
    rmSync(file);
    const words = `The store ${file} was removed or replaced by another program while it was open; nothing more is saved to it.`;
    await expect(lasting.client.labels.set(label)).rejects.toThrow(words);
    await expect(lasting.client.labels.set(label)).rejects.toThrow(words);
    await expect(lasting.open()).rejects.toThrow(words);
    await lasting.look();
    expect(state.lost).toEqual([expect.stringContaining(words)]);
    expect(await lasting.client.rollouts.get(rollout.id)).toEqual(rollout);
  });

  it('is seen before anything is written to it', async () => {
    const { lasting, state, file } = await makeLasting();
    await lasting.open();
    await lasting.look();
    expect(lasting.replaced).toBeNull();
    rmSync(file);
    await lasting.look();
    expect(state.lost).toHaveLength(1);
  });

  it('is saved to where it was when nothing is there, and goes on from there', async () => {
    const { lasting, file } = await makeLasting();
    await lasting.client.labels.set(label);
    // What another process left beside it is of no store any more.
    rmSync(file);
    expect(existsSync(`${file}-wal`)).toBe(true);
    await expect(lasting.client.labels.set({ ...label, boundaries: [3, 4] })).rejects.toThrow('removed or');
    expect(await lasting.rescue()).toBe(file);
    await lasting.close();
    expect(await lasting.client.labels.get(rollout.id, 'ann')).toMatchObject({ boundaries: [1, 2] });
    expect(await lasting.client.labels.set({ ...label, boundaries: [3, 4] })).toMatchObject({ canUndo: true });
    expect(openStore(file).labels.get(rollout.id, 'ann').boundaries).toEqual([3, 4]);
  });

  it('is saved beside the file that took its place, which stays as it is', async () => {
    const { lasting, file } = await makeLasting();
    const other = join(temporaryFolder(), 'other.db');
    Store.open(other).close();
    await lasting.client.labels.set(label);
    for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`);
    copyFileSync(other, file);
    await expect(lasting.client.labels.set(label)).rejects.toThrow('removed or');
    const saved = await lasting.rescue();
    expect(saved).toMatch(/rollouts-rescued-[\dT-]+\.db$/);
    expect(readdirSync(dirname(file))).not.toContain('rollouts.db-wal');
    expect(openStore(saved).labels.get(rollout.id, 'ann').boundaries).toEqual([1, 2]);
    expect(openStore(file).prompts.datasets()).toEqual([]);
  });

  it('has nothing to be saved elsewhere while it is where it was opened', async () => {
    const { lasting } = await makeLasting();
    await lasting.open();
    await expect(lasting.rescue()).rejects.toThrow('nothing to save elsewhere');
  });
});
