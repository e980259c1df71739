import { Scorer } from '../../training/policy/scorer.ts';
import type { Command } from '../command.ts';
import { openPolicy, policyOptions } from '../open-policy.ts';

export interface TextLogProbs {
  ids: number[];
  /** Of each id but the first, given those before it: one fewer than the ids. */
  logprobs: number[];
}

export const logprobs: Command = {
  name: 'logprobs',
  usage: '--policy DIR [--adapter DIR] --text T',
  summary: 'Shows the log-probability that a policy gives each next token of a text. No special token is added.',
  options: { ...policyOptions, text: { type: 'string' } },
  async run({ options }): Promise<TextLogProbs> {
    const text = options.required('text');
    const { policy, backend, parameters } = await openPolicy(options);
    const ids = policy.tokenizer.encode(text);
    if (ids.length < 2) return { ids: [...ids], logprobs: [] };
    const row = { promptIds: ids.subarray(0, 1), completionIds: ids.subarray(1), prefix: null };
    const scorer = new Scorer(policy, backend);
    const [scores] = await scorer.logProbs(parameters, [row]);
    await scorer.dispose();
    return { ids: [...ids], logprobs: [...scores] };
  },
};
