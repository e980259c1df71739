/** What the command line's exit codes tell, also where the disk is full: a limit on a process's files fails its writes as that does. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it, vi } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import { labelLineOf } from '../../../src/formats/rollout-lab.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

vi.setConfig({ testTimeout: 120_000 });

interface Outcome {
  code: number;
  document: Record<string, unknown>;
}

/** Runs the command line, which can write files of `blocks` blocks (of 512 bytes or 1 KiB, as the shell counts) at most. */
function rolloutLab(cli: string, words: string[], blocks: number | 'unlimited' = 'unlimited'): Promise<Outcome> {
  const limited = ['-c', `ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, cli, ...words, '--json'];
  return new Promise((done) =>
    execFile('sh', limited, (error, stdout) =>
      done({ code: error ? Number(error.code) : 0, document: JSON.parse(stdout) as Outcome['document'] }),
    ),
  );
}

/** The same, but for Ctrl+C once `isBegun` sees so by what it has told. */
async function interrupted(cli: string, words: string[], isBegun: (told: string) => boolean): Promise<Outcome> {
  const child = spawn(process.execPath, [cli, ...words, '--json']);
  const printed = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed.err += chunk.toString()));
  const ended = new Promise<number>((done) => child.on('close', done));
  await expect.poll(() => isBegun(printed.err), { timeout: 60_000, interval: 1 }).toBe(true);
  child.kill('SIGINT');
  return { code: await ended, document: JSON.parse(printed.out) as Outcome['document'] };
}

/** A verl dump of `count` rollouts. */
function dumpOf(folder: string, count: number): string {
  const file = join(folder, '1.jsonl');
  const rows = Array.from({ length: count }, (_, i) => ({
    ...{ input: `q${i % 997}`, output: `answer ${i} `.repeat(20), score: i % 2, step: 1 },
  }));
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

it('an import of which nothing can be read fails; one with a bad line does not, however often', async () => {
  const cli = join(inject('dist'), 'cli.cjs');
  const folder = temporaryFolder();
  const db = join(folder, 'rollouts.db');
  const prompt = makePrompt();
  const rollouts = makeGroup(prompt, [1]);
  openStore(db).addRollouts([prompt], rollouts);
  const labels = join(folder, 'a.labels.jsonl');
  writeFileSync(labels, `${labelLineOf(rollouts[0].id, { annotator: 'ann', boundaries: [1, 2] })}{}\n`);
  for (const taken of [1, 0]) {
    const { code, document } = await rolloutLab(cli, ['import', labels, '--db', db]);
    expect([code, document]).toMatchObject([0, { rows: 1, labels: taken, rejected: [{ line: 2 }] }]);
  }
  writeFileSync(labels, '{"format":"rollout-lab/1"}\n');
  const { code, document } = await rolloutLab(cli, ['import', labels, '--db', db]);
  expect([code, document]).toMatchObject([1, { files: 1, rows: 0, rejected: [{ line: 1 }] }]);
});

it('a Node in which the store’s addon would end the process is refused', async () => {
  const cli = join(inject('dist'), 'cli.cjs');
  const older = join(temporaryFolder(), 'older.cjs');
  writeFileSync(
    older,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });",
  );
  const { code, document } = await rolloutLab('--require', [older, cli, 'doctor']);
  expect([code, document]).toEqual([1, { error: expect.stringContaining('Node 20.20.2 is too old') as string }]);
});

it('a run, prompt or dataset that is not in the store is told, and a path that cannot be used, in words', async () => {
  const cli = join(inject('dist'), 'cli.cjs');
  const folder = temporaryFolder();
  const db = join(folder, 'rollouts.db');
  const prompt = makePrompt({ dataset: 'clips' });
  openStore(db).addRollouts([prompt], makeGroup(prompt, [1]));
  const out = join(folder, 'out.jsonl');
  const faults: [words: string[], error: string][] = [
    [['list', 'rollouts', '--run', 'nope'], 'there is no run nope in this store'],
    [['list', 'rollouts', '--prompt', 'nope'], 'there is no prompt nope in this store'],
    [['list', 'prompts', '--dataset', 'nope'], 'there is no dataset nope in this store; it has clips'],
    [['export', 'rollouts', '--run', 'nope', '--out', out], 'there is no run nope in this store'],
    [['export', 'prompts', '--dataset', 'nope', '--out', out], 'there is no dataset nope in this store; it has clips'],
    [['export', 'rollouts', '--out', folder], `${folder}: this is a folder: name a file`],
    [['export', 'rollouts', '--out', join(out, 'a')], `${join(out, 'a')}: there is no such file or folder`],
    [['import', join(folder, 'nope.jsonl')], `there is no file or folder ${join(folder, 'nope.jsonl')}`],
  ];
  for (const [words, error] of faults) {
    const { code, document } = await rolloutLab(cli, [...words, '--db', db]);
    expect([code, document]).toEqual([1, { error }]);
  }
  expect(existsSync(out)).toBe(false);
});

it.skipIf(process.platform === 'win32')(
  'an import that fills the disk fails, says what is there, and takes in the rest when there is room',
  async () => {
    const cli = join(inject('dist'), 'cli.cjs');
    const folder = temporaryFolder();
    const db = join(folder, 'rollouts.db');
    const words = ['import', dumpOf(folder, 30_000), '--db', db];
    const full = await rolloutLab(cli, words, 8000);
    expect(full.code).toBe(1);
    expect(full.document.error).toMatch(
      /^the store cannot be written: .*\. What was read before stays: \d+ new rollouts/u,
    );
    const kept = Number(/stays: (\d+) new rollouts/u.exec(String(full.document.error))![1]);
    expect(kept).toBeGreaterThan(0);
    const rest = await rolloutLab(cli, words);
    expect([rest.code, rest.document]).toMatchObject([0, { rollouts: 30_000 - kept, duplicates: kept, rejected: [] }]);
  },
);

it.skipIf(process.platform === 'win32')('an export that fills the disk fails, and leaves what was there', async () => {
  const cli = join(inject('dist'), 'cli.cjs');
  const folder = temporaryFolder();
  const db = join(folder, 'rollouts.db');
  await rolloutLab(cli, ['import', dumpOf(folder, 5000), '--db', db]);
  const out = join(folder, 'export.jsonl');
  writeFileSync(out, 'mine');
  const words = ['export', 'rollouts', '--db', db, '--out', out];
  const { code, document } = await rolloutLab(cli, words, 400);
  expect([code, document]).toMatchObject([1, { error: expect.stringContaining('EFBIG') as string }]);
  expect(readFileSync(out, 'utf8')).toBe('mine');
  expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  expect((await rolloutLab(cli, words)).code).toBe(0);
  expect(readFileSync(out, 'utf8').split('\n')).toHaveLength(5001);
  expect(existsSync(`${out}.partial`)).toBe(false);
});

it.skipIf(process.platform === 'win32')(
  'Ctrl+C ends an import, of which stays what is there, and an export, of which nothing does',
  async () => {
    const cli = join(inject('dist'), 'cli.cjs');
    const folder = temporaryFolder();
    const db = join(folder, 'rollouts.db');
    const words = ['import', dumpOf(folder, 30_000), '--db', db];
    const stopped = { code: 1, document: { error: 'interrupted' } };
    expect(await interrupted(cli, words, (told) => /: [1-9][\d,]* rollouts?/u.test(told))).toEqual(stopped);
    const { document } = await rolloutLab(cli, words);
    const [kept, rest] = [document.duplicates as number, document.rollouts as number];
    expect([kept > 0, rest > 0, kept + rest]).toEqual([true, true, 30_000]);
    const out = join(folder, 'out');
    mkdirSync(out);
    const exported = ['export', 'rollouts', '--db', db, '--out', join(out, 'all.jsonl')];
    expect(await interrupted(cli, exported, () => readdirSync(out).length > 0)).toEqual(stopped);
    expect(readdirSync(out)).toEqual([]);
  },
);

it.skipIf(process.platform === 'win32')('a run that cannot be started fails with its reason', async () => {
  const cli = join(inject('dist'), 'cli.cjs');
  const folder = temporaryFolder();
  const store = openStore(join(folder, 'rollouts.db'));
  const { id } = store.runs.create('first', presetConfig('grpo', join(folder, 'policy'), 1));
  symlinkSync(temporaryFolder(), join(folder, 'logs'));
  const { code, document } = await rolloutLab(cli, ['runs', 'resume', id, '--db', store.file]);
  const error = expect.stringMatching(/^the training process cannot start: .*logs is a symbolic link/u) as string;
  expect([code, document]).toMatchObject([1, { status: 'failed', error }]);
  expect(store.runs.get(id)).toMatchObject({ status: 'failed', error });
  expect((await rolloutLab(cli, ['runs', 'show', id, '--db', store.file])).code).toBe(0);
});
