/** Corrections as they are typed here, until the store has them. */
import type { CorrectionState } from '../../../src/domain/correction.ts';
import type { LabelKey, WrittenDraft } from '../../../src/protocol/review.ts';

interface Typed {
  draft: WrittenDraft;
  /** Its store did not take it. */
  failed: boolean;
}

/** What is typed is sent at once, and shown until the host answers that the store has it. */
export class Drafting {
  readonly #typed = new Map<string, Typed>();
  readonly #send: (draft: WrittenDraft) => Promise<CorrectionState>;
  readonly #saved: (key: LabelKey, state: CorrectionState) => void;
  readonly #changed: () => void;

  /** `saved` hears what the store has then; `changed` is called whenever there is something else to show or to keep. */
  constructor(
    send: (draft: WrittenDraft) => Promise<CorrectionState>,
    saved: (key: LabelKey, state: CorrectionState) => void,
    changed: () => void,
  ) {
    this.#send = send;
    this.#saved = saved;
    this.#changed = changed;
  }

  /** What is typed there and not in the store yet; null where nothing is. */
  of(key: LabelKey): string | null {
    return this.#typed.get(nameOf(key))?.draft.text ?? null;
  }

  /** What a store did not take, for the host to keep. */
  get failed(): WrittenDraft[] {
    return [...this.#typed.values()].flatMap(({ draft, failed }) => (failed ? [draft] : []));
  }

  /** Rejects, and keeps it, where the store does not take it. */
  async type(draft: WrittenDraft): Promise<void> {
    const { store, annotator, rolloutId, of } = draft;
    const key = { store, annotator, rolloutId, of };
    const typed = { draft, failed: false };
    this.#typed.set(nameOf(key), typed);
    this.#changed();
    const isLast = (): boolean => this.#typed.get(nameOf(key)) === typed;
    try {
      const state = await this.#send(draft);
      if (!isLast()) return;
      this.#saved(key, state);
      this.#typed.delete(nameOf(key));
    } catch (error) {
      // What was typed after it is answered for itself.
      if (!isLast()) return;
      typed.failed = true;
      throw error;
    } finally {
      this.#changed();
    }
  }

  /** Sends again what a store did not take, here or in an earlier page. */
  async retry(drafts: readonly WrittenDraft[] = this.failed): Promise<void> {
    // What was typed since is newer.
    const left = drafts.filter((draft) => this.#typed.get(nameOf(draft))?.failed !== false);
    await Promise.all(left.map((draft) => this.type(draft)));
  }

  /** What is typed there is saved, or given up: unless something else than `text` is typed by now, where it is given. */
  forget(key: LabelKey, text?: string): void {
    if (text !== undefined && this.of(key) !== text) return;
    this.#typed.delete(nameOf(key));
    this.#changed();
  }
}

const nameOf = ({ store, annotator, rolloutId }: LabelKey): string => JSON.stringify([store, annotator, rolloutId]);
