/** Scores the completions of a prompt: each part of the reward, and the total the advantage is computed from. */
import type { Prompt } from '../../domain/rollout.ts';
import {
  judgeReward,
  opensThinking,
  rewardParts,
  rewardRules,
  totalReward,
  weightsByStage,
  withFirstTag,
  type Judge,
  type RewardPart,
  type RewardWeights,
} from '../../domain/reward.ts';
import type { RunConfig } from '../../domain/run.ts';

export interface Score {
  parts: Partial<Record<RewardPart, number>>;
  total: number;
  /** The judge's verdict could not be read: there is no such part, which counts as 0. */
  unreadable?: true;
}

export class Scoring {
  readonly #config: Pick<RunConfig, 'rewardRule' | 'rewardWeights'>;
  readonly #judgeOf: (prompt: Prompt) => Judge | null;
  readonly #opened: (prompt: Prompt) => boolean;

  /** `opened` tells whether the policy's own chat template ends a prompt with `<think>`. */
  constructor(
    config: Pick<RunConfig, 'rewardRule' | 'rewardWeights'>,
    judgeOf: (prompt: Prompt) => Judge | null,
    opened: (prompt: Prompt) => boolean = () => false,
  ) {
    this.#config = config;
    this.#judgeOf = judgeOf;
    this.#opened = opened;
  }

  /** True when a judge has a share in the prompt's reward, but there is none for it. */
  lacksJudge(prompt: Prompt): boolean {
    return Boolean(this.#wanted(prompt).judge) && this.#judgeOf(prompt) === null;
  }

  /**
   * The weights of a prompt's parts. Where there is no judge, its share falls to the other parts, or to accuracy where none of them but format
   * weighs anything, for a policy must not learn the format alone.
   */
  weights(prompt: Prompt): RewardWeights {
    const wanted = this.#wanted(prompt);
    if (!this.lacksJudge(prompt)) return wanted;
    const { judge = 0, ...others } = wanted;
    const { format = 0, accuracy = 0, self = 0 } = others;
    if (accuracy + self === 0) return { ...others, accuracy: judge };
    const rest = format + accuracy + self;
    const scale = (rest + judge) / rest;
    return Object.fromEntries(Object.entries(others).map(([part, weight]) => [part, weight * scale]));
  }

  /** Scores one group: the completions of one prompt by one policy version. Needs the prompt's answer. */
  async group(prompt: Prompt, completions: readonly string[]): Promise<Score[]> {
    const weights = this.weights(prompt);
    const weighted = rewardParts.filter((part) => (weights[part] ?? 0) > 0);
    const rule = rewardRules[this.#config.rewardRule];
    const self = rule.self(completions, prompt);
    // A dump's prompt may be what its trainer's template made.
    const opened = this.#opened(prompt) || opensThinking(prompt.question);
    return Promise.all(
      completions.map(async (completion, i) => {
        const judged = weighted.includes('judge') ? await this.#judgeOf(prompt)!.score(prompt, completion) : [];
        const parts: Score['parts'] = {
          format: rule.format(withFirstTag(completion, opened)),
          accuracy: rule.accuracy(completion, prompt).score,
          ...(weighted.includes('self') && { self: self[i] }),
          ...(weighted.includes('judge') && judged && { judge: judgeReward(judged) }),
        };
        return { parts, total: totalReward(parts, weights), ...(judged === null && { unreadable: true }) };
      }),
    );
  }

  /** A prompt without a stage is rewarded as in the first one. */
  #wanted({ stage }: Prompt): RewardWeights {
    return weightsByStage(this.#config.rewardWeights)[stage ?? 'visual'];
  }
}
