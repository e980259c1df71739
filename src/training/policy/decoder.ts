/** The policy as a graph: the families' decoder (names and formulas as Hugging Face has them) behind soft tokens of a clip. */
import {
  add,
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
  silu,
  sub,
} from '../graph/operators.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Adapter } from './adapter.ts';
import type { Attention } from './attention.ts';
import type { PolicyConfig } from './config.ts';
import { downName, embeddingName, headName, layerPrefix, parameterShapes, upName } from './parameters.ts';

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
