/** What the table is read of says what the rollouts themselves say, whatever was done to them, and each quick answer is that of a reading of every row. */
import { expect, it } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import type { SpreadField } from '../../../src/domain/query-fields.ts';
import { histogramOf } from '../../../src/domain/histogram.ts';
import type { Random } from '../../../src/domain/random.ts';
import type { Rollout } from '../../../src/domain/rollout.ts';
import { addFunctions } from '../../../src/store/functions.ts';
import type { Store, TableRow, TableSort } from '../../../src/store/store.ts';
import { random, times } from '../fc.ts';
import { makeGroup, makePrompt, openStore, raw } from './fixture.ts';

const one = <Item>(chance: Random, items: readonly Item[]): Item => items[chance.integer(items.length)];

const tokensOf = (count: number | null): Rollout['tokens'] =>
  count === null ? null : { ids: new Int32Array(count), offsets: null, logProbs: null, tokenizer: null };

/** A rollout’s reward, parts, text and length by chance, with all that may be missing. */
function chance(random: Random): Partial<Rollout> {
  const accuracy = one(random, [0, 0.25, 0.5, 1]);
  return {
    ...one<Pick<Rollout, 'rewards' | 'reward'>>(random, [
      { rewards: { accuracy }, reward: accuracy },
      { rewards: { accuracy, format: 1 }, reward: accuracy + 1 },
      { rewards: {}, reward: one(random, [-1, 0, 0.5, 1]) },
      { rewards: {}, reward: null },
    ]),
    completion: Array.from({ length: random.integer(9) }, () => one(random, ['red', 'low tone', '🎬'])).join(' '),
    tokens: tokensOf(one(random, [null, 0, 5, random.integer(40)])),
    advantage: one(random, [null, 0.5]),
    finish: one(random, [null, 'stop', 'length']),
    hinted: random.integer(3) === 0,
  };
}

/** Some 200 rollouts of prompts and groups by chance: imported, made by a run, brought up to date, joined to another prompt, taken away. */
function filled(random: Random): Store {
  const store = openStore();
  const prompts = Array.from({ length: 12 }, (_, i) => makePrompt({ question: `${i % 11}`, dataset: `d${i % 3}` }));
  const run = store.runs.create('first', presetConfig('avatar', 'policy', 1));
  let made = 0;
  const group = (change: Partial<Rollout>): Rollout[] => {
    made += 1;
    const prompt = one(random, prompts);
    const rewards = Array.from({ length: 1 + random.integer(6) }, () => null);
    return makeGroup(prompt, rewards, { name: `${made}`, policyVersion: random.integer(3), ...change }).map(
      (rollout) => ({ ...rollout, ...chance(random) }),
    );
  };
  store.addRollouts(prompts, []);
  for (let i = 0; i < 30; i += 1) store.addRollouts([], group({ policy: one(random, ['tiny', 'big']) }));
  for (let iteration = 1; iteration <= 12; iteration += 1) {
    const rollouts = [...group({ runId: run.id }), ...group({ runId: run.id })];
    store.runs.addIteration(run.id, { iteration, at: 0, values: {}, advantages: [] }, rollouts);
  }
  const all = store.rollouts.page({ limit: 1000 }).rows;
  for (const { id } of all.filter(({ runId }) => runId === null && random.integer(4) === 0)) {
    const rollout = { ...store.rollouts.get(id)!, ...chance(random), promptId: one(random, prompts).id };
    store.updateRollouts([], [{ id, rollout: { ...rollout, groupId: `${rollout.groupId} of ${rollout.promptId}` } }]);
  }
  store.runs.truncate(run.id, 9);
  return store;
}

const stores = times(2);

it('says what the rollouts say', () => {
  const mirrored =
    'prompt_n, group_n, run_n, run_step, policy, policy_version, rewards, reward, advantage, finish, hinted, evaluation_n';
  for (let round = 0; round < stores; round += 1) {
    const store = filled(random);
    const [facts, rollouts] = raw(store.file, (database) => {
      addFunctions(database);
      return [
        `SELECT n, correct, tokens, characters, words, ${mirrored} FROM rollout_facts ORDER BY n`,
        `SELECT n, is_right(rewards, reward) AS correct, length(token_ids) / 4 AS tokens, length(completion) AS characters,
           word_count(completion) AS words, ${mirrored} FROM rollouts ORDER BY n`,
      ].map((sql) => database.prepare(sql).all());
    });
    expect(rollouts.length).toBeGreaterThan(100);
    expect(facts).toEqual(rollouts);
  }
});

type Kept = (row: TableRow) => boolean;

const numbers: Record<string, (row: TableRow) => number | null> = {
  reward: ({ reward }) => reward,
  tokens: ({ tokens }) => tokens,
  characters: ({ characters }) => characters,
  words: ({ words }) => words,
  iteration: ({ iteration }) => iteration,
  pass: ({ pass }) => pass,
  advantage: ({ advantage }) => advantage,
  correct: ({ correct }) => correct && Number(correct.right),
  version: ({ policyVersion }) => policyVersion,
};

/** A term of a line, and the same in the terms of a row. */
const terms: readonly (readonly [term: string, field: string, Kept])[] = [
  ['correct:yes', 'correct', ({ correct }) => correct?.right === true],
  ['correct:no', 'correct', ({ correct }) => correct?.right === false],
  ['-correct:none', 'correct', ({ correct }) => correct !== null],
  ['reward:0.5..1', 'reward', ({ reward }) => reward !== null && reward >= 0.5 && reward <= 1],
  ['reward:none', 'reward', ({ reward }) => reward === null],
  ['tokens:>4', 'tokens', ({ tokens }) => tokens !== null && tokens > 4],
  ['characters:<20', 'characters', ({ characters }) => characters < 20],
  ['words:>2', 'words', ({ words }) => words! > 2],
  ['pass:0.2..0.8', 'pass', ({ pass }) => pass !== null && pass >= 0.2 && pass <= 0.8],
  ['iteration:none', 'iteration', ({ iteration }) => iteration === null],
  ['iteration:3..7', 'iteration', ({ iteration }) => iteration !== null && iteration >= 3 && iteration <= 7],
  ['finish:length', 'finish', ({ finish }) => finish === 'length'],
  ['hinted:yes', 'hinted', ({ hinted }) => hinted],
  ['policy:big', 'policy', ({ policy }) => policy === 'big'],
  ['dataset:d1', 'dataset', ({ dataset }) => dataset === 'd1'],
];

/** Rows without a value last, those of equal values as they came in. */
function ordered(rows: readonly TableRow[], sort: TableSort | null): string[] {
  const valueOf = sort && numbers[sort.by];
  const sign = sort?.descending ? -1 : 1;
  const compare = (a: TableRow, b: TableRow): number => {
    const [one, other] = [valueOf!(a), valueOf!(b)];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return sign * (one - other);
  };
  return (valueOf ? rows.toSorted(compare) : rows).map(({ id }) => id);
}

it('keeps, orders, cuts and counts as a reading of every row would', () => {
  for (let round = 0; round < stores; round += 1) {
    const store = filled(random);
    const { table, promptTable } = store;
    const all = table.rows([...table.order({ line: '', sort: null, blindFor: null })]).map((row) => row!);
    for (let i = 0; i < 40; i += 1) {
      const asked = Array.from({ length: random.integer(3) }, () => one(random, terms));
      const line = asked.map(([term]) => term).join(' ');
      const sort = one(random, [null, ...Object.keys(numbers).map((by) => ({ by, descending: by.length % 2 === 0 }))]);
      const query = { line, sort, blindFor: null };
      const holds = (row: TableRow, some = asked): boolean => some.every(([, , kept]) => kept(row));
      const order = table.order(query);
      expect([query, table.ids([...order])]).toEqual([
        query,
        ordered(
          all.filter((row) => holds(row)),
          sort,
        ),
      ]);
      expect(table.order(query, 7)).toEqual(order.subarray(0, 7));
      const prompts = promptTable.order({ line, sort: null, blindFor: null });
      if (asked.some(([, field]) => field !== 'dataset')) {
        const keeping = new Set(all.filter((row) => holds(row)).map(({ promptId }) => promptId));
        expect([query, promptTable.ids([...prompts]).sort()]).toEqual([query, [...keeping].sort()]);
      }
      expect(promptTable.order({ line, sort: null, blindFor: null }, 2)).toEqual(prompts.subarray(0, 2));
      for (const field of ['reward', 'tokens', 'characters', 'iteration', 'pass'] as const satisfies SpreadField[]) {
        const kept = all.filter((row) =>
          holds(
            row,
            asked.filter((term) => term[1] !== field),
          ),
        );
        const counted = field === 'pass' ? new Map(kept.map((row) => [row.promptId, row])).values() : kept;
        const values = [...counted].map((row) => numbers[field](row)).filter((value) => value !== null);
        const histogram = histogramOf(values, field !== 'reward' && field !== 'pass');
        expect([line, table.spread(query, field)]).toEqual([line, histogram && { field, histogram }]);
      }
    }
  }
});
