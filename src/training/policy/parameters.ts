/** The weights of a policy and of an adapter on it: their names as Hugging Face and PEFT have them, and their shapes. */
import type { LoraConfig } from '../../domain/run.ts';
import type { Shape } from '../graph/tensor.ts';
import type { PolicyConfig } from './config.ts';
import { familyOf, has } from './family.ts';

/** The embedding of tokens, and the head over the vocabulary where that is another matrix. */
export const embeddingName = 'model.embed_tokens.weight';
export const headName = 'lm_head.weight';

/** Every weight of a policy by its Hugging Face name, with its shape. Linear weights are [out, in]. */
export function parameterShapes(config: PolicyConfig): Map<string, Shape> {
  const { hidden_size: d, intermediate_size: f, vocab_size: vocabulary, audio_visual_prefix: prefix } = config;
  const size = config.head_dim;
  const [query, keyValue] = [config.num_attention_heads * size, config.num_key_value_heads * size];
  const family = familyOf(config);
  const shapes = new Map<string, Shape>([[embeddingName, [vocabulary, d]]]);
  for (let layer = 0; layer < config.num_hidden_layers; layer += 1) {
    const name = (rest: string): string => `${layerPrefix}${layer}.${rest}`;
    for (const [projection, out, width, bias] of [
      ['self_attn.q_proj', query, d, family.queryKeyValueBias],
      ['self_attn.k_proj', keyValue, d, family.queryKeyValueBias],
      ['self_attn.v_proj', keyValue, d, family.queryKeyValueBias],
      ['self_attn.o_proj', d, query, family.outputBias],
      ['mlp.gate_proj', f, d, family.perceptronBias],
      ['mlp.up_proj', f, d, family.perceptronBias],
      ['mlp.down_proj', d, f, family.perceptronBias],
    ] as const) {
      shapes.set(name(`${projection}.weight`), [out, width]);
      if (has(config, bias)) shapes.set(name(`${projection}.bias`), [out]);
    }
    if (family.headNorm) for (const norm of ['q', 'k']) shapes.set(name(`self_attn.${norm}_norm.weight`), [size]);
    shapes.set(name('input_layernorm.weight'), [d]);
    shapes.set(name('post_attention_layernorm.weight'), [d]);
  }
  shapes.set('model.norm.weight', [d]);
  if (!config.tie_word_embeddings) shapes.set(headName, [vocabulary, d]);
  if (prefix) {
    for (const [sense, values, hidden] of [
      ['frame', prefix.frame_values, prefix.frame_hidden],
      ['mel', prefix.mel_bands, prefix.mel_hidden],
    ] as const) {
      shapes.set(`prefix.${sense}.linear.weight`, [d, values]);
      shapes.set(`prefix.${sense}.up.weight`, [hidden, values]);
      shapes.set(`prefix.${sense}.up.bias`, [hidden]);
      shapes.set(`prefix.${sense}.down.weight`, [d, hidden]);
      shapes.set(`prefix.${sense}.down.bias`, [d]);
    }
    shapes.set('prefix.time.weight', [prefix.max_slots, d]);
  }
  return shapes;
}

/** What the names of a layer's weights begin with, before its number. */
export const layerPrefix = 'model.layers.';

/** The names of an adapter's matrices A and B on a linear module. */
export const downName = (linear: string): string => `${linear}.lora_A.weight`;
export const upName = (linear: string): string => `${linear}.lora_B.weight`;

/** A [rank, in] and B [out, rank] of the chosen modules of every layer, by name. */
export function adapterShapes(config: PolicyConfig, { rank, modules }: LoraConfig): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const [name, [out, width]] of parameterShapes(config)) {
    const linear = name.slice(0, name.lastIndexOf('.'));
    if (!name.startsWith(layerPrefix) || !name.endsWith('.weight')) continue;
    if (!modules.some((module) => linear.endsWith(`.${module}`))) continue;
    shapes.set(downName(linear), [rank, width]);
    shapes.set(upName(linear), [out, rank]);
  }
  return shapes;
}
