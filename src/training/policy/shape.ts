/** Well-known shapes with random weights: what training takes at a size can be measured without its checkpoint. */
import type { BaseBits } from '../../domain/run.ts';
import type { PolicyConfigInput } from './config.ts';
import { Policy } from './policy.ts';

/** As the checkpoints' config.json have them; `tiny` has the parts of the others in a second's work. */
export const shapes = {
  tiny: {
    model_type: 'qwen2',
    vocab_size: 512,
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 1024,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: true,
    eos_token_id: 256,
  },
  'qwen2.5-0.5b': {
    model_type: 'qwen2',
    vocab_size: 151_936,
    hidden_size: 896,
    intermediate_size: 4864,
    num_hidden_layers: 24,
    num_attention_heads: 14,
    num_key_value_heads: 2,
    max_position_embeddings: 32_768,
    rms_norm_eps: 1e-6,
    rope_theta: 1_000_000,
    tie_word_embeddings: true,
    eos_token_id: 256,
  },
} as const satisfies Record<string, PolicyConfigInput>;

export type ShapeName = keyof typeof shapes;
export const shapeNames = Object.keys(shapes) as ShapeName[];

/** How a run names a policy of a shape instead of a folder. */
const prefix = 'shape:';
export const shapePolicy = (name: ShapeName): string => prefix + name;

/** The shape that a run's policy names, or null where it names a folder. Throws when there is no such shape. */
export function shapeOf(policy: string): ShapeName | null {
  if (!policy.startsWith(prefix)) return null;
  const name = shapeNames.find((known) => shapePolicy(known) === policy);
  if (name === undefined) throw new Error(`there is no shape ${policy}: the shapes are ${shapeNames.join(', ')}`);
  return name;
}

/** A policy of a shape with random weights: the same seed gives the same ones. Its tokens are the bytes of a text. */
export function shapedPolicy(name: ShapeName, seed: number, bits: BaseBits = 32): Policy {
  const config = shapes[name];
  return Policy.create(config, byteTokenizer(config.vocab_size), seed, 'uniform', bits);
}

/** tokenizer.json of a vocabulary whose first 256 tokens are the bytes, and the others `<|ID|>`, which only a policy writes. */
function byteTokenizer(size: number): object {
  const token = (id: number): string =>
    id < 256 ? `<0x${id.toString(16).toUpperCase().padStart(2, '0')}>` : `<|${id}|>`;
  const vocab = Object.fromEntries(Array.from({ length: size }, (_, id) => [token(id), id]));
  return {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
    model: { type: 'BPE', vocab, merges: [], unk_token: null, byte_fallback: true },
  };
}
