/** When a prompt's hint is prepended (AVATAR, "Hints"). */
import type { Tier } from './replay.ts';

export const hintRoles = ['system', 'user'] as const;

/** How a hint is said: by whom, and behind which words. */
export interface HintForm {
  /** Who says it: the system message, or the user before the question. */
  role: (typeof hintRoles)[number];
  /** The words before it. */
  prefix: string;
}

/** The authors' (`tas_hint_role`, `tas_hint_prefix` of their trainer). Their hint as system message stands in the instruction's place; ours behind it. */
export const defaultHintForm: HintForm = { role: 'system', prefix: 'Hint: ' };

export interface HintRule extends HintForm {
  /** Whether hints are given at all. */
  enabled: boolean;
  /** Visits running that a prompt must fail, or stay hard, before its hint is given. */
  visits: number;
  /** θ_r: a hard prompt is stuck when its R̄ is at most this … */
  rewardThreshold: number;
  /** θ_k: … and KL to the behaviour policy on it, in nats a token, is below this. */
  klThreshold: number;
}

/** What a prompt's past visits say, an iteration that drew it being a visit. */
export interface HintState {
  /** Visits in a row, up to the last one, in which no completion earned any accuracy reward. */
  failedVisits: number;
  /** Visits in a row, up to the last one, after which the prompt was in the hard tier. */
  hardVisits: number;
}

export const freshHintState: HintState = { failedVisits: 0, hardVisits: 0 };

/**
 * The state after one more visit. Accuracy alone decides failure (ours): the total reward would be reset by the format reward.
 */
export function visited(state: HintState, accuracies: readonly number[], tier: Tier): HintState {
  return {
    failedVisits: accuracies.some((accuracy) => accuracy > 0) ? 0 : state.failedVisits + 1,
    hardVisits: tier === 'hard' ? state.hardVisits + 1 : 0,
  };
}

/** True when the prompt has failed its last visits, or stays hard at R̄ ≤ θ_r while the policy no longer moves on it (KL < θ_k). */
export function wantsHint(rule: HintRule, state: HintState, meanReward: number, kl: number): boolean {
  if (!rule.enabled) return false;
  const stuck = state.hardVisits >= rule.visits && meanReward <= rule.rewardThreshold && kl < rule.klThreshold;
  return state.failedVisits >= rule.visits || stuck;
}
