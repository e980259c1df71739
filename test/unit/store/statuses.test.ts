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
  store.setSegmentation({ rolloutId, annotator, boundaries: [13, 26] });
const said = ({ statuses }: RolloutMarks): unknown[] =>
  statuses.map(({ annotator, status, reason }) => [annotator, status, reason]);

describe('where a rollout stands', () => {
  it('is said by each annotator for themselves, apart from the label, and every change is kept', () => {
    const { store, ids } = storeWithRollouts(1);
    const [id] = ids;
    label(store, id);
    const before = store.segmentation(id, 'ana');
    store.setStatus(id, 'ana', 'submitted');
    store.setStatus(id, 'ana', 'submitted');
    store.setStatus(id, 'ben', 'skipped', '  too dark ');
    expect(said(store.marks(id))).toEqual([
      ['ana', 'submitted', null],
      ['ben', 'skipped', 'too dark'],
    ]);
    store.setStatus(id, 'ben', 'open');
    store.setStatus(id, 'ben', 'open');
    expect(said(store.marks(id))).toEqual([['ana', 'submitted', null]]);
    expect(store.segmentation(id, 'ana')).toEqual(before);
    expect(store.statusHistory(id)).toEqual(
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
    expect(() => store.setStatus(id, 'ana', 'submitted')).toThrow('has no label of ana to submit');
    expect(() => store.setStatus(id, 'ana', 'skipped', ' ')).toThrow('skipping needs a reason');
    expect(() => store.setStatus(id, ' ', 'open')).toThrow('needs a name');
    expect(() => store.setFlag('r-none', 'ana', true)).toThrow('there is no rollout r-none');
    expect([store.marks(id), store.statusHistory(id)]).toEqual([{ statuses: [], flaggedBy: [] }, []]);
  });

  it('has flags of several annotators, each taken down by its own', () => {
    const { store, ids } = storeWithRollouts(1);
    const [id] = ids;
    store.setFlag(id, 'ben', true);
    store.setFlag(id, 'ana', true);
    store.setFlag(id, 'ana', true);
    expect(store.marks(id).flaggedBy).toEqual(['ana', 'ben']);
    store.setFlag(id, 'ben', false);
    expect(store.marks(id).flaggedBy).toEqual(['ana']);
    expect(store.statusHistory(id).map(({ annotator, change }) => `${annotator} ${change}`)).toEqual([
      'ben flagged',
      'ana flagged',
      'ben unflagged',
    ]);
  });

  it('is what lists are filtered by and show', () => {
    const { store, ids, prompts } = storeWithRollouts(3);
    label(store, ids[0]);
    store.setStatus(ids[0], 'ana', 'submitted');
    store.setStatus(ids[1], 'ana', 'skipped', 'no video');
    store.setFlag(ids[2], 'ben', true);
    for (const [place, filter] of (['submitted', 'skipped', 'flagged'] as const).entries()) {
      expect(store.rollouts({ filter }).rows.map(({ id }) => id)).toEqual([ids[place]]);
      expect(store.prompts({ filter }).rows.map(({ id }) => id)).toEqual([prompts[0]]);
    }
    expect(store.rollouts().rows.map(({ statuses, flaggedBy }) => [statuses[0]?.status, flaggedBy])).toEqual([
      ['submitted', []],
      ['skipped', []],
      [undefined, ['ben']],
    ]);
  });

  it('passes over what was skipped, in either order of the queue, until it is opened again', () => {
    const { store, ids } = storeWithRollouts(3);
    const suggestion = { source: 'rules', boundaries: [13, 26], scores: [1, 1], model: 'rules 1' } as const;
    store.addSuggestions(
      ids.map((rolloutId, i) => ({ ...suggestion, boundaries: [13, 26], scores: [1, 1], rolloutId, entropy: 3 - i })),
    );
    store.setStatus(ids[0], 'ana', 'skipped', 'no video');
    expect(store.nextUnlabelled('ana', null)).toBe(ids[1]);
    expect(store.nextUnlabelled('ben', null)).toBe(ids[0]);
    expect(store.mostInformative('ana').rows.map(({ rolloutId }) => rolloutId)).toEqual([ids[1], ids[2]]);
    store.setStatus(ids[0], 'ana', 'open');
    expect(store.nextUnlabelled('ana', null)).toBe(ids[0]);
  });

  it('remembers the reasons, the latest first', () => {
    const { store, ids } = storeWithRollouts(3);
    store.setStatus(ids[0], 'ana', 'skipped', 'no video');
    store.setStatus(ids[1], 'ana', 'skipped', 'too dark');
    store.setStatus(ids[2], 'ana', 'skipped', 'no video');
    store.setStatus(ids[2], 'ben', 'skipped', 'twice the same');
    expect(store.skipReasons('ana')).toEqual(['no video', 'too dark']);
  });
});

it('a prompt has a place in its dataset', () => {
  const { store, prompts } = storeWithRollouts(1);
  store.addRollouts([makePrompt({ dataset: 'another', question: 'Alone?' })], []);
  expect(prompts.map((id) => store.promptPlace(id))).toEqual([
    { place: 1, of: 2 },
    { place: 2, of: 2 },
  ]);
});
