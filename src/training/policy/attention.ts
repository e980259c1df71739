/** Attention with rotary positions: over whole sequences, and of one new token over a cache. */
import {
  add,
  concat,
  constant,
  expand,
  matmul,
  reshape,
  rotate,
  slice,
  softmax,
  transpose,
} from '../graph/operators.ts';
import type { Tensor } from '../graph/tensor.ts';
import { ropeOf } from './config.ts';
import type { PolicyConfig } from './config.ts';
import { rotaryTables } from './rope.ts';

/**
 * Attention of one layer: query [B·S, heads·size], key and value [B·S, keyValueHeads·size], not yet rotated, to [B·S, heads·size].
 */
export type Attention = (query: Tensor, key: Tensor, value: Tensor, layer: number) => Tensor;

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
