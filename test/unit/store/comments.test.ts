import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CommentValue } from '../../../src/domain/comment.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

function storeWithRollouts(): { store: Store; id: string; other: string; prompts: string[] } {
  const store = openStore();
  const prompts = [makePrompt({ question: 'First?' }), makePrompt({ question: 'Second?' })];
  const [rollout, other] = makeGroup(prompts[0], [1, 1], { completion: 'Plan. 🎬 See. So B.' });
  store.addRollouts(prompts, [rollout, other]);
  return { store, id: rollout.id, other: other.id, prompts: prompts.map(({ id }) => id) };
}

const says = (body: string, place: Partial<CommentValue> = {}): CommentValue => ({
  body,
  text: null,
  video: null,
  ...place,
});
const time = expect.any(String) as string;

describe('comments', () => {
  it('stand as they were edited last, and were resolved last, when the clock is set back meanwhile', () => {
    const { store, id } = storeWithRollouts();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01T12:00:00Z') });
    onTestFinished(() => void vi.useRealTimers());
    const comment = store.comments.add(id, 'ana', says('One'));
    store.comments.edit(comment, 'ana', says('Two'));
    store.comments.resolve(comment, 'ben', true);
    vi.setSystemTime(Date.parse('2026-01-01T11:00:00Z'));
    store.comments.edit(comment, 'ana', says('Three'));
    store.comments.resolve(comment, 'ben', false);
    expect(store.comments.of(id)).toMatchObject([{ body: 'Three', resolved: null }]);
    store.comments.delete(comment, 'ana');
    expect(store.comments.of(id)).toEqual([]);
  });

  it('are on a stretch of the text, a moment or stretch of the video, both, or the whole rollout', () => {
    const { store, id } = storeWithRollouts();
    const values = [
      says('Too early', { text: { start: 6, end: 13 } }),
      says('Here', { video: { start: 3.2, end: 3.2 } }),
      says('Both', { text: { start: 0, end: 0 }, video: { start: 1, end: 2 } }),
      says('All in all'),
    ];
    const ids = values.map((value) => store.comments.add(id, 'ana', value));
    expect(store.comments.of(id)).toEqual(
      values.map((value, i) => ({ id: ids[i], annotator: 'ana', at: time, ...value, editedAt: null, resolved: null })),
    );
    expect(new Set(ids).size).toBe(4);
  });

  it('are edited by who wrote them, resolved and reopened by anyone; every change is kept', () => {
    const { store, id } = storeWithRollouts();
    const comment = store.comments.add(id, 'ana', says(' Too early ', { text: { start: 6, end: 8 } }));
    expect(() => store.comments.edit(comment, 'ben', says('No'))).toThrow('ben cannot edit a comment of ana');
    store.comments.edit(comment, 'ana', says('Too late'));
    store.comments.resolve(comment, 'ben', true);
    store.comments.resolve(comment, 'cyd', true);
    expect(store.comments.of(id)).toMatchObject([
      { annotator: 'ana', body: 'Too late', text: null, editedAt: time, resolved: { annotator: 'ben', at: time } },
    ]);
    store.comments.resolve(comment, 'cyd', false);
    store.comments.resolve(comment, 'cyd', false);
    expect(store.comments.of(id)).toMatchObject([{ body: 'Too late', resolved: null }]);
    expect(store.comments.history(id)).toEqual(
      [
        ['ana', 'add', says('Too early', { text: { start: 6, end: 8 } })],
        ['ana', 'edit', says('Too late')],
        ['ben', 'resolve', null],
        ['cyd', 'reopen', null],
      ].map(([annotator, change, value]) => ({ id: comment, at: time, annotator, change, value })),
    );
  });

  it('are deleted by who wrote them, for good, and the history keeps what they said', () => {
    const { store, id } = storeWithRollouts();
    const comment = store.comments.add(id, 'ana', says('Too early'));
    const kept = store.comments.add(id, 'ben', says('Good'));
    expect(() => store.comments.delete(comment, 'ben')).toThrow('ben cannot delete a comment of ana');
    store.comments.delete(comment, 'ana');
    expect(store.comments.of(id).map((one) => one.id)).toEqual([kept]);
    expect(store.rollouts.page({ filter: 'commented' }).rows.map((row) => row.openComments)).toEqual([1]);
    for (const late of [
      () => store.comments.edit(comment, 'ana', says('Late')),
      () => store.comments.resolve(comment, 'ben', true),
      () => store.comments.delete(comment, 'ana'),
    ])
      expect(late).toThrow('ana has deleted this comment');
    expect(store.comments.history(id).map(({ change }) => change)).toEqual(['add', 'add', 'delete']);
    expect(store.activities.of(id, 10)[0]).toMatchObject({ kind: 'comment', change: 'delete', body: 'Too early' });
  });

  it('that say nothing, or are nowhere, are refused, and nothing is written', () => {
    const { store, id } = storeWithRollouts();
    const refused = (value: CommentValue, why: string): void =>
      expect(() => store.comments.add(id, 'ana', value)).toThrow(why);
    refused(says(' \n'), 'must say something');
    refused(says('x', { text: { start: 3, end: 99 } }), 'the completion has 0 to 19 UTF-16 units');
    refused(says('x', { text: { start: 5, end: 4 } }), 'cannot be on 5 to 4');
    refused(says('x', { text: { start: 0, end: 7 } }), 'offset 7 is inside a code point; use 6');
    refused(says('x', { video: { start: 2, end: 1 } }), 'cannot be on 2 s to 1 s of the video');
    expect(() => store.comments.add(id, ' ', says('x'))).toThrow('needs a name');
    expect(() => store.comments.add('r-none', 'ana', says('x'))).toThrow('there is no rollout r-none');
    expect(() => store.comments.resolve('none', 'ana', true)).toThrow('there is no comment none');
    expect(store.comments.history(id)).toEqual([]);
  });

  it('that are open are what lists are filtered by and count', () => {
    const { store, id, other, prompts } = storeWithRollouts();
    const first = store.comments.add(id, 'ana', says('One'));
    store.comments.add(id, 'ben', says('Two'));
    const done = store.comments.add(other, 'ben', says('Three'));
    store.comments.resolve(done, 'ben', true);
    const shown = (): unknown[] =>
      store.rollouts.page({ filter: 'commented' }).rows.map((row) => [row.id, row.openComments]);
    expect(shown()).toEqual([[id, 2]]);
    expect(store.prompts.page({ filter: 'commented' }).rows.map((row) => row.id)).toEqual([prompts[0]]);
    store.comments.resolve(first, 'ben', true);
    store.comments.resolve(done, 'ana', false);
    expect(shown()).toEqual([
      [id, 1],
      [other, 1],
    ]);
  });

  it('are seen by another connection at once', () => {
    const { store, id } = storeWithRollouts();
    const before = store.dataVersion();
    store.comments.add(id, 'ana', says('One'));
    expect(store.dataVersion()).not.toBe(before);
  });
});
