/** One rollout's label while it is edited: what is shown, what is saved, and what still has to be. */
import { errorText } from '../../../src/domain/error-text.ts';
import type { Label, LabelState } from '../../../src/domain/phase.ts';

/** The host's side of an edit; each resolves with the label as it then is in the store. */
export interface LabelStore {
  save(value: Label): Promise<LabelState>;
  /** Nothing when the store's label is not the one `seen` here, by when it was saved. */
  undo(seen: string | null): Promise<LabelState>;
  redo(seen: string | null): Promise<LabelState>;
}

/**
 * Every edit is saved at once, in order, one request each. A failed save keeps the edit, shown and marked unsaved, until a
 * retry or a later edit is saved, or undo drops it. `changed` is called whenever anything to show changes.
 */
export class LabelSession {
  /** As the store has it. */
  #saved: LabelState;
  /** Shown while something is dragged. */
  #preview: Label | null = null;
  /** The last edit while it is not in the store. */
  #unsaved: Label | null = null;
  /** The last request while it has failed. */
  #failed: { message: string; request: () => Promise<LabelState>; edit: Label | null } | null = null;
  /** What a snapshot told while an answer was due. */
  #told: LabelState | null = null;
  #queue: Promise<void> = Promise.resolve();
  #pending = 0;
  #blank: Label;
  readonly #store: LabelStore;
  readonly #changed: () => void;

  /** `blank` is what the first edit of a rollout without a label changes. */
  constructor(saved: LabelState, blank: Label, store: LabelStore, changed: () => void, unsaved: Label | null = null) {
    this.#saved = saved;
    this.#blank = blank;
    this.#store = store;
    this.#changed = changed;
    if (unsaved) this.edit(unsaved);
  }

  /** The boundaries to show; null without a label. */
  get boundaries(): number[] | null {
    return this.#shown?.boundaries ?? null;
  }
  /** The grounding to show. */
  get grounding(): Label['grounding'] {
    return (this.#shown ?? this.#blank).grounding;
  }
  /** The label to show, or what the first edit changes. */
  get value(): Label {
    return this.#shown ?? this.#blank;
  }
  get saved(): LabelState {
    return this.#saved;
  }
  get unsaved(): Label | null {
    return this.#unsaved;
  }
  /** Why the last save, undo or redo failed; null when it did not. */
  get error(): string | null {
    return this.#failed?.message ?? null;
  }
  get saving(): boolean {
    return this.#pending > 0;
  }
  get canUndo(): boolean {
    return this.#unsaved !== null || this.#saved.canUndo;
  }

  get #shown(): Label | null {
    return this.#preview ?? this.#edited;
  }

  /** The label without a drag under way. */
  get #edited(): Label | null {
    if (this.#unsaved) return this.#unsaved;
    const { boundaries, grounding, origin } = this.#saved;
    return boundaries && { boundaries, grounding, origin };
  }

  /** Shows a change without saving it: a drag under way. Null ends it. */
  preview(change: Partial<Label> | null): void {
    this.#preview = change && { ...(this.#edited ?? this.#blank), ...change };
    this.#changed();
  }

  /** Shows and saves. An edit that changes nothing makes no revision. */
  edit(change: Partial<Label>): void {
    const before = this.#edited;
    const value = { ...(before ?? this.#blank), ...change };
    this.#preview = null;
    if (before && same(before, value) && !this.#failed) {
      this.#changed();
      return;
    }
    this.#unsaved = value;
    this.#do(() => this.#store.save(value), value);
  }

  /** Does again what could not be done. */
  retry(): void {
    if (this.#failed && !this.saving) this.#do(this.#failed.request, this.#failed.edit);
  }

  /** Gives up what could not be done. */
  drop(): void {
    this.#failed = null;
    this.#unsaved = null;
    this.#changed();
  }

  /** Takes back the last edit; one that never reached the store is dropped. */
  undo(): void {
    if (this.#failed && this.#unsaved) this.drop();
    else if (this.canUndo) this.#do(() => this.#store.undo(this.#saved.savedAt), null);
  }

  redo(): void {
    if (this.#saved.canRedo) this.#do(() => this.#store.redo(this.#saved.savedAt), null);
  }

  /** The store's label as a snapshot tells it; while an answer is due, which is newer, it counts only if that is an error. */
  accept(label: LabelState, blank = this.#blank): void {
    this.#blank = blank;
    if (this.saving) this.#told = label;
    else this.#saved = label;
    this.#changed();
  }

  /** Resolves when every request so far is answered. */
  async settled(): Promise<void> {
    await this.#queue;
  }

  #do(request: () => Promise<LabelState>, edit: Label | null): void {
    this.#pending += 1;
    this.#queue = this.#queue.then(async () => {
      try {
        this.#saved = await request();
        this.#failed = null;
        this.#told = null;
        // A newer edit may wait behind this one.
        if (this.#unsaved === edit) this.#unsaved = null;
      } catch (error) {
        this.#failed = { message: errorText(error), request, edit };
      }
      this.#pending -= 1;
      if (!this.saving && this.#told) {
        this.#saved = this.#told;
        this.#told = null;
      }
      this.#changed();
    });
    this.#changed();
  }
}

function same(a: Label, b: Label): boolean {
  return (
    a.boundaries.length === b.boundaries.length &&
    a.boundaries.every((offset, index) => offset === b.boundaries[index]) &&
    a.grounding.length === b.grounding.length &&
    a.grounding.every(
      (span, index) => span?.start === b.grounding[index]?.start && span?.end === b.grounding[index]?.end,
    )
  );
}
