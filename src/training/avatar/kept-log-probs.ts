/** Log-probs of rollouts that may be replayed, computed once a run: by the reference, which never changes, or by the policy of that moment. */
import type { Engine } from '../engine/engine.ts';
import type { Experience } from './experience.ts';

export class KeptLogProbs {
  readonly #engine: Pick<Engine, 'logProbs'>;
  readonly #of: 'policy' | 'reference';
  readonly #kept: Map<string, Float32Array>;

  /** Goes on from what `entries` returned. */
  constructor(
    engine: Pick<Engine, 'logProbs'>,
    of: 'policy' | 'reference',
    entries: readonly (readonly [string, string])[] = [],
  ) {
    this.#engine = engine;
    this.#of = of;
    this.#kept = new Map(entries.map(([rollout, values]) => [rollout, decoded(values)]));
  }

  /** By rollout: the float32 log-probs, little endian in base64. What is computed anew may differ in its last bits. */
  entries(): [string, string][] {
    return [...this.#kept].map(([rollout, values]) => [rollout, encoded(values)]);
  }

  /** Log-probs [L] of each. */
  async logProbs(experiences: readonly Experience[]): Promise<Float32Array[]> {
    const asked = experiences.filter(({ rollout: { id } }) => !this.#kept.has(id));
    const computed = asked.length > 0 ? await this.#engine.logProbs(asked, this.#of) : [];
    for (const [i, { rollout }] of asked.entries()) this.#kept.set(rollout.id, computed[i]);
    return experiences.map(({ rollout: { id } }) => this.#kept.get(id)!);
  }

  /** Forgets those of all other rollouts. */
  keepOnly(rollouts: Iterable<string>): void {
    const kept = new Set(rollouts);
    for (const rollout of this.#kept.keys()) if (!kept.has(rollout)) this.#kept.delete(rollout);
  }
}

const encoded = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** A copy: base64's own buffer may not lie on a border of four bytes. */
const decoded = (values: string): Float32Array =>
  new Float32Array(Uint8Array.from(Buffer.from(values, 'base64')).buffer);
