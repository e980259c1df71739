import { describe, expect, it } from 'vitest';
import { fromOther, type PairVerdict } from '../../../src/domain/preference.ts';
import type { Store } from '../../../src/store/store.ts';
import fc from '../fc.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

function storeWithRollouts(): { store: Store; ids: string[] } {
  const store = openStore();
  const prompt = makePrompt();
  const rollouts = makeGroup(prompt, [1, 0, 1]);
  store.addRollouts([prompt], rollouts);
  return { store, ids: rollouts.map(({ id }) => id) };
}

const time = expect.any(String) as string;

describe('preferences', () => {
  it('are one of two completions for each annotator, seen from either', () => {
    const { store, ids } = storeWithRollouts();
    const [a, b, c] = ids;
    const nothing = { pairs: [], canUndo: false, canRedo: false, savedAt: null };
    expect(store.preferences.get(a, 'ana')).toEqual(nothing);
    store.preferences.set(b, 'ana', { other: a, verdict: 'better' });
    store.preferences.set(a, 'ana', { other: c, verdict: 'tie' });
    store.preferences.set(a, 'ben', { other: b, verdict: 'better' });
    expect(store.preferences.get(a, 'ana')).toEqual({
      pairs: [
        { other: b, verdict: 'worse' },
        { other: c, verdict: 'tie' },
      ],
      ...{ canUndo: true, canRedo: false, savedAt: time },
    });
    expect(store.preferences.get(b, 'ana').pairs).toEqual([{ other: a, verdict: 'better' }]);
    expect(store.preferences.of(b)).toEqual([
      { rolloutId: b, annotator: 'ana', other: a, verdict: 'better', savedAt: time },
      { rolloutId: b, annotator: 'ben', other: a, verdict: 'worse', savedAt: time },
    ]);
    store.preferences.set(a, 'ana', { other: b, verdict: null });
    expect(store.preferences.of(b).map(({ annotator }) => annotator)).toEqual(['ben']);
  });

  it('are undone and redone pair by pair, the last one of the rollout first', () => {
    const two = fc.uniqueArray(fc.nat(2), { minLength: 2, maxLength: 2 });
    const verdict = fc.constantFrom<(PairVerdict | null)[]>('better', 'worse', 'tie', null);
    const action = fc.oneof(
      fc.record({ two, verdict }),
      fc.record({ of: fc.nat(2), what: fc.constantFrom('undo' as const, 'redo' as const) }),
    );
    /** Of each pair what was said, oldest first; where it is now, and when that last changed. */
    const model = (): Record<string, { said: (PairVerdict | null)[]; at: number; changed: number }> =>
      Object.fromEntries(['01', '02', '12'].map((pair) => [pair, { said: [null], at: 0, changed: 0 }]));
    fc.assert(
      fc.property(fc.array(action, { maxLength: 14 }), (actions) => {
        const { store, ids } = storeWithRollouts();
        const pairs = model();
        for (const [turn, done] of actions.entries()) {
          if ('two' in done) {
            const [i, j] = done.two;
            store.preferences.set(ids[i], 'ana', { other: ids[j], verdict: done.verdict });
            const pair = pairs[[i, j].sort().join('')];
            const said = i < j ? done.verdict : fromOther(done.verdict);
            if (said === pair.said[pair.at]) continue;
            pair.said = [...pair.said.slice(0, pair.at + 1), said];
            pair.at += 1;
            pair.changed = turn + 1;
          } else {
            store.preferences[done.what](ids[done.of], 'ana');
            const by = done.what === 'undo' ? -1 : 1;
            const [last] = Object.entries(pairs)
              .filter(([name, { said, at }]) => name.includes(String(done.of)) && said[at + by] !== undefined)
              .map(([, pair]) => pair)
              .sort((one, other) => other.changed - one.changed);
            if (!last) continue;
            last.at += by;
            last.changed = turn + 1;
          }
        }
        for (const [name, { said, at }] of Object.entries(pairs)) {
          const [i, j] = [...name].map(Number);
          const now = store.preferences.get(ids[i], 'ana').pairs.find(({ other }) => other === ids[j]);
          expect(now?.verdict ?? null).toBe(said[at]);
        }
        store.close();
      }),
      { numRuns: 40 },
    );
  });

  it('are not undone by a window that has not seen the last one, and take turns with labels', () => {
    const { store, ids } = storeWithRollouts();
    const [a, b, c] = ids;
    const seen = store.preferences.set(a, 'ana', { other: b, verdict: 'better' }).savedAt;
    const now = store.preferences.set(c, 'ana', { other: a, verdict: 'better' });
    expect(store.preferences.undo(a, 'ana', seen).pairs).toHaveLength(2);
    expect(store.preferences.undo(a, 'ana', now.savedAt).pairs).toEqual([{ other: b, verdict: 'better' }]);
    expect(store.lastStep(a, 'ana', 'undo')).toBe('preference');
    expect(store.lastStep(c, 'ana', 'undo')).toBeNull();
    expect(store.lastStep(c, 'ana', 'redo')).toBe('preference');
  });

  it('are of completions of one prompt alone', () => {
    const { store, ids } = storeWithRollouts();
    const prompt = makePrompt({ question: 'Another?' });
    const [elsewhere] = makeGroup(prompt, [1]);
    store.addRollouts([prompt], [elsewhere]);
    const refused =
      (other: string): (() => unknown) =>
      () =>
        store.preferences.set(ids[0], 'ana', { other, verdict: 'better' });
    expect(refused(elsewhere.id)).toThrow('they are of two prompts: only completions of one are compared');
    expect(refused(ids[0])).toThrow('a completion cannot be compared with itself');
    expect(refused('x')).toThrow('there is no rollout x in this store');
    expect(() => store.preferences.set(ids[0], ' ', { other: ids[1], verdict: 'tie' })).toThrow('needs a name');
    expect(store.preferences.compared()).toEqual([]);
  });
});
