import type { Command } from '../command.ts';
import { openPolicy, readerOptions, readerUsage } from '../open-policy.ts';

export interface TextLogProbs {
  ids: number[];
  /** Of each id but the first, given those before it: one fewer than the ids. */
  logprobs: number[];
}

export const logprobs: Command = {
  name: 'logprobs',
  usage: `${readerUsage} --text T`,
  summary: 'Shows the log-probability that a policy gives each next token of a text. No special token is added.',
  options: { ...readerOptions, text: { type: 'string' } },
  async run(context): Promise<TextLogProbs> {
    const text = context.options.required('text');
    const { policy, engine } = await openPolicy(context);
    const ids = policy.tokenizer.encode(text);
    if (ids.length < 2) return { ids: [...ids], logprobs: [] };
    const row = { promptIds: ids.subarray(0, 1), completionIds: ids.subarray(1), prefix: null };
    const [scores] = await engine.logProbs([row], 'policy');
    await engine.dispose();
    return { ids: [...ids], logprobs: [...scores] };
  },
};
