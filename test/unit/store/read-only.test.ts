/** Stores that may not be written to: on a disk that is mounted read-only, and in a folder or a file of somebody else. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { migrations } from '../../../src/store/schema.ts';
import { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, raw, temporaryFolder } from './fixture.ts';

interface Said {
  readOnly: string | null;
  refused: Record<string, string | null>;
}

const program = join(import.meta.dirname, 'processes/read-only.ts');

/** A store with a label, a comment and a run that has lost its process, in a folder that anybody may read. */
function labelled() {
  const folder = join(temporaryFolder(), 'project');
  mkdirSync(folder);
  chmodSync(dirname(folder), 0o755);
  const file = join(folder, 'rollouts.db');
  const store = Store.open(file);
  onTestFinished(() => store.close());
  const prompt = makePrompt();
  const [rollout] = makeGroup(prompt, [1]);
  store.addRollouts([prompt], [rollout]);
  store.labels.set({ rolloutId: rollout.id, annotator: 'ann', boundaries: [3, 9] });
  store.comments.add(rollout.id, 'ann', { body: 'Look.', text: null, video: null });
  const run = store.runs.create('run', presetConfig('avatar', 'policy', 1));
  store.runs.claim(run.id);
  store.runs.release(run.id);
  return { folder, file, store, id: rollout.id };
}

const content = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );

/** A folder for the program's own files, which it has to leave empty but for the copy that it was asked for. */
function scratch(): { out: string; temporary: string } {
  const folder = temporaryFolder();
  chmodSync(folder, 0o777);
  const [out, temporary] = ['out', 'tmp'].map((name) => join(folder, name));
  for (const one of [out, temporary]) {
    mkdirSync(one);
    chmodSync(one, 0o777);
  }
  return { out, temporary };
}

/** What the program says of the store; `wrap` starts it where it may not write. */
function read(file: string, id: string, wrap: (words: string[]) => [string, string[], object?]): Said {
  const { out, temporary } = scratch();
  const [command, words, options] = wrap([process.execPath, program, file, id, out]);
  const { stdout, stderr } = spawnSync(command, words, {
    ...{ encoding: 'utf8', env: { ...process.env, TMPDIR: temporary } },
    ...options,
  });
  expect(stdout, stderr).toContain('{');
  if (process.platform !== 'win32') expect(readdirSync(temporary)).toEqual([]);
  return JSON.parse(stdout) as Said;
}

/** As the root of a namespace in which the folder is mounted read-only. */
const mounted = (folder: string, words: string[]): [string, string[]] => [
  'unshare',
  ['-rm', 'sh', '-c', 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && "$@"', folder, ...words],
];

/** As somebody whom file modes keep out: root, as whom tests may run, they do not. */
const asNobody = ([command, ...words]: string[]): [string, string[], object] => [
  command,
  words,
  process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {},
];

function expectReadable(said: Said, file: string, why: string, label = [3, 9]): void {
  expect(said).toMatchObject({
    readOnly: `The store is read-only: ${why}. Nothing can be saved. Refresh reads it anew.`,
    ...{ trouble: null, file, label, comments: 1, found: 1, runs: ['lost'] },
  });
  for (const [what, words] of Object.entries(said.refused)) {
    expect(words, what).toContain(`StoreReadOnly: not saved: the store ${file} is read-only (${why}).`);
    expect(words, what).toContain('rollout-lab backup --db FILE --out COPY');
  }
}

describe.skipIf(spawnSync('unshare', ['-rm', 'true']).status !== 0)(
  'a store on a disk that is mounted read-only',
  () => {
    const why = 'its disk is mounted read-only';

    it('is read, and left as it is', () => {
      const { folder, file, store, id } = labelled();
      store.close();
      const before = content(folder);
      expectReadable(
        read(file, id, (words) => mounted(folder, words)),
        file,
        why,
      );
      expect(content(folder)).toEqual(before);
    });

    it('is read with the log that a crash left', () => {
      const { file, id, folder } = labelled();
      const crashed = join(temporaryFolder(), 'crashed');
      // As of a process that was killed: all but what only lives with it.
      cpSync(folder, crashed, { recursive: true, filter: (path) => !path.endsWith('-shm') });
      const copy = file.replace(folder, crashed);
      expect(readFileSync(`${copy}-wal`).length).toBeGreaterThan(0);
      const before = content(crashed);
      expectReadable(
        read(copy, id, (words) => mounted(crashed, words)),
        copy,
        why,
      );
      expect(content(crashed)).toEqual(before);
    });

    it('is read as it is while another process that may write has it open', () => {
      const { file, store, id, folder } = labelled();
      store.labels.set({ rolloutId: id, annotator: 'ann', boundaries: [4, 8] });
      expectReadable(
        read(file, id, (words) => mounted(folder, words)),
        file,
        why,
        [4, 8],
      );
    });

    it('of an older version is read and stays of that version', () => {
      const file = join(temporaryFolder(), 'rollouts.db');
      raw(file, (database) => migrate(database, migrations.slice(0, 15)));
      const before = content(dirname(file));
      const opens = join(import.meta.dirname, 'processes/open.ts');
      const [command, words] = mounted(dirname(file), [process.execPath, opens, file]);
      const { stdout, stderr } = spawnSync(command, words, { encoding: 'utf8', input: 'go\n' });
      expect(stdout, stderr).toBe('ready\n0\n');
      expect(content(dirname(file))).toEqual(before);
    });

    it('is listed and exported by the command line, which says why it does not write and exits with 1', () => {
      const { file, store, id, folder } = labelled();
      store.close();
      const { out } = scratch();
      const rolloutLab = (...words: string[]) => {
        const [command, all] = mounted(folder, [
          process.execPath,
          join(inject('dist'), 'cli.cjs'),
          ...words,
          '--db',
          file,
        ]);
        return spawnSync(command, all, { encoding: 'utf8' });
      };
      const labels = join(out, 'labels.jsonl');
      expect(rolloutLab('export', 'labels', '--out', labels).status).toBe(0);
      expect(readFileSync(labels, 'utf8')).toContain('"boundaries":[3,9]');
      expect(rolloutLab('list', 'rollouts').stdout).toContain(id);
      const set = ['labels', 'set', '--rollout', id, '--annotator', 'ann', '--boundaries', '1,2'];
      // Not even asked for: nothing listens there.
      const ask = ['suggest', '--model', 'small', '--judge', 'http://127.0.0.1:9/v1', '--send'];
      for (const words of [set, ['import', labels], ask]) {
        const { status, stderr } = rolloutLab(...words);
        expect([status, stderr]).toEqual([1, expect.stringContaining(`the store ${file} is read-only (${why})`)]);
      }
    });

    it('that is not there is not made, and its folder is named', () => {
      const { folder, id } = labelled();
      const file = join(folder, 'other.db');
      const [command, words] = mounted(folder, [process.execPath, program, file, id]);
      const { stderr } = spawnSync(command, words, { encoding: 'utf8' });
      expect(stderr).toContain(`the store ${file} cannot be opened`);
      expect(stderr).toContain('its folder may not be written to');
    });
  },
);

// On Windows a folder's mode says nothing.
describe.skipIf(process.platform === 'win32')('a store of somebody else', () => {
  it.each([
    [
      'in a folder that may only be read',
      (file: string) => chmodSync(dirname(file), 0o555),
      (file: string) => dirname(file),
    ],
    ['that may only be read itself', (file: string) => chmodSync(dirname(file), 0o777), (file: string) => file],
  ])('%s is read, and left as it is', (_, protect, named) => {
    const { folder, file, store, id } = labelled();
    store.close();
    chmodSync(file, 0o444);
    protect(file);
    onTestFinished(() => chmodSync(folder, 0o755));
    const before = content(folder);
    expectReadable(read(file, id, asNobody), file, `you may not write to ${named(file)}`);
    expect(content(folder)).toEqual(before);
  });
});
