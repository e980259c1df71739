import { resolve } from 'node:path';
import { Random } from '../../domain/random.ts';
import { readClip } from '../../training/avatar/clip-features.ts';
import type { PolicyText } from '../../training/policy/policy-text.ts';
import type { Prefix } from '../../training/policy/row.ts';
import { contextLength } from '../../training/policy/layout.ts';
import { UsageError, type Arguments, type Command } from '../command.ts';
import { openPolicy, readerOptions, readerUsage } from '../open-policy.ts';

export interface Generated {
  completions: {
    text: string;
    ids: number[];
    /** Of each id at temperature 1. */
    logprobs: number[];
  }[];
}

/** New tokens when none are asked for and there is room. */
const defaultLength = 256;

export const generate: Command = {
  name: 'generate',
  usage: `${readerUsage} --prompt T [--n N] [--seed N] [--media FILE] [--max-new-tokens N] [--temperature T]`,
  summary:
    'Samples completions of a prompt, which is used as it is, after what the policy sees and hears of a media file.',
  options: {
    ...readerOptions,
    prompt: { type: 'string' },
    n: { type: 'string' },
    seed: { type: 'string' },
    media: { type: 'string' },
    'max-new-tokens': { type: 'string' },
    temperature: { type: 'string' },
  },
  async run(command): Promise<Generated> {
    const { options, signal } = command;
    const prompt = options.required('prompt');
    const count = atLeast(options, 'n', 1) ?? 1;
    const seed = options.integer('seed') ?? 0;
    const temperature = options.number('temperature') ?? 1;
    if (temperature < 0) throw new UsageError(`--temperature must not be less than 0, as ${temperature} is`);
    const asked = atLeast(options, 'max-new-tokens', 1);

    const { policy, engine } = await openPolicy(command);
    const { config, tokenizer } = policy;
    const context = {
      promptIds: tokenizer.encode(prompt),
      prefix: await prefixOf(options.text('media'), policy, signal),
    };
    const room = config.max_position_embeddings - contextLength(context, config);
    if (room < (asked ?? 1)) {
      throw new Error(
        `the prompt leaves room for ${Math.max(room, 0)} of the policy's ${config.max_position_embeddings} tokens`,
      );
    }
    const requests = Array.from({ length: count }, (_, i) => ({ ...context, random: Random.seeded(seed, i) }));
    const sampling = { temperature, topP: 1, topK: 0, maxNewTokens: asked ?? Math.min(defaultLength, room) };
    const completions = await engine.generate(requests, sampling, signal);
    await engine.dispose();
    return {
      completions: completions.map(({ ids, logProbs }) => ({
        text: tokenizer.decode(ids),
        ids: [...ids],
        logprobs: [...logProbs],
      })),
    };
  },
  print: ({ completions }: Generated) => completions.map(({ text }) => text).join('\n\n'),
};

function atLeast(options: Arguments, name: string, least: number): number | undefined {
  const value = options.integer(name);
  if (value !== undefined && value < least) throw new UsageError(`--${name} must be at least ${least}, not ${value}`);
  return value;
}

async function prefixOf(
  media: string | undefined,
  { config }: PolicyText,
  signal: AbortSignal,
): Promise<Prefix | null> {
  if (media === undefined) return null;
  if (config.audio_visual_prefix) return readClip(resolve(media), config.audio_visual_prefix, signal);
  throw new Error('this policy reads text alone: it has no audio-visual prefix to take --media');
}
