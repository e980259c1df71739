import { describe, expect, it } from 'vitest';
import type { RolloutMarks, Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

function storeWithRollouts(count: number): { store: Store; ids: string[]; prompts: string[] } {
  const store = openStore();
  const prompts = [makePrompt({ question: 'First?' }), makePrompt({ question: 'Second?' })];
  const rollouts = makeGroup(prompts[0], Array<number>(count).fill(1));
  store.addRollouts(prompts, rollouts);
  return { store, ids: rollouts.map(({ id }) => id), prompts: prompts.map(({ id }) => id) };
}

const label = (store: Store, rolloutId: string, annotator = 'ana'): unknown =>
  store.labels.set({ rolloutId, annotator, boundaries: [13, 26] });
const said = ({ statuses }: RolloutMarks): unknown[] =>
  statuses.map(({ annotator, status, reason }) => [annotator, status, reason]);

describe('where a rollout stands', () => {
  it('is said by each annotator for themselves, apart from the label, and every change is kept', () => {
    const { store, ids } = storeWithRollouts(1);
    const [id] = ids;
    label(store, id);
    const before = store.labels.get(id, 'ana');
    store.statuses.set(id, 'ana', 'submitted');
    store.statuses.set(id, 'ana', 'submitted');
    store.statuses.set(id, 'ben', 'skipped', '  too dark ');
    expect(said(store.statuses.of(id))).toEqual([
      ['ana', 'submitted', null],
      ['ben', 'skipped', 'too dark'],
    ]);
    store.statuses.set(id, 'ben', 'open');
    store.statuses.set(id, 'ben', 'open');
    expect(said(store.statuses.of(id))).toEqual([['ana', 'submitted', null]]);
    expect(store.labels.get(id, 'ana')).toEqual(before);
    expect(store.statuses.history(id)).toEqual(
      [
        ['ana', 'submitted', null],
        ['ben', 'skipped', 'too dark'],
        ['ben', 'open', null],
      ].map(([annotator, change, reason]) => ({ annotator, change, reason, at: expect.any(String) as string })),
    );
  });

  it('is not submitted without a label, nor skipped without a reason, and nobody without a name says it', () => {
    const { store, ids } = storeWithRollouts(1);
    const [id] = ids;
    label(store, id, 'ben');
    expect(() => store.statuses.set(id, 'ana', 'submitted')).toThrow('has no label of ana to submit');
    expect(() => store.statuses.set(id, 'ana', 'skipped', ' ')).toThrow('skipping needs a reason');
    expect(() => store.statuses.set(id, ' ', 'open')).toThrow('needs a name');
    expect(() => store.statuses.flag('r-none', 'ana', true)).toThrow('there is no rollout r-none');
    expect([store.statuses.of(id), store.statuses.history(id)]).toEqual([
      { statuses: [], flaggedBy: [], tags: [] },
      [],
    ]);
  });

  it('has flags of several annotators, each taken down by its own', () => {
    const { store, ids } = storeWithRollouts(1);
    const [id] = ids;
    store.statuses.flag(id, 'ben', true);
    store.statuses.flag(id, 'ana', true);
    store.statuses.flag(id, 'ana', true);
    expect(store.statuses.of(id).flaggedBy).toEqual(['ana', 'ben']);
    store.statuses.flag(id, 'ben', false);
    expect(store.statuses.of(id).flaggedBy).toEqual(['ana']);
    expect(store.statuses.history(id).map(({ annotator, change }) => `${annotator} ${change}`)).toEqual([
      'ben flagged',
      'ana flagged',
      'ben unflagged',
    ]);
  });

  it('has one annotator’s flags of several rollouts at once, or of none', () => {
    const { store, ids } = storeWithRollouts(3);
    store.statuses.flag(ids[1], 'ana', true);
    expect(store.statuses.flagAll(ids, 'ana', true)).toBe(2);
    expect(ids.map((id) => store.statuses.of(id).flaggedBy)).toEqual([['ana'], ['ana'], ['ana']]);
    expect(() => store.statuses.flagAll([ids[0], 'r-none'], 'ana', false)).toThrow('there is no rollout r-none');
    expect(store.statuses.of(ids[0]).flaggedBy).toEqual(['ana']);
    expect(store.statuses.flagAll(ids.slice(1), 'ana', false)).toBe(2);
    expect(store.rollouts.page({ where: 'flagged:ana' }).rows.map(({ id }) => id)).toEqual([ids[0]]);
  });

  it('is what lists are filtered by and show', () => {
    const { store, ids, prompts } = storeWithRollouts(3);
    label(store, ids[0]);
    store.statuses.set(ids[0], 'ana', 'submitted');
    store.statuses.set(ids[1], 'ana', 'skipped', 'no video');
    store.statuses.flag(ids[2], 'ben', true);
    for (const [place, filter] of (['submitted', 'skipped', 'flagged'] as const).entries()) {
      expect(store.rollouts.page({ filter }).rows.map(({ id }) => id)).toEqual([ids[place]]);
      expect(store.prompts.page({ filter }).rows.map(({ id }) => id)).toEqual([prompts[0]]);
    }
    expect(store.rollouts.page().rows.map(({ statuses, flaggedBy }) => [statuses[0]?.status, flaggedBy])).toEqual([
      ['submitted', []],
      ['skipped', []],
      [undefined, ['ben']],
    ]);
  });

  it('passes over what was skipped, in either order of the queue, until it is opened again', () => {
    const { store, ids } = storeWithRollouts(3);
    const suggestion = { source: 'rules', boundaries: [13, 26], scores: [1, 1], model: 'rules 1' } as const;
    store.suggestions.add(
      ids.map((rolloutId, i) => ({ ...suggestion, boundaries: [13, 26], scores: [1, 1], rolloutId, entropy: 3 - i })),
    );
    store.statuses.set(ids[0], 'ana', 'skipped', 'no video');
    expect(store.labels.nextUnlabelled('ana', null)).toBe(ids[1]);
    expect(store.labels.nextUnlabelled('ben', null)).toBe(ids[0]);
    expect(store.suggestions.mostInformative('ana').rows.map(({ rolloutId }) => rolloutId)).toEqual([ids[1], ids[2]]);
    store.statuses.set(ids[0], 'ana', 'open');
    expect(store.labels.nextUnlabelled('ana', null)).toBe(ids[0]);
  });

  it('remembers the reasons, the latest first', () => {
    const { store, ids } = storeWithRollouts(3);
    store.statuses.set(ids[0], 'ana', 'skipped', 'no video');
    store.statuses.set(ids[1], 'ana', 'skipped', 'too dark');
    store.statuses.set(ids[2], 'ana', 'skipped', 'no video');
    store.statuses.set(ids[2], 'ben', 'skipped', 'twice the same');
    store.statuses.flag(ids[0], 'ana', true);
    store.statuses.flag(ids[1], 'ana', true, ' wrong key ');
    expect(store.statuses.reasons('ana', 'skipped')).toEqual(['no video', 'too dark']);
    expect(store.statuses.reasons('ana', 'flagged')).toEqual(['wrong key']);
    expect(store.statuses.history(ids[1]).map(({ change, reason }) => [change, reason])).toEqual([
      ['skipped', 'too dark'],
      ['flagged', 'wrong key'],
    ]);
  });
});

it('a prompt has a place in its dataset', () => {
  const { store, prompts } = storeWithRollouts(1);
  store.addRollouts([makePrompt({ dataset: 'another', question: 'Alone?' })], []);
  expect(prompts.map((id) => store.prompts.place(id))).toEqual([
    { place: 1, of: 2 },
    { place: 2, of: 2 },
  ]);
});
