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

/** Log-probs [L] of the rows that need them. */
export type LogProbs = ReadonlyMap<Member, Float32Array>;

/** What a mixture's rows are compared to. */
export interface Compared {
  /** By the reference; none where nothing reads them. */
  references: LogProbs;
  /** By the policy that stands in where no one recorded the behaviour policy's. */
  standIns: LogProbs;
}

/** The mixture's rows; `dualClip` is that of replayed rollouts, null for none. */
export function mixtureRows(
  mixture: readonly Member[],
  { references, standIns }: Compared,
  dualClip: number | null,
): RolloutRow[] {
  return mixture.map((member) => {
    const { experience, advantage, fresh } = member;
    return {
      ...experience,
      advantage,
      oldLogProbs: experience.behaviourLogProbs ?? standIns.get(member)!,
      refLogProbs: references.get(member) ?? null,
      dualClip: fresh || dualClip === null ? Infinity : dualClip,
    };
  });
}
