/** What a run remembers of each prompt's visits, to know when it wants its hint (AVATAR, "Hints"). */
import { mean } from '../../domain/advantage.ts';
import { freshHintState, visited, wantsHint, type HintRule, type HintState } from '../../domain/hint.ts';
import type { Tier } from '../../domain/replay.ts';
import type { Prompt } from '../../domain/rollout.ts';
import type { Group } from './group.ts';

export interface PromptVisits {
  hint: HintState;
  /** KL to the behaviour policy on the prompt's last fresh completions, in nats a token. */
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
    const visits = this.#visits.get(id);
    return visits !== undefined && hint !== null && wantsHint(this.#rule, visits.hint, meanReward, visits.kl);
  }

  /** Remembers how each group's visit went; `logProbs` are those before the last gradient step, in the order of the groups' members. */
  visit(groups: readonly Group[], logProbs: readonly Float32Array[], tiers: ReadonlyMap<string, Tier>): void {
    let row = 0;
    for (const { prompt, scores, members } of groups) {
      const hint = visited(
        this.#visits.get(prompt.id)?.hint ?? freshHintState,
        scores.map(({ parts }) => parts.accuracy ?? 0),
        tiers.get(prompt.id)!,
      );
      const kls = members.map(({ experience }) => meanK3(experience.behaviourLogProbs!, logProbs[row++]));
      this.#visits.set(prompt.id, { hint, kl: mean(kls) });
    }
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
