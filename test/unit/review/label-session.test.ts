import { describe, expect, it } from 'vitest';
import type { Label } from '../../../src/protocol/review.ts';
import { LabelSession, type LabelStore } from '../../../webview/review/label-session.ts';

const empty: Label = { boundaries: null, canUndo: false, canRedo: false, savedAt: null };

/** A store of one label that can be told to fail. */
class Shelf implements LabelStore {
  readonly saves: number[][] = [];
  failing: string | null = null;
  #past: (number[] | null)[] = [];
  #now: number[] | null = null;

  async save(boundaries: number[]): Promise<Label> {
    if (this.failing) throw new Error(this.failing);
    this.saves.push(boundaries);
    this.#past.push(this.#now);
    this.#now = boundaries;
    return this.#label();
  }
  async undo(): Promise<Label> {
    this.#now = this.#past.pop() ?? null;
    return this.#label();
  }
  async redo(): Promise<Label> {
    return this.#label();
  }
  #label(): Label {
    return { boundaries: this.#now, canUndo: this.#past.length > 0, canRedo: false, savedAt: '2026-11-22T12:00:00Z' };
  }
}

describe('a label session', () => {
  it('shows an edit at once and saves it', async () => {
    const shelf = new Shelf();
    const session = new LabelSession(empty, shelf, () => {});
    session.edit([3, 5]);
    expect(session).toMatchObject({ boundaries: [3, 5], saving: true });
    await session.settled();
    expect(session).toMatchObject({ boundaries: [3, 5], saving: false, unsaved: null, canUndo: true });
    expect(shelf.saves).toEqual([[3, 5]]);
  });

  it('saves nothing while a boundary is dragged, nor for an edit that changes nothing', async () => {
    const shelf = new Shelf();
    const session = new LabelSession({ ...empty, boundaries: [1, 2] }, shelf, () => {});
    session.preview([1, 9]);
    expect(session.boundaries).toEqual([1, 9]);
    session.preview(null);
    expect(session.boundaries).toEqual([1, 2]);
    session.edit([1, 2]);
    await session.settled();
    expect(shelf.saves).toEqual([]);
  });

  it('saves quick edits one by one and ends with the last', async () => {
    const shelf = new Shelf();
    const session = new LabelSession(empty, shelf, () => {});
    session.edit([1, 2]);
    session.edit([1, 3]);
    session.undo();
    session.edit([1, 4]);
    await session.settled();
    expect(shelf.saves).toEqual([
      [1, 2],
      [1, 3],
      [1, 4],
    ]);
    expect(session.boundaries).toEqual([1, 4]);
  });

  it('keeps an edit that could not be saved until a retry saves it', async () => {
    const shelf = new Shelf();
    shelf.failing = 'the disk is full';
    const session = new LabelSession(empty, shelf, () => {});
    session.edit([3, 5]);
    await session.settled();
    expect(session).toMatchObject({ boundaries: [3, 5], unsaved: [3, 5], error: 'the disk is full' });
    session.accept(empty);
    expect(session.boundaries).toEqual([3, 5]);
    shelf.failing = null;
    session.retry();
    await session.settled();
    expect(session).toMatchObject({ unsaved: null, error: null });
    expect(shelf.saves).toEqual([[3, 5]]);
  });

  it('saves what an earlier page could not, and undo drops it', async () => {
    const shelf = new Shelf();
    shelf.failing = 'locked';
    const session = new LabelSession({ ...empty, boundaries: [1, 2] }, shelf, () => {}, [7, 8]);
    await session.settled();
    expect(session).toMatchObject({ boundaries: [7, 8], error: 'locked' });
    session.undo();
    expect(session).toMatchObject({ boundaries: [1, 2], unsaved: null, error: null });
  });

  it('takes a label changed elsewhere, but not one older than its own save', async () => {
    const session = new LabelSession(empty, new Shelf(), () => {});
    session.accept({ ...empty, boundaries: [4, 4] });
    expect(session.boundaries).toEqual([4, 4]);
    session.edit([5, 5]);
    session.accept({ ...empty, boundaries: [4, 4] });
    await session.settled();
    expect(session.boundaries).toEqual([5, 5]);
  });
});
