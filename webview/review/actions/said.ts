/** What this annotator says of the rollout shown, of one kind, as the store has it or as it answered since. */
import type { LabelKey } from '../../../src/protocol/review.ts';

/** The host's side; each resolves with what then is in the store. */
export interface SaidStore<State, Change> {
  say(key: LabelKey, change: Change): Promise<State>;
  /** Nothing where the store's is not what was `seen` here, by when it was saved. */
  undo(key: LabelKey, seen: string | null): Promise<State>;
  redo(key: LabelKey, seen: string | null): Promise<State>;
}

/** Requests go out one after the other, so that what is undone is what was seen. `changed` is called when there is another state to show. */
export class Said<State extends { savedAt: string | null }, Change> {
  #key: LabelKey | null = null;
  #state: State;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #store: SaidStore<State, Change>;
  readonly #changed: () => void;

  constructor(nothing: State, store: SaidStore<State, Change>, changed: () => void) {
    this.#state = nothing;
    this.#store = store;
    this.#changed = changed;
  }

  get state(): State {
    return this.#state;
  }

  /** A rollout is shown, with this in the store. An answer that came meanwhile is newer than what was read before it. */
  show(key: LabelKey, state: State): void {
    const isSame = JSON.stringify(this.#key) === JSON.stringify(key);
    this.#key = key;
    this.#state = isSame && (state.savedAt ?? '') < (this.#state.savedAt ?? '') ? this.#state : state;
  }

  /** Says something, or takes it back. */
  say(change: Change): Promise<void> {
    return this.#ask((key) => this.#store.say(key, change));
  }

  /** Takes the last change back, or makes again what was taken back last. */
  step(action: 'undo' | 'redo'): Promise<void> {
    return this.#ask((key) => this.#store[action](key, this.#state.savedAt));
  }

  /** Resolves when every request so far is answered. */
  async settled(): Promise<void> {
    await this.#queue.catch(() => undefined);
  }

  #ask(request: (key: LabelKey) => Promise<State>): Promise<void> {
    const key = this.#key;
    if (!key) return Promise.resolve();
    const asked = this.settled().then(async () => {
      const state = await request(key);
      // Another rollout may be shown by now.
      if (JSON.stringify(this.#key) === JSON.stringify(key)) this.#state = state;
      this.#changed();
    });
    this.#queue = asked;
    return asked;
  }
}
