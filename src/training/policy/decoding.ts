/** A batch of completions that is being decoded: where its rows sit, and the caches of their contexts and of their own tokens. */
import type { Backend, DeviceTensor } from '../backends/backend.ts';
import { input } from '../graph/operators.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { Cache, DecodingSizes } from './attention.ts';
import type { PolicyConfig } from './config.ts';
import { bucketBatch, cacheLength } from './layout.ts';
import { masked } from './sequence.ts';

/** Keys and values of every layer, by name. */
export type Caches = ReadonlyMap<string, Float32Array>;

/** Rows sit in a grid [contexts, members], each beside those of its context. */
export interface Decoding<Row> {
  rows: readonly Row[];
  sizes: DecodingSizes;
  /** Positions that a row's own cache can come to need. */
  limit: number;
  /** The seat of each row. */
  seats: readonly number[];
  /** Of each row: its new token, the position of that, and how much of its own cache is filled. */
  tokens: Int32Array;
  positions: Int32Array;
  read: Int32Array;
  /** Of each seat: 0 at what its new token sees beside itself, very negative elsewhere; [contexts, members, prompt + capacity]. */
  mask: Float32Array;
  /** [contexts, keyValueHeads, prompt, size]. */
  prompts: Caches;
  /** [contexts, keyValueHeads, members, capacity, size]. */
  own: Caches;
}

export const keyName = (layer: number): string => `key/${layer}`;
export const valueName = (layer: number): string => `value/${layer}`;
/** The names that caches are fed under. */
const promptName = (name: string): string => `prompt/${name}`;
const ownName = (name: string): string => `own/${name}`;

const width = ({ prompt, capacity }: DecodingSizes): number => prompt + capacity;

const cacheShape = (
  { num_key_value_heads: heads, head_dim: size }: PolicyConfig,
  { contexts, members, capacity }: DecodingSizes,
): number[] => [contexts, heads, members, capacity, size];
const promptShape = (
  { num_key_value_heads: heads, head_dim: size }: PolicyConfig,
  { contexts, prompt }: DecodingSizes,
): number[] => [contexts, heads, prompt, size];

/** Seats rows beside those of their context; the owners are 0 and on. */
function seated(owners: readonly number[]): { contexts: number; members: number; seats: readonly number[] } {
  const counts: number[] = [];
  const places = owners.map((owner) => (counts[owner] = (counts[owner] ?? 0) + 1) - 1);
  const members = bucketBatch(Math.max(...counts));
  return {
    contexts: bucketBatch(counts.length),
    members,
    seats: places.map((place, i) => owners[i] * members + place),
  };
}

/** What a batch begins with: of each row its context, of each context the last token and the positions before that, and its cache. */
export interface Start {
  owners: readonly number[];
  lastTokens: readonly number[];
  lengths: readonly number[];
  /** [contexts, keyValueHeads, prompt, size]; none where `prompt` is 0. */
  prompts: Caches;
  prompt: number;
  newTokens: number;
  worth: number;
}

/**
 * How many values of a layer's keys must be read once instead of again for a shared cache to pay: it costs operators of a fixed price.
 * Measured with 4 to 64 rows and prompts of 24 to 2,048 tokens at width 128, and with 8 rows at width 512.
 */
export const worthSharing = 2 ** 16;

/** New tokens that the caches have room for at first: what is there is read at every token, filled or not. */
const firstRoom = 32;

/**
 * A batch before its first token. Its rows share the caches of their contexts where that spares `worth` values of a layer's keys; else each has a seat of its
 * own, and its own cache begins with its context's.
 */
export function startDecoding<Row>(
  config: PolicyConfig,
  rows: readonly Row[],
  { owners, lastTokens, lengths, prompts, prompt, newTokens, worth }: Start,
): Decoding<Row> {
  const { num_key_value_heads: heads, head_dim: size } = config;
  const shared = (owners.length - lengths.length) * heads * prompt * size >= worth;
  const { seats, ...grid } = seated(shared ? owners : [...owners.keys()]);
  const begun = shared ? 0 : Math.max(...lengths);
  const sizes = {
    ...grid,
    batch: bucketBatch(rows.length),
    prompt: shared ? prompt : 0,
    capacity: cacheLength(begun + Math.min(newTokens, firstRoom)),
  };
  const ofRows = (values: readonly number[]): Int32Array => {
    const data = new Int32Array(sizes.batch);
    data.set(values);
    return data;
  };
  const starts = owners.map((owner) => lengths[owner]);
  const mask = new Float32Array(sizes.contexts * sizes.members * width(sizes)).fill(masked);
  for (const [row, seat] of seats.entries()) mask.fill(0, seat * width(sizes), seat * width(sizes) + starts[row]);
  const names = Array.from({ length: config.num_hidden_layers }, (_, i) => [keyName(i), valueName(i)]).flat();
  const own = (name: string): Float32Array => {
    const data = new Float32Array(sizeOf(cacheShape(config, sizes)));
    const known = shared ? undefined : prompts.get(name);
    if (!known) return data;
    for (const [row, owner] of owners.entries()) {
      for (let head = 0; head < heads; head += 1) {
        const from = (owner * heads + head) * prompt * size;
        data.set(known.subarray(from, from + starts[row] * size), (row * heads + head) * sizes.capacity * size);
      }
    }
    return data;
  };
  return {
    rows,
    sizes,
    limit: cacheLength(begun + newTokens),
    seats,
    tokens: ofRows(owners.map((owner) => lastTokens[owner])),
    positions: ofRows(starts),
    read: ofRows(shared ? [] : starts),
    mask,
    prompts: shared ? prompts : new Map(),
    own: new Map(names.map((name) => [name, own(name)])),
  };
}

/** The batch of the rows that go on, as soon as that makes it half as large or less, with the contexts that they need. */
export function narrowed<Row>(
  config: PolicyConfig,
  decoding: Decoding<Row>,
  goesOn: (row: Row) => boolean,
): Decoding<Row> {
  const { rows, sizes, seats } = decoding;
  const going = [...rows.keys()].filter((i) => goesOn(rows[i]));
  if (going.length === 0) return { ...decoding, rows: [] };
  const batch = bucketBatch(going.length);
  if (2 * batch > sizes.batch) return decoding;
  const contextOf = (i: number): number => Math.floor(seats[i] / sizes.members);
  const contexts = [...new Set(going.map(contextOf))];
  const { seats: newSeats, ...grid } = seated(going.map((i) => contexts.indexOf(contextOf(i))));
  const fewer = { ...sizes, ...grid, batch };
  const heads = config.num_key_value_heads;
  const ofRows = (data: Int32Array): Int32Array => moved(data, going, sizes.batch, [...going.keys()], batch);
  const cells = (seat: number, { members }: DecodingSizes): number[] =>
    Array.from(
      { length: heads },
      (_, head) => (Math.floor(seat / members) * heads + head) * members + (seat % members),
    );
  const from = going.flatMap((i) => cells(seats[i], sizes));
  const to = newSeats.flatMap((seat) => cells(seat, fewer));
  const each = (caches: Caches, move: (data: Float32Array) => Float32Array): Caches =>
    new Map([...caches].map(([name, data]) => [name, move(data)]));
  return {
    rows: going.map((i) => rows[i]),
    sizes: fewer,
    limit: decoding.limit,
    seats: newSeats,
    tokens: ofRows(decoding.tokens),
    positions: ofRows(decoding.positions),
    read: ofRows(decoding.read),
    mask: moved(
      decoding.mask,
      going.map((i) => seats[i]),
      sizes.contexts * sizes.members,
      newSeats,
      fewer.contexts * fewer.members,
    ),
    prompts: each(decoding.prompts, (data) =>
      moved(data, contexts, sizes.contexts, [...contexts.keys()], fewer.contexts),
    ),
    own: each(decoding.own, (data) =>
      moved(data, from, sizes.contexts * heads * sizes.members, to, fewer.contexts * heads * fewer.members),
    ),
  };
}

/** The batch with twice the room for new tokens, as soon as a row has none left. */
export function grown<Row>(config: PolicyConfig, decoding: Decoding<Row>): Decoding<Row> {
  const { rows, sizes, read, limit, mask, own } = decoding;
  const { contexts, members, capacity } = sizes;
  if (capacity === limit || rows.every((_, i) => read[i] < capacity)) return decoding;
  const larger = { ...sizes, capacity: Math.min(2 * capacity, limit) };
  const [seats, cells] = [contexts * members, contexts * members * config.num_key_value_heads];
  return {
    ...decoding,
    sizes: larger,
    mask: stretched(mask, seats, width(larger), masked),
    own: new Map([...own].map(([name, data]) => [name, stretched(data, cells, larger.capacity * config.head_dim, 0)])),
  };
}

/** `count` equal stretches, each made as long as `length` with `fill` behind it. */
function stretched(data: Float32Array, count: number, length: number, fill: number): Float32Array {
  const before = data.length / count;
  const result = new Float32Array(count * length).fill(fill);
  for (let i = 0; i < count; i += 1) result.set(data.subarray(i * before, (i + 1) * before), i * length);
  return result;
}

/** Stretches `from` of `count` equal ones, at the places `to` among `total`, with zeros elsewhere. */
function moved<Data extends Float32Array | Int32Array>(
  data: Data,
  from: readonly number[],
  count: number,
  to: readonly number[],
  total: number,
): Data {
  const length = data.length / count;
  const result = new (data.constructor as new (length: number) => Data)(length * total);
  for (const [i, at] of from.entries()) result.set(data.subarray(at * length, (at + 1) * length), to[i] * length);
  return result;
}

/** Graph inputs of a step, fed by `standingFeeds` and `stepFeeds`. */
export function cacheInputs(config: PolicyConfig, sizes: DecodingSizes): Cache {
  const { batch, contexts, members } = sizes;
  const { num_attention_heads: heads, num_key_value_heads: keyValueHeads } = config;
  return {
    promptKey: (layer) => input(promptName(keyName(layer)), promptShape(config, sizes)),
    promptValue: (layer) => input(promptName(valueName(layer)), promptShape(config, sizes)),
    key: (layer) => input(ownName(keyName(layer)), cacheShape(config, sizes)),
    value: (layer) => input(ownName(valueName(layer)), cacheShape(config, sizes)),
    mask: input('mask', [contexts, 1, members, 1, width(sizes)]),
    positions: input('positions', [batch], 'int32'),
    queries: input('queries', [contexts * members * heads], 'int32'),
    keys: input('keys', [contexts * members * keyValueHeads], 'int32'),
    back: input('back', [batch * heads], 'int32'),
  };
}

/** Feeds that stand until the batch is narrowed. */
export function standingFeeds(
  backend: Backend,
  config: PolicyConfig,
  { sizes, seats, prompts }: Decoding<unknown>,
): Record<string, DeviceTensor> {
  const { batch, contexts, members } = sizes;
  const { num_attention_heads: heads, num_key_value_heads: keyValueHeads } = config;
  /** Which head of a row each place of [contexts, key's heads, members, `each`] is, and the way back; an empty seat has a copy. */
  const arrangement = (each: number): { from: Int32Array; back: Int32Array } => {
    const from = new Int32Array(contexts * keyValueHeads * members * each);
    const back = new Int32Array(batch * keyValueHeads * each);
    for (const [row, seat] of seats.entries()) {
      for (let head = 0; head < keyValueHeads * each; head += 1) {
        const [key, query] = [Math.floor(head / each), head % each];
        const lane = Math.floor(seat / members) * keyValueHeads + key;
        const place = (lane * members + (seat % members)) * each + query;
        from[place] = row * keyValueHeads * each + head;
        back[row * keyValueHeads * each + head] = place;
      }
    }
    return { from, back };
  };
  const queries = arrangement(heads / keyValueHeads);
  const keys = arrangement(1);
  const indices = (data: Int32Array): DeviceTensor => backend.tensor(data, [data.length]);
  const shape = promptShape(config, sizes);
  return {
    ...Object.fromEntries([...prompts].map(([name, data]) => [promptName(name), backend.tensor(data, shape)])),
    queries: indices(queries.from),
    keys: indices(keys.from),
    back: indices(queries.back),
  };
}

/** Feeds of one step. */
export function stepFeeds(
  backend: Backend,
  config: PolicyConfig,
  { sizes, tokens, positions, mask, own }: Decoding<unknown>,
): Record<string, DeviceTensor> {
  const { batch, contexts, members } = sizes;
  const shape = cacheShape(config, sizes);
  return {
    ...Object.fromEntries([...own].map(([name, data]) => [ownName(name), backend.tensor(data, shape)])),
    tokens: backend.tensor(tokens, [batch]),
    positions: backend.tensor(positions, [batch]),
    mask: backend.tensor(mask, [contexts, 1, members, 1, width(sizes)]),
  };
}

/** Puts the new keys and values [contexts, keyValueHeads, members, 1, size] of the rows into their caches, and moves those that go on. */
export function append<Row>(
  { rows, sizes, seats, positions, read, mask, own }: Decoding<Row>,
  kept: Record<string, DeviceTensor>,
  goesOn: (row: Row) => boolean,
): void {
  const { members, prompt, capacity } = sizes;
  for (const [name, cache] of own) {
    const data = kept[name].data();
    const [, heads, , , size] = kept[name].shape;
    for (const [row, seat] of seats.entries()) {
      for (let head = 0; head < heads; head += 1) {
        const cell = (Math.floor(seat / members) * heads + head) * members + (seat % members);
        cache.set(data.subarray(cell * size, (cell + 1) * size), (cell * capacity + read[row]) * size);
      }
    }
  }
  // A finished row decodes on at its last place until it is left out; nothing reads what it says.
  for (const [i, row] of rows.entries()) {
    if (!goesOn(row)) continue;
    mask[seats[i] * width(sizes) + prompt + read[i]] = 0;
    positions[i] += 1;
    read[i] += 1;
  }
}
