import { describe, expect, it } from 'vitest';
import type { CommentDraft, ReviewComment, Shown } from '../../../../src/protocol/review.ts';
import { Commenting, type CommentPage } from '../../../../webview/review/comments/commenting.ts';
import { commented, inOrder, placeText, type Place } from '../../../../webview/review/comments/comment-text.ts';

const at = (text: [number, number] | null, video: [number, number] | null = null): Place => ({
  text: text && { start: text[0], end: text[1] },
  video: video && { start: video[0], end: video[1] },
});

describe('the places of comments', () => {
  it('are in order along the text, then along the video, after those on the whole', () => {
    const places = [at(null, [2, 2]), at([9, 12]), at(null), at([0, 3], [5, 6]), at(null, [1, 3])];
    expect(inOrder(places)).toEqual([places[2], places[3], places[1], places[4], places[0]]);
  });

  it('are marked once where they overlap', () => {
    expect(commented([at([9, 12]), at(null), at([0, 3]), at([2, 6]), at([1, 2])])).toEqual([
      { from: 0, to: 6 },
      { from: 9, to: 12 },
    ]);
  });

  it('are told in words', () => {
    const text = `So it\n is green. ${'🎬'.repeat(70)}`;
    expect(placeText(text, at([3, 15], [1.5, 1.5]))).toBe('“it is green” · 0:01.50');
    expect(placeText(text, at(null, [1, 62]))).toBe('0:01.00 to 1:02.00');
    expect(placeText(text, at([3, 3]))).toMatch(/^before “it\n is green/u);
    expect(placeText(text, at([16, text.length]))).toBe(`“${'🎬'.repeat(60)}…”`);
    expect(placeText(text, at(null))).toBe('the whole rollout');
  });
});

/** A page on one rollout, whose host can be told to fail. */
class Desk implements CommentPage {
  failing: string | null = null;
  rolloutId = 'r-1';
  store: string | undefined;
  hash: string | undefined;
  place = at([3, 5], [2, 2]);
  comments: Partial<ReviewComment>[] = [];
  readonly did: unknown[] = [];
  shown = () =>
    ({ store: this.store, rollout: { id: this.rolloutId, hash: this.hash }, comments: this.comments }) as Shown;
  here = () => this.place;
  goTo = ({ text, video }: Place): void => void this.did.push(['go', text, video]);
  open = (focus: unknown): void => void this.did.push(['open', focus]);
  leave = (): void => void this.did.push('leave');
  changed = (): void => {};
  async save(draft: CommentDraft): Promise<void> {
    if (this.failing) throw new Error(this.failing);
    this.did.push(['save', draft]);
  }
  async delete(id: string): Promise<void> {
    this.did.push(['delete', id]);
  }
  async resolve(): Promise<void> {
    throw new Error('the store is closed');
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('a comment that is written', () => {
  it('is on the text or the video here, and on what is ticked then', () => {
    const desk = new Desk();
    const commenting = new Commenting(desk);
    commenting.begin('video');
    expect(commenting.draft).toEqual({ rolloutId: 'r-1', id: null, body: '', ...at(null, [2, 2]) });
    desk.place = at([7, 9], [4, 4]);
    commenting.act({ kind: 'until' });
    commenting.act({ kind: 'place', what: 'text', on: true });
    expect(commenting.draft).toMatchObject(at([7, 9], [2, 4]));
    expect(commenting.on).toEqual({ from: 7, to: 9 });
    commenting.act({ kind: 'place', what: 'video', on: false });
    commenting.act({ kind: 'write', body: 'Look' });
    desk.place = at([0, 1]);
    commenting.begin('text');
    expect(commenting.draft).toMatchObject({ body: 'Look', ...at([7, 9]) });
  });

  it('keeps what was typed when it cannot be saved, says why, and is saved the next time', async () => {
    const desk = new Desk();
    const commenting = new Commenting(desk);
    commenting.begin('text');
    commenting.act({ kind: 'write', body: 'Look' });
    desk.failing = 'the disk is full';
    commenting.act({ kind: 'save' });
    expect(commenting.saving).toBe(true);
    await settled();
    expect(commenting).toMatchObject({ error: 'the disk is full', saving: false, draft: { body: 'Look' } });
    desk.failing = null;
    commenting.act({ kind: 'save' });
    await settled();
    expect(commenting).toMatchObject({ error: null, draft: null, drafts: [] });
    expect(desk.did).toContainEqual(['save', { rolloutId: 'r-1', id: null, body: 'Look', ...at([3, 5]) }]);
    commenting.act({ kind: 'resolve', id: 'c', resolved: true });
    await settled();
    expect(commenting.error).toBe('the store is closed');
  });

  it('waits on its rollout while another is shown, and over a reload; one that says nothing goes', () => {
    const desk = new Desk();
    const commenting = new Commenting(desk);
    commenting.begin('text');
    commenting.act({ kind: 'write', body: 'Look' });
    commenting.act({ kind: 'leave' });
    desk.rolloutId = 'r-2';
    expect(commenting.draft).toBeNull();
    commenting.begin('text');
    commenting.act({ kind: 'leave' });
    expect(commenting.draft).toBeNull();
    const again = new Commenting(desk);
    again.restore(commenting.drafts);
    desk.rolloutId = 'r-1';
    expect(again.draft).toMatchObject({ body: 'Look' });
    again.act({ kind: 'drop' });
    expect(again.drafts).toEqual([]);
  });

  it('waits in its own store while a rollout of the same id is shown of another, and knows the text that it is on', async () => {
    const desk = new Desk();
    [desk.store, desk.hash] = ['a.db', 'one'];
    const commenting = new Commenting(desk);
    commenting.begin('text');
    commenting.act({ kind: 'write', body: 'Look' });
    desk.store = 'b.db';
    expect(commenting.draft).toBeNull();
    commenting.begin('video');
    commenting.act({ kind: 'write', body: 'There' });
    commenting.act({ kind: 'save' });
    await settled();
    expect(desk.did).toContainEqual(['save', expect.objectContaining({ store: 'b.db', body: 'There' })]);
    [desk.store, desk.hash] = ['a.db', 'other'];
    commenting.act({ kind: 'place', what: 'video', on: true });
    expect(commenting.draft).toMatchObject({ store: 'a.db', body: 'Look', of: 'one' });
    commenting.act({ kind: 'place', what: 'text', on: true });
    expect(commenting.draft).toMatchObject({ body: 'Look', of: 'other' });
  });

  it('of an earlier version, which knew no store, is of the rollout that is shown', () => {
    const desk = new Desk();
    desk.store = 'a.db';
    const commenting = new Commenting(desk);
    commenting.restore([{ rolloutId: 'r-1', id: null, body: 'Look', ...at(null) }]);
    expect(commenting.draft).toMatchObject({ body: 'Look' });
    commenting.act({ kind: 'drop' });
    expect(commenting.drafts).toEqual([]);
  });

  it('does not give way to another that is to be edited', () => {
    const desk = new Desk();
    const commenting = new Commenting(desk);
    desk.comments = [{ id: 'c', body: 'Said', resolved: null, ...at([1, 2]) }];
    commenting.begin('text');
    commenting.act({ kind: 'write', body: 'Half' });
    commenting.act({ kind: 'edit', id: 'c' });
    expect(commenting.draft).toMatchObject({ id: null, body: 'Half' });
    commenting.act({ kind: 'drop' });
    commenting.act({ kind: 'edit', id: 'c' });
    expect(commenting.draft).toEqual({ rolloutId: 'r-1', id: 'c', body: 'Said', ...at([1, 2]) });
  });

  it('leads to its place', () => {
    const desk = new Desk();
    const commenting = new Commenting(desk);
    desk.comments = [{ id: 'c', body: 'x', resolved: null, ...at([1, 2], [3, 3]) }];
    commenting.act({ kind: 'go', id: 'c' });
    expect(desk.did).toEqual([
      ['open', null],
      ['go', { start: 1, end: 2 }, { start: 3, end: 3 }],
    ]);
    expect([commenting.chosen, commenting.on]).toEqual(['c', { from: 1, to: 2 }]);
  });
});
