/** When a prompt's hint is prepended (AVATAR, "Hints"). */
import type { Tier } from './replay.ts';

/** What must fail for a prompt to be given its hint: whole visits (ours), or completions, whatever visit they are of (the released trainer). */
export const hintRules = ['visits', 'completions'] as const;

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
  /**
   * `visits`: hinted after visits in a row in which nothing earned accuracy, and no longer after a success. `completions`: hinted after
   * completions in a row of total reward 0, and from then on: what is made with a hint no longer counts.
   */
  rule: (typeof hintRules)[number];
  /** Visits, or completions, in a row that a prompt must fail before its hint is given; by `visits` also those it must stay hard. */
  visits: number;
  /** θ_r: a prompt is stuck when its R̄ is at most this … null is not asked. */
  rewardThreshold: number | null;
  /** … θ_k: and KL, in nats a token, is below this; null is not asked, and with both null no prompt is stuck. */
  klThreshold: number | null;
}

/** What a prompt's past visits say, an iteration that drew it being a visit. */
export interface HintState {
  /** Visits in a row, up to the last one, in which no completion earned any accuracy reward. */
  failedVisits: number;
  /** Visits in a row, up to the last one, after which the prompt was in the hard tier. */
  hardVisits: number;
  /** Completions in a row, up to the last one made without a hint, whose total reward was 0. */
  zeroRewards: number;
}

export const freshHintState: HintState = { failedVisits: 0, hardVisits: 0, zeroRewards: 0 };

/** Rewards of a visit's completions, in the order they were made. */
export interface Visit {
  accuracies: readonly number[];
  totals: readonly number[];
  hinted: boolean;
}

/**
 * The state after one more visit. Accuracy alone decides a visit's failure (ours): the total reward would be reset by the format reward.
 */
export function visited(state: HintState, { accuracies, totals, hinted }: Visit, tier: Tier): HintState {
  return {
    failedVisits: accuracies.some((accuracy) => accuracy > 0) ? 0 : state.failedVisits + 1,
    hardVisits: tier === 'hard' ? state.hardVisits + 1 : 0,
    zeroRewards: hinted
      ? state.zeroRewards
      : totals.reduce((zeros, total) => (total === 0 ? zeros + 1 : 0), state.zeroRewards),
  };
}

/** Whether a prompt with this state, R̄ and KL is given its hint: it failed often enough, or is stuck; by `visits` only a hard one is. */
export function wantsHint(rule: HintRule, state: HintState, meanReward: number, kl: number): boolean {
  const { rewardThreshold, klThreshold } = rule;
  if (!rule.enabled) return false;
  const byVisits = rule.rule === 'visits';
  if ((byVisits ? state.failedVisits : state.zeroRewards) >= rule.visits) return true;
  if (rewardThreshold === null && klThreshold === null) return false;
  const still = klThreshold === null || (byVisits ? kl < klThreshold : kl <= klThreshold);
  const low = rewardThreshold === null || meanReward <= rewardThreshold;
  return low && still && (!byVisits || state.hardVisits >= rule.visits);
}
