/** Attention with rotary positions: over contexts and their completions, and of one new token over a cache. */
import {
  add,
  concat,
  constant,
  expand,
  gatherRows,
  matmul,
  mix,
  reshape,
  rotate,
  selectRows,
  slice,
  softmax,
} from '../graph/operators.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { Tensor } from '../graph/tensor.ts';
import { ropeOf } from './config.ts';
import type { PolicyConfig } from './config.ts';
import type { Sizes } from './layout.ts';
import { rotaryTables } from './rope.ts';
import { masked } from './sequence.ts';
import type { Arrangement, SequenceInputs } from './sequence.ts';

/**
 * Attention of one layer: queries [n, heads·size], keys and values [n, keyValueHeads·size], not yet rotated, to [n, heads·size]. Queries
 * may be those of the first rows alone, if these are the completions'.
 */
export type Attention = (query: Tensor, key: Tensor, value: Tensor, layer: number) => Tensor;

/** Keys and values of one layer as a cache holds them: rotated keys, and values. */
export type Keep = (layer: number, key: Tensor, value: Tensor) => void;

/**
 * Causal attention over a layout: within each context, and of each completion on its context and itself. `keep` is given what a cache of
 * the contexts needs.
 */
export function causalAttention(config: PolicyConfig, sizes: Sizes, inputs: SequenceInputs, keep?: Keep): Attention {
  const { num_attention_heads: heads, num_key_value_heads: keyValueHeads, head_dim: size } = config;
  const { contexts, members, prompt, completion, completionTokens } = sizes;
  const rotation = rotations(config, prompt + completion, inputs.positions);
  const lanes = contexts * keyValueHeads;
  const placed = (x: Tensor, { from, back }: Arrangement): Tensor =>
    selectRows(reshape(x, [sizeOf(x.shape) / size, size]), from, back);
  const packed = (x: Tensor, { from, back }: Arrangement): Tensor =>
    reshape(selectRows(x, back, from), [back.shape[0] / heads, heads * size]);
  const ofCompletions = (x: Tensor): Tensor => slice(x, 0, 0, completionTokens);
  const ofPrompts = (x: Tensor): Tensor => slice(x, 0, completionTokens, x.shape[0]);
  /** Keys or values of the contexts before those of each of their completions. */
  const joined = (before: Tensor | null, own: Tensor): Tensor => {
    const behind = reshape(own, [lanes * members, completion, size]);
    if (!before) return behind;
    const each = expand(reshape(before, [lanes, 1, prompt, size]), [lanes, members, prompt, size]);
    return concat([reshape(each, [lanes * members, prompt, size]), behind], 1);
  };
  const onPrompts = prompt > 0 ? blockwise(config, contexts, causalMask(prompt)) : null;
  const onCompletions = members > 0 ? blockwise(config, contexts, completionMask(sizes, inputs.promptMask)) : null;
  return (query, key, value, layer) => {
    const [q, k] = [rotation.query(query), rotation.key(key)];
    const cached = (x: Tensor): Tensor => reshape(placed(ofPrompts(x), inputs.prompts.keys), [lanes, prompt, size]);
    const before = onPrompts && { keys: cached(k), values: cached(value) };
    const mixed: Tensor[] = [];
    if (onCompletions) {
      const [ownKeys, ownValues] = [k, value].map((x) => placed(ofCompletions(x), inputs.completions.keys));
      const queries = placed(ofCompletions(q), inputs.completions.queries);
      const result = onCompletions(
        queries,
        joined(before?.keys ?? null, ownKeys),
        joined(before?.values ?? null, ownValues),
      );
      mixed.push(packed(result, inputs.completions.queries));
    }
    if (before) {
      const whole = (x: Tensor): Tensor => reshape(x, [contexts, keyValueHeads, prompt, size]);
      keep?.(layer, whole(before.keys), whole(before.values));
    }
    if (onPrompts && before && q.shape[0] > completionTokens) {
      const queries = placed(ofPrompts(q), inputs.prompts.queries);
      mixed.push(packed(onPrompts(queries, before.keys, before.values), inputs.prompts.queries));
    }
    return concat(mixed, 0);
  };
}

/**
 * Longer sequences attend in blocks of queries, each on the keys up to its end alone: what no query may see is then mostly not
 * computed, and a block's scores stay in the processor's cache.
 */
const wholeAttention = 256;
const attentionBlock = 128;

/**
 * Attention of queries [lanes · queries to a key · length, size] on keys and values [lanes, past + length, size], a lane being a key's
 * head of one sequence, under a mask [contexts or 1, 1, length, past + length] that is causal in its last columns.
 */
function blockwise(
  { num_attention_heads: heads, num_key_value_heads: keyValueHeads, head_dim: size }: PolicyConfig,
  contexts: number,
  mask: Tensor,
): (queries: Tensor, keys: Tensor, values: Tensor) => Tensor {
  const [, , length, seen] = mask.shape;
  const shared = heads / keyValueHeads;
  const rows = length > wholeAttention ? attentionBlock : length;
  const blocks = Array.from({ length: Math.ceil(length / rows) }, (_, i) => {
    const [start, end] = [i * rows, Math.min((i + 1) * rows, length)];
    const last = seen - length + end;
    return { start, end, last, masks: slice(slice(mask, 2, start, end), 3, 0, last) };
  });
  return (queries, keys, values) => {
    const [lanes] = keys.shape;
    const q = reshape(queries, [lanes, shared, length, size]);
    let [k, v] = [keys, values];
    // From the last block on, so that each takes a part of what the next one read: their gradients are then padded to that alone, not to all.
    const mixed = blocks.toReversed().map(({ start, end, last, masks }) => {
      const count = end - start;
      [k, v] = [slice(k, 1, 0, last), slice(v, 1, 0, last)];
      const block = reshape(slice(q, 2, start, end), [lanes, shared * count, size]);
      const scores = matmul(block, k, false, true);
      const seen = add(reshape(scores, [contexts, (lanes * shared) / contexts, count, last]), masks);
      const result = mix(reshape(seen, scores.shape), v);
      return reshape(result, [lanes, shared, count, size]);
    });
    return reshape(concat(mixed.toReversed(), 2), queries.shape);
  };
}

/** Added to the scores [1, 1, length, length] of a sequence's queries on its keys. */
function causalMask(length: number): Tensor {
  const mask = Float32Array.from({ length: length * length }, (_, i) =>
    i % length > Math.floor(i / length) ? masked : 0,
  );
  return constant(mask, [1, 1, length, length]);
}

/** The same of a completion behind its context, whose mask is `promptMask`: [contexts, 1, completion, prompt + completion]. */
function completionMask({ contexts, prompt, completion }: Sizes, promptMask: Tensor): Tensor {
  const own = causalMask(completion);
  if (prompt === 0) return own;
  const each = (mask: Tensor, columns: number): Tensor => expand(mask, [contexts, 1, completion, columns]);
  return concat([each(promptMask, prompt), each(own, completion)], 3);
}

/** The sizes of a decoding batch, whose rows sit in a grid [contexts, members], each beside those of its context. */
export interface DecodingSizes {
  batch: number;
  contexts: number;
  members: number;
  /** Positions of the cache that the rows of a context share, 0 for none, and of each row's own. */
  prompt: number;
  capacity: number;
}

/** What attention of a step reads beside its tokens; keys and values by layer. */
export interface Cache {
  /** [contexts, keyValueHeads, prompt, size]. */
  promptKey: (layer: number) => Tensor;
  promptValue: (layer: number) => Tensor;
  /** [contexts, keyValueHeads, members, capacity, size]. */
  key: (layer: number) => Tensor;
  value: (layer: number) => Tensor;
  /** [contexts, 1, members, 1, prompt + capacity]: 0 at what the row at a seat sees beside its new token, very negative elsewhere. */
  mask: Tensor;
  /** int32 [batch]: the position of each row's new token. */
  positions: Tensor;
  /** int32: which head of the rows each place of the grid [contexts, key's heads, members, query's heads to a key's] is, and the way back. */
  queries: Tensor;
  back: Tensor;
  /** The same of keys and values. */
  keys: Tensor;
}

/** Attention of one new token a row over its context's cache, its own and itself; `keep` is given the new keys and values, as the cache has them. */
export function cachedAttention(config: PolicyConfig, sizes: DecodingSizes, cache: Cache, keep: Keep): Attention {
  const { num_attention_heads: heads, num_key_value_heads: keyValueHeads, head_dim: size } = config;
  const { batch, contexts, members, prompt, capacity } = sizes;
  const shared = heads / keyValueHeads;
  const rotation = rotations(config, prompt + capacity, reshape(cache.positions, [batch, 1]));
  // Of contexts with one row each, the grid is the batch.
  const arranged = (x: Tensor, places: Tensor): Tensor =>
    members > 1 ? gatherRows(reshape(x, [sizeOf(x.shape) / size, size]), places) : x;
  // The query heads that share keys lie beside each other, so they are the rows of one matrix: of a seat, or of all of a context.
  const ofSeats = (x: Tensor, rows: number, columns: number): Tensor =>
    reshape(x, [contexts, keyValueHeads, members, rows, columns]);
  const ofContexts = (x: Tensor, columns: number): Tensor =>
    reshape(x, [contexts, keyValueHeads, members * shared, columns]);
  return (query, key, value, layer) => {
    const queries = arranged(rotation.query(query), cache.queries);
    const q = ofSeats(queries, shared, size);
    const [k, v] = [rotation.key(key), value].map((x) => ofSeats(arranged(x, cache.keys), 1, size));
    keep(layer, k, v);
    const end = prompt + capacity;
    const scores = [matmul(q, cache.key(layer), false, true)];
    if (prompt > 0) {
      const onPrompt = matmul(ofContexts(queries, size), cache.promptKey(layer), false, true);
      scores.unshift(ofSeats(onPrompt, shared, prompt));
    }
    const past = add(concat(scores, 4), cache.mask);
    const weights = softmax(concat([past, matmul(q, k, false, true)], 4));
    const values = [
      matmul(slice(weights, 4, prompt, end), cache.value(layer)),
      matmul(slice(weights, 4, end, end + 1), v),
    ];
    if (prompt > 0) {
      const onPrompt = ofContexts(slice(weights, 4, 0, prompt), prompt);
      values.push(ofSeats(matmul(onPrompt, cache.promptValue(layer)), shared, size));
    }
    const mixed = values.reduce((sum, x) => add(sum, x));
    return reshape(arranged(mixed, cache.back), [batch, heads * size]);
  };
}

/**
 * Rotation of queries, which are scaled by size^(−1/2) on the way, and keys [n, heads·size], by head: row r · m + c is at position [r, c]
 * of `positions` int32 [·, m], all below `count`.
 */
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
      const [length, width] = x.shape;
      const rows = length / positions.shape[1];
      const apart = reshape(x, [rows, positions.shape[1], width]);
      return reshape(rotate(apart, cosine, sine, slice(positions, 0, 0, rows), among), x.shape);
    };
  };
  return { query: rotation(size ** -0.5, heads), key: rotation(1, keyValueHeads) };
}
