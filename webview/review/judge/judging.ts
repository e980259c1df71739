/** What this annotator says of the steps of the rollout shown, as the store has it or as it answered since. */
import type { JudgementState, StepJudgement, StepVerdict } from '../../../src/domain/judgement.ts';
import type { LabelKey } from '../../../src/protocol/review.ts';
import { kept } from '../../ui/kept.ts';
import { judgedBoundaries, stepsOf } from './steps.ts';

/** The host's side; each resolves with what then is in the store. */
export interface JudgementStore {
  judge(key: LabelKey, step: Omit<StepJudgement, 'verdict'> & { verdict: StepVerdict | null }): Promise<JudgementState>;
  /** Nothing where the store's is not what was `seen` here, by when it was saved. */
  undo(key: LabelKey, seen: string | null): Promise<JudgementState>;
  redo(key: LabelKey, seen: string | null): Promise<JudgementState>;
}

const nothing: JudgementState = { steps: [], canUndo: false, canRedo: false, savedAt: null };

/** Requests go out one after the other, so that what is undone is what was seen. `changed` is called when there is another state to show. */
export class Judging {
  #key: LabelKey | null = null;
  #state = nothing;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #store: JudgementStore;
  readonly #changed: () => void;
  readonly #boundaries = kept(judgedBoundaries);
  readonly #steps = kept(stepsOf);

  constructor(store: JudgementStore, changed: () => void) {
    this.#store = store;
    this.#changed = changed;
  }

  get state(): JudgementState {
    return this.#state;
  }

  /** A rollout is shown, with this in the store. An answer that came meanwhile is newer than what was read before it. */
  show(key: LabelKey, state: JudgementState): void {
    const isSame = JSON.stringify(this.#key) === JSON.stringify(key);
    this.#key = key;
    this.#state = isSame && (state.savedAt ?? '') < (this.#state.savedAt ?? '') ? this.#state : state;
  }

  /** The phases of a text of `length` as steps; the same list while nothing of it changes. */
  readonly steps = (
    length: number,
    label: Parameters<typeof judgedBoundaries>[0],
    offer: Parameters<typeof judgedBoundaries>[1],
  ): ReturnType<typeof stepsOf> => this.#steps(length, this.#boundaries(label, offer), this.#state.steps);

  /** Says something of a step, or with a verdict of null takes back what was said. */
  judge(step: Omit<StepJudgement, 'verdict'> & { verdict: StepVerdict | null }): Promise<void> {
    return this.#ask((key) => this.#store.judge(key, step));
  }

  /** Takes the last change back, or makes again what was taken back last. */
  step(action: 'undo' | 'redo'): Promise<void> {
    return this.#ask((key) => this.#store[action](key, this.#state.savedAt));
  }

  /** Resolves when every request so far is answered. */
  async settled(): Promise<void> {
    await this.#queue.catch(() => undefined);
  }

  #ask(request: (key: LabelKey) => Promise<JudgementState>): Promise<void> {
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
