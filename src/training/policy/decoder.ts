/** The policy as a graph: the families' decoder (names and formulas as Hugging Face has them) behind soft tokens of a clip. */
import {
  add,
  concat,
  constant,
  dequantise,
  erf,
  expand,
  gatherRows,
  input,
  matmul,
  mul,
  reshape,
  rmsNorm,
  selectRows,
  silu,
  slice,
  sub,
} from '../graph/operators.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Adapter } from './adapter.ts';
import type { Attention } from './attention.ts';
import type { PolicyConfig } from './config.ts';
import type { SequenceInputs, SlotInputs } from './sequence.ts';
import { downName, embeddingName, headName, layerPrefix, upName } from './parameters.ts';
import { isQuantised, scaleName } from './quantised.ts';
import type { Weight, Weights } from './quantised.ts';

/** What a policy computes, beside the values of its weights. */
export interface Architecture {
  readonly config: PolicyConfig;
  readonly parameters: Weights;
  readonly adapter: Adapter | null;
}

/** A graph input for every weight, the adapter's included, fed under the weight's name: two for one of 8 bits, which is dequantised where it is read. */
export const parameterInputs = ({ parameters, adapter }: Architecture): Map<string, Tensor> =>
  new Map([...parameters, ...(adapter?.parameters ?? [])].map(([name, weight]) => [name, weightInput(name, weight)]));

const weightInput = (name: string, weight: Weight): Tensor =>
  isQuantised(weight)
    ? dequantise(input(name, weight.shape, 'int8'), input(scaleName(name), [weight.shape[0], 1]))
    : input(name, weight.shape);

/** Bytes of what stands at once over the vocabulary: distributions of some tokens, or a part of a head that is dequantised. */
export const vocabularyMemory = 2 ** 26;

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

  /** Input embeddings [n, hidden] of tokens, and of a clip's slots where there are some. */
  embed({ tokens, slots }: Pick<SequenceInputs, 'tokens' | 'slots'>): Tensor {
    const words = gatherRows(this.#weight(embeddingName), tokens);
    if (!slots) return words;
    const { from, back } = slots.places;
    return add(mul(words, slots.words), selectRows(this.#prefix(slots), from, back));
  }

  /** Soft tokens [contexts · slots, hidden]: linear plus perceptron of the frame, the same of the sound, plus an embedding of the time. */
  #prefix({ frames, mels }: SlotInputs): Tensor {
    const sense = (x: Tensor, name: string): Tensor =>
      add(this.#linear(x, `${name}.linear`), this.#linear(gelu(this.#linear(x, `${name}.up`)), `${name}.down`));
    const time = this.#time();
    const [places, d] = time.shape;
    const [slots] = frames.shape;
    const times = reshape(expand(reshape(time, [1, places, d]), [slots / places, places, d]), [slots, d]);
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

  /**
   * The first `wanted` of embeddings [n, hidden] through every layer and the last norm: of the others the last layer has keys and values
   * alone.
   */
  hidden(embeddings: Tensor, attention: Attention, wanted = embeddings.shape[0]): Tensor {
    const { num_hidden_layers: layers, rms_norm_eps: epsilon } = this.config;
    let x = embeddings;
    for (let layer = 0; layer < layers; layer += 1) {
      const name = layerPrefix + layer;
      const normal = rmsNorm(x, this.#weight(`${name}.input_layernorm.weight`), epsilon);
      const project = (which: string, of = normal): Tensor =>
        this.#headNorm(this.#linear(of, `${name}.self_attn.${which}_proj`), `${name}.self_attn.${which}_norm`);
      const asking = (all: Tensor): Tensor => (layer < layers - 1 ? all : slice(all, 0, 0, wanted));
      const mixed = attention(project('q', asking(normal)), project('k'), project('v'), layer);
      x = add(asking(x), this.#linear(mixed, `${name}.self_attn.o_proj`));
      const inner = rmsNorm(x, this.#weight(`${name}.post_attention_layernorm.weight`), epsilon);
      const gate = silu(this.#linear(inner, `${name}.mlp.gate_proj`));
      const gated = mul(gate, this.#linear(inner, `${name}.mlp.up_proj`));
      x = add(x, this.#linear(gated, `${name}.mlp.down_proj`));
    }
    return rmsNorm(x, this.#weight('model.norm.weight'), epsilon);
  }

  /** Logits [n, vocabulary] of hidden states [n, hidden]. */
  logits(hidden: Tensor, memory = vocabularyMemory): Tensor {
    const blocks = this.blocks(hidden.shape[0], memory);
    return concat(
      blocks.map((block) => matmul(hidden, block, false, true)),
      1,
    );
  }

  /**
   * The head in blocks [some of the vocabulary, hidden], of which one at a time is float32 and takes at most `memory` bytes with the logits of so
   * many tokens; a head that is float32 already is one block.
   */
  blocks(tokens: number, memory: number): Tensor[] {
    const [vocabulary, width] = this.head.shape;
    if (!this.isQuantised) return [this.head];
    const most = Math.max(1, Math.floor(memory / (Float32Array.BYTES_PER_ELEMENT * (tokens + width))));
    const rows = Math.ceil(vocabulary / Math.ceil(vocabulary / most));
    return Array.from({ length: Math.ceil(vocabulary / rows) }, (_, i) =>
      slice(this.head, 0, i * rows, Math.min((i + 1) * rows, vocabulary)),
    );
  }

  /** Whether its head is of 8 bits. */
  get isQuantised(): boolean {
    return this.head.operator === 'dequantise';
  }

  /** The derivatives [n, hidden] of the log-probs of tokens `ids` int32 [n], by the hidden states that gave `probabilities` [n, vocabulary]. */
  slopes(probabilities: Tensor, ids: Tensor): Tensor {
    return sub(gatherRows(this.head, ids), matmul(probabilities, this.head));
  }

  /** [vocabulary, hidden]. */
  get head(): Tensor {
    return this.#weight(this.config.tie_word_embeddings ? embeddingName : headName);
  }
}

/** The exact GELU: x · Φ(x). */
const gelu = (x: Tensor): Tensor => mul(mul(x, 0.5), add(1, erf(mul(x, Math.SQRT1_2))));
