import { describe, expect, it } from 'vitest';
import type { Label, LabelState } from '../../../../src/domain/phase.ts';
import { LabelSession, type LabelStore } from '../../../../webview/review/label/label-session.ts';

const empty: LabelState = {
  boundaries: null,
  grounding: [null, null, null],
  canUndo: false,
  canRedo: false,
  savedAt: null,
};
const blank: Label = { boundaries: [9, 9], grounding: [null, null, null] };
const at = (...boundaries: number[]): Label => ({ ...blank, boundaries });

/** A store of one label that can be told to fail. */
class Shelf implements LabelStore {
  readonly saves: Label[] = [];
  /** By when it was saved, the label that each undo was asked of. */
  readonly seen: (string | null)[] = [];
  failing: string | null = null;
  #past: (Label | null)[] = [];
  #now: Label | null = null;

  async save(value: Label): Promise<LabelState> {
    if (this.failing) throw new Error(this.failing);
    this.saves.push(value);
    this.#past.push(this.#now);
    this.#now = value;
    return this.#label();
  }
  async undo(seen: string | null): Promise<LabelState> {
    if (this.failing) throw new Error(this.failing);
    this.seen.push(seen);
    this.#now = this.#past.pop() ?? null;
    return this.#label();
  }
  async redo(): Promise<LabelState> {
    return this.#label();
  }
  #label(): LabelState {
    return { ...(this.#now ?? empty), canUndo: this.#past.length > 0, canRedo: false, savedAt: '2026-11-22T12:00:00Z' };
  }
}

describe('a label session', () => {
  it('shows an edit at once and saves it', async () => {
    const shelf = new Shelf();
    const session = new LabelSession(empty, blank, shelf, () => {});
    session.edit({ boundaries: [3, 5] });
    expect(session).toMatchObject({ boundaries: [3, 5], saving: true });
    await session.settled();
    expect(session).toMatchObject({ boundaries: [3, 5], saving: false, unsaved: null, canUndo: true });
    expect(shelf.saves).toEqual([at(3, 5)]);
  });

  it('saves nothing while a boundary is dragged, nor for an edit that changes nothing', async () => {
    const shelf = new Shelf();
    const session = new LabelSession({ ...empty, boundaries: [1, 2] }, blank, shelf, () => {});
    session.preview({ boundaries: [1, 9] });
    expect(session.boundaries).toEqual([1, 9]);
    session.preview(null);
    expect(session.boundaries).toEqual([1, 2]);
    session.edit({ boundaries: [1, 2] });
    await session.settled();
    expect(shelf.saves).toEqual([]);
  });

  it('saves quick edits one by one and ends with the last', async () => {
    const shelf = new Shelf();
    const session = new LabelSession(empty, blank, shelf, () => {});
    session.edit({ boundaries: [1, 2] });
    session.edit({ boundaries: [1, 3] });
    session.undo();
    session.edit({ boundaries: [1, 4] });
    await session.settled();
    expect(shelf.saves).toEqual([at(1, 2), at(1, 3), at(1, 4)]);
    expect(session.boundaries).toEqual([1, 4]);
    // What stood when its turn came, not when it was pressed.
    expect(shelf.seen).toEqual(['2026-11-22T12:00:00Z']);
  });

  it('keeps an edit that could not be saved until a retry saves it', async () => {
    const shelf = new Shelf();
    shelf.failing = 'the disk is full';
    const session = new LabelSession(empty, blank, shelf, () => {});
    session.edit({ boundaries: [3, 5] });
    await session.settled();
    expect(session).toMatchObject({ boundaries: [3, 5], unsaved: at(3, 5), error: 'the disk is full' });
    session.accept(empty);
    expect(session.boundaries).toEqual([3, 5]);
    shelf.failing = null;
    session.retry();
    await session.settled();
    expect(session).toMatchObject({ unsaved: null, error: null });
    expect(shelf.saves).toEqual([at(3, 5)]);
  });

  it('takes an edit back again when that failed the first time', async () => {
    const shelf = new Shelf();
    const session = new LabelSession({ ...empty, boundaries: [1, 2], canUndo: true }, blank, shelf, () => {});
    shelf.failing = 'locked';
    session.undo();
    await session.settled();
    expect(session).toMatchObject({ boundaries: [1, 2], unsaved: null, error: 'locked' });
    shelf.failing = null;
    session.retry();
    await session.settled();
    expect(session).toMatchObject({ boundaries: null, error: null });
  });

  it('saves what an earlier page could not, and undo drops it', async () => {
    const shelf = new Shelf();
    shelf.failing = 'locked';
    const session = new LabelSession({ ...empty, boundaries: [1, 2] }, blank, shelf, () => {}, at(7, 8));
    await session.settled();
    expect(session).toMatchObject({ boundaries: [7, 8], error: 'locked' });
    session.undo();
    expect(session).toMatchObject({ boundaries: [1, 2], unsaved: null, error: null });
  });

  it('grounds a phase without moving a boundary, and keeps the grounding when one moves', async () => {
    const shelf = new Shelf();
    const session = new LabelSession(empty, blank, shelf, () => {});
    const grounding = [null, { start: 1, end: 2.5 }, null];
    session.preview({ grounding });
    expect(session).toMatchObject({ grounding, boundaries: [9, 9] });
    session.edit({ grounding });
    session.edit({ grounding: [...grounding] });
    session.edit({ boundaries: [2, 4] });
    await session.settled();
    expect(shelf.saves).toEqual([
      { boundaries: [9, 9], grounding },
      { boundaries: [2, 4], grounding },
    ]);
  });

  it('takes a label changed elsewhere, but not one older than its own save', async () => {
    const session = new LabelSession(empty, blank, new Shelf(), () => {});
    session.accept({ ...empty, boundaries: [4, 4] });
    expect(session.boundaries).toEqual([4, 4]);
    session.edit({ boundaries: [5, 5] });
    session.accept({ ...empty, boundaries: [4, 4] });
    await session.settled();
    expect(session.boundaries).toEqual([5, 5]);
  });
});
