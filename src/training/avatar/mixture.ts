/** What an iteration learns from: fresh and replayed rollouts with their advantages, as rows of the policy loss. */
import type { RolloutRow } from '../policy/row.ts';
import type { Experience } from './experience.ts';

/** A row of the mixture before its reference log-probs are known. */
export interface Member {
  experience: Experience;
  advantage: number;
  fresh: boolean;
  /** Policy version it counts as written by. */
  version: number;
}

/** The mixture's rows, given the reference log-probs of those that need them; `dualClip` is that of replayed rollouts, null for none. */
export function mixtureRows(
  mixture: readonly Member[],
  references: ReadonlyMap<Member, Float32Array>,
  dualClip: number | null,
): RolloutRow[] {
  return mixture.map((member) => {
    const { experience, advantage, fresh } = member;
    const reference = references.get(member) ?? null;
    return {
      ...experience,
      advantage,
      // Where no one recorded the behaviour policy's log-probs, the starting policy stands in, which is the reference.
      oldLogProbs: experience.behaviourLogProbs ?? reference!,
      refLogProbs: reference,
      dualClip: fresh || dualClip === null ? Infinity : dualClip,
    };
  });
}
