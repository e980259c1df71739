import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRunConfig, presetConfig } from '../../../src/domain/preset.ts';
import { checkStore } from '../../../src/store/check.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { migrations } from '../../../src/store/schema.ts';
import { Store } from '../../../src/store/store.ts';
import { makePrompt, openStore, raw, temporaryFolder } from './fixture.ts';

/** SQL: a rollout r-1 of a prompt p-1, as every version of a store has had them. */
const oneRollout = `
  INSERT INTO prompts (n, id, dataset, question, options, problem_type, split)
    VALUES (1, 'p-1', 'old', 'What?', '[]', 'free-form', 'train');
  INSERT INTO groups (n, id, prompt_n, policy, policy_version) VALUES (1, 'g-1', 1, 'policy', 0);
  INSERT INTO rollouts (n, id, prompt_n, group_n, policy, policy_version, completion, rewards, hinted, source, created_at)
    VALUES (1, 'r-1', 1, 1, 'policy', 0, 'Plan. See. So.', '{}', 0, 'import:x', '');`;

describe('migrations', () => {
  const steps = ['CREATE TABLE a (x INTEGER) STRICT', 'ALTER TABLE a ADD COLUMN y TEXT', 'CREATE TABLE broken ('];

  it('bring an old file up to date after a copy of it was put aside', () => {
    const file = join(temporaryFolder(), 'old.db');
    raw(file, (database) => {
      migrate(database, steps.slice(0, 1));
      database.exec('INSERT INTO a VALUES (7)');
      migrate(database, steps.slice(0, 2));
      expect(database.prepare('SELECT * FROM a').all()).toEqual([{ x: 7, y: null }]);
      expect(database.pragma('user_version', { simple: true })).toBe(2);
    });
    raw(`${file}.v1.bak`, (database) => {
      expect(database.prepare('SELECT * FROM a').all()).toEqual([{ x: 7 }]);
      expect(database.pragma('user_version', { simple: true })).toBe(1);
    });
  });

  it('that fail leave the file as it was', () => {
    const file = join(temporaryFolder(), 'old.db');
    raw(file, (database) => {
      migrate(database, steps.slice(0, 1));
      expect(() => migrate(database, steps)).toThrow();
      expect(database.pragma('user_version', { simple: true })).toBe(1);
      expect(database.prepare('SELECT * FROM a').columns()).toHaveLength(1);
    });
  });

  it('keep what a store of the first version holds, and let its prompts be given their events', () => {
    const file = join(temporaryFolder(), 'first.db');
    raw(file, (database) => {
      migrate(database, migrations.slice(0, 1));
      database.exec(
        `INSERT INTO prompts (id, dataset, question, options, problem_type, split)
         VALUES ('p-1', 'old', 'What?', '[]', 'free-form', 'train')`,
      );
    });
    const store = openStore(file);
    const [{ rollouts, ...old }] = store.prompts.page().rows;
    expect([old.question, old.events, rollouts]).toEqual(['What?', undefined, 0]);
    const events = [{ kind: 'tone', start: 0, end: 2, tone: 'low' }];
    expect(store.prompts.update([{ ...old, events }])).toBe(1);
    expect(store.prompts.get('p-1')!.events).toEqual(events);
    expect(existsSync(`${file}.v1.bak`)).toBe(true);
  });

  it('give runs of the third version the judge they had, and room for verdicts', () => {
    const file = join(temporaryFolder(), 'third.db');
    const { judge, ...before } = presetConfig('avatar', 'policy', 1);
    raw(file, (database) => {
      migrate(database, migrations.slice(0, 3));
      database
        .prepare(
          "INSERT INTO runs (id, name, config, status, request, step, created_at) VALUES ('r-1', 'old', ?, 'stopped', 'run', 2, '')",
        )
        .run(JSON.stringify(before));
    });
    const store = openStore(file);
    expect(judge).toBeNull();
    expect(parseRunConfig(store.runs.get('r-1')!.config)).toEqual({ ...before, judge: null });
    expect(store.verdicts.get('key')).toBeNull();
    expect(store.verdicts.add('key', [0.5, 1])).toEqual([0.5, 1]);
    expect(existsSync(`${file}.v3.bak`)).toBe(true);
  });

  it('keep the labels of the fourth version with every edit, undo and redo', () => {
    const file = join(temporaryFolder(), 'fourth.db');
    raw(file, (database) => {
      migrate(database, migrations.slice(0, 4));
      database.exec(
        `${oneRollout}
         INSERT INTO labels VALUES (1, 'ann', '[5,10]', '2026-01-02');
         INSERT INTO revisions (rollout_n, annotator, at, action, before, after) VALUES
           (1, 'ann', '2026-01-01', 'set', NULL, '[5,10]'), (1, 'ann', '2026-01-01', 'set', '[5,10]', '[6,10]'),
           (1, 'ann', '2026-01-02', 'undo', '[6,10]', '[5,10]');`,
      );
    });
    const store = openStore(file);
    const grounding = [null, null, null];
    const label = { boundaries: [5, 10], grounding };
    const state = { ...label, canUndo: true, canRedo: true, savedAt: '2026-01-02' };
    expect(store.labels.get('r-1', 'ann')).toEqual(state);
    expect(store.labels.history('r-1').map(({ before, after }) => [before, after])).toEqual([
      [null, label],
      [label, { boundaries: [6, 10], grounding }],
      [{ boundaries: [6, 10], grounding }, label],
    ]);
    expect(store.labels.redo('r-1', 'ann').boundaries).toEqual([6, 10]);
    expect(existsSync(`${file}.v4.bak`)).toBe(true);
  });

  it('find every rollout of the eighth version open and without a flag', () => {
    const file = join(temporaryFolder(), 'eighth.db');
    raw(file, (database) => {
      migrate(database, migrations.slice(0, 8));
      database.exec(
        `${oneRollout}
         INSERT INTO labels (rollout_n, annotator, value, saved_at) VALUES (1, 'ann', '{"boundaries":[5,10]}', '2026-01-02');`,
      );
    });
    const store = openStore(file);
    expect(store.statuses.of('r-1')).toEqual({ statuses: [], flaggedBy: [], tags: [] });
    store.statuses.set('r-1', 'ann', 'submitted');
    expect(store.statuses.of('r-1').statuses).toMatchObject([{ annotator: 'ann', status: 'submitted' }]);
    expect(store.labels.get('r-1', 'ann').boundaries).toEqual([5, 10]);
    expect(existsSync(`${file}.v8.bak`)).toBe(true);
  });

  it('find no tag on the rollouts of the 26th version, and room for them', () => {
    const file = join(temporaryFolder(), 'earlier.db');
    raw(file, (database) => {
      migrate(database, migrations.slice(0, 27));
      database.exec(oneRollout);
    });
    const store = openStore(file);
    expect(store.tags.of('r-1')).toEqual([]);
    store.tags.set(['r-1'], 'ann', 'hack', true);
    expect(store.rollouts.page({ where: 'tag:hack' }).rows).toMatchObject([
      { tags: [{ annotator: 'ann', tag: 'hack' }] },
    ]);
    expect(store.rollouts.page({ where: 'words:>0' }).rows).toHaveLength(1);
    expect(store.table.order({ line: 'words:>0 characters:>0', sort: null, blindFor: null })).toHaveLength(1);
    expect(existsSync(`${file}.v27.bak`)).toBe(true);
  });

  it('find no comment on the rollouts of the ninth version, and room for them', () => {
    const file = join(temporaryFolder(), 'ninth.db');
    raw(file, (database) => {
      migrate(database, migrations.slice(0, 9));
      database.exec(
        `${oneRollout}
         INSERT INTO flags VALUES (1, 'ann');`,
      );
    });
    const store = openStore(file);
    expect(store.comments.of('r-1')).toEqual([]);
    store.comments.add('r-1', 'ann', { body: 'Look.', text: null, video: null });
    expect(store.rollouts.page().rows).toMatchObject([{ flaggedBy: ['ann'], openComments: 1 }]);
    expect(existsSync(`${file}.v9.bak`)).toBe(true);
  });

  it('give the corrections of the 33rd version room for phases, and go on naming what was not as it was saved', () => {
    const file = join(temporaryFolder(), 'corrected.db');
    raw(file, (database) => {
      migrate(database, migrations.slice(0, 33));
      database.exec(
        `${oneRollout}
         INSERT INTO correction_changes (seq, rollout_n, annotator, at, action, text, checksum) VALUES
           (1, 1, 'ann', '2026-01-02', 'set', 'Better.', checksum(1, 1, 'ann', '2026-01-02', 'set', 'Better.')),
           (2, 1, 'ben', '2026-01-02', 'set', 'Worse.', checksum(2, 1, 'ben', '2026-01-02', 'set', 'Better.'));`,
      );
    });
    const store = openStore(file);
    expect(store.corrections.get('r-1', 'ann')).toMatchObject({ text: 'Better.', boundaries: null });
    expect(store.corrections.set('r-1', 'ann', 'Better.', [3, 3]).boundaries).toEqual([3, 3]);
    expect(checkStore(file).faults).toEqual(['the correction of ben on rollout r-1 is not as it was saved']);
  });

  it('make no copy of a new file', () => {
    const file = join(temporaryFolder(), 'new.db');
    Store.open(file).close();
    expect(existsSync(`${file}.v0.bak`)).toBe(false);
  });
});

describe('a file that is not ours to write', () => {
  it('give the runs of an older version the settings they had no word for, at what changes nothing', () => {
    const file = join(temporaryFolder(), 'runs.db');
    const config = presetConfig('avatar', 'policy', 1);
    const { stages, ratioCap, adapter, lora, tas, ...others } = config;
    const { cues, ...shaping } = tas;
    const old = { ...others, tas: shaping };
    raw(file, (database) => {
      migrate(database, migrations.slice(0, 2));
      database
        .prepare(
          `INSERT INTO runs (id, name, config, status, request, step, created_at)
           VALUES ('r-1', 'old', ?, 'stopped', 'run', 3, '2026-01-01')`,
        )
        .run(JSON.stringify(old));
    });
    expect([stages, ratioCap, adapter, lora, cues]).toEqual([[], null, null, null, null]);
    expect(parseRunConfig(openStore(file).runs.get('r-1')!.config)).toEqual(config);
  });

  it('is refused when a newer version wrote it', () => {
    const file = join(temporaryFolder(), 'newer.db');
    Store.open(file).close();
    raw(file, (database) => database.pragma(`user_version = ${migrations.length + 1}`));
    expect(() => Store.open(file)).toThrow('was written by a newer Rollout Lab');
  });

  it('is refused when another program wrote it, and stays as it is', () => {
    const file = join(temporaryFolder(), 'other.db');
    raw(file, (database) => database.exec('CREATE TABLE bookmarks (url TEXT)'));
    expect(() => Store.open(file)).toThrow('another program');
    raw(file, (database) =>
      expect(database.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['bookmarks']),
    );
  });
});

describe('the schema', () => {
  it('has only STRICT tables, an index for every foreign key, and WAL', () => {
    const file = join(temporaryFolder(), 'rollouts.db');
    const store = openStore(file);
    store.addRollouts([makePrompt()], []);
    raw(file, (database) => {
      const tables = database
        .prepare(
          "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND name NOT LIKE 'sqlite_%'",
        )
        .all() as { name: string; strict: number }[];
      expect(tables.length).toBeGreaterThan(8);
      expect(tables.filter(({ strict }) => strict === 0)).toEqual([]);
      for (const { name } of tables) {
        const keys = database.prepare('SELECT "from" FROM pragma_foreign_key_list(?)').pluck().all(name) as string[];
        const first = database
          .prepare(
            'SELECT info.name FROM pragma_index_list(?) list, pragma_index_info(list.name) info WHERE info.seqno = 0',
          )
          .pluck()
          .all(name);
        // A table is its own index by a primary key of one integer.
        const own = database
          .prepare("SELECT name FROM pragma_table_info(?) WHERE pk = 1 AND type = 'INTEGER'")
          .pluck()
          .all(name);
        expect([...first, ...own]).toEqual(expect.arrayContaining(keys));
      }
      expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
      expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    });
  });
});

it('several processes make and fill one new store at the same time', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  const children = ['a', 'b', 'c', 'd'].map((name) =>
    spawn(process.execPath, [join(import.meta.dirname, 'processes/add-groups.ts'), file, name, '25'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  );
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'close'))[0] as number));
  expect(codes).toEqual([0, 0, 0, 0]);
  const store = openStore(file);
  expect(store.prompts.datasets()).toEqual([{ dataset: 'clips', prompts: 101, rollouts: 4 * 25 * 2 + 25 * 2 }]);
  raw(file, (database) => {
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.pragma('foreign_key_check')).toEqual([]);
    database.exec("INSERT INTO rollout_text (rollout_text) VALUES ('integrity-check')");
  });
});
