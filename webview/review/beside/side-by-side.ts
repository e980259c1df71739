/** What stands beside the completion shown: the rest of its group, the labels of others, or those of before; and what was read of them. */
import type { Completion, History, OtherLabel } from '../../../src/protocol/review.ts';
import type { Beside } from '../actions/keys.ts';

/** The host's side; a failure is told where it is handled. */
export interface BesideSource {
  completions(rolloutIds: string[]): Promise<Completion[]>;
  otherLabels(rolloutId: string): Promise<OtherLabel[] | 'blind'>;
  history(rolloutId: string, count: number): Promise<History>;
}

/** Of what was done, read at a time. */
const historyStep = 100;

export class SideBySide {
  /** Null is one label of one completion. */
  what: Beside | null = null;
  /** Null until they are read. */
  others: readonly OtherLabel[] | 'blind' | null = null;
  /** What is known of the group's completions, by rollout. */
  completions: ReadonlyMap<string, Completion> = new Map();
  /** What was done to the completion; null until it is read. */
  history: History | null = null;
  #historyCount = historyStep;
  #rolloutId = '';
  readonly #source: BesideSource;
  readonly #changed: () => void;

  constructor(source: BesideSource, changed: () => void) {
    this.#source = source;
    this.#changed = changed;
  }

  /** Another rollout is shown. */
  show(rolloutId: string): void {
    this.#rolloutId = rolloutId;
    this.#forget();
  }

  /** Puts something side by side, or goes back to one label of one completion: that too when it cannot be read. */
  async toggle(what: Beside): Promise<void> {
    this.close(this.what === what ? null : what);
    try {
      await this.refresh([]);
    } catch (error) {
      if (this.what === what) this.close();
      throw error;
    }
  }

  close(what: Beside | null = null): void {
    this.what = what;
    this.#forget();
    this.#changed();
  }

  /** Reads again what stands beside, which may have changed: of the group, the rollouts `inView`. */
  async refresh(inView: string[]): Promise<void> {
    const { what } = this;
    const rolloutId = this.#rolloutId;
    if (what === 'group' && inView.length > 0) await this.read(inView);
    const others = what === 'labels' ? await this.#source.otherLabels(rolloutId) : null;
    const history = what === 'history' ? await this.#source.history(rolloutId, this.#historyCount) : null;
    if (what !== this.what || rolloutId !== this.#rolloutId) return;
    this.others = others;
    this.history = history;
    this.#changed();
  }

  /** Reads more of what was done. */
  async readOlder(): Promise<void> {
    this.#historyCount += historyStep;
    await this.refresh([]);
  }

  #forget(): void {
    this.completions = new Map();
    this.others = null;
    this.history = null;
    this.#historyCount = historyStep;
  }

  /** Reads completions of the group, again those it knows. */
  async read(rolloutIds: string[]): Promise<void> {
    const read = await this.#source.completions(rolloutIds);
    this.completions = new Map([...this.completions, ...read.map((one) => [one.rolloutId, one] as const)]);
    this.#changed();
  }
}
