/** Drafts of corrections on their way from the page to the store. */
import { setTimeout } from 'node:timers/promises';
import type { CorrectionState } from '../domain/correction.ts';
import type { LabelKey, WrittenDraft } from '../protocol/review.ts';

/** Between two writes of one draft, in ms: everything that shows the store reads it again after each. */
const pause = 1000;

/** Writes the newest of each rollout and annotator as soon as it may: at once, and while more is written once a second. */
export class CorrectionDrafts {
  readonly #write: (draft: WrittenDraft) => Promise<CorrectionState>;
  readonly #newest = new Map<string, WrittenDraft>();
  readonly #writing = new Map<string, Promise<CorrectionState>>();
  #pauses = new AbortController();
  /** When the last was written (`performance.now()`): however the clock is set meanwhile, the next waits no longer. */
  #last = -pause;

  constructor(write: (draft: WrittenDraft) => Promise<CorrectionState>) {
    this.#write = write;
  }

  /** Resolves once it, or what was written after it, is in its store, with how the correction stands there; rejects with why it is not. */
  keep(draft: WrittenDraft): Promise<CorrectionState> {
    const name = nameOf(draft);
    this.#newest.set(name, draft);
    let writing = this.#writing.get(name);
    if (!writing) {
      writing = this.#writeAll(name).finally(() => this.#writing.delete(name));
      this.#writing.set(name, writing);
    }
    return writing;
  }

  /** Has all that waits written now; a failure is told to who asked to keep it. */
  async flush(): Promise<void> {
    this.#pauses.abort();
    await Promise.allSettled(this.#writing.values());
    this.#pauses = new AbortController();
  }

  async #writeAll(name: string): Promise<CorrectionState> {
    for (;;) {
      const due = this.#last + pause - performance.now();
      if (due > 0) await setTimeout(due, undefined, { signal: this.#pauses.signal }).catch(() => undefined);
      const draft = this.#newest.get(name)!;
      this.#newest.delete(name);
      this.#last = performance.now();
      const state = await this.#write(draft);
      if (!this.#newest.has(name)) return state;
    }
  }
}

const nameOf = ({ store, annotator, rolloutId }: LabelKey): string => JSON.stringify([store, annotator, rolloutId]);
