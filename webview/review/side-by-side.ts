/** What stands beside the completion shown: the rest of its group, or the labels of others; and what was read of them. */
import type { Completion, OtherLabel } from '../../src/protocol/review.ts';
import type { Beside } from './keys.ts';

/** The host's side; a failure is told where it is handled. */
export interface BesideSource {
  completions(rolloutIds: string[]): Promise<Completion[]>;
  otherLabels(rolloutId: string): Promise<OtherLabel[] | 'blind'>;
}

export class SideBySide {
  /** Null is one label of one completion. */
  what: Beside | null = null;
  /** Null until they are read. */
  others: readonly OtherLabel[] | 'blind' | null = null;
  /** What is known of the group's completions, by rollout. */
  completions: ReadonlyMap<string, Completion> = new Map();
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
    this.others = null;
  }

  /** Puts something side by side, or goes back to one label of one completion. */
  async toggle(what: Beside): Promise<void> {
    this.close(this.what === what ? null : what);
    if (this.what === 'labels') await this.readOthers();
  }

  close(what: Beside | null = null): void {
    this.what = what;
    this.others = null;
    this.#changed();
  }

  /** Reads the labels of others again. */
  async readOthers(): Promise<void> {
    const rolloutId = this.#rolloutId;
    const others = await this.#source.otherLabels(rolloutId);
    if (rolloutId !== this.#rolloutId) return;
    this.others = others;
    this.#changed();
  }

  /** Reads completions of the group, again those it knows. */
  async read(rolloutIds: string[]): Promise<void> {
    const read = await this.#source.completions(rolloutIds);
    this.completions = new Map([...this.completions, ...read.map((one) => [one.rolloutId, one] as const)]);
    this.#changed();
  }
}
