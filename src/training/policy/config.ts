/** A policy's config.json: Hugging Face's Qwen2, with this project's audio-visual prefix when the policy sees and hears. */
import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

const prefixSchema = v.object({
  slots_per_second: v.pipe(v.number(), v.minValue(0.1)),
  /** Values of a slot's frame: a 4×4 RGB grid is 48. */
  frame_values: count,
  mel_bands: count,
  /** The longest clip, in slots. */
  max_slots: count,
  /** Ids of the number tokens "0", "1", …: a slot's time embedding adds its second's own, so that a policy learns times from few clips. */
  second_token_ids: v.optional(v.nullable(v.array(v.pipe(v.number(), v.integer()))), null),
  /** Hidden width of the perceptron over a frame, and over a sound. */
  frame_hidden: v.optional(count, 96),
  mel_hidden: v.optional(count, 64),
});

const configSchema = v.pipe(
  v.looseObject({
    model_type: v.literal('qwen2', 'only model_type "qwen2" is supported'),
    vocab_size: count,
    hidden_size: count,
    intermediate_size: count,
    num_hidden_layers: count,
    num_attention_heads: count,
    num_key_value_heads: count,
    max_position_embeddings: count,
    rms_norm_eps: v.number(),
    rope_theta: v.optional(v.number(), 10_000),
    hidden_act: v.optional(v.literal('silu'), 'silu'),
    tie_word_embeddings: v.optional(v.boolean(), false),
    use_sliding_window: v.optional(v.literal(false), false),
    initializer_range: v.optional(v.number(), 0.02),
    bos_token_id: v.optional(v.nullable(v.number()), null),
    eos_token_id: v.pipe(v.number(), v.integer()),
    audio_visual_prefix: v.optional(v.nullable(prefixSchema), null),
  }),
  v.check((c) => c.hidden_size % c.num_attention_heads === 0, 'hidden_size is not a multiple of num_attention_heads'),
  v.check(
    (c) => c.num_attention_heads % c.num_key_value_heads === 0,
    'num_attention_heads is not a multiple of num_key_value_heads',
  ),
);

export type PolicyConfig = v.InferOutput<typeof configSchema>;
export type PolicyConfigInput = v.InferInput<typeof configSchema>;
export type PrefixConfig = v.InferOutput<typeof prefixSchema>;

/** Validates config.json's content; throws an error that names `file` and every fault. */
export function parsePolicyConfig(content: unknown, file: string): PolicyConfig {
  const result = v.safeParse(configSchema, content);
  if (result.success) return result.output;
  const faults = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'config'}: ${issue.message}`);
  throw new Error(`${file} does not describe a policy that can be trained here: ${faults.join('; ')}`);
}

export const headSize = (config: PolicyConfig): number => config.hidden_size / config.num_attention_heads;
