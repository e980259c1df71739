/** The labels under edit, by rollout: one with an unsaved edit outlives a switch to another rollout, and a reload of the page. */
import type { LabelValue } from '../../src/domain/phase.ts';
import type { Label, ReviewState } from '../../src/protocol/review.ts';
import { LabelSession, type LabelStore } from './label-session.ts';

type Unsaved = ReviewState['unsaved'][number];

export class LabelSessions {
  readonly #sessions = new Map<string, LabelSession>();
  readonly #storeOf: (rolloutId: string) => LabelStore;
  readonly #changed: () => void;
  /** What an earlier page could not save. */
  #restored: readonly Unsaved[];

  constructor(storeOf: (rolloutId: string) => LabelStore, changed: () => void, restored: readonly Unsaved[]) {
    this.#storeOf = storeOf;
    this.#changed = changed;
    this.#restored = restored;
  }

  of(rolloutId: string): LabelSession | null {
    return this.#sessions.get(rolloutId) ?? null;
  }

  /** The rollout is shown, with this label in the store; `blank` is what the first edit of one without changes. */
  show(rolloutId: string, label: Label, blank: LabelValue): void {
    const session = this.of(rolloutId);
    if (session) session.accept(label);
    else this.#open(rolloutId, label, blank);
    // What could not be saved of other rollouts is tried again, whatever their label is by now.
    const unknown = { boundaries: null, grounding: [], canUndo: false, canRedo: false, savedAt: null };
    for (const { rolloutId: id, value } of this.#restored) if (!this.of(id)) this.#open(id, unknown, value);
    this.#restored = [];
  }

  /** Drops the sessions that have nothing left to save, but the one of `shownId`. */
  forget(shownId: string): void {
    for (const [id, session] of this.#sessions) {
      if (id !== shownId && !session.saving && !session.unsaved) this.#sessions.delete(id);
    }
  }

  get unsaved(): Unsaved[] {
    return [...this.#sessions].flatMap(([rolloutId, { unsaved }]) => (unsaved ? [{ rolloutId, value: unsaved }] : []));
  }

  /** Of how many other rollouts the last save failed. */
  failedBeside(shownId: string): number {
    return [...this.#sessions].filter(([id, { error }]) => id !== shownId && error !== null).length;
  }

  /** Saves again what could not be saved. */
  retry(): void {
    for (const session of this.#sessions.values()) session.retry();
  }

  #open(rolloutId: string, label: Label, blank: LabelValue): void {
    const unsaved = this.#restored.find((edit) => edit.rolloutId === rolloutId)?.value ?? null;
    const session = new LabelSession(label, blank, this.#storeOf(rolloutId), this.#changed, unsaved);
    this.#sessions.set(rolloutId, session);
  }
}
