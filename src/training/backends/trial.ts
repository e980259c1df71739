/** The gradient step that backends and engines are tried with. */
import type { PolicyLossOptions } from '../policy/objective.ts';
import { Policy } from '../policy/policy.ts';
import type { RolloutRow } from '../policy/row.ts';

interface Size {
  vocabulary: number;
  width: number;
  layers: number;
  heads: number;
  completions: number;
  tokens: number;
}
export const small: Size = { vocabulary: 64, width: 32, layers: 2, heads: 2, completions: 4, tokens: 16 };
/** A million parameters, as the sample policy has. */
export const usual: Size = { vocabulary: 256, width: 128, layers: 4, heads: 4, completions: 8, tokens: 64 };

export const loss: PolicyLossOptions = {
  clipLow: 0.2,
  clipHigh: 0.2,
  klWeight: 0.1,
  aggregation: 'sequence',
  ratio: 'token',
};

export const policyOf = ({ vocabulary, width, layers, heads }: Size): Policy =>
  Policy.create(
    {
      model_type: 'qwen2',
      vocab_size: vocabulary,
      hidden_size: width,
      intermediate_size: 3 * width,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      num_key_value_heads: heads / 2,
      max_position_embeddings: 256,
      rms_norm_eps: 1e-6,
      eos_token_id: 0,
    },
    tokenizer,
    1,
  );

/** No text is read: the step's tokens are given. */
const tokenizer = {
  model: { type: 'WordLevel', vocab: { x: 0 }, unk_token: 'x' },
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: null,
  decoder: null,
};

export const rowsOf = ({ vocabulary, completions, tokens }: Size): RolloutRow[] =>
  Array.from({ length: completions }, (_, row) => ({
    promptIds: Int32Array.from({ length: tokens / 4 }, (_, i) => (i + row) % vocabulary),
    prefix: null,
    completionIds: Int32Array.from({ length: tokens }, (_, i) => (i * 7 + row) % vocabulary),
    weights: new Float32Array(tokens).fill(1),
    advantage: row % 2 === 0 ? 1 : -1,
    dualClip: 4,
    oldLogProbs: new Float32Array(tokens).fill(-4),
    refLogProbs: new Float32Array(tokens).fill(-4),
  }));
