/** Completions sampled from a policy, in tokens a second, beside the peer's `generate`. */
import { Random } from '../domain/random.ts';
import type { Backend } from '../training/backends/backend.ts';
import { endIds } from '../training/policy/config.ts';
import { Generator } from '../training/policy/generator.ts';
import { Policy } from '../training/policy/policy.ts';
import { deviceParameters } from '../training/policy/scorer.ts';
import { forgetPeak, median, peakMemory, type Peer } from './peer.ts';

export interface GenerationMeasurement {
  /** Completions at once. */
  batch: number;
  /** Medians over the rounds. */
  tokensPerSecond: number;
  peakMemory: number | null;
  peer: { tokensPerSecond: number; peakMemory: number | null } | null;
  /** Own tokens a second over the peer's. */
  ratio: number | null;
}

const prompt = 'What colour is on the screen when the tone is high?';
const newTokens = 96;

/** Samples `batch` completions a round of one prompt without a clip, at temperature 1, from the policy in `folder`. */
export async function measureGeneration(
  folder: string,
  batch: number,
  { backend, peer, threads, rounds }: { backend: Backend; peer: Peer | null; threads: number; rounds: number },
): Promise<GenerationMeasurement> {
  await forgetPeak();
  const policy = await Policy.load(folder);
  const generator = new Generator(policy, backend);
  const parameters = deviceParameters(policy, backend);
  const promptIds = policy.tokenizer.encode(prompt);
  const end = endIds(policy.config)[0];
  await peer?.ask('load', { threads, policy: folder });
  const own: number[] = [];
  const theirs: { rate: number; peakMemory: number | null }[] = [];
  // The first round warms both up.
  for (let round = 0; round <= rounds; round += 1) {
    const requests = Array.from({ length: batch }, (_, i) => ({
      prefix: null,
      promptIds,
      random: Random.seeded(round, 'bench', i),
    }));
    const start = performance.now();
    const completions = await generator.generate(parameters, requests, {
      temperature: 1,
      topP: 1,
      topK: 0,
      maxNewTokens: newTokens,
    });
    const seconds = (performance.now() - start) / 1e3;
    if (round > 0) own.push(completions.reduce((sum, { ids }) => sum + ids.length, 0) / seconds);
    const answer = await peer?.ask<{ milliseconds: number; tokens: number; peakMemory: number | null }>('generate', {
      prompts: requests.map(() => [...promptIds]),
      new_tokens: newTokens,
      end,
      seed: round,
    });
    if (answer && round > 0)
      theirs.push({ rate: (answer.tokens * 1e3) / answer.milliseconds, peakMemory: answer.peakMemory });
  }
  const memory = await peakMemory();
  await generator.dispose();
  const rate = median(own);
  const peers = theirs.length > 0 ? median(theirs.map((sample) => sample.rate)) : null;
  return {
    batch,
    tokensPerSecond: rate,
    peakMemory: memory,
    peer: peers === null ? null : { tokensPerSecond: peers, peakMemory: theirs.at(-1)!.peakMemory },
    ratio: peers === null ? null : rate / peers,
  };
}
