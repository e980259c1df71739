import type { Command } from '../command.ts';
import { engineOption, openPolicy, policyOptions, policyUsage } from '../open-policy.ts';

export interface TextLogProbs {
  ids: number[];
  /** Of each id but the first, given those before it: one fewer than the ids. */
  logprobs: number[];
}

export const logprobs: Command = {
  name: 'logprobs',
  usage: `${policyUsage} --text T`,
  summary: 'Shows the log-probability that a policy gives each next token of a text. No special token is added.',
  options: { ...policyOptions, ...engineOption, text: { type: 'string' } },
  async run({ options, signal }): Promise<TextLogProbs> {
    const text = options.required('text');
    const { policy, engine } = await openPolicy(options, signal);
    const ids = policy.tokenizer.encode(text);
    if (ids.length < 2) return { ids: [...ids], logprobs: [] };
    const row = { promptIds: ids.subarray(0, 1), completionIds: ids.subarray(1), prefix: null };
    const [scores] = await engine.logProbs([row], 'policy');
    await engine.dispose();
    return { ids: [...ids], logprobs: [...scores] };
  },
};
