import { setTimeout as sleep } from 'node:timers/promises';
import {
  appendFileSync,
  copyFileSync,
  globSync,
  mkdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Rollout } from '../../../src/domain/rollout.ts';
import { followFolder, type Followed } from '../../../src/formats/follow.ts';
import { importFiles } from '../../../src/formats/import.ts';
import type { Store } from '../../../src/store/store.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures } from './fixture.ts';

const written = new Date('2026-01-01T00:00:00Z');

/** All that came in, without where it came from and when, in an order of its own. */
const held = (store: Store): Rollout[] =>
  everything(store)
    .map((rollout) => ({ ...rollout, source: '', createdAt: '' }))
    .sort((a, b) => a.id.localeCompare(b.id));

describe('a file that grows', () => {
  const dumps = globSync('**/*.jsonl', { cwd: fixtures }).filter(
    (name) => !readFileSync(join(fixtures, name), 'utf8').startsWith('['),
  );

  it.each(dumps)('comes to what it comes to when it is read at its end: %s', async (name) => {
    const bytes = readFileSync(join(fixtures, name));
    const folder = temporaryFolder();
    for (const beside of globSync('*.*', { cwd: dirname(join(fixtures, name)) })) {
      const from = join(fixtures, dirname(name), beside);
      if (statSync(from).isFile()) copyFileSync(from, join(folder, beside));
    }
    const file = join(folder, basename(name));
    const grow = (length: number): void => {
      writeFileSync(file, bytes.subarray(0, length));
      utimesSync(file, written, written);
    };
    const growing = openStore();
    for (const part of [0.31, 0.93]) {
      grow(Math.round(part * bytes.length));
      await importFiles(growing, [folder], { growing: new Map([[file, false]]) });
    }
    grow(bytes.length);
    const last = await importFiles(growing, [folder], { growing: new Map([[file, true]]) });
    const atOnce = openStore();
    const whole = await importFiles(atOnce, [folder], { growing: new Map([[file, true]]) });
    expect(last).toMatchObject({ rows: whole.rows, rejected: whole.rejected });
    expect(held(growing)).toEqual(held(atOnce));
  });

  const folders = new Map(
    [...Map.groupBy(globSync('**/*.*', { cwd: fixtures }), (name) => name.split('/').slice(0, 2).join('/'))]
      .map(([folder, files]) => [folder, files.filter((name) => statSync(join(fixtures, name)).isFile())] as const)
      .filter(([folder, files]) => files.length > 1 && statSync(join(fixtures, folder)).isDirectory()),
  );

  /** What is found again keeps its id, and its group. */
  const said = (store: Store): string[] =>
    held(store)
      .map((rollout) => JSON.stringify({ ...rollout, id: '', groupId: '' }))
      .sort();

  it.each([...folders.keys()])('of a folder that grows comes to what the whole folder comes to: %s', async (name) => {
    const folder = temporaryFolder();
    const growing = openStore();
    const byName = new Intl.Collator('en', { numeric: true });
    for (const one of folders.get(name)!.toSorted((a, b) => byName.compare(a, b))) {
      const file = join(folder, one);
      mkdirSync(dirname(file), { recursive: true });
      copyFileSync(join(fixtures, one), file);
      utimesSync(file, written, written);
      await importFiles(growing, [folder], { update: true });
    }
    const atOnce = openStore();
    await importFiles(atOnce, [folder]);
    expect(said(growing)).toEqual(said(atOnce));
  });
});

describe('a folder that is followed', () => {
  const line = (text: string): string =>
    `${JSON.stringify({ input_prompt: 'Which?', output_response: text, score: 1, env_class: 'av' })}\n`;
  const patience = { timeout: 60_000, interval: 100 };

  it('gives what comes in as it comes, half a line when it is whole, and tables when they have settled', async () => {
    const folder = temporaryFolder();
    const store = openStore();
    const ended = new AbortController();
    const told: Followed[] = [];
    writeFileSync(join(folder, 'a.jsonl'), line('A'));
    const following = followFolder(folder, {
      signal: ended.signal,
      read: (options) => importFiles(store, [folder], options),
      onRead: (followed) => told.push(followed),
    });
    const texts = (): string[] => everything(store).map(({ completion }) => completion);
    await expect.poll(texts, patience).toEqual(['A']);
    mkdirSync(join(folder, 'step_2'));
    const [whole, half] = [line('B'), line('C')];
    appendFileSync(join(folder, 'a.jsonl'), whole + half.slice(0, 20));
    const table = readFileSync(join(fixtures, 'trl/weights/completions/completions_00001.parquet'));
    writeFileSync(join(folder, 'step_2/completions_00001.parquet'), table.subarray(0, table.length / 2));
    await expect.poll(texts, patience).toEqual(['A', 'B']);
    await expect.poll(() => told.at(-1)?.unfinished.length, patience).toBe(2);
    expect(told.at(-1)).toMatchObject({ files: 1, rollouts: 2, rejected: [] });
    appendFileSync(join(folder, 'a.jsonl'), half.slice(20));
    appendFileSync(join(folder, 'step_2/completions_00001.parquet'), table.subarray(table.length / 2));
    writeFileSync(join(folder, 'b.jsonl'), `{"broken"\n${line('D')}`);
    const all = openStore();
    const { rollouts } = await importFiles(all, [folder]);
    await expect.poll(() => texts().length, patience).toBe(rollouts);
    await expect.poll(() => told.at(-1)?.unfinished, patience).toEqual([]);
    ended.abort();
    const followed = await following;
    expect(followed).toMatchObject({ files: 3, rollouts, rejected: [{ file: join(folder, 'b.jsonl'), line: 1 }] });
    expect(held(store)).toEqual(held(all));
  }, 120_000);

  it('ends a reading with its signal, and says so when the folder is not there', async () => {
    const folder = temporaryFolder();
    const ended = new AbortController();
    writeFileSync(join(folder, 'a.jsonl'), line('A'));
    const read = vi.fn(async () => {
      ended.abort(new Error('interrupted'));
      await sleep(1);
      throw ended.signal.reason;
    });
    await expect(followFolder(folder, { signal: ended.signal, read })).rejects.toThrow('interrupted');
    expect(read).toHaveBeenCalledOnce();
    await expect(followFolder(join(folder, 'none'), { signal: new AbortController().signal, read })).rejects.toThrow(
      'ENOENT',
    );
  });
});
