import { execFileSync, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { exportInWorker, type ExportChoice } from '../../../src/formats/client.ts';
import { writeFolder, writeWhole } from '../../../src/formats/whole-file.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

const full = new Error('the disk is full');

/** Has a process of its own write `out` and be killed in the midst of it. */
function killed(write: string, out: string): void {
  const source = join(import.meta.dirname, '../../../src/formats/whole-file.ts');
  const text = `import { statSync, writeFileSync } from 'node:fs';
    const { ${write} } = await import(process.argv[1]);
    await ${write}(process.argv[2], async (partial) => {
      writeFileSync(statSync(partial).isDirectory() ? partial + '/half' : partial, 'half');
      process.kill(process.pid, 'SIGKILL');
    });`;
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', text, source, out]);
  expect(signal).toBe('SIGKILL');
}

describe('a file that is written whole', () => {
  it('takes the place of the old one only when it is complete', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out.csv');
    await writeWhole(out, 'first');
    await writeWhole(out, async (file) => {
      await writeFile(file, 'sec');
      expect(readFileSync(out, 'utf8')).toBe('first');
      await writeFile(file, 'second');
    });
    expect(readFileSync(out, 'utf8')).toBe('second');
    expect(readdirSync(folder)).toEqual(['out.csv']);
  });

  it('leaves the old one and nothing else after a failure', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out.csv');
    const failing = (): Promise<void> =>
      writeWhole(out, async (file) => {
        await writeFile(file, 'half');
        throw full;
      });
    await expect(failing()).rejects.toThrow('the disk is full');
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(out, 'mine');
    await expect(failing()).rejects.toThrow('the disk is full');
    expect([readdirSync(folder), readFileSync(out, 'utf8')]).toEqual([['out.csv'], 'mine']);
  });

  it.skipIf(process.platform === 'win32')('removes what a killed process left there, an hour later', async () => {
    const folder = temporaryFolder();
    const modes = { file: 'writeWhole', folder: 'writeFolder' };
    for (const [kind, write] of Object.entries(modes)) killed(write, join(folder, kind));
    const left = readdirSync(folder).find((name) => /^file\..*\.partial$/u.test(name))!;
    const [inner] = readdirSync(join(folder, 'folder'));
    expect([readdirSync(folder).sort(), inner]).toEqual([[left, 'folder'], expect.stringMatching(/^\.partial-/u)]);
    await expect(writeFolder(join(folder, 'folder'), () => Promise.resolve())).rejects.toThrow('has files in it');
    // As this process looks through a folder once, another one is given what has lain there for long.
    const later = temporaryFolder();
    for (const name of [left, 'mine.partial', 'new.jsonl.00000000-0000-0000-0000-000000000000.partial'])
      writeFileSync(join(later, name), 'half');
    renameSync(join(folder, 'folder'), join(later, 'folder'));
    for (const old of [left, 'mine.partial', 'folder', `folder/${inner}`, `folder/${inner}/half`])
      utimesSync(join(later, old), 0, 0);
    await writeWhole(join(later, 'out.csv'), 'whole');
    await writeFolder(join(later, 'folder'), (into) => writeFile(join(into, 'a.eaf'), 'a'));
    expect(readdirSync(later).sort()).toEqual(
      ['folder', 'mine.partial', 'new.jsonl.00000000-0000-0000-0000-000000000000.partial', 'out.csv'].sort(),
    );
    expect(readdirSync(join(later, 'folder'))).toEqual(['a.eaf']);
  });

  it('names what it was asked for where that cannot be', async () => {
    const folder = temporaryFolder();
    await expect(writeWhole(join(folder, 'no/out.csv'), 'x')).rejects.toThrow(/no\/out\.csv'$/u);
    await expect(writeWhole(folder, 'x')).rejects.toThrow('EISDIR');
  });

  it('keeps who may read the old one, and a link to it', async () => {
    const folder = temporaryFolder();
    const [real, link] = [join(folder, 'real.csv'), join(folder, 'link.csv')];
    writeFileSync(real, 'mine');
    chmodSync(real, 0o640);
    symlinkSync(real, link);
    await writeWhole(link, 'new');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect([readFileSync(real, 'utf8'), statSync(real).mode & 0o777]).toEqual(['new', 0o640]);
  });

  it.skipIf(process.platform === 'win32')('is written into a pipe as it is', async () => {
    const pipe = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const heard = readFile(pipe, 'utf8');
    await writeWhole(pipe, (file) => new Promise((done) => createWriteStream(file).end('through', () => done())));
    expect(await heard).toBe('through');
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });
});

describe('a folder that is written whole', () => {
  const some = async (folder: string): Promise<void> => {
    await writeFile(join(folder, 'a.eaf'), 'a');
    mkdirSync(join(folder, 'inner'));
  };

  it('is made with those above it, or filled when it is empty', async () => {
    const folder = temporaryFolder();
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    for (const out of [join(folder, 'new/eaf'), empty]) {
      await writeFolder(out, some);
      expect(readdirSync(out).sort()).toEqual(['a.eaf', 'inner']);
    }
  });

  it('leaves nothing after a failure: an empty one stays, a new one goes', async () => {
    const folder = temporaryFolder();
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    for (const out of [join(folder, 'new/eaf'), empty]) {
      const failing = writeFolder(out, async (inner) => {
        await some(inner);
        throw full;
      });
      await expect(failing).rejects.toThrow('the disk is full');
    }
    expect(readdirSync(folder)).toEqual(['empty']);
    expect(readdirSync(empty)).toEqual([]);
  });
});

const choices: [name: string, choice: ExportChoice][] = [
  ['labels.csv', { what: 'labels', format: 'csv' }],
  ['eaf', { what: 'labels', format: 'eaf' }],
  ['labels.json', { what: 'labels', format: 'label-studio' }],
  ['agreement.csv', { what: 'agreement' }],
  ['judgements.jsonl', { what: 'judgements', format: 'trl' }],
  ['preferences.jsonl', { what: 'preferences', format: 'trl' }],
  ['corrections.jsonl', { what: 'corrections', format: 'trl' }],
  ['prompts.jsonl', { what: 'prompts', format: 'dataset' }],
  ['rollouts.jsonl', { what: 'rollouts', format: 'rollout-lab' }],
  ['trl.parquet', { what: 'rollouts', format: 'trl' }],
  ['training.parquet', { what: 'training', format: 'training-parquet' }],
];

it.each(choices)('an export that is cancelled leaves nothing: %s', async (name, choice) => {
  const folder = temporaryFolder();
  const store = join(folder, 'rollouts.db');
  const prompt = makePrompt();
  const rollouts = makeGroup(prompt, [1, 0, 1, 0]);
  const opened = openStore(store);
  opened.addRollouts([prompt], rollouts);
  for (const { id } of rollouts) opened.labels.set({ rolloutId: id, annotator: 'ann', boundaries: [1, 2] });
  for (const { id } of rollouts)
    opened.judgements.set(id, 'ann', { start: 0, end: 1, verdict: 'correct', error: null });
  for (const { id } of rollouts) opened.corrections.set(id, 'ann', 'Better.');
  for (const { id } of rollouts.slice(1))
    opened.preferences.set(id, 'ann', { other: rollouts[0].id, verdict: 'better' });
  const out = join(folder, 'out', name);
  mkdirSync(join(folder, 'out'));
  const worker = join(inject('dist'), 'export-worker.cjs');
  const cancel = new AbortController();
  const exporting = exportInWorker({ store, out, choice, query: {} }, cancel.signal, worker);
  // Before its thread has read a row.
  cancel.abort(new Error('enough'));
  await expect(exporting).rejects.toThrow('enough');
  expect(readdirSync(join(folder, 'out'))).toEqual([]);
  expect(existsSync(out)).toBe(false);
  expect(await exportInWorker({ store, out, choice, query: {} }, new AbortController().signal, worker)).toMatchObject({
    count: ({ agreement: 0, preferences: 3, prompts: 1 } as Record<string, number>)[choice.what] ?? 4,
    left: [],
  });
});
