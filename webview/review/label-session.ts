/** One rollout's label while it is edited: what is shown, what is saved, and what still has to be. */
import type { Label } from '../../src/protocol/review.ts';

/** The host's side of an edit; each resolves with the label as it then is in the store. */
export interface LabelStore {
  save(boundaries: number[]): Promise<Label>;
  undo(): Promise<Label>;
  redo(): Promise<Label>;
}

/**
 * Every edit is saved at once, in order, one request each. A failed save keeps the edit, shown and marked unsaved, until a
 * retry or a later edit is saved, or undo drops it. `changed` is called whenever anything to show changes.
 */
export class LabelSession {
  /** As the store has it. */
  #saved: Label;
  /** Shown while a boundary is dragged. */
  #preview: number[] | null = null;
  /** The last edit while it is not in the store. */
  #unsaved: number[] | null = null;
  #error: string | null = null;
  #queue: Promise<void> = Promise.resolve();
  #pending = 0;
  readonly #store: LabelStore;
  readonly #changed: () => void;

  constructor(saved: Label, store: LabelStore, changed: () => void, unsaved: number[] | null = null) {
    this.#saved = saved;
    this.#store = store;
    this.#changed = changed;
    if (unsaved) this.edit(unsaved);
  }

  /** The boundaries to show; null without a label. */
  get boundaries(): number[] | null {
    return this.#preview ?? this.#unsaved ?? this.#saved.boundaries;
  }
  get saved(): Label {
    return this.#saved;
  }
  get unsaved(): number[] | null {
    return this.#unsaved;
  }
  /** Why the last save failed; null when it did not. */
  get error(): string | null {
    return this.#error;
  }
  get saving(): boolean {
    return this.#pending > 0;
  }
  get canUndo(): boolean {
    return this.#unsaved !== null || this.#saved.canUndo;
  }

  /** Shows boundaries without saving them: a drag under way. Null ends it. */
  preview(boundaries: number[] | null): void {
    this.#preview = boundaries;
    this.#changed();
  }

  /** Shows and saves. An edit that changes nothing makes no revision. */
  edit(boundaries: number[]): void {
    const before = this.#unsaved ?? this.#saved.boundaries;
    this.#preview = null;
    if (before && sameBoundaries(before, boundaries) && !this.#error) {
      this.#changed();
      return;
    }
    this.#unsaved = boundaries;
    this.#do(() => this.#store.save(boundaries), boundaries);
  }

  /** Saves again what could not be saved. */
  retry(): void {
    if (this.#unsaved) this.edit(this.#unsaved);
  }

  /** Takes back the last edit; one that never reached the store is dropped. */
  undo(): void {
    if (this.#error && this.#unsaved) {
      this.#unsaved = null;
      this.#error = null;
      this.#changed();
    } else if (this.canUndo) {
      this.#do(() => this.#store.undo(), null);
    }
  }

  redo(): void {
    if (this.#saved.canRedo) this.#do(() => this.#store.redo(), null);
  }

  /** The store's label as a snapshot tells it; ignored while an answer is due, which is newer. */
  accept(label: Label): void {
    if (this.saving) return;
    this.#saved = label;
    this.#changed();
  }

  /** Resolves when every request so far is answered. */
  async settled(): Promise<void> {
    await this.#queue;
  }

  #do(request: () => Promise<Label>, edit: number[] | null): void {
    this.#pending += 1;
    this.#queue = this.#queue.then(async () => {
      try {
        this.#saved = await request();
        this.#error = null;
        // A newer edit may wait behind this one.
        if (this.#unsaved === edit) this.#unsaved = null;
      } catch (error) {
        this.#error = error instanceof Error ? error.message : String(error);
      }
      this.#pending -= 1;
      this.#changed();
    });
    this.#changed();
  }
}

export function sameBoundaries(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
