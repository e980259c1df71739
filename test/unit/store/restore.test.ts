import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import { backupsOf } from '../../../src/store/backups.ts';
import { checkStore } from '../../../src/store/check.ts';
import { restoreStore } from '../../../src/store/restore.ts';
import { Store } from '../../../src/store/store.ts';
import { holderOf } from './holder.ts';
import { makeGroup, makePrompt, openStore, peopleTables, raw, temporaryFolder } from './fixture.ts';

const prompt = makePrompt();
const rollouts = makeGroup(prompt, new Array<number>(60).fill(1), {
  completion: `Plan. See. So. ${'More of it. '.repeat(60)}`,
});
const ids = rollouts.map(({ id }) => id);

/** A closed store whose rollouts before `labelled` have a label, a backup of that, and then labels of all others. */
function damageable(labelled = 30): { file: string; backup: string } {
  const file = join(temporaryFolder(), 'rollouts.db');
  const store = Store.open(file);
  store.addRollouts([prompt], rollouts);
  const label = (rolloutId: string): void =>
    void store.labels.set({ rolloutId, annotator: 'ann', boundaries: [5, 10] });
  ids.slice(0, labelled).forEach(label);
  const backup = store.backUpWhenDue(7)!;
  ids.slice(labelled).forEach(label);
  store.close();
  return { file, backup };
}

const labelsIn = (file: string): number => {
  const store = openStore(file);
  return ids.filter((id) => store.labels.get(id, 'ann').boundaries?.join() === '5,10').length;
};

describe('a damaged store', () => {
  it('is told with its file and the cure, is kept byte for byte, and comes back with every label', () => {
    const random = xoroshiro128plus(16);
    let noticed = 0;
    for (let round = 0; round < 4; round += 1) {
      const { file, backup } = damageable();
      const bytes = readFileSync(file);
      const pages = bytes.length / 4096;
      for (let i = 0; i < 4; i += 1) {
        const start = uniformInt(random, 1, pages - 1) * 4096;
        bytes.fill(round % 2 === 0 ? 0 : 0xa5, start, start + 4096);
      }
      writeFileSync(file, bytes);
      const { faults, backups } = checkStore(file);
      if (faults.length > 0) noticed += 1;
      expect(backups.map(({ path }) => path)).toEqual([backup]);
      expect(readFileSync(file).equals(bytes)).toBe(true);
      const restored = restoreStore(file, faults.length > 0 ? null : backup);
      expect(restored).toMatchObject({ file, from: backup, edits: 30, left: [] });
      expect(readFileSync(restored.kept!).equals(bytes)).toBe(true);
      expect(checkStore(file)).toMatchObject({ faults: [], lost: 0 });
      expect(labelsIn(file)).toBe(60);
    }
    expect(noticed).toBe(4);
  }, 60_000);

  it('that is too short says so', () => {
    const { file } = damageable();
    const { size } = statSync(file);
    for (const part of [0.9, 0.5, 0.2]) {
      truncateSync(file, Math.floor(size * part));
      expect(checkStore(file).faults[0]).toBe(`its last ${size - Math.floor(size * part)} bytes are gone`);
    }
    restoreStore(file, null);
    expect(labelsIn(file)).toBe(60);
  });

  it.each([
    ['cut in its first page', (file: string) => truncateSync(file, 1000)],
    ['empty', (file: string) => truncateSync(file, 0)],
    ['overwritten', (file: string) => writeFileSync(file, 'Something else.'.repeat(1000))],
    ['gone', (file: string) => rmSync(file)],
  ])('that is %s comes back', (_, damage) => {
    const { file, backup } = damageable();
    damage(file);
    expect(checkStore(file).faults).not.toEqual([]);
    expect(restoreStore(file, null)).toMatchObject({ from: backup, edits: 30 });
    expect(labelsIn(file)).toBe(60);
    expect(readdirSync(dirname(file)).filter((name) => name.includes('unfinished'))).toEqual([]);
  });

  it('names its path and the cure where it is read, and is not written to any more', () => {
    const { file } = damageable();
    const before = readFileSync(file);
    const root = raw(file, (database) =>
      database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'labels'").pluck().get(),
    ) as number;
    before.fill(0xa5, (root - 1) * 4096, root * 4096);
    writeFileSync(file, before);
    const store = openStore(file);
    const told = `the store ${file} is damaged (database disk image is malformed). Nothing more is written to it. The command “Rollout Lab: Restore Store…”`;
    expect(() => store.labels.get(ids[0], 'ann')).toThrow(told);
    expect(store.rollouts.get(ids[0])!.completion).toBe(rollouts[0].completion);
    expect(() => store.statuses.flag(ids[0], 'ann', true)).toThrow(told);
    store.close();
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is not replaced by an empty copy, as older versions left on a full disk', () => {
    const { file, backup } = damageable();
    writeFileSync(`${file}.v19.bak`, '');
    truncateSync(file, 5000);
    expect(backupsOf(file)[0]).toMatchObject({ path: `${file}.v19.bak`, bytes: 0 });
    expect(() => restoreStore(file, `${file}.v19.bak`)).toThrow('it is no store. Name another one.');
    expect(restoreStore(file, null)).toMatchObject({ from: backup, edits: 30 });
    expect(labelsIn(file)).toBe(60);
  });

  it('is left alone where there is no whole backup, with what to do', () => {
    const { file, backup } = damageable();
    truncateSync(backup, 5000);
    truncateSync(file, 5000);
    expect(() => restoreStore(file, null)).toThrow(`${file} has no backup that is whole beside it. Move it away`);
    expect(() => restoreStore(file, backup)).toThrow(`the backup ${backup} cannot be read`);
    const left = readdirSync(dirname(file)).filter((name) => !/-(?:wal|shm)$/u.test(name));
    expect([statSync(file).size, left.toSorted()]).toEqual([
      5000,
      ['backups', 'rollouts.db', 'rollouts.db.edits.jsonl'],
    ]);
    // What it says: the dumps anew, then the journal.
    rmSync(file);
    const store = openStore(file);
    store.addRollouts([prompt], rollouts);
    expect(store.lostText()).toContain('has lost 60 edits');
    expect(restoreStore(file, null)).toMatchObject({ from: null, kept: null, edits: 60 });
    expect(store.lostText()).toBeNull();
    expect(labelsIn(file)).toBe(60);
  });

  it('that has a reference or a word of its search index wrong is found', () => {
    const { file } = damageable();
    raw(file, (database) =>
      database.exec("INSERT INTO rollout_text (rollout_text, rowid, completion) VALUES ('delete', 1, 'Plan')"),
    );
    expect(checkStore(file).faults).toEqual([expect.stringContaining('rollout_text does not have what its texts say')]);
    const { file: other } = damageable();
    raw(other, (database) => {
      database.pragma('foreign_keys = OFF');
      database.exec('DELETE FROM prompts');
    });
    expect(checkStore(other).faults).toContain('60 rows of rollouts name a row of prompts that is not there');
  });
});

describe('what people wrote', () => {
  /** A closed store in which every kind of row says something. */
  function written(): { file: string; backup: string } {
    const { file, backup } = damageable();
    const store = Store.open(file);
    store.labels.set({ rolloutId: ids[0], annotator: 'ann', boundaries: [6, 11] });
    store.statuses.set(ids[0], 'ann', 'skipped', 'because it is dark');
    store.statuses.flag(ids[0], 'ann', true);
    store.tags.set([ids[0]], 'ann', 'tagged by ann', true);
    store.reviews.add(ids[0], 'ann', 'bo', 'accepted');
    store.comments.add(ids[0], 'ann', { body: 'Look at the lamp.', text: null, video: null });
    store.judgements.set(ids[0], 'ann', { start: 0, end: 6, verdict: 'wrong', error: 'visual omission' });
    store.preferences.set(ids[0], 'ann', { other: ids[1], verdict: 'worse' });
    store.corrections.set(ids[0], 'ann', 'The lantern is green.');
    store.corrections.draft(ids[0], 'ann', 'The lantern is gree');
    store.close();
    return { file, backup };
  }

  const said = (file: string): unknown[] =>
    raw(file, (database) =>
      ['labels', ...peopleTables].map((table) => database.prepare(`SELECT * FROM ${table}`).all()),
    );

  it('and is another text after a single bit is flipped is told by its row, and comes back', () => {
    const random = xoroshiro128plus(3);
    const { file, backup } = written();
    const whole = readFileSync(file);
    expect(checkStore(file).faults).toEqual([]);
    const before = said(file);
    const told = new Set<string>();
    for (const text of [
      'because it is dark',
      'accepted',
      'Look at the lamp.',
      '"boundaries":[6,11]',
      'skipped',
      'tagged by ann',
      'visual omission',
      'worse',
      'The lantern is green.',
      'The lantern is gree',
    ]) {
      for (let at = whole.indexOf(text); at >= 0; at = whole.indexOf(text, at + 1)) {
        const bytes = Buffer.from(whole);
        bytes[at + uniformInt(random, 0, text.length - 1)] ^= 1;
        writeFileSync(file, bytes);
        const { faults } = checkStore(file);
        // What SQLite left behind in a page is nobody's.
        if (faults.length === 0) expect(said(file), `${text} at ${at}`).toEqual(before);
        for (const fault of faults) told.add(fault);
      }
    }
    const rows = [
      'label of ann',
      'edit of ann’s label',
      'status of ann',
      'change of ann’s status or flag',
      'change of ann’s tags',
      'comment of ann',
      'judgement of ann',
      'preference of ann',
      'correction of ann',
      'draft of a correction of ann',
    ];
    for (const row of [...rows, 'review by bo of ann’s label'])
      expect(told, row).toContain(`the ${row} on rollout ${ids[0]} is not as it was saved`);
    expect(restoreStore(file, null)).toMatchObject({ from: backup, edits: 40, left: [] });
    expect(checkStore(file)).toMatchObject({ faults: [], lost: 0 });
    expect(labelsIn(file)).toBe(59);
  });

  it('and another program changed is told when the store was not closed, and by its later backups, which are passed over', () => {
    const { file, backup } = written();
    raw(file, (database) => database.exec("UPDATE comment_changes SET value = replace(value, 'lamp', 'door')"));
    const store = openStore(file);
    expect(store.lookOver()).toBeNull();
    // Whoever reads what is said on this rollout is told, though the store was closed.
    expect(store.rowText(ids[0])).toContain(`the comment of ann on rollout ${ids[0]} is not as it was saved`);
    expect(store.rowText(ids[1])).toBeNull();
    store.close();
    const later = join(dirname(backup), 'rollouts-backup-2099-01-01T00-00-00.db');
    copyFileSync(file, later);
    writeFileSync(`${file}-wal`, 'x');
    const opened = openStore(file);
    expect(opened.lookOver()).toContain(
      `the store ${file} is damaged: the comment of ann on rollout ${ids[0]} is not as it was saved. The command “Rollout Lab: Restore Store…”`,
    );
    // The file is whole: what is done now is kept.
    opened.statuses.flag(ids[1], 'ann', true);
    opened.close();
    expect(backupsOf(file)[0].path).toBe(later);
    expect(restoreStore(file, null)).toMatchObject({ from: backup, edits: 41, left: [] });
    expect(checkStore(file).faults).toEqual([]);
    const restored = openStore(file);
    expect(restored.comments.of(ids[0]).map(({ body }) => body)).toEqual(['Look at the lamp.']);
    expect(restored.statuses.of(ids[1]).flaggedBy).toEqual(['ann']);
  });
});

it('a store whose run a process has is not replaced beneath it', async () => {
  const { file, backup } = damageable();
  const store = openStore(file);
  const { id } = store.runs.create('one', presetConfig('avatar', 'policy', 1));
  store.close();
  const holder = await holderOf(file, id);
  expect(() => restoreStore(file, backup)).toThrow(`a process writes the run or the evaluation ${id} into ${file}`);
  await holder.kill();
  expect(restoreStore(file, backup)).toMatchObject({ from: backup, edits: 30 });
});

it('a log that was deleted after a crash, or left behind by a copy, is noticed, and its labels come back', async () => {
  for (const left of [['-wal'], ['-wal', '-shm']]) {
    const file = join(temporaryFolder(), 'rollouts.db');
    const store = Store.open(file);
    store.addRollouts([prompt], rollouts);
    store.close();
    const editor = spawn(process.execPath, [
      join(import.meta.dirname, 'processes/label-forever.ts'),
      file,
      ids[0],
      'ann',
    ]);
    const closed = once(editor, 'close');
    let text = '';
    editor.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if ((text += chunk).split('\n').length > 12) editor.kill('SIGKILL');
    });
    await closed;
    const copy = join(dirname(file), 'copy.db');
    copyFileSync(file, copy);
    copyFileSync(`${file}.edits.jsonl`, `${copy}.edits.jsonl`);
    for (const end of left) rmSync(`${file}${end}`);
    if (left.length === 1) expect(checkStore(file).faults[0]).toContain('its log');
    for (const one of [file, copy]) {
      rmSync(`${one}-shm`, { force: true });
      const { lost } = checkStore(one);
      const acknowledged = text.trim().split('\n').length;
      expect(lost).toBeGreaterThanOrEqual(acknowledged);
      expect(openStore(one).lookOver()).toContain(`has lost ${lost} edits`);
      expect(restoreStore(one, null)).toMatchObject({ from: null, kept: null, edits: lost, left: [] });
      const again = openStore(one);
      expect(again.labels.history(ids[0])).toHaveLength(lost);
      expect(again.lookOver()).toBeNull();
    }
  }
}, 60_000);

it('a store that was not closed is read through at the next opening, and then not written to if it is damaged', () => {
  const { file } = damageable();
  const bytes = readFileSync(file);
  const root = raw(file, (database) =>
    database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'revisions_by_label'").pluck().get(),
  ) as number;
  bytes.fill(0, (root - 1) * 4096, root * 4096);
  writeFileSync(file, bytes);
  writeFileSync(`${file}-wal`, 'x');
  const store = openStore(file);
  expect(store.lookOver()).toContain(`the store ${file} is damaged`);
  expect(() => store.statuses.flag(ids[0], 'ann', true)).toThrow('Nothing more is written to it');
});

describe('backups that are made by themselves', () => {
  /** Sets the time at which a file was written back. */
  const age = (path: string, days: number): void => {
    const then = Date.now() / 1000 - days * 86_400;
    utimesSync(path, then, then);
  };

  it('are made on change, at most one a day, and kept by number and age', () => {
    const file = join(temporaryFolder(), 'rollouts.db');
    const store = openStore(file);
    store.addRollouts([prompt], rollouts);
    expect(store.backUpWhenDue(0)).toBeNull();
    const first = store.backUpWhenDue(3)!;
    expect(store.backUpWhenDue(3)).toBeNull();
    store.statuses.flag(ids[0], 'ann', true);
    expect(store.backUpWhenDue(3)).toBeNull();
    age(first, 1.1);
    // Another name for the next: within a second two would have one.
    const older = [2, 3, 100].map((days) => {
      const path = join(dirname(file), 'backups', `rollouts-backup-2026-01-0${days % 9}T00-00-00.db`);
      copyFileSync(first, path);
      age(path, days);
      return path;
    });
    const renamed = join(dirname(file), 'backups', 'rollouts-backup-2026-01-09T00-00-00.db');
    copyFileSync(first, renamed);
    age(renamed, 1.1);
    rmSync(first);
    const second = store.backUpWhenDue(3)!;
    expect(backupsOf(file).map(({ path }) => path)).toEqual([second, renamed, older[0]]);
    expect(openStore(second).statuses.of(ids[0]).flaggedBy).toEqual(['ann']);
    // Nothing was written since.
    for (const path of [file, `${file}-wal`]) age(path, 2);
    age(second, 1.5);
    expect(store.backUpWhenDue(3)).toBeNull();
    expect(existsSync(older[2])).toBe(false);
  });

  it('are made of no store that is damaged: whatever is flipped in it, no whole backup goes for a damaged one', () => {
    const random = xoroshiro128plus(4);
    // All that a person or a model wrote, and what it hangs on.
    const said = (file: string): string =>
      raw(file, (database) =>
        JSON.stringify(
          ['labels', ...peopleTables]
            .map((table): unknown => database.prepare(`SELECT * FROM ${table}`).all())
            .concat(database.prepare('SELECT n, group_n, lower(completion) FROM rollouts').all()),
        ),
      );
    const { file, backup } = damageable();
    age(backup, 2);
    const whole = readFileSync(file);
    const truth = said(file);
    const counts = { refused: 0, made: 0 };
    for (let round = 0; round < 40; round += 1) {
      const bytes = Buffer.from(whole);
      const page = uniformInt(random, 1, whole.length / 4096 - 1) * 4096;
      for (let i = 0; i < 16; i += 1) bytes[page + uniformInt(random, 0, 4095)] ^= 1 << uniformInt(random, 0, 7);
      writeFileSync(file, bytes);
      let made: string | null = null;
      try {
        const store = openStore(file);
        made = store.backUpWhenDue(1);
        store.close();
      } catch (error) {
        expect((error as Error).name, String(error)).toBe('StoreDamaged');
      }
      if (made === null) {
        counts.refused += 1;
        expect(existsSync(backup)).toBe(true);
      } else {
        counts.made += 1;
        expect(said(made), `round ${round}`).toBe(truth);
        rmSync(made);
        writeFileSync(backup, whole);
        age(backup, 2);
      }
      for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    }
    expect(counts.refused).toBeGreaterThan(5);
    expect(counts.made).toBeGreaterThan(5);
  }, 60_000);

  it('leave files of other names alone, and find copies that people and migrations made', () => {
    const { file, backup } = damageable();
    const folder = dirname(file);
    const theirs = join(folder, 'rollouts-2026-01-01T00-00-00.db');
    const migrated = `${file}.v3.bak`;
    for (const path of [theirs, migrated, join(folder, 'other.db')]) copyFileSync(backup, path);
    age(theirs, 1);
    age(migrated, 2);
    expect(backupsOf(file).map(({ path }) => path)).toEqual([backup, theirs, migrated]);
    mkdirSync(join(folder, 'backups', 'more'));
    expect(restoreStore(file, theirs)).toMatchObject({ from: theirs, edits: 30 });
    expect(labelsIn(file)).toBe(60);
    // One that a person gave another name is not taken for an old one of ours.
    const named = join(folder, 'backups', 'rollouts-backup-before-paper.db');
    copyFileSync(backup, named);
    age(named, 400);
    age(backup, 2);
    const store = openStore(file);
    expect(store.backUpWhenDue(1)).not.toBeNull();
    store.close();
    expect(existsSync(named)).toBe(true);
  });
});
