/** The labels under edit, by store, annotator and rollout: one with an unsaved edit outlives a switch to another, and page and panel. */
import type { Failed } from '../actions/page-action.ts';
import type { Label, LabelState } from '../../../src/domain/phase.ts';
import type { LabelKey, UnsavedEdit } from '../../../src/protocol/review.ts';
import { LabelSession, type LabelStore } from './label-session.ts';

const unknown: LabelState = { boundaries: null, grounding: [], canUndo: false, canRedo: false, savedAt: null };

export class LabelSessions {
  readonly #sessions = new Map<string, { key: LabelKey; session: LabelSession }>();
  readonly #storeOf: (key: LabelKey) => LabelStore;
  readonly #changed: () => void;

  constructor(storeOf: (key: LabelKey) => LabelStore, changed: () => void) {
    this.#storeOf = storeOf;
    this.#changed = changed;
  }

  of(key: LabelKey): LabelSession | null {
    return this.#sessions.get(nameOf(key))?.session ?? null;
  }

  /** Tries again what an earlier page could not save, whatever the label is by now. */
  restore(edits: readonly UnsavedEdit[]): void {
    for (const { value, ...key } of edits) {
      const session = this.of(key);
      if (session) session.edit(value);
      else this.#open(key, unknown, value, value);
    }
  }

  /** The rollout is shown, with this label in the store; `blank` is what the first edit of one without changes. */
  show(key: LabelKey, label: LabelState, blank: Label): void {
    const session = this.of(key);
    if (session) session.accept(label, blank);
    else this.#open(key, label, blank);
  }

  /** Drops the sessions that have nothing left to save, but the one that is shown. */
  forget(shown: LabelKey | null): void {
    const kept = shown && nameOf(shown);
    for (const [name, { session }] of this.#sessions) {
      if (name !== kept && !session.saving && !session.unsaved) this.#sessions.delete(name);
    }
  }

  get unsaved(): UnsavedEdit[] {
    return [...this.#sessions.values()].flatMap(({ key, session }) =>
      session.unsaved ? [{ ...key, value: session.unsaved }] : [],
    );
  }

  /** What is not saved of others than the one shown. */
  failedBeside(shown: LabelKey | null): Failed[] {
    const failed = new Map<string, Failed>();
    for (const { key, error } of this.#beside(shown)) {
      const { store } = key;
      const name = JSON.stringify([store, error]);
      failed.set(name, { store, error, count: (failed.get(name)?.count ?? 0) + 1 });
    }
    return [...failed.values()];
  }

  /** Gives these up. */
  drop(shown: LabelKey | null, { store, error }: Failed): void {
    for (const one of this.#beside(shown)) if (one.key.store === store && one.error === error) one.session.drop();
  }

  /** Saves again what could not be saved. */
  retry(): void {
    for (const { session } of this.#sessions.values()) session.retry();
  }

  #beside(shown: LabelKey | null): { key: LabelKey; session: LabelSession; error: string }[] {
    const but = shown && nameOf(shown);
    return [...this.#sessions].flatMap(([name, { key, session }]) =>
      name !== but && session.error !== null && session.unsaved ? [{ key, session, error: session.error }] : [],
    );
  }

  #open(key: LabelKey, label: LabelState, blank: Label, unsaved: Label | null = null): void {
    const session = new LabelSession(label, blank, this.#storeOf(key), this.#changed, unsaved);
    this.#sessions.set(nameOf(key), { key, session });
  }
}

/** Places in one text are none in another, which an import may have brought meanwhile. */
function nameOf({ store, annotator, rolloutId, of }: LabelKey): string {
  return JSON.stringify([store, annotator, rolloutId, of]);
}
