/** Policies as small as those that the embedded engine trains in minutes, of any width. */
import { Policy } from '../training/policy/policy.ts';

/** Four layers of four heads and a width of `hidden`; of 128 it has 0.9 million parameters. */
export const smallConfig = (hidden: number, positions: number) => ({
  model_type: 'qwen2' as const,
  rms_norm_eps: 1e-6,
  eos_token_id: 0,
  vocab_size: 512,
  hidden_size: hidden,
  intermediate_size: (hidden * 43) / 16,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  max_position_embeddings: positions,
  tie_word_embeddings: false,
});

/** Random weights, and a tokenizer of the words t0, t1 and so on. */
export function smallPolicy(config: ReturnType<typeof smallConfig>): Policy {
  const vocab = Object.fromEntries(Array.from({ length: config.vocab_size }, (_, id) => [`t${id}`, id]));
  const tokenizer = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab, unk_token: 't0' },
  };
  return Policy.create(config, tokenizer, 1);
}
