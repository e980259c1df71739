import { expect, it } from 'vitest';
import { checkStore } from '../../../src/store/check.ts';
import { makeGroup, makePrompt, openStore, raw } from './fixture.ts';

function filled() {
  const store = openStore();
  const prompt = makePrompt();
  const rollouts = makeGroup(prompt, [1, 0, 1]);
  store.addRollouts([prompt], rollouts);
  return { store, ids: rollouts.map(({ id }) => id) };
}

it('tags are each annotator’s own, on one rollout or on several, and every change is kept', () => {
  const { store, ids } = filled();
  expect(store.tags.set(ids, 'ana', ' Reward  HACK ', true)).toBe(3);
  expect(store.tags.set(ids.slice(0, 2), 'ana', 'reward hack', true)).toBe(0);
  expect(store.tags.set([ids[0]], 'ben', 'reward hack', true)).toBe(1);
  expect(store.tags.set([ids[0]], 'ben', 'lucky', true)).toBe(1);
  expect(store.tags.set([ids[0]], 'ana', 'reward hack', false)).toBe(1);
  expect(store.tags.set([ids[0]], 'ana', 'lucky', false)).toBe(0);
  expect(store.tags.of(ids[0])).toEqual([
    { annotator: 'ben', tag: 'lucky' },
    { annotator: 'ben', tag: 'reward hack' },
  ]);
  expect(store.tags.history(ids[0]).map(({ annotator, change, tag }) => `${annotator} ${change} ${tag}`)).toEqual([
    ...['ana tagged reward hack', 'ben tagged reward hack', 'ben tagged lucky', 'ana untagged reward hack'],
  ]);
  expect(store.activities.of(ids[0], 2)).toMatchObject([
    { kind: 'tag', who: 'ana', change: 'untagged', tag: 'reward hack' },
    { kind: 'tag', who: 'ben', change: 'tagged', tag: 'lucky' },
  ]);
});

it('the tags in use are offered, the most frequent first', () => {
  const { store, ids } = filled();
  store.tags.set(ids, 'ana', 'late', true);
  store.tags.set([ids[0]], 'ben', 'early', true);
  expect(store.tags.known()).toEqual(['late', 'early']);
  expect(store.tags.known('ben')).toEqual(['early']);
  expect(store.tags.known('cyd')).toEqual([]);
});

it('a tag that another program changed is told', () => {
  const { store, ids } = filled();
  store.tags.set([ids[0]], 'ana', 'hack', true);
  store.close();
  raw(store.file, (database) => database.exec("UPDATE tags SET tag = 'luck'"));
  expect(checkStore(store.file).faults).toEqual([`the tag of ana on rollout ${ids[0]} is not as it was saved`]);
});

it('a tag that says nothing, is too long, of nobody or on nothing is refused, and nothing is changed', () => {
  const { store, ids } = filled();
  const set =
    (tag: string, annotator = 'ana', rollouts = ids) =>
    () =>
      store.tags.set(rollouts, annotator, tag, true);
  expect(set(' … ')).toThrow('a tag has at least one letter, digit or sign');
  // Small, it is two characters.
  expect(set('İ'.repeat(31))).toThrow('at most 60 characters');
  expect(set('x'.repeat(61))).toThrow('a tag has at most 60 characters: say more in a comment');
  expect(set('hack', ' ')).toThrow('an annotator needs a name');
  expect(set('hack', 'ana', [ids[0], 'r-none'])).toThrow('there is no rollout r-none in this store');
  expect(store.tags.known()).toEqual([]);
  expect(store.tags.history(ids[0])).toEqual([]);
});
