/** Greedy answers of a policy to all prompts of a split, each kept apart. */
import { isRight } from '../domain/correctness.ts';
import { Random } from '../domain/random.ts';
import { ours } from '../domain/rules/ours.ts';
import { promptText } from '../domain/prompt-text.ts';
import type { Prompt } from '../domain/rollout.ts';
import type { Answers } from './measured.ts';
import type { Clips } from '../training/avatar/clip-features.ts';
import { openBackend } from '../training/backends/choose.ts';
import { Generator } from '../training/policy/generator.ts';
import { Policy } from '../training/policy/policy.ts';
import type { Prefix } from '../training/policy/row.ts';
import { deviceParameters } from '../training/policy/scorer.ts';
import { maxNewTokens } from './plan.ts';

export class Examiner {
  readonly #prompts: readonly Prompt[];
  readonly #clips: Clips<Prefix>;

  constructor(prompts: readonly Prompt[], clips: Clips<Prefix>) {
    this.#prompts = prompts;
    this.#clips = clips;
  }

  /** The policy in `folder`, asked each prompt without its hint. */
  async examine(folder: string, signal?: AbortSignal): Promise<Answers> {
    const policy = await Policy.load(folder);
    const backend = await openBackend('onnxruntime', 1);
    const generator = new Generator(policy, backend);
    try {
      const random = Random.seeded(0, 'exam');
      const requests = this.#prompts.map((prompt) => ({
        promptIds: policy.tokenizer.encode(promptText(prompt)),
        prefix: this.#clips.clips.get(prompt.id) ?? null,
        random,
      }));
      const sampling = { temperature: 0, topP: 1, topK: 0, maxNewTokens };
      const completions = await generator.generate(deviceParameters(policy, backend), requests, sampling, signal);
      return {
        right: completions.map(({ ids }, i) =>
          isRight(ours.accuracy(policy.tokenizer.decode(ids), this.#prompts[i]).score),
        ),
        tokens: completions.map(({ ids }) => ids.length),
      };
    } finally {
      await generator.dispose();
    }
  }
}
