import { describe, expect, it } from 'vitest';
import type { Rollout } from '../../../src/domain/rollout.ts';
import type { Store, TableSort } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

const names = ['red', 'tone', 'lamp', 'bare'] as const;

/** Four prompts; each rollout is known by its prompt's first letter and its place. */
function filled(): Store {
  const store = openStore();
  const [red, tone, lamp, bare] = names.map((question) => ({
    ...makePrompt({ question, dataset: question === 'tone' ? 'tones' : 'clips', stage: null }),
    id: question,
  }));
  const by = (rollouts: Rollout[], start: number): Rollout[] =>
    rollouts.map((one, i) => ({ ...one, id: `${one.promptId[0]}${start + i}` }));
  store.addRollouts(
    [red, tone, lamp, bare],
    [
      ...by(makeGroup(red, [1, 0, 0]), 1),
      ...by(makeGroup(red, [1, 1], { policyVersion: 1, name: 'later' }), 4),
      ...by(makeGroup(tone, [0.5, 0.5]), 1),
      ...by(makeGroup(lamp, [1, 0], { policyVersion: 1 }), 1),
    ],
  );
  return store;
}

/** The prompts that a line keeps, in the order that is asked for. */
function kept(store: Store, line: string, sort: TableSort | null = null): string[] {
  const numbers = store.promptTable.order({ line, sort, blindFor: null });
  return store.promptTable.ids([...numbers]).map((id) => id!);
}

describe('the table of prompts', () => {
  it('has those with a rollout that a line keeps, and of an empty one all', () => {
    const store = filled();
    expect(kept(store, '')).toEqual(names);
    expect(kept(store, 'correct:yes')).toEqual(['red', 'lamp']);
    expect(kept(store, 'pass:0.2..0.8')).toEqual(['red', 'lamp']);
    expect(kept(store, 'version:1')).toEqual(['red', 'lamp']);
    expect(kept(store, 'vanishing:yes dataset:tones')).toEqual(['tone']);
    const { promptTable } = store;
    expect(promptTable.total()).toBe(4);
    expect(promptTable.policies({ line: 'version:1', blindFor: null })).toEqual(['tiny v1']);
    expect(promptTable.policies({ line: '', blindFor: null })).toEqual(['tiny v0', 'tiny v1']);
  });

  it('tells of all rollouts of each, and of each version of a policy', () => {
    const store = filled();
    const [red, gone, tone, bare] = store.promptTable.rows([1, 99, 2, 4]);
    expect(gone).toBeNull();
    expect(red).toMatchObject({
      ...{ id: 'red', dataset: 'clips', stage: null, split: 'train', groups: 2, rollouts: 5, pass: 3 / 5 },
      ...{ passBy: { 'tiny v0': 1 / 3, 'tiny v1': 1 }, vanishing: 1 },
    });
    expect(red!.mean).toBeCloseTo(3 / 5, 12);
    // Within groups: of 1, 0, 0 the variance is 1/3 with two degrees of freedom, of 1, 1 it is 0 with one.
    expect(red!.spread).toBeCloseTo(Math.sqrt(2 / 9), 12);
    expect(tone).toMatchObject({ spread: 0, vanishing: 1, groups: 1 });
    expect(bare).toMatchObject({
      rollouts: 0,
      groups: 0,
      pass: null,
      passBy: {},
      mean: null,
      spread: null,
      vanishing: 0,
    });
  });

  it('sorts by any column, those without a value last', () => {
    const store = filled();
    const sorts: [TableSort, string[]][] = [
      [{ by: 'question', descending: false }, ['bare', 'lamp', 'red', 'tone']],
      [{ by: 'dataset', descending: true }, ['tone', 'red', 'lamp', 'bare']],
      [{ by: 'rollouts', descending: true }, ['red', 'tone', 'lamp', 'bare']],
      [{ by: 'pass', descending: true }, ['red', 'lamp', 'tone', 'bare']],
      [{ by: 'spread', descending: true }, ['lamp', 'red', 'tone', 'bare']],
      [{ by: 'mean', descending: false }, ['tone', 'lamp', 'red', 'bare']],
      [{ by: 'vanishing', descending: true }, ['red', 'tone', 'lamp', 'bare']],
      [{ by: 'pass.tiny v1', descending: false }, ['lamp', 'red', 'tone', 'bare']],
      [{ by: 'groups', descending: true }, ['red', 'tone', 'lamp', 'bare']],
      [{ by: 'id', descending: false }, ['bare', 'lamp', 'red', 'tone']],
      [{ by: 'pass.tiny v0', descending: false }, ['tone', 'red', 'lamp', 'bare']],
    ];
    expect(sorts.map(([sort]) => [sort, kept(store, '', sort)])).toEqual(sorts);
    expect(() => kept(store, '', { by: 'toString', descending: false })).toThrow(
      'prompts cannot be sorted by toString',
    );
  });

  it('leads to the rollouts of its prompts that the line keeps, in its order', () => {
    const store = filled();
    const rollouts = (prompts: number[], line: string): string =>
      store.table.ids([...store.promptTable.rolloutsOf(prompts, { line, blindFor: null })]).join(' ');
    expect(rollouts([3, 1], '')).toBe('l1 l2 r1 r2 r3 r4 r5');
    expect(rollouts([3, 1], 'correct:no')).toBe('l2 r2 r3');
    expect(rollouts([4], '')).toBe('');
  });

  it('keeps prompts without a rollout, too, by a line that asks of prompts alone', () => {
    const store = filled();
    for (const [line, expected] of [
      ['dataset:clips', ['red', 'lamp', 'bare']],
      ['prompt:bare,tone', ['tone', 'bare']],
      ['-prompt:bare', ['red', 'tone', 'lamp']],
      ['split:train stage:none', [...names]],
      ['bar', ['bare']],
      ['bar dataset:tones', []],
      ['-bar', ['red', 'tone', 'lamp']],
      ['dataset:clips correct:none', []],
      ['-correct:yes', ['red', 'tone', 'lamp']],
    ] as [string, string[]][]) {
      expect([line, kept(store, line)]).toEqual([line, expected]);
      const listed = store.prompts.page({ where: line }).rows.map(({ id }) => id);
      expect([line, listed.sort()]).toEqual([line, expected.toSorted()]);
    }
  });

  it('gives those that are selected, or the prompts of selected rollouts, as what a run trains on', () => {
    const store = filled();
    const { promptTable, table } = store;
    expect(promptTable.selection(Int32Array.of(4, 1, 99))).toEqual({ prompts: ['red', 'bare'], dataset: 'clips' });
    expect(promptTable.selection(Int32Array.of(1, 2))).toEqual({ prompts: ['red', 'tone'], dataset: null });
    const rollouts = Int32Array.from(['l2', 'r1', 'r5', 'l1'].map((id) => table.number(id)!));
    expect([...promptTable.ofRollouts(rollouts)]).toEqual([1, 3]);
    expect(() => promptTable.selection(Int32Array.of(99))).toThrow('no prompt is selected: choose some to train on');
    expect(() => promptTable.selection(new Int32Array(10_001))).toThrow(
      '10,001 prompts are selected, and a run takes at most 10,000: narrow the query, or train on a dataset',
    );
  });

  it('is listed by ids, and an empty line keeps a prompt without a rollout there, too', () => {
    const store = filled();
    expect(store.prompts.page({ ids: ['tone', 'none'] }).rows.map(({ id }) => id)).toEqual(['tone']);
    expect(store.prompts.page({ where: '' }).rows).toHaveLength(4);
  });
});
