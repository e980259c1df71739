import Database from 'better-sqlite3';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { checkStore } from '../../../src/store/check.ts';
import { openStoreInWorker } from '../../../src/store/client.ts';
import { Connection } from '../../../src/store/connection.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { migrations } from '../../../src/store/schema.ts';
import { Store, type Filter } from '../../../src/store/store.ts';
import { makePrompt, openStore, raw, temporaryFolder } from './fixture.ts';

/** A store as version `version` left it, with one prompt; and what somebody did to it afterwards. */
function oldStore(version: number, change: (database: Database.Database) => void = () => undefined): string {
  const file = join(temporaryFolder(), 'rollouts.db');
  raw(file, (database) => {
    migrate(database, migrations.slice(0, version));
    database.exec(
      `INSERT INTO prompts (id, dataset, question, options, problem_type, split)
       VALUES ('p-1', 'old', 'What?', '[]', 'free-form', 'train')`,
    );
    change(database);
  });
  return file;
}

/** The open file is refused with these words, and neither it nor its folder changes. */
function expectRefused(file: string, words: string): void {
  const before = readFileSync(file);
  expect(() => Store.open(file)).toThrow(words);
  expect(() => Store.open(file)).toThrow(file);
  expect(readFileSync(file)).toEqual(before);
  expect(readdirSync(dirname(file))).toEqual(['rollouts.db']);
}

describe('a stranger’s store', () => {
  const changes: [what: string, sql: string, words: string][] = [
    [
      'a view in a table’s place',
      "DROP TABLE verdicts; CREATE VIEW verdicts AS SELECT 'k' AS key, '[]' AS scores, '' AS created_at",
      'the view “verdicts” is not part of a store, the table “verdicts” is missing',
    ],
    [
      'a trigger',
      'CREATE TRIGGER extra AFTER INSERT ON runs BEGIN SELECT 1; END',
      'the trigger “extra” is not part of a store',
    ],
    [
      'a trigger that bears a table’s name',
      'CREATE TRIGGER prompts AFTER INSERT ON runs BEGIN SELECT 1; END',
      'the trigger “prompts” is not part of a store',
    ],
    [
      'another trigger of the same name',
      'DROP TRIGGER prompt_text_added; CREATE TRIGGER prompt_text_added AFTER INSERT ON prompts BEGIN SELECT 1; END',
      'the trigger “prompt_text_added” is another one',
    ],
    ['a view', 'CREATE VIEW extra AS SELECT 1', 'the view “extra” is not part of a store'],
    ['a table', 'CREATE TABLE extra (x)', 'the table “extra” is not part of a store'],
    ['another column', 'ALTER TABLE verdicts ADD COLUMN extra TEXT', 'the table “verdicts” is another one'],
    ['no index', 'DROP INDEX prompts_by_dataset', 'the index “prompts_by_dataset” is missing'],
    [
      'many things',
      [1, 2, 3, 4, 5].map((n) => `CREATE TABLE extra_${n} (x);`).join(''),
      'the table “extra_3” is not part of a store and 2 more',
    ],
  ];

  it.each(changes)('with %s is refused as it is', (_, sql, words) => {
    expectRefused(
      oldStore(migrations.length, (database) => database.exec(sql)),
      words,
    );
    expectRefused(
      oldStore(4, (database) => database.exec(sql)),
      words,
    );
  });

  it('is refused when it is another program’s with a version like ours, before anything is written', () => {
    const file = join(temporaryFolder(), 'rollouts.db');
    raw(file, (database) => database.exec('CREATE TABLE bookmarks (url TEXT); PRAGMA user_version = 3'));
    expectRefused(file, 'another program');
  });

  it('is refused when SQLite cannot read its schema', () => {
    const file = oldStore(migrations.length);
    const bytes = readFileSync(file);
    bytes.fill(0xff, 100, 200);
    writeFileSync(file, bytes);
    expectRefused(file, 'is damaged');
  });

  it('gets no trust that SQLite can withhold', () => {
    const connection = Connection.open(join(temporaryFolder(), 'rollouts.db'));
    const { database } = connection;
    expect(database.pragma('trusted_schema', { simple: true })).toBe(0);
    expect(database.pragma('cell_size_check', { simple: true })).toBe(1);
    expect(database.pragma('mmap_size', { simple: true })).toBe(0);
    database.pragma('writable_schema = ON');
    expect(() => database.exec("UPDATE sqlite_schema SET sql = sql || ' '")).toThrow('may not be modified');
    expect(() => database.exec('DELETE FROM prompt_text_data')).toThrow('may not be modified');
    connection.close();
  });
});

describe('a store of our own', () => {
  it('of a version that kept whether answers are right, by another rule, filters by what the marks say', () => {
    const file = oldStore(15, (database) => {
      database.exec(
        "INSERT INTO groups (id, prompt_n, policy, policy_version, rollouts) VALUES ('g', 1, 'tiny', 0, 5)",
      );
      const insert = database.prepare(
        `INSERT INTO rollouts (id, prompt_n, group_n, policy, policy_version, completion, rewards, reward, correct, hinted, source, created_at)
         VALUES (?, 1, 1, 'tiny', 0, 'So B.', ?, ?, ?, 0, 'import:a.jsonl', '2026-01-01T00:00:00.000Z')`,
      );
      insert.run('half', '{"accuracy":0.5}', 0.5, 1);
      insert.run('trl', '{"accuracy_reward":0,"format_reward":1}', 1, 0);
      insert.run('verifiers', '{"correct_answer":0}', 1, 1);
      insert.run('no part tells', '{"format":0}', 0, 0);
      insert.run('right', '{"acc":1}', -1, 1);
    });
    const store = openStore(file);
    const marked = store.rollouts.page().rows.filter(({ correct }) => correct?.right === false);
    expect(marked.map(({ id }) => id)).toEqual(['half', 'trl', 'verifiers']);
    expect(store.rollouts.page({ filter: 'wrong' }).rows).toEqual(marked);
    expect(store.prompts.page({ filter: 'wrong' }).rows).toHaveLength(1);
  });

  it('of a version whose runs beat counts each that a process had as taken once, and as lost where it says that it runs', () => {
    const file = oldStore(19, (database) => {
      const insert = database.prepare(
        `INSERT INTO runs (id, name, config, status, request, pid, heartbeat, step, created_at, started_at)
         VALUES (?, 'run', '{}', ?, 'run', ?, ?, 0, '2026-01-01T00:00:00.000Z', NULL)`,
      );
      insert.run('7d3c6f0e-0000-4000-8000-000000000001', 'stopped', null, null);
      insert.run('7d3c6f0e-0000-4000-8000-000000000002', 'running', process.pid, 8.64e15);
    });
    const rows = openStore(file).runs.all();
    expect(rows.map(({ status, claims }) => [status, claims])).toEqual([
      ['lost', 1],
      ['stopped', 0],
    ]);
  });

  it('of a version without checksums gets them for what people wrote, and knows a row that changes afterwards', () => {
    const file = oldStore(20, (database) => {
      database.exec(
        `INSERT INTO groups (id, prompt_n, policy, policy_version, rollouts) VALUES ('g', 1, 'tiny', 0, 1);
         INSERT INTO rollouts (id, prompt_n, group_n, policy, policy_version, completion, rewards, hinted, source, created_at)
           VALUES ('r', 1, 1, 'tiny', 0, 'So B.', '{}', 0, 'import:a.jsonl', '2026-01-01T00:00:00.000Z');
         INSERT INTO labels (rollout_n, annotator, value, saved_at) VALUES (1, 'ann', '{"boundaries":[1,2]}', '2026-01-02');
         INSERT INTO flags (rollout_n, annotator) VALUES (1, 'ann');
         INSERT INTO statuses (rollout_n, annotator, status, reason, at) VALUES (1, 'ann', 'skipped', NULL, '2026-01-02');`,
      );
    });
    openStore(file).close();
    expect(checkStore(file).faults).toEqual([]);
    raw(file, (database) => database.exec("UPDATE statuses SET reason = 'dark'"));
    expect(checkStore(file).faults).toEqual(['the status of ann on rollout r is not as it was saved']);
  });

  it('of a version that did not count what filters ask for is counted', () => {
    const file = oldStore(21, (database) => {
      database.exec(
        `INSERT INTO groups (id, prompt_n, policy, policy_version, rollouts) VALUES ('g', 1, 'tiny', 0, 2), ('h', 1, 'tiny', 0, 1);
         INSERT INTO rollouts (id, prompt_n, group_n, policy, policy_version, completion, rewards, reward, hinted, source, created_at) VALUES
           ('a', 1, 1, 'tiny', 0, 'So B.', '{"accuracy":0}', 0, 1, 'import:a.jsonl', '2026-01-01T00:00:00.000Z'),
           ('b', 1, 1, 'tiny', 0, 'So C.', '{"accuracy":1}', 1, 0, 'import:a.jsonl', '2026-01-01T00:00:00.000Z'),
           ('c', 1, 2, 'tiny', 0, 'So D.', '{"accuracy":1}', 1, 0, 'import:a.jsonl', '2026-01-01T00:00:00.000Z');
         INSERT INTO labels (rollout_n, annotator, value, saved_at) VALUES
           (2, 'ann', '{"boundaries":[1,2]}', '2026-01-01T00:00:00.000Z'), (3, 'ann', '{"boundaries":[1,2]}', '2026-01-01T00:00:00.000Z')`,
      );
    });
    const { rollouts, prompts } = openStore(file);
    const kept = (filter: Filter): string[] => rollouts.page({ filter }).rows.map(({ id }) => id);
    expect([kept('labelled'), kept('unlabelled'), kept('wrong'), kept('hinted')]).toEqual([
      ['b', 'c'],
      ['a'],
      ['a'],
      ['a'],
    ]);
    expect(prompts.page().rows).toMatchObject([{ labelled: 2 }]);
  });

  it('of a version without curves of tokens has the mean of each rollout’s log-probs in its table', () => {
    const file = oldStore(24, (database) => {
      database.exec(
        `INSERT INTO groups (id, prompt_n, policy, policy_version, rollouts) VALUES ('g', 1, 'tiny', 0, 2);
         INSERT INTO rollouts (id, prompt_n, group_n, policy, policy_version, completion, rewards, hinted, source, created_at, log_probs) VALUES
           ('a', 1, 1, 'tiny', 0, 'So B.', '{}', 0, 'import:a.jsonl', '2026-01-01T00:00:00.000Z', x'000080bf00000000'),
           ('b', 1, 1, 'tiny', 0, 'So C.', '{}', 0, 'import:a.jsonl', '2026-01-01T00:00:00.000Z', NULL)`,
      );
    });
    expect(openStore(file).table.rows([1, 2])).toMatchObject([{ logprob: -0.5 }, { logprob: null }]);
  });

  it.each(migrations.map((_, i) => i + 1))('of version %i is opened, analysed or not', (version) => {
    for (const analyse of [false, true]) {
      const file = oldStore(version, (database) => analyse && database.exec('ANALYZE'));
      expect(openStore(file).prompts.page().rows).toMatchObject([{ question: 'What?' }]);
      expect(existsSync(`${file}.v${version}.bak`)).toBe(version < migrations.length);
    }
  });

  it('tells what is done to it meanwhile, and a new or an up to date one tells nothing', async () => {
    const worker = join(inject('dist'), 'store-worker.cjs');
    const file = oldStore(migrations.length - 2);
    const opened = async (path: string): Promise<string[]> => {
      const told: string[] = [];
      const client = await openStoreInWorker(path, worker, (doing) => told.push(doing));
      await client.close();
      return told;
    };
    const steps = ['step 1 of 2', 'step 2 of 2'];
    expect(await opened(file)).toEqual(['waiting until nobody else writes to it', 'copying it first', ...steps]);
    expect(await opened(file)).toEqual([]);
    expect(await opened(join(temporaryFolder(), 'new.db'))).toEqual([]);
  });

  it('tells that it waits while another program writes to it, before it can do anything', async () => {
    const worker = join(inject('dist'), 'store-worker.cjs');
    const file = oldStore(migrations.length - 1);
    const other = new Database(file);
    onTestFinished(() => void other.close());
    other.pragma('journal_mode = WAL');
    other.exec('BEGIN IMMEDIATE');
    const told: string[] = [];
    const waits = Promise.withResolvers<void>();
    const opening = openStoreInWorker(file, worker, (doing) => {
      told.push(doing);
      waits.resolve();
    });
    await waits.promise;
    expect(told).toEqual(['waiting until nobody else writes to it']);
    other.exec('ROLLBACK');
    const client = await opening;
    onTestFinished(() => client.close());
    expect(told.slice(1)).toEqual(['copying it first', 'step 1 of 1']);
    expect((await client.prompts.page()).rows).toHaveLength(1);
  });

  it('that is a copy keeps readers and writers apart as every store does', () => {
    const file = oldStore(3);
    Store.open(file).close();
    const store = openStore(`${file}.v3.bak`);
    store.addRollouts([makePrompt()], []);
    expect(raw(`${file}.v3.bak`, (database) => database.pragma('journal_mode', { simple: true }))).toBe('wal');
  });
});

it.skipIf(process.platform === 'win32')(
  'a store of an older version that no room is left to copy stays as it is, with no copy and the reason; and is opened once there is room',
  () => {
    const file = oldStore(15, (database) => {
      const insert = database.prepare("INSERT INTO verdicts (key, scores, created_at) VALUES (?, '[]', '2026-01-01')");
      for (let i = 0; i < 4000; i += 1) insert.run(`${i} ${'k'.repeat(200)}`);
    });
    const before = readFileSync(file);
    // No file may get longer than 200 kB, as if the disk were full then.
    const command = 'ulimit -f 400 && echo go | "$@"';
    const opens = join(import.meta.dirname, 'processes/open.ts');
    const { stderr } = spawnSync('sh', ['-c', command, '', process.execPath, opens, file], { encoding: 'utf8' });
    expect(stderr).toContain(`the store cannot be copied to ${file}.v15.bak`);
    expect(readdirSync(dirname(file)).filter((name) => !/-(?:wal|shm)$/u.test(name))).toEqual(['rollouts.db']);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(openStore(file).prompts.page().rows).toHaveLength(1);
    raw(`${file}.v15.bak`, (copy) => expect(copy.pragma('integrity_check', { simple: true })).toBe('ok'));
  },
);

it('one of several processes that open an old store at once migrates it, and the others wait', async () => {
  const file = oldStore(3);
  const children = Array.from({ length: 8 }, () =>
    spawn(process.execPath, [join(import.meta.dirname, 'processes/open.ts'), file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  const said = children.map(({ stdout }) => {
    const words = { all: '' };
    stdout.setEncoding('utf8').on('data', (text: string) => (words.all += text));
    return words;
  });
  const closed = children.map((child) => once(child, 'close'));
  await Promise.all(children.map(({ stdout }) => once(stdout, 'data')));
  for (const { stdin } of children) stdin.end('go\n');
  await Promise.all(closed);
  expect(said.map(({ all }) => all)).toEqual(children.map(() => 'ready\n1\n'));
  raw(`${file}.v3.bak`, (database) => {
    expect(database.pragma('user_version', { simple: true })).toBe(3);
    expect(database.prepare('SELECT id FROM prompts').pluck().all()).toEqual(['p-1']);
  });
  // Of two that close at the same time neither is the last one, which takes the log away.
  const left = readdirSync(dirname(file)).filter((name) => !/-(?:wal|shm)$/u.test(name));
  expect(left.toSorted()).toEqual(['rollouts.db', 'rollouts.db.v3.bak']);
});
