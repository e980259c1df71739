import { describe, expect, it } from 'vitest';
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
  it('are on a stretch of the text, a moment or stretch of the video, both, or the whole rollout', () => {
    const { store, id } = storeWithRollouts();
    const values = [
      says('Too early', { text: { start: 6, end: 13 } }),
      says('Here', { video: { start: 3.2, end: 3.2 } }),
      says('Both', { text: { start: 0, end: 0 }, video: { start: 1, end: 2 } }),
      says('All in all'),
    ];
    const ids = values.map((value) => store.addComment(id, 'ana', value));
    expect(store.comments(id)).toEqual(
      values.map((value, i) => ({ id: ids[i], annotator: 'ana', at: time, ...value, editedAt: null, resolved: null })),
    );
    expect(new Set(ids).size).toBe(4);
  });

  it('are edited by who wrote them, resolved and reopened by anyone; every change is kept', () => {
    const { store, id } = storeWithRollouts();
    const comment = store.addComment(id, 'ana', says(' Too early ', { text: { start: 6, end: 8 } }));
    expect(() => store.editComment(comment, 'ben', says('No'))).toThrow('ben cannot edit a comment of ana');
    store.editComment(comment, 'ana', says('Too late'));
    store.resolveComment(comment, 'ben', true);
    store.resolveComment(comment, 'cyd', true);
    expect(store.comments(id)).toMatchObject([
      { annotator: 'ana', body: 'Too late', text: null, editedAt: time, resolved: { annotator: 'ben', at: time } },
    ]);
    store.resolveComment(comment, 'cyd', false);
    store.resolveComment(comment, 'cyd', false);
    expect(store.comments(id)).toMatchObject([{ body: 'Too late', resolved: null }]);
    expect(store.commentHistory(id)).toEqual(
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
    const comment = store.addComment(id, 'ana', says('Too early'));
    const kept = store.addComment(id, 'ben', says('Good'));
    expect(() => store.deleteComment(comment, 'ben')).toThrow('ben cannot delete a comment of ana');
    store.deleteComment(comment, 'ana');
    expect(store.comments(id).map((one) => one.id)).toEqual([kept]);
    expect(store.rollouts({ filter: 'commented' }).rows.map((row) => row.openComments)).toEqual([1]);
    for (const late of [
      () => store.editComment(comment, 'ana', says('Late')),
      () => store.resolveComment(comment, 'ben', true),
      () => store.deleteComment(comment, 'ana'),
    ])
      expect(late).toThrow('ana has deleted this comment');
    expect(store.commentHistory(id).map(({ change }) => change)).toEqual(['add', 'add', 'delete']);
    expect(store.activity(id, 10)[0]).toMatchObject({ kind: 'comment', change: 'delete', body: 'Too early' });
  });

  it('that say nothing, or are nowhere, are refused, and nothing is written', () => {
    const { store, id } = storeWithRollouts();
    const refused = (value: CommentValue, why: string): void =>
      expect(() => store.addComment(id, 'ana', value)).toThrow(why);
    refused(says(' \n'), 'must say something');
    refused(says('x', { text: { start: 3, end: 99 } }), 'the completion has 0 to 19 UTF-16 units');
    refused(says('x', { text: { start: 5, end: 4 } }), 'cannot be on 5 to 4');
    refused(says('x', { text: { start: 0, end: 7 } }), 'offset 7 is inside a code point; use 6');
    refused(says('x', { video: { start: 2, end: 1 } }), 'cannot be on 2 s to 1 s of the video');
    expect(() => store.addComment(id, ' ', says('x'))).toThrow('needs a name');
    expect(() => store.addComment('r-none', 'ana', says('x'))).toThrow('there is no rollout r-none');
    expect(() => store.resolveComment('none', 'ana', true)).toThrow('there is no comment none');
    expect(store.commentHistory(id)).toEqual([]);
  });

  it('that are open are what lists are filtered by and count', () => {
    const { store, id, other, prompts } = storeWithRollouts();
    const first = store.addComment(id, 'ana', says('One'));
    store.addComment(id, 'ben', says('Two'));
    const done = store.addComment(other, 'ben', says('Three'));
    store.resolveComment(done, 'ben', true);
    const shown = (): unknown[] =>
      store.rollouts({ filter: 'commented' }).rows.map((row) => [row.id, row.openComments]);
    expect(shown()).toEqual([[id, 2]]);
    expect(store.prompts({ filter: 'commented' }).rows.map((row) => row.id)).toEqual([prompts[0]]);
    store.resolveComment(first, 'ben', true);
    store.resolveComment(done, 'ana', false);
    expect(shown()).toEqual([
      [id, 1],
      [other, 1],
    ]);
  });

  it('are seen by another connection at once', () => {
    const { store, id } = storeWithRollouts();
    const before = store.dataVersion();
    store.addComment(id, 'ana', says('One'));
    expect(store.dataVersion()).not.toBe(before);
  });
});
