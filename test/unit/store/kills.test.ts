/** Processes that are killed while they write to a store, at seeded moments: `npm run soak` has more of them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { random, times } from '../fc.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { checkStore } from '../../../src/store/check.ts';
import { journalOf } from '../../../src/store/journal.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { migrations } from '../../../src/store/schema.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, raw, temporaryFolder } from './fixture.ts';

interface Killed {
  /** Its whole lines. */
  lines: string[];
  /** False where it came to its end first. */
  killed: boolean;
  stderr: string;
}

/** Runs a program of `processes`, and kills it so many ms after it has printed so many lines. */
async function killed(
  program: string,
  args: readonly string[],
  { lines, ms = 0 }: { lines: number; ms?: number },
): Promise<Killed> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'processes', program), ...args]);
  const text = { stdout: '', stderr: '' };
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
  let isDue = false;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
    if (isDue || text.stdout.split('\n').length <= lines) return;
    isDue = true;
    setTimeout(() => child.kill('SIGKILL'), ms);
  });
  if (lines === 0) setTimeout(() => child.kill('SIGKILL'), ms);
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { lines: text.stdout.split('\n').slice(0, -1), killed: signal === 'SIGKILL', stderr: text.stderr };
}

interface Acknowledged {
  kind: 'label' | 'comment' | 'status';
  at?: string;
  id?: string;
  reason?: string;
}

const prompt = makePrompt();

it('loses nothing that was acknowledged, when two processes that edit are killed and the store is lost', async () => {
  const rollouts = makeGroup(prompt, [1, 0, 1]);
  const first = rollouts[0].id;
  const filled = (file: string): Store => {
    const store = openStore(file);
    store.addRollouts([prompt], rollouts);
    return store;
  };
  const { file } = filled(join(temporaryFolder(), 'rollouts.db'));
  const acknowledged: Acknowledged[] = [];
  for (let round = 0; round < times(3); round += 1) {
    const said = await Promise.all(
      ['ann', 'ben'].map((annotator) =>
        killed('edit-forever.ts', [file, first, annotator], { lines: 7 + random.integer(30) }),
      ),
    );
    for (const { lines } of said) acknowledged.push(...lines.map((line) => JSON.parse(line) as Acknowledged));
  }
  const again = filled(join(dirname(file), 'again.db'));
  const { rejected } = await importFiles(again, [journalOf(file)]);
  expect(rejected).toEqual([]);
  const have = {
    label: new Set<unknown>(again.labels.history(first).map(({ at }) => at)),
    comment: new Set<unknown>(again.comments.history(first).map(({ id }) => id)),
    status: new Set<unknown>(again.statuses.history(first).map(({ reason }) => reason)),
  };
  const lost = acknowledged.filter(({ kind, at, id, reason }) => !have[kind].has(at ?? id ?? reason));
  console.log(`${times(6)} kills of who edits: ${acknowledged.length} edits acknowledged, ${lost.length} lost`);
  expect(acknowledged.length).toBeGreaterThan(6 * times(6));
  expect(lost).toEqual([]);
});

it('comes to what an import comes to that nobody killed', async () => {
  const folder = temporaryFolder();
  for (let file = 1; file <= 4; file += 1) {
    const rows = Array.from({ length: 2500 }, (_, i) => ({
      ...{
        input: `What is ${Math.floor(i / 8)}?`,
        output: `${file} ${i}. It is so.`,
        gts: 'x',
        score: i % 2,
        step: file,
      },
      uid: `a_${Math.floor(i / 8)}_${i % 8}`,
    }));
    writeFileSync(join(folder, `${file}.jsonl`), rows.map((row) => JSON.stringify(row)).join('\n'));
  }
  const all = ({ file }: Store): unknown =>
    raw(file, (database) => database.prepare('SELECT id, completion, reward FROM rollouts ORDER BY id').all());
  const whole = openStore();
  expect(await importFiles(whole, [folder])).toMatchObject({ rollouts: 10_000, rejected: [] });
  let kills = 0;
  for (let round = 0; round < times(1); round += 1) {
    const file = join(temporaryFolder(), 'rollouts.db');
    // An import begins anew with the first file, and has it through when it comes to what is new.
    for (let i = 0; i < 4; i += 1) {
      const one = await killed('import-folder.ts', [file, folder], {
        lines: 1 + random.integer(14),
        ms: random.integer(40),
      });
      expect(one.stderr).toBe('');
      kills += Number(one.killed);
    }
    const store = openStore(file);
    await importFiles(store, [folder]);
    expect(checkStore(file).faults).toEqual([]);
    expect(all(store)).toEqual(all(whole));
  }
  console.log(`${kills} kills of an import: equal results`);
  expect(kills).toBeGreaterThan(0);
});

it('has every label after a migration that was killed', async () => {
  const labels = 3000;
  let kills = 0;
  for (let round = 0; round < times(2); round += 1) {
    const file = join(temporaryFolder(), 'rollouts.db');
    raw(file, (database) => {
      migrate(database, migrations.slice(0, 3));
      database.exec(`
        INSERT INTO prompts (id, dataset, question, options, problem_type, split)
          VALUES ('p-1', 'old', 'What?', '[]', 'free-form', 'train');
        INSERT INTO groups (id, prompt_n, policy, policy_version, rollouts) VALUES ('g', 1, 'tiny', 0, ${labels});
        WITH RECURSIVE counted (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < ${labels})
          INSERT INTO rollouts (id, prompt_n, group_n, policy, policy_version, completion, rewards, hinted, source, created_at)
          SELECT 'r-' || i, 1, 1, 'tiny', 0, 'I plan. I look. It is B.', '{}', 0, 'import:a.jsonl', '2026-01-01T00:00:00.000Z' FROM counted;
        INSERT INTO labels SELECT n, 'ann', '[7,15]', '2026-01-01T00:00:00.000Z' FROM rollouts;
        INSERT INTO revisions (rollout_n, annotator, at, action, after)
          SELECT n, 'ann', '2026-01-01T00:00:00.000Z', 'set', '[7,15]' FROM rollouts`);
    });
    for (let i = 0; i < 3; i += 1) {
      kills += Number(await migrating(file, random.integer(120)));
    }
    const store = openStore(file);
    const kept = Array.from({ length: labels }, (_, i) => store.labels.get(`r-${i + 1}`, 'ann').boundaries?.join());
    expect(kept.filter((boundaries) => boundaries === '7,15')).toHaveLength(labels);
    expect(checkStore(file).faults).toEqual([]);
  }
  console.log(`${kills} kills of a migration with ${labels} labels: 0 lost`);
  expect(kills).toBeGreaterThan(0);
});

/** Opens a store in a process that is killed so many ms after it began; whether it was not done by then. */
async function migrating(file: string, ms: number): Promise<boolean> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'processes/open.ts'), file]);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  await once(child.stdout, 'data');
  child.stdin.on('error', () => undefined).end('go\n');
  setTimeout(() => child.kill('SIGKILL'), ms);
  await once(child, 'close');
  return !/^\d+$/mu.test(said);
}
