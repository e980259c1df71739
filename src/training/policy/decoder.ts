/** The policy as a graph: the families' decoder (names and formulas as Hugging Face has them) behind soft tokens of a clip. */
import {
  add,
  concat,
  constant,
  erf,
  expand,
  gatherRows,
  input,
  matmul,
  mul,
  pad,
  reshape,
  rmsNorm,
  rotate,
  silu,
  slice,
  softmax,
  sub,
  transpose,
} from '../graph/operators.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { Shape, Tensor } from '../graph/tensor.ts';
import type { LoraConfig } from '../../domain/run.ts';
import type { Adapter } from './adapter.ts';
import { ropeOf } from './config.ts';
import type { PolicyConfig } from './config.ts';
import { familyOf, has } from './family.ts';
import { rotaryTables } from './rope.ts';

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

const layerPrefix = 'model.layers.';

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

/** What a policy computes, beside the values of its weights. */
export interface Architecture {
  readonly config: PolicyConfig;
  readonly adapter: Adapter | null;
}

/** A graph input for every weight, the adapter's included, fed under the weight's name. */
export function parameterInputs({ config, adapter }: Architecture): Map<string, Tensor> {
  const shapes = parameterShapes(config);
  for (const [name, { shape }] of adapter?.parameters ?? []) shapes.set(name, shape);
  return new Map([...shapes].map(([name, shape]) => [name, input(name, shape)]));
}

/**
 * Attention of one layer: query [B·S, heads·size], key and value [B·S, keyValueHeads·size], not yet rotated, to [B·S, heads·size].
 */
export type Attention = (query: Tensor, key: Tensor, value: Tensor, layer: number) => Tensor;

/** The tensors a decoder reads beside its weights, fed by `sequence.ts`. */
export interface SequenceInputs {
  batch: number;
  length: number;
  /** int32 [B·S]: token ids; 0 where a slot or padding lies. */
  tokens: Tensor;
  /** The clip's slots, for a policy with a prefix: they lie at positions 0 … slots − 1. */
  slots: { frames: Tensor; mels: Tensor; mask: Tensor } | null;
}

/** Graph inputs of `batch` sequences of `length` positions. */
export function sequenceInputs(config: PolicyConfig, batch: number, length: number): SequenceInputs {
  const av = config.audio_visual_prefix;
  const slots = av && {
    frames: input('frames', [batch * av.max_slots, av.frame_values]),
    mels: input('mels', [batch * av.max_slots, av.mel_bands]),
    mask: input('slot_mask', [batch, av.max_slots, 1]),
  };
  return { batch, length, tokens: input('tokens', [batch * length], 'int32'), slots };
}

export class Decoder {
  readonly config: PolicyConfig;
  readonly #adapter: Adapter | null;
  readonly #weights: ReadonlyMap<string, Tensor>;

  constructor({ config, adapter }: Architecture, weights: ReadonlyMap<string, Tensor>) {
    this.config = config;
    this.#adapter = adapter;
    this.#weights = weights;
  }

  #weight(name: string): Tensor {
    const weight = this.#weights.get(name);
    if (!weight) throw new Error(`The decoder has no weight ${name}.`);
    return weight;
  }

  /** x [n, in] to [n, out], with a bias and an adapter where the policy has them. */
  #linear(x: Tensor, name: string): Tensor {
    const product = matmul(x, this.#weight(`${name}.weight`), false, true);
    const bias = this.#weights.get(`${name}.bias`);
    const y = bias ? add(product, bias) : product;
    if (!this.#adapter?.parameters.has(downName(name))) return y;
    const down = mul(matmul(x, this.#weight(downName(name)), false, true), this.#adapter.scale);
    return add(y, matmul(down, this.#weight(upName(name)), false, true));
  }

  /** x [n, heads·size] with each head normed, where the policy has such a norm. */
  #headNorm(x: Tensor, name: string): Tensor {
    const weight = this.#weights.get(`${name}.weight`);
    if (!weight) return x;
    const [size] = weight.shape;
    return reshape(rmsNorm(reshape(x, [sizeOf(x.shape) / size, size]), weight, this.config.rms_norm_eps), x.shape);
  }

  /** Input embeddings [B·S, hidden]: tokens, with the first positions replaced by slots where the mask says so. */
  embed({ batch, length, tokens, slots }: SequenceInputs): Tensor {
    const d = this.config.hidden_size;
    const words = gatherRows(this.#weight(embeddingName), tokens);
    if (!slots) return words;
    const places = slots.mask.shape[1];
    const fill = (x: Tensor): Tensor => pad(x, 1, 0, length - places);
    const soft = mul(reshape(this.#prefix(slots.frames, slots.mels, batch), [batch, places, d]), slots.mask);
    const hard = mul(reshape(words, [batch, length, d]), sub(1, fill(slots.mask)));
    return reshape(add(hard, fill(soft)), [batch * length, d]);
  }

  /** Soft tokens [B·slots, hidden]: linear plus perceptron of the frame, the same of the sound, plus an embedding of the time. */
  #prefix(frames: Tensor, mels: Tensor, batch: number): Tensor {
    const sense = (x: Tensor, name: string): Tensor =>
      add(this.#linear(x, `${name}.linear`), this.#linear(gelu(this.#linear(x, `${name}.up`)), `${name}.down`));
    const time = this.#time();
    const [places, d] = time.shape;
    const times = reshape(expand(reshape(time, [1, places, d]), [batch, places, d]), [batch * places, d]);
    return add(add(sense(frames, 'prefix.frame'), sense(mels, 'prefix.mel')), times);
  }

  /** Time embedding [max_slots, hidden]: learned per slot, plus the embedding of the second's own number token. */
  #time(): Tensor {
    const { audio_visual_prefix: prefix } = this.config;
    const learned = this.#weight('prefix.time.weight');
    if (!prefix?.second_token_ids) return learned;
    const seconds = prefix.second_token_ids;
    const ids = Int32Array.from({ length: prefix.max_slots }, (_, slot) => {
      return seconds[Math.min(Math.floor(slot / prefix.slots_per_second), seconds.length - 1)];
    });
    return add(learned, gatherRows(this.#weight(embeddingName), constant(ids, [ids.length])));
  }

  /** Embeddings [n, hidden] through every layer and the last norm. */
  hidden(embeddings: Tensor, attention: Attention): Tensor {
    const { num_hidden_layers: layers, rms_norm_eps: epsilon } = this.config;
    let x = embeddings;
    for (let layer = 0; layer < layers; layer += 1) {
      const name = layerPrefix + layer;
      const normal = rmsNorm(x, this.#weight(`${name}.input_layernorm.weight`), epsilon);
      const project = (which: string): Tensor =>
        this.#headNorm(this.#linear(normal, `${name}.self_attn.${which}_proj`), `${name}.self_attn.${which}_norm`);
      x = add(x, this.#linear(attention(project('q'), project('k'), project('v'), layer), `${name}.self_attn.o_proj`));
      const inner = rmsNorm(x, this.#weight(`${name}.post_attention_layernorm.weight`), epsilon);
      const gate = silu(this.#linear(inner, `${name}.mlp.gate_proj`));
      const gated = mul(gate, this.#linear(inner, `${name}.mlp.up_proj`));
      x = add(x, this.#linear(gated, `${name}.mlp.down_proj`));
    }
    return rmsNorm(x, this.#weight('model.norm.weight'), epsilon);
  }

  /** Logits [n, vocabulary] of hidden states [n, hidden]. */
  logits(hidden: Tensor): Tensor {
    const head = this.#weight(this.config.tie_word_embeddings ? embeddingName : headName);
    return matmul(hidden, head, false, true);
  }
}

/** The exact GELU: x · Φ(x). */
const gelu = (x: Tensor): Tensor => mul(mul(x, 0.5), add(1, erf(mul(x, Math.SQRT1_2))));

/** Keys and values of one layer as a cache holds them: rotated keys, and values, [B, keyValueHeads, S, size]. */
export type Keep = (layer: number, key: Tensor, value: Tensor) => void;

/**
 * Causal attention over whole sequences of `length` positions that start at 0; padding lies at the end, so nothing real sees it.
 * `keep` is given what a cache needs to go on.
 */
export function causalAttention(config: PolicyConfig, batch: number, length: number, keep?: Keep): Attention {
  const { num_attention_heads: heads, num_key_value_heads: keyValueHeads, head_dim: size } = config;
  const places = Int32Array.from({ length: batch * length }, (_, i) => i % length);
  const rotation = rotations(config, length, constant(places, [batch, length]));
  const swapped = (x: Tensor): Tensor => transpose(x, [0, 2, 1, 3]);
  const byHead = (x: Tensor, count: number): Tensor => swapped(reshape(x, [batch, length, count, size]));
  const shared = (x: Tensor): Tensor => {
    const repeat = heads / keyValueHeads;
    const grouped = reshape(x, [batch, keyValueHeads, 1, length, size]);
    return reshape(expand(grouped, [batch, keyValueHeads, repeat, length, size]), [batch, heads, length, size]);
  };
  const rows = length > wholeAttention ? attentionBlock : length;
  const blocks = Array.from({ length: Math.ceil(length / rows) }, (_, i) => {
    const [start, end] = [i * rows, Math.min((i + 1) * rows, length)];
    return { start, end, mask: causalMask(start, end) };
  });
  return (query, key, value, layer) => {
    const q = byHead(rotation.query(query), heads);
    const k = byHead(rotation.key(key), keyValueHeads);
    const v = byHead(value, keyValueHeads);
    keep?.(layer, k, v);
    const [keys, values] = [shared(k), shared(v)];
    const mixed = blocks.map(({ start, end, mask }) => {
      const scores = matmul(slice(q, 2, start, end), slice(keys, 2, 0, end), false, true);
      return matmul(softmax(add(scores, mask)), slice(values, 2, 0, end));
    });
    return reshape(swapped(concat(mixed, 2)), [batch * length, heads * size]);
  };
}

/**
 * Longer sequences attend in blocks of queries, each on the keys up to its end alone: what no query may see is then mostly not
 * computed, and a block's scores stay in the processor's cache.
 */
const wholeAttention = 256;
const attentionBlock = 128;

/** Added to the scores [1, 1, end − start, end] of queries [start, end) on keys [0, end). */
function causalMask(start: number, end: number): Tensor {
  const size = (end - start) * end;
  return constant(
    Float32Array.from({ length: size }, (_, i) => (i % end > start + Math.floor(i / end) ? masked : 0)),
    [1, 1, end - start, end],
  );
}

/** A cache a step reads: keys and values [B, keyValueHeads, capacity, size] by layer, and what of it each row may see. */
export interface Cache {
  key: (layer: number) => Tensor;
  value: (layer: number) => Tensor;
  /** int32 [B]: the position of each row's new token. */
  positions: Tensor;
  /** [B, 1, 1, capacity]: 0 at positions before the row's new token, very negative elsewhere. */
  mask: Tensor;
}

/** Attention of one new token a row over a cache and itself; `keep` is given the token's own key and value. */
export function cachedAttention(
  config: PolicyConfig,
  batch: number,
  capacity: number,
  cache: Cache,
  keep: Keep,
): Attention {
  const { num_attention_heads: heads, num_key_value_heads: keyValueHeads, head_dim: size } = config;
  const rotation = rotations(config, capacity, reshape(cache.positions, [batch, 1]));
  return (query, key, value, layer) => {
    // The query heads that share a key lie beside each other, so they are the rows of one matrix.
    const q = reshape(rotation.query(query), [batch, keyValueHeads, heads / keyValueHeads, size]);
    const k = reshape(rotation.key(key), [batch, keyValueHeads, 1, size]);
    const v = reshape(value, [batch, keyValueHeads, 1, size]);
    keep(layer, k, v);
    const past = add(matmul(q, cache.key(layer), false, true), cache.mask);
    const weights = softmax(concat([past, matmul(q, k, false, true)], 3));
    const mixed = add(
      matmul(slice(weights, 3, 0, capacity), cache.value(layer)),
      matmul(slice(weights, 3, capacity, capacity + 1), v),
    );
    return reshape(mixed, [batch, heads * size]);
  };
}

/** Added to scores that may not be seen; their softmax is exactly 0. */
export const masked = -1e9;

/** Rotation of queries, which are scaled by size^(−1/2) on the way, and keys [B·S, heads·size] at `positions` int32 [B, S] below `count`. */
function rotations(
  config: PolicyConfig,
  count: number,
  positions: Tensor,
): { query: (x: Tensor) => Tensor; key: (x: Tensor) => Tensor } {
  const { num_attention_heads: heads, num_key_value_heads: keyValueHeads, head_dim: size } = config;
  const tables = rotaryTables(ropeOf(config), size, count);
  const rotation = (scale: number, among: number): ((x: Tensor) => Tensor) => {
    const table = (angles: Float32Array): Tensor =>
      constant(
        angles.map((value) => value * scale),
        [count, size / 2],
      );
    const [cosine, sine] = [table(tables.cosine), table(tables.sine)];
    return (x) => {
      const apart = reshape(x, [...positions.shape, x.shape[1]]);
      return reshape(rotate(apart, cosine, sine, positions, among), x.shape);
    };
  };
  return { query: rotation(size ** -0.5, heads), key: rotation(1, keyValueHeads) };
}
