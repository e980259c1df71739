/** What a run remembers of each prompt's visits, to know when it wants its hint (AVATAR, "Hints"). */
import { freshHintState, visited, wantsHint, type HintRule, type HintState } from '../../domain/hint.ts';
import type { Tier } from '../../domain/replay.ts';
import type { Prompt } from '../../domain/rollout.ts';
import { mean } from '../../domain/statistics.ts';
import type { Group } from './group.ts';
import type { Member } from './mixture.ts';
import { meanLogRatio } from './stored.ts';

export interface PromptVisits {
  hint: HintState;
  /** In nats a token: by `visits` to the behaviour policy, on the prompt's last fresh completions; by `completions` to the reference, on the very last. */
  kl: number;
}

export class PromptHints {
  readonly #rule: HintRule;
  readonly #visits: Map<string, PromptVisits>;

  /** Goes on from what `entries` returned. */
  constructor(rule: HintRule, entries: readonly (readonly [string, PromptVisits])[] = []) {
    this.#rule = rule;
    this.#visits = new Map(entries);
  }

  entries(): [string, PromptVisits][] {
    return [...this.#visits];
  }

  /** Whether a prompt with this R̄ is to be asked with its hint. */
  wanted({ id, hint }: Prompt, meanReward: number): boolean {
    const { hint: state, kl } = this.#visits.get(id) ?? { hint: freshHintState, kl: 0 };
    return hint !== null && wantsHint(this.#rule, state, meanReward, kl);
  }

  /** Whether `visit` needs log-probs to measure the KL by. */
  get measures(): boolean {
    return this.#rule.enabled && this.#rule.klThreshold !== null;
  }

  /**
   * Remembers how each group's visit went. `logProbs` are those of a member's tokens by the policy that its KL is measured to: the trained
   * one by the rule of visits, the reference by that of completions.
   */
  visit(groups: readonly Group[], logProbs: (member: Member) => Float32Array, tiers: ReadonlyMap<string, Tier>): void {
    for (const { prompt, hinted, scores, members } of groups) {
      const visit = {
        accuracies: scores.map(({ parts }) => parts.accuracy ?? 0),
        totals: scores.map(({ total }) => total),
        hinted,
      };
      const hint = visited(this.#visits.get(prompt.id)?.hint ?? freshHintState, visit, tiers.get(prompt.id)!);
      this.#visits.set(prompt.id, { hint, kl: this.measures ? this.#kl(members, logProbs) : 0 });
    }
  }

  #kl(members: readonly Member[], logProbs: (member: Member) => Float32Array): number {
    const last = members[members.length - 1];
    if (this.#rule.rule === 'completions') return meanLogRatio(last.experience.behaviourLogProbs!, logProbs(last));
    return mean(members.map((member) => meanK3(member.experience.behaviourLogProbs!, logProbs(member))));
  }
}

/** k3 estimate of KL a token between the policy that wrote a completion and another (Schulman, "Approximating KL divergence"). */
function meanK3(behaviour: Float32Array, other: Float32Array): number {
  return mean(
    Array.from(behaviour, (logProb, t) => {
      const d = other[t] - logProb;
      return Math.exp(d) - d - 1;
    }),
  );
}
