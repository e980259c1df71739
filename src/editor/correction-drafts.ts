/** Drafts of corrections on their way from the page to the store. */
import { setTimeout } from 'node:timers/promises';
import type { LabelKey, WrittenDraft } from '../protocol/review.ts';

/** Between two writes of one draft, in ms: everything that shows the store reads it again after each. */
const pause = 1000;

/** Writes the newest of each rollout and annotator as soon as it may: at once, and while more is written once a second. */
export class CorrectionDrafts {
  readonly #write: (draft: WrittenDraft) => Promise<unknown>;
  readonly #newest = new Map<string, WrittenDraft>();
  readonly #writing = new Map<string, Promise<void>>();
  #pauses = new AbortController();
  /** When the last was written, in ms. */
  #last = 0;

  constructor(write: (draft: WrittenDraft) => Promise<unknown>) {
    this.#write = write;
  }

  /** Resolves once it, or what was written after it, is in the store; rejects with why it is not. */
  keep(draft: WrittenDraft): Promise<void> {
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

  async #writeAll(name: string): Promise<void> {
    while (this.#newest.has(name)) {
      const due = this.#last + pause - Date.now();
      if (due > 0) await setTimeout(due, undefined, { signal: this.#pauses.signal }).catch(() => undefined);
      const draft = this.#newest.get(name)!;
      this.#newest.delete(name);
      this.#last = Date.now();
      await this.#write(draft);
    }
  }
}

const nameOf = ({ store, annotator, rolloutId }: LabelKey): string => JSON.stringify([store, annotator, rolloutId]);
