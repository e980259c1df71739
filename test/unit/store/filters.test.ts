import Database from 'better-sqlite3';
import { afterEach, expect, it, vi } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import { addFunctions } from '../../../src/store/functions.ts';
import { filters, type Filter, type RolloutSummary, type Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, raw } from './fixture.ts';

afterEach(() => void vi.restoreAllMocks());

/** How SQLite finds the rows of what `work` asks. */
function plansOf(store: Store, work: () => void): string[] {
  const prepare = vi.spyOn(Database.prototype, 'prepare');
  work();
  const asked = prepare.mock.calls.map(([sql]) => sql).filter((sql) => /^\s*(SELECT|WITH)\b/u.test(sql));
  prepare.mockRestore();
  return raw(store.file, (database) => {
    addFunctions(database);
    return asked.flatMap((sql) =>
      (database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(unbound(sql)) as { detail: string }[]).map(
        ({ detail }) => detail,
      ),
    );
  });
}

const unbound = (sql: string): Record<string, null> | null[] =>
  sql.includes('?')
    ? [...sql.matchAll(/\?/gu)].map(() => null)
    : Object.fromEntries([...sql.matchAll(/:(\w+)/gu)].map(([, name]) => [name, null]));

/** Of a whole table that grows with the rollouts; along an index, it is of what the index has. */
const fullScan = /^SCAN (?:rollouts|r|groups|g|prompts|p|labels|l|statuses|s|comment_changes|c)(?: (?!USING)|$)/u;

it('a page of all rollouts sorts no texts, and asks by itself for the instruction of each alone', () => {
  const store = openStore();
  const plans = plansOf(store, () => store.rollouts.page());
  expect(plans).toContain('SEARCH r USING COVERING INDEX rollouts_by_group (group_n>?)');
  const of = (start: string): string[] => plans.filter((plan) => plan.startsWith(start));
  // Of tags, and of what was done to a comment last: not of rollouts.
  expect(of('USE TEMP B-TREE')).toHaveLength(2);
  expect(of('CORRELATED SCALAR SUBQUERY')).toHaveLength(1 + 2);
});

it.each(filters)('%s reads no whole table to find what it keeps', (filter) => {
  const store = openStore();
  const run = store.runs.create('first', presetConfig('avatar', 'policy', 1));
  const plans = plansOf(store, () => {
    store.rollouts.page({ filter });
    store.prompts.page({ filter });
    store.prompts.page({ filter, dataset: 'clips' });
    store.prompts.page({ filter, runId: run.id });
  });
  expect(plans.length).toBeGreaterThan(10);
  expect(plans.filter((detail) => fullScan.test(detail))).toEqual([]);
  // Nor all rollouts in the order of a list, one by one.
  expect(plans.filter((detail) => detail.includes('rollouts_by_group (group_n>?'))).toEqual([]);
});

it.each(['labelled', 'unlabelled', 'vanishing', 'wrong', 'hinted'] as const)(
  '%s asks an index of such groups alone',
  (filter) => {
    const store = openStore();
    const plans = plansOf(store, () => store.prompts.page({ filter, dataset: 'clips' }));
    expect(plans.filter((detail) => detail.includes(`INDEX groups_${filter}`))).toHaveLength(1);
  },
);

it('opening a store reads none of its prompts', () => {
  const { file } = openStore();
  const plans = plansOf(openStore(file), () => openStore(file));
  expect(plans.filter((detail) => /prompts_by_(video|audio)/u.test(detail)).length).toBeGreaterThan(0);
  expect(plans.filter((detail) => /^SCAN prompts/u.test(detail))).toEqual([]);
});

it('the tree’s first level and Next Unlabelled walk along indexes', () => {
  const store = openStore();
  const prompt = makePrompt();
  const [rollout] = makeGroup(prompt, [1]);
  store.addRollouts([prompt], [rollout]);
  const plans = plansOf(store, () => {
    store.prompts.datasets();
    store.labels.nextUnlabelled('ann', rollout.id);
  });
  expect(plans.length).toBeGreaterThan(5);
  expect(plans.filter((detail) => fullScan.test(detail) || detail.includes('TEMP B-TREE'))).toEqual([]);
});

it('keeps what a reading of every rollout would keep, whatever was done to them', () => {
  const store = openStore();
  const [one, two] = [makePrompt(), makePrompt({ question: 'How many tones?', hint: 'Listen.' })];
  const right = makeGroup(one, [1, 1]);
  const mixed = makeGroup(one, [1, 0, null], { name: 'mixed' });
  const other = makeGroup(two, [0, 0], { hinted: true });
  const run = store.runs.create('first', presetConfig('avatar', 'policy', 1));
  const made = makeGroup(one, [0, 1], { name: 'run', runId: run.id });
  const steps: [what: string, () => void][] = [
    ['imported', () => store.addRollouts([one, two], [...right, ...mixed, ...other])],
    ['labelled', () => store.labels.set({ rolloutId: mixed[0].id, annotator: 'ann', boundaries: [5, 14] })],
    [
      'labelled by a second one',
      () => store.labels.set({ rolloutId: mixed[0].id, annotator: 'bo', boundaries: [5, 14] }),
    ],
    ['one takes it back', () => store.labels.undo(mixed[0].id, 'ann')],
    [
      'all of a group are labelled',
      () => right.forEach(({ id }) => store.labels.set({ rolloutId: id, annotator: 'ann', boundaries: [5, 14] })),
    ],
    ['the other takes it back', () => store.labels.undo(mixed[0].id, 'bo')],
    ['and makes it again', () => store.labels.redo(mixed[0].id, 'bo')],
    ['made by a run', () => store.runs.addIteration(run.id, { iteration: 1, at: 0, values: {}, advantages: [] }, made)],
    [
      'brought up to date',
      () =>
        store.updateRollouts(
          [],
          [{ id: right[0].id, rollout: { ...right[0], rewards: { accuracy: 0 }, reward: 0, hinted: true } }],
        ),
    ],
    ['the run begins anew', () => store.runs.truncate(run.id, 0)],
    ['flagged', () => store.statuses.flag(other[1].id, 'ann', true)],
    ['skipped', () => store.statuses.set(other[0].id, 'ann', 'skipped', 'too dark')],
    ['submitted', () => store.statuses.set(right[0].id, 'ann', 'submitted')],
    ['commented', () => void store.comments.add(mixed[2].id, 'ann', { body: 'Look.', text: null, video: null })],
  ];
  const keeps: Record<Filter, (row: RolloutSummary) => boolean> = {
    labelled: ({ labelledBy }) => labelledBy.length > 0,
    unlabelled: ({ labelledBy }) => labelledBy.length === 0,
    submitted: ({ statuses }) => statuses.some(({ status }) => status === 'submitted'),
    skipped: ({ statuses }) => statuses.some(({ status }) => status === 'skipped'),
    flagged: ({ flaggedBy }) => flaggedBy.length > 0,
    commented: ({ openComments }) => openComments > 0,
    vanishing: ({ groupId }) => [right, other].some(([{ groupId: id }]) => id === groupId) && isSame(groupId),
    wrong: ({ correct }) => correct?.right === false,
    hinted: ({ hinted }) => hinted,
  };
  const isSame = (groupId: string): boolean =>
    new Set(store.rollouts.page({ groupId }).rows.map(({ reward }) => reward)).size === 1;
  for (const [what, step] of steps) {
    step();
    const all = store.rollouts.page().rows;
    for (const filter of filters) {
      const kept = all.filter(keeps[filter]);
      expect(store.rollouts.page({ filter }).rows, `${what}: ${filter}`).toEqual(kept);
      const prompts = new Set(kept.map(({ promptId }) => promptId));
      if (filter === 'hinted') prompts.add(two.id);
      const found = store.prompts.page({ filter }).rows.map(({ id }) => id);
      expect(new Set(found), `${what}: prompts, ${filter}`).toEqual(prompts);
    }
    for (const prompt of store.prompts.page().rows) {
      const own = all.filter(({ promptId }) => promptId === prompt.id);
      expect(prompt.labelled, what).toBe(own.filter(keeps.labelled).length);
      const groups = store.rollouts.groups(prompt.id);
      expect(groups.map(({ labelled }) => labelled)).toEqual(
        groups.map(({ id }) => own.filter((row) => row.groupId === id && keeps.labelled(row)).length),
      );
    }
  }
});

it('pages through what a filter keeps', () => {
  const store = openStore();
  const prompts = [1, 2, 3].map((n) => makePrompt({ question: `Question ${n}?` }));
  store.addRollouts(
    prompts,
    prompts.flatMap((prompt) => makeGroup(prompt, [0, 1, 0])),
  );
  const seen: string[] = [];
  for (let after: string | null | undefined; after !== null;) {
    const page = store.rollouts.page({ filter: 'wrong', limit: 2, after });
    seen.push(...page.rows.map(({ id }) => id));
    after = page.next;
  }
  expect(seen).toEqual(store.rollouts.page({ filter: 'wrong' }).rows.map(({ id }) => id));
  expect(seen).toHaveLength(6);
});

it('a prompt tells how many of its rollouts are right, in all and of one run, and a filter how many prompts it keeps', () => {
  const store = openStore();
  const run = store.runs.create('avatar-1', presetConfig('avatar', 'p', 1));
  const prompts = [1, 2, 3].map((n) => makePrompt({ question: `Question ${n}?` }));
  const [first, second, third] = prompts;
  store.addRollouts(prompts, [
    ...makeGroup(first, [0, 1, 0, 0]),
    ...makeGroup(first, [1, 1], { name: 'later', runId: run.id }),
    ...makeGroup(second, [1, 1]),
    ...makeGroup(third, [null, null]),
  ]);
  expect(store.prompts.page().rows.map(({ passRate }) => passRate)).toEqual([0.5, 1, null]);
  expect(store.prompts.page({ runId: run.id }).rows.map(({ passRate }) => passRate)).toEqual([1]);
  expect(store.prompts.kept('wrong')).toEqual({ kept: 1, of: 3 });
});
