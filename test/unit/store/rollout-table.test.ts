import { describe, expect, it } from 'vitest';
import { groupAdvantages } from '../../../src/domain/advantage.ts';
import type { SpreadField } from '../../../src/domain/query-fields.ts';
import type { Rollout } from '../../../src/domain/rollout.ts';
import type { Store, TableSort } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

const tokens = (count: number): Rollout['tokens'] => ({
  ids: new Int32Array(count),
  offsets: null,
  logProbs: null,
  tokenizer: null,
});

/** Two prompts with three rollouts each, and one that carries next to nothing; each is known by the letter its completion begins with. */
function filled(): Store {
  const store = openStore();
  const [colour, tone, bare] = [
    makePrompt(),
    makePrompt({ question: 'How often does the tone sound?', dataset: 'tones', split: 'test', stage: 'visual' }),
    makePrompt({ question: 'Anything?', dataset: 'other', stage: null }),
  ];
  const named = (rollouts: Rollout[], changes: Partial<Rollout>[]): Rollout[] =>
    rollouts.map((rollout, i) => ({ ...rollout, id: changes[i].completion![0], ...changes[i] }));
  store.addRollouts(
    [colour, tone, bare],
    [
      ...named(makeGroup(colour, [1, 0, 0.25]), [
        { completion: 'a green square <answer>B</answer>', tokens: tokens(30), finish: 'stop' },
        { completion: 'b a low tone at 0:03', tokens: tokens(900), finish: 'length', hinted: true },
        { completion: 'c red', tokens: tokens(5), rewards: { accuracy: 0.25, 'format reward': 1 }, advantage: 0.5 },
      ]),
      ...named(makeGroup(tone, [1, 1, 1], { policy: 'My Policy, 2', policyVersion: 3 }), [
        { completion: 'd greenish', tokens: tokens(10) },
        { completion: 'e low notes, a tone' },
        { completion: 'f 🎬 nothing', rewards: { accuracy: 1, format: 0 } },
      ]),
      ...named(makeGroup(bare, [null]), [{ completion: 'g' }]),
    ],
  );
  store.labels.set({ rolloutId: 'a', annotator: 'ana', boundaries: [1, 2], grounding: [null, null, null] });
  store.labels.set({ rolloutId: 'b', annotator: 'ben', boundaries: [1, 2], grounding: [null, null, null] });
  store.statuses.flag('b', 'ana', true);
  store.statuses.set('c', 'ben', 'skipped', 'dull');
  store.tags.set(['c', 'f'], 'ana', 'hack', true);
  store.tags.set(['c', 'e'], 'ben', 'lucky guess', true);
  store.comments.add('d', 'ana', { body: 'look', text: null, video: null });
  return store;
}

/** The letters that a line keeps, in the order that is asked for. */
function kept(store: Store, line: string, sort: TableSort | null = null, blindFor: string | null = null): string {
  const numbers = store.table.order({ line, sort, blindFor });
  return store.table.ids([...numbers]).join('');
}

describe('the table of rollouts', () => {
  it('keeps what a line asks for, as the list does', () => {
    const store = filled();
    const lines = [
      ['', 'abcdefg'],
      ['correct:yes', 'adef'],
      ['correct:no', 'bc'],
      ['correct:no,none', 'bcg'],
      ['-correct:no', 'adefg'],
      ['reward:>=1', 'adef'],
      ['-reward:>=1', 'bcg'],
      ['reward:none', 'g'],
      ['reward:0..<0.25', 'b'],
      ['reward.format:0', 'f'],
      ['reward."format reward":1', 'c'],
      ['reward.accuracy:<1', 'bc'],
      ['advantage:0', 'def'],
      ['advantage:0.5', 'c'],
      ['tokens:>29', 'ab'],
      ['tokens:none', 'efg'],
      ['words:4', 'a'],
      ['words:>=5', 'be'],
      ['characters:11', 'f'],
      ['characters:10', 'd'],
      ['characters:<=12', 'cdfg'],
      ['version:3', 'def'],
      ['pass:0.3..0.4', 'abc'],
      ['pass:1', 'def'],
      ['pass:none', 'g'],
      ['dataset:TONES', 'def'],
      ['dataset:cl*,other', 'abcg'],
      ['policy:"my policy, 2"', 'def'],
      ['run:none', 'abcdefg'],
      ['-run:none', ''],
      ['finish:length', 'b'],
      ['finish:none,stop', 'acdefg'],
      ['stage:visual', 'def'],
      ['stage:none', 'g'],
      ['split:test', 'def'],
      ['status:open', 'abdefg'],
      ['status:skipped', 'c'],
      ['hinted:yes', 'b'],
      ['commented:yes', 'd'],
      ['vanishing:yes', 'def'],
      ['vanishing:no', 'abcg'],
      ['labelled:yes', 'ab'],
      ['labelled:ana', 'a'],
      ['-labelled:ana', 'bcdefg'],
      ['labelled:no', 'cdefg'],
      ['flagged:ana', 'b'],
      ['tag:hack', 'cf'],
      ['tag:HACK', 'cf'],
      ['tag:"lucky guess"', 'ce'],
      ['tag:l*,hack', 'cef'],
      ['tag:none', 'abdg'],
      ['tag:none,hack', 'abcdfg'],
      ['-tag:none', 'cef'],
      ['-tag:hack', 'abdeg'],
      ['green', 'ad'],
      ['colour', 'abc'],
      ['low tone', 'abce'],
      ['"low tone"', 'abc'],
      ['-"low tone"', 'defg'],
      ['"0:03"', 'b'],
      ['correct:yes green tokens:>20', 'a'],
    ] as const;
    const listed = (where: string): string =>
      store.rollouts
        .page({ where })
        .rows.map(({ id }) => id)
        .join('');
    expect(lines.map(([line]) => [line, kept(store, line)])).toEqual(lines);
    expect(lines.map(([line]) => [line, listed(line)])).toEqual(lines);
  });

  it('is listed by ids, too', () => {
    const { rollouts } = filled();
    expect(rollouts.page({ ids: ['f', 'b', 'none'] }).rows.map(({ id }) => id)).toEqual(['b', 'f']);
    expect(rollouts.page({ ids: [] }).rows).toEqual([]);
  });

  it('sorts by any column, those without a value last', () => {
    const store = filled();
    const sorts: [TableSort, string][] = [
      [{ by: 'reward', descending: true }, 'adefcbg'],
      [{ by: 'reward', descending: false }, 'bcadefg'],
      [{ by: 'reward.format', descending: false }, 'fabcdeg'],
      [{ by: 'tokens', descending: false }, 'cdabefg'],
      [{ by: 'advantage', descending: true }, 'acdefbg'],
      [{ by: 'question', descending: false }, 'gdefabc'],
      [{ by: 'labelled', descending: true }, 'abcdefg'],
      [{ by: 'correct', descending: false }, 'bcadefg'],
      [{ by: 'pass', descending: false }, 'abcdefg'],
      [{ by: 'words', descending: true }, 'beafcdg'],
      [{ by: 'tag', descending: false }, 'fceabdg'],
      [{ by: 'tag', descending: true }, 'ecfabdg'],
    ];
    expect(sorts.map(([sort]) => [sort, kept(store, '', sort)])).toEqual(sorts);
    const listed = (sort: TableSort, limit: number, after?: string | null): string => {
      const page = store.rollouts.page({ sort, limit, after });
      return page.rows.map(({ id }) => id).join('') + (page.next === null ? '' : listed(sort, limit, page.next));
    };
    for (const limit of [2, 100]) expect(sorts.map(([sort]) => [sort, listed(sort, limit)])).toEqual(sorts);
  });

  it('is listed in an order together with what else narrows a list, and goes on where a page ended', () => {
    const { rollouts, labels, prompts } = filled();
    const sort = { by: 'reward', descending: true };
    const page = rollouts.page({ sort, where: '-correct:none', filter: 'unlabelled', limit: 2 });
    expect(page.rows.map(({ id, promptId }) => [id, prompts.get(promptId)?.dataset])).toEqual([
      ['d', 'tones'],
      ['e', 'tones'],
    ]);
    const rest = { sort, where: '-correct:none', filter: 'unlabelled', after: page.next } as const;
    expect(rollouts.page(rest).rows.map(({ id }) => id)).toEqual(['f', 'c']);
    labels.set({ rolloutId: 'e', annotator: 'ana', boundaries: [1, 2] });
    expect(() => rollouts.page(rest)).toThrow('is not among these any more: list them from the start');
    expect(() => rollouts.page({ ...rest, after: rollouts.page({ limit: 1 }).next })).toThrow('is not a cursor');
  });

  it('counts the words of a text again when it changes', () => {
    const store = filled();
    const words = (): number => store.table.rows([6])[0]!.words!;
    expect(words()).toBe(3);
    for (const [completion, count] of [
      ['f  b\nc\u00a0d ', 4],
      [' ', 0],
    ] as const) {
      const rollout = { ...store.rollouts.get('f')!, completion, tokens: null };
      expect(store.updateRollouts([], [{ id: 'f', rollout }])).toMatchObject({ changed: 1 });
      expect(words()).toBe(count);
    }
  });

  it('refuses a line and a sort that there are not', () => {
    const { table } = filled();
    const view = (line: string, by: string) => () =>
      table.order({ line, sort: { by, descending: false }, blindFor: null });
    expect(view('rewrd:1', 'reward')).toThrow('rewrd:1 names no field: did you mean reward?');
    expect(view('', 'toString')).toThrow('rollouts cannot be sorted by toString: there are question,');
  });

  it('tells in a blind first pass of nobody by name before one has labelled oneself', () => {
    const store = filled();
    expect(kept(store, 'labelled:ben', null, 'ana')).toBe('');
    expect(kept(store, 'labelled:yes', null, 'ana')).toBe('ab');
    expect(kept(store, 'flagged:ana', null, 'ana')).toBe('b');
    expect(kept(store, 'flagged:ana', null, 'ben')).toBe('b');
    expect(kept(store, 'flagged:ana', null, 'cleo')).toBe('');
    expect(kept(store, 'tag:hack', null, 'ana')).toBe('cf');
    expect(kept(store, 'tag:hack', null, 'ben')).toBe('');
    expect(kept(store, '-tag:none', null, 'ben')).toBe('ce');
    store.labels.set({ rolloutId: 'f', annotator: 'ben', boundaries: [1, 2], grounding: [null, null, null] });
    expect(kept(store, 'tag:hack', null, 'ben')).toBe('f');
    expect(kept(store, '', { by: 'tag', descending: false }, 'ben')).toBe('fceabdg');
    expect(kept(store, '', { by: 'tag', descending: false }, 'cleo')).toBe('abcdefg');
  });

  it('says how numbers spread, each without what the line asks of itself', () => {
    const { table } = filled();
    expect(table.total()).toBe(7);
    const of = (line: string, field: SpreadField) =>
      table.spread({ line, blindFor: null }, field)?.histogram.counts.filter(Boolean);
    const line = 'correct:yes tokens:<20';
    expect(table.order({ line, sort: null, blindFor: null })).toHaveLength(1);
    expect(of(line, 'tokens')).toEqual([1, 1]);
    expect(of(line, 'reward')).toEqual([1]);
    expect(of(line, 'pass')).toEqual([1]);
    expect(of(line, 'iteration')).toBeUndefined();
    expect(of('', 'pass')).toEqual([1, 1]);
    expect(of('tokens:none', 'tokens')).toEqual([3, 1]);
    expect(of('-tokens:>=0', 'tokens')).toBeUndefined();
    expect(of('-tokens:>=0', 'characters')).toEqual([1, 1, 1]);
  });

  it('has rows by their place, with what is known of each', () => {
    const { table } = filled();
    const numbers = table.order({ line: '', sort: null, blindFor: null });
    const [a, gone, c] = table.rows([numbers[0], 999, numbers[2]]);
    expect(gone).toBeNull();
    expect(a).toMatchObject({
      ...{ id: 'a', question: 'Which colour is on screen when the low tone sounds?', answer: 'B', tokens: 30 },
      ...{ correct: { right: true, by: 'accuracy' }, labelledBy: ['ana'], flaggedBy: [], openComments: 0 },
      ...{ dataset: 'clips', stage: 'audio-visual', finish: 'stop', run: null, pass: 1 / 3 },
    });
    const [advantage] = groupAdvantages([1, 0, 0.25]);
    expect(a!.advantage).toBeCloseTo(advantage, 12);
    expect(c).toMatchObject({ id: 'c', advantage: 0.5, answer: null, statuses: [{ status: 'skipped' }] });
    expect(table.rewardParts()).toEqual(['accuracy', 'format', 'format reward']);
    expect(table.number('c')).toBe(numbers[2]);
  });
});
