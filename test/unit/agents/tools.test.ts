import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { longestAnswer } from '../../../src/agents/answer.ts';
import { reasonsOf } from '../../../src/agents/tools/explain-group.ts';
import { tools } from '../../../src/agents/tools.ts';
import { presetConfig } from '../../../src/domain/preset.ts';
import { makeGroup, makePrompt, openStore, raw, temporaryFolder } from '../store/fixture.ts';
import { ask, injected, poisonedStore, rowsOf, unmarked } from './fixture.ts';

interface Found {
  found: number;
  total: number;
  next: number | null;
  rollouts: { id: string; reward: number; labels: number; untrusted: { question: string; labelledBy: string[] } }[];
}

const file = (): string => join(temporaryFolder(), 'rollouts.db');

/** Two prompts: one with rewards that differ, one vanishing. */
function filled(path: string): { mixed: string[]; vanishing: string[] } {
  const store = openStore(path);
  const prompts = ['What colour?', 'Which tone?'].map((question) => makePrompt({ question }));
  const mixed = makeGroup(prompts[0], [1, 0, 0.5], { name: 'a' });
  const vanishing = makeGroup(prompts[1], [0, 0], { name: 'b', completion: 'I plan. I look. So <answer>A</answer>' });
  store.addRollouts(prompts, [...mixed, ...vanishing]);
  store.close();
  return { mixed: mixed.map(({ id }) => id), vanishing: vanishing.map(({ id }) => id) };
}

describe('find_rollouts', () => {
  it('finds by the query line, sorted, a page at a time', () => {
    const db = file();
    const { mixed, vanishing } = filled(db);
    const first = ask<Found>(db, 'find_rollouts', { sort: 'reward', descending: true, limit: 2 });
    expect(first).toMatchObject({ found: 5, total: 5, next: 2, rollouts: [{ reward: 1 }, { reward: 0.5 }] });
    const rest = ask<Found>(db, 'find_rollouts', { sort: 'reward', descending: true, from: first.next! });
    expect([...first.rollouts, ...rest.rollouts].map(({ id }) => id).toSorted()).toEqual(
      [...mixed, ...vanishing].toSorted(),
    );
    expect(rest.next).toBeNull();
    const found = ask<Found>(db, 'find_rollouts', { query: 'vanishing:yes' });
    expect(found.rollouts.map(({ id, untrusted }) => [id, untrusted.question])).toEqual(
      vanishing.map((id) => [id, 'Which tone?']),
    );
  });

  it('says where in the line a term is that cannot be read, and the cure', () => {
    const db = file();
    filled(db);
    expect(() => ask(db, 'find_rollouts', { query: 'correct:no rewrad:>1' })).toThrow(
      /^query, characters 12 to 20: rewrad:>1 names no field: did you mean reward\?/u,
    );
    expect(() => ask(db, 'find_rollouts', { sort: 'beauty' })).toThrow('rollouts cannot be sorted by beauty');
    expect(() => ask(db, 'find_rollouts', { limit: 51 })).toThrow('limit: must be at most 50, not 51');
    expect(() => ask(db, 'find_rollouts', { qurey: 'x' })).toThrow('qurey: is no key that is known');
  });

  it('names nobody in a blind first pass', () => {
    const db = file();
    const { mixed } = filled(db);
    const store = openStore(db);
    store.labels.set({ rolloutId: mixed[0], annotator: 'ana', boundaries: [13, 26] });
    const labelled = (annotator: string): unknown =>
      ask<Found>(db, 'find_rollouts', { query: 'labelled:yes' }, { viewer: { annotator, blindFirstPass: true } })
        .rollouts[0].untrusted.labelledBy;
    expect([labelled('ben'), labelled('ana')]).toEqual([['somebody'], ['ana']]);
  });
});

describe('read_rollout', () => {
  it('has question, completion, labels, suggestions, rewards and the weights of each phase', () => {
    const db = file();
    const { mixed } = filled(db);
    const store = openStore(db);
    store.suggestions.add([
      { rolloutId: mixed[0], source: 'rules', boundaries: [12, 26], scores: [0.5, 1], entropy: 1, model: 'rules 1' },
    ]);
    const read = (): object => ask(db, 'read_rollout', { rollout: mixed[0] });
    expect(read()).toMatchObject({
      ...{ reward: 1, correct: true, length: 38, labels: [], read: { from: 0, next: null } },
      suggestions: [{ boundaries: [12, 26], scores: [0.5, 1], untrusted: { source: 'rules', model: 'rules 1' } }],
      weights: { scheme: 'phase-warped', lambda: 0.3, untrusted: { source: 'suggestion:rules' } },
      untrusted: {
        ...{ question: 'What colour?', options: ['A red', 'B green'], answer: 'B', rewards: { accuracy: 1 } },
        ...{ phases: ['planning', 'evidence', 'synthesis'], completion: 'First I plan. Then I look. So it is B.' },
      },
    });
    store.labels.set({ rolloutId: mixed[0], annotator: 'ana', boundaries: [13, 26] });
    expect(read()).toMatchObject({
      labels: [{ boundaries: [13, 26], untrusted: { annotator: 'ana' } }],
      // Of words: 1 + 0.3 (2u − 1)², u from 0 to 1/3, 2/3 and 1.
      weights: {
        parts: [
          { words: 4, first: 1.3 },
          { words: 4, first: 1.0333 },
          { words: 5, first: 1.0333, last: 1.3 },
        ],
      },
    });
    const blind = ask<{ labels: unknown[]; hidden?: string }>(
      db,
      'read_rollout',
      { rollout: mixed[0] },
      { viewer: { annotator: 'ben', blindFirstPass: true } },
    );
    expect(blind.labels).toEqual([]);
    expect(blind.hidden).toContain('until the person');
    expect(blind).toMatchObject({ weights: { untrusted: { source: 'suggestion:rules' } } });
  });

  it('gives a long completion in parts', () => {
    const db = file();
    const store = openStore(db);
    const prompt = makePrompt();
    const completion = Array.from({ length: 9000 }, (_, i) => `w${i}`).join(' ');
    const [{ id }] = makeGroup(prompt, [1], { completion });
    store.addRollouts([prompt], makeGroup(prompt, [1], { completion }));
    let text = '';
    for (let from: number | null = 0; from !== null;) {
      const part: { read: { next: number | null }; untrusted: { completion: string } } = ask(db, 'read_rollout', {
        ...{ rollout: id, from },
      });
      text += part.untrusted.completion;
      from = part.read.next;
    }
    expect(text).toBe(completion);
  });

  it('says that there is no such rollout', () => {
    const db = file();
    filled(db);
    for (const tool of ['read_rollout', 'explain_group'])
      expect(() => ask(db, tool, { rollout: 'x' })).toThrow('there is no rollout x in this store');
    expect(() => ask(db, 'read_rollout')).toThrow('rollout: is missing');
    expect(() => ask(db, 'set_label', {})).toThrow('there is no tool set_label; there are find_rollouts, ');
  });
});

describe('explain_group', () => {
  it('says why a group is vanishing, and that another is not', () => {
    const db = file();
    const { mixed, vanishing } = filled(db);
    expect(ask(db, 'explain_group', { rollout: vanishing[1] })).toMatchObject({
      ...{ vanishing: true, meanReward: 0, rewardStd: 0 },
      rollouts: vanishing.map((id) => ({ id, reward: 0, correct: false, advantage: 0, untrusted: { answer: 'A' } })),
      untrusted: { parts: { accuracy: { mean: 0, std: 0 } } },
    });
    const other = ask<{ vanishing: boolean; why: string[] }>(db, 'explain_group', { rollout: mixed[0] });
    expect(other).toMatchObject({ vanishing: false, meanReward: 0.5, rewardStd: 0.5 });
    expect(other.why).toEqual([
      'Its rewards differ, so its advantages do: it is not vanishing, and a run learns from it.',
    ]);
  });

  it('tells apart what makes it so', () => {
    const prompt = makePrompt();
    const reasons = (rewards: number[], change: object = {}): string =>
      reasonsOf(
        makeGroup(prompt, rewards, change).map((row, i) => ({ ...row, completion: `${i} ${row.completion}` })),
      ).join(' ');
    expect(reasons([1])).toContain('Fewer than two');
    expect(reasons([1, 1])).toContain('too easy');
    expect(reasons([0, 0])).toContain('too hard');
    expect(reasons([0, 0], { finish: 'length' })).toContain('Every rollout was cut off');
    expect(reasons([0, 0])).toContain('None of them has an answer');
    const [a, b] = makeGroup(prompt, [1, 1]);
    expect(
      reasonsOf([
        { ...a, rewards: { accuracy: 1, length: 0 }, completion: '<answer>A</answer>' },
        { ...b, rewards: { accuracy: 0, length: 1 }, completion: '<answer>B</answer>', finish: 'length' },
      ]),
    ).toEqual([
      'All 2 rewards are 1, so every advantage is 0 and the group teaches nothing.',
      '2 parts of the reward differ between its rollouts, but the whole does not: they have no weight in it, or cancel out.',
      '1 of its rollouts were cut off at the length limit.',
      'They give 2 different answers.',
    ]);
    expect(reasonsOf([a, b]).at(-1)).toContain('All completions are the same text');
  });
});

describe('evaluations', () => {
  it('are listed and compared by id or name, with what became right and wrong', () => {
    const db = file();
    const store = openStore(db);
    const prompts = ['One?', 'Two?', 'Three?'].map((question) => makePrompt({ question, split: 'test' }));
    const evaluation = (id: string) => ({
      ...{
        id,
        name: `${id} it`,
        policy: id,
        policyVersion: 0,
        adapter: null,
        dataset: 'clips',
        split: 'test' as const,
      },
      ...{ settings: null, source: 'import:x.json', status: 'finished' as const, total: null, createdAt: '2026-01-01' },
    });
    const replies = (evaluationId: string, answers: string[]) =>
      prompts.flatMap((prompt, i) =>
        makeGroup(prompt, [0], { name: evaluationId, evaluationId, completion: `<answer>${answers[i]}</answer>` }),
      );
    store.addRollouts(
      prompts,
      [...replies('before', ['A', 'A', 'B']), ...replies('after', ['B', 'B', 'B'])],
      [],
      [evaluation('before'), evaluation('after')],
    );
    expect(ask(db, 'list_evaluations')).toMatchObject({
      next: null,
      evaluations: ['after', 'before'].map((id) => ({ id, done: 3, untrusted: { name: `${id} it`, policy: id } })),
    });
    const compared = ask<{ flips: unknown[] }>(db, 'compare_policies', { first: 'before', second: 'after it' });
    expect(compared).toMatchObject({
      ...{ first: 'before', second: 'after', rule: 'ours', flipsInAll: 2, next: null },
      overall: { prompts: 3, first: { value: 1 / 3 }, second: { value: 1 }, fixed: 2, broken: 0, p: 0.5 },
    });
    expect(compared.flips).toMatchObject([{ kind: 'fixed' }, { kind: 'fixed' }]);
    expect(() => ask(db, 'compare_policies', { first: 'before', second: 'x' })).toThrow(
      'there is no evaluation x in this store: list_evaluations shows them',
    );
    expect(() => ask(db, 'compare_policies', { first: 'before', second: 'after', rule: 'mmvu-judge' })).toThrow(
      'no prompt in common that the rule mmvu-judge can score',
    );
  });
});

describe('runs', () => {
  it('are listed, and read with metrics of limited length', () => {
    const db = file();
    const store = openStore(db);
    const run = store.runs.create('night', presetConfig('avatar', 'policy', 1));
    store.runs.claim(run.id);
    for (let iteration = 1; iteration <= 100; iteration += 1)
      store.runs.addIteration(
        run.id,
        { iteration, at: 0, values: { reward: iteration, kl: 0.5, ...(iteration > 50 && { ess: 1 }) }, advantages: [] },
        [],
      );
    store.runs.addLog(run.id, 'warn', 'slow disk');
    expect(ask(db, 'list_runs')).toMatchObject({
      runs: [{ id: run.id, status: 'running', iteration: 100, untrusted: { name: 'night', policy: 'policy' } }],
    });
    const prompts = Array.from({ length: 2000 }, (_, i) => `p-${i}`);
    store.runs.create('picked', { ...presetConfig('avatar', 'policy', 1), prompts });
    const picked = ask<{ untrusted: { settings: string } }>(db, 'read_run', { run: 'picked' });
    expect(picked).toMatchObject({ untrusted: { selection: '2,000 selected prompts' } });
    // Its other settings are not cut off for that.
    expect(JSON.parse(picked.untrusted.settings)).toMatchObject({
      prompts: expect.stringMatching(/^2,000 sel/u) as string,
    });
    const read = ask<{ iterations: number[]; untrusted: { metrics: Record<string, (number | null)[]> } }>(
      ...([db, 'read_run', { run: 'night' }] as const),
    );
    expect(read.iterations).toEqual(Array.from({ length: 34 }, (_, i) => 1 + 3 * i));
    expect(read.untrusted).toMatchObject({ metricNames: ['ess', 'kl', 'reward'], log: ['warn: slow disk'] });
    expect(Object.keys(read.untrusted.metrics)).toEqual(['kl', 'reward']);
    expect(read.untrusted.metrics.reward).toEqual(read.iterations);
    const ess = ask<typeof read>(db, 'read_run', { run: run.id, metrics: ['ess'] }).untrusted.metrics.ess;
    expect([ess[0], ess.at(-1)]).toEqual([null, 1]);
    expect(() => ask(db, 'read_run', { run: 'night', metrics: ['x'] })).toThrow('the run has no metric x');
    expect(() => ask(db, 'read_run', { run: 'day' })).toThrow(
      'there is no run day in this store: list_runs shows them',
    );
  });
});

describe('suggest_phases', () => {
  it('stores a suggestion under the agent’s name, and nothing else', () => {
    const db = file();
    const { mixed } = filled(db);
    const before = rowsOf(db);
    const input = { rollout: mixed[0], starts: ['Then I', 'So it'], confidence: 0.8, model: 'some-model' };
    expect(ask(db, 'suggest_phases', input)).toMatchObject({ boundaries: [14, 27] });
    const store = openStore(db);
    expect(store.suggestions.of(mixed[0])).toMatchObject([
      { source: 'agent:tester', boundaries: [14, 27], scores: [0.8, 0.8], model: 'some-model (tester 1)' },
    ]);
    expect({ ...rowsOf(db), suggestions: [] }).toEqual({ ...before, suggestions: [] });
    // Again, and of a completion without evidence.
    ask(db, 'suggest_phases', { ...input, starts: ['', 'So it'] });
    ask(db, 'suggest_phases', { ...input, rollout: mixed[1], starts: ['Then', ''] });
    expect(store.suggestions.of(mixed[0]).map(({ boundaries }) => boundaries)).toEqual([[27, 27]]);
    expect(store.suggestions.of(mixed[1]).map(({ boundaries }) => boundaries)).toEqual([[14, 38]]);
  });

  it('says what is wrong with the starts, and stores nothing', () => {
    const db = file();
    const { mixed } = filled(db);
    const fault =
      (starts: string[], more: object = {}) =>
      () =>
        ask(db, 'suggest_phases', { rollout: mixed[0], starts, confidence: 1, ...more });
    expect(fault(['Then'])).toThrow('starts: 3 phases need 2 starts, not 1');
    expect(fault(['Then', 'First'])).toThrow('starts[1]: this text is not in the completion after the start before it');
    expect(fault(['then', 'So'])).toThrow('starts[0]: this text is not in the completion: copy it exactly');
    expect(fault(['I', 'So'])).toThrow('starts[0]: this text occurs more than once: copy more of it');
    expect(fault(['Then', 'So'], { confidence: 2 })).toThrow('confidence: must be at most 1, not 2');
    expect(fault(['Then', 'So'], { rollout: 'x' })).toThrow('there is no rollout x in this store');
    expect(openStore(db).suggestions.sources()).toEqual([]);
  });
});

describe('every tool', () => {
  /** Something that each answers in the poisoned store. */
  const questions = (rollout: string): [string, object][] => [
    ['find_rollouts', {}],
    ['read_rollout', { rollout }],
    ['explain_group', { rollout }],
    ['list_evaluations', {}],
    ['compare_policies', { first: 'first', second: 'second', rule: 'recorded' }],
    ['list_runs', {}],
    ['read_run', { run: injected }],
    ['suggest_phases', { rollout, starts: ['I look', 'So it'], confidence: 1 }],
  ];

  it('marks every text that comes from outside, and follows none', () => {
    const db = file();
    const [{ id }] = poisonedStore(db);
    const before = rowsOf(db);
    expect(questions(id).map(([tool]) => tool)).toEqual(tools.map(({ name }) => name));
    for (const [tool, input] of questions(id)) {
      const answer = ask<object>(db, tool, input);
      expect(JSON.stringify(answer), tool).toContain('IGNORE ALL');
      expect(unmarked(answer, 'IGNORE'), tool).toEqual([]);
    }
    const after = rowsOf(db);
    expect(after.suggestions).toHaveLength(1);
    expect({ ...after, suggestions: [] }).toEqual({ ...before, suggestions: [] });
  });

  it('marks even what should be an id or a time, where somebody else made the store', () => {
    const db = file();
    const { vanishing } = filled(db);
    const [id] = vanishing;
    raw(db, (database) =>
      database.prepare('UPDATE rollouts SET id = ?, created_at = ? WHERE id = ?').run(injected, injected, id),
    );
    const answers = [
      ask<object>(db, 'find_rollouts'),
      ask<object>(db, 'read_rollout', { rollout: injected }),
      ask<object>(db, 'explain_group', { rollout: vanishing[1] }),
    ];
    for (const answer of answers) {
      expect(JSON.stringify(answer)).toContain(injected);
      expect(unmarked(answer, injected)).toEqual([]);
    }
    expect(answers[2]).toMatchObject({
      why: [
        expect.stringContaining('All 2 rewards are 0'),
        expect.any(String),
        'All completions are the same text: the policy is sampled with too little variety. A higher temperature may help.',
      ],
    });
  });

  it('but the one that suggests has a connection that can write nothing', () => {
    const db = file();
    const { mixed } = filled(db);
    const store = openStore(db);
    store.writeNothing();
    expect(() => store.labels.set({ rolloutId: mixed[0], annotator: 'ana', boundaries: [13, 26] })).toThrow(
      /readonly/u,
    );
    expect(() => store.runs.create('x', presetConfig('avatar', 'policy', 1))).toThrow(/readonly/u);
    expect(tools.filter(({ suggests }) => suggests).map(({ name }) => name)).toEqual(['suggest_phases']);
  });

  it('answers in limited size, however long the texts of a store are', () => {
    const db = file();
    const store = openStore(db);
    const long = 'x'.repeat(100_000);
    const prompt = makePrompt({
      question: long,
      answer: long,
      dataset: long,
      hint: long,
      options: Array<string>(100).fill(long),
    });
    const rewards = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${i}${long.slice(0, 200)}`, 1]));
    const rollouts = makeGroup(prompt, Array<number>(60).fill(1), {
      completion: long,
      policy: long,
      finish: long,
      rewards,
    });
    store.addRollouts([prompt], rollouts);
    const rollout = rollouts[0].id;
    for (const [tool, input] of [
      ['read_rollout', { rollout }],
      ['find_rollouts', { limit: 5 }],
    ] as const)
      expect(JSON.stringify(ask(db, tool, input)).length).toBeLessThan(longestAnswer);
    expect(() => ask(db, 'find_rollouts', { limit: 50 })).toThrow(
      /more than the 150000 that are given: ask for less at a time/u,
    );
  });
});
