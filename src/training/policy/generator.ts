/** Samples completions from a policy: prompts are read once into a key/value cache, then a batch goes on one token a run. */
import type { Random } from '../../domain/random.ts';
import { disposeAll } from '../backends/backend.ts';
import type { Backend, DeviceTensor } from '../backends/backend.ts';
import { CompiledPrograms } from '../backends/compiled.ts';
import { input } from '../graph/operators.ts';
import { program } from '../graph/program.ts';
import type { Program } from '../graph/program.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { Tensor } from '../graph/tensor.ts';
import { cachedAttention, causalAttention } from './attention.ts';
import type { Keep } from './attention.ts';
import { endIds } from './config.ts';
import type { PolicyConfig } from './config.ts';
import { Decoder, parameterInputs } from './decoder.ts';
import type { Architecture } from './decoder.ts';
import { bucketBatch, cacheLength, contextLength, layoutKey, layOutContexts } from './layout.ts';
import type { Layout, Sizes } from './layout.ts';
import { distinct, type Context } from './row.ts';
import { draw } from './sampler.ts';
import type { Sampling } from './sampler.ts';
import type { DeviceParameters } from './scorer.ts';
import { masked, sequenceFeeds, sequenceInputs } from './sequence.ts';

/** One completion wanted. Its own generator makes it the same in whatever batch it is drawn. */
export interface CompletionRequest extends Context {
  random: Random;
}

export interface Completion {
  /** Sampled ids; the last is one that ends a text unless `maxNewTokens` cut it. */
  ids: Int32Array;
  /** Log-prob of each id at temperature 1 under the full distribution, as the loss needs it. */
  logProbs: Float32Array;
}

/** Completions decoded at once. */
const chunk = 64;

export class Generator {
  readonly #architecture: Architecture;
  readonly #config: PolicyConfig;
  readonly #backend: Backend;
  readonly #programs: CompiledPrograms;

  constructor(architecture: Architecture, backend: Backend) {
    this.#architecture = architecture;
    this.#config = architecture.config;
    this.#backend = backend;
    this.#programs = new CompiledPrograms(backend);
  }

  /**
   * One completion a request, in order. Requests that share a context (the same `promptIds` and `prefix` objects) read it once.
   * An aborted `signal` throws its reason between tokens.
   */
  async generate(
    parameters: DeviceParameters,
    requests: readonly CompletionRequest[],
    sampling: Sampling,
    signal?: AbortSignal,
  ): Promise<Completion[]> {
    const completions: Completion[] = [];
    for (let start = 0; start < requests.length; start += chunk) {
      const part = requests.slice(start, start + chunk);
      completions.push(...(await this.#decode(Object.fromEntries(parameters), part, sampling, signal)));
    }
    return completions;
  }

  dispose(): Promise<void> {
    return this.#programs.dispose();
  }

  async #decode(
    parameters: Record<string, DeviceTensor>,
    requests: readonly CompletionRequest[],
    sampling: Sampling,
    signal: AbortSignal | undefined,
  ): Promise<Completion[]> {
    const { contexts, owners } = distinct(requests);
    const lengths = contexts.map((context) => contextLength(context, this.#config));
    const longest = Math.max(...lengths) + sampling.maxNewTokens;
    if (longest > this.#config.max_position_embeddings) {
      const limit = this.#config.max_position_embeddings;
      throw new RangeError(`A prompt and ${sampling.maxNewTokens} new tokens take ${longest} positions of ${limit}.`);
    }
    const batch = bucketBatch(requests.length);
    const layout = layOutContexts(contexts, this.#config);
    const capacity = Math.max(cacheLength(longest), layout.prompt);
    const tokens = new Int32Array(batch);
    const positions = new Int32Array(batch);
    for (const [i, owner] of owners.entries()) {
      tokens[i] = contexts[owner].promptIds.at(-1)!;
      positions[i] = lengths[owner] - 1;
    }
    const writers = requests.map(({ random }) => new Writer(random, sampling, endIds(this.#config)));
    const cache = await this.#prefill(parameters, layout, owners, [batch, capacity]);
    let decoding = withoutFinished({ batch, writers, tokens, positions, cache });
    while (decoding.writers.length > 0) {
      signal?.throwIfAborted();
      const logits = await this.#advance(parameters, decoding, capacity);
      for (const [i, writer] of decoding.writers.entries()) {
        if (!writer.done) decoding.tokens[i] = writer.write(row(logits, i));
      }
      logits.dispose();
      decoding = withoutFinished(decoding);
    }
    return writers.map((writer) => writer.completion());
  }

  /** Reads each row's new token: adds its key and value to the cache, moves the row on and gives what follows, [batch, vocabulary]. */
  async #advance(
    parameters: Record<string, DeviceTensor>,
    decoding: Decoding,
    capacity: number,
  ): Promise<DeviceTensor> {
    const { batch, writers, positions, cache } = decoding;
    const executable = await this.#programs.get(`decode ${batch}×${capacity}`, () =>
      this.#decodeProgram(batch, capacity),
    );
    const feeds = this.#stepFeeds(decoding, capacity);
    const { logits, ...kept } = await executable.run({ ...parameters, ...feeds });
    disposeAll(feeds);
    for (const [name, whole] of cache) place(whole, kept[name], capacity, positions);
    // A finished row decodes on at its last place until it is left out; nothing reads what it says.
    for (const [i, writer] of writers.entries()) if (!writer.done) positions[i] += 1;
    return logits;
  }

  /** Reads each context once, but for its last token; gives each request its part of the cache. */
  async #prefill(
    parameters: Record<string, DeviceTensor>,
    layout: Layout,
    owners: readonly number[],
    [batch, capacity]: [number, number],
  ): Promise<Map<string, Float32Array>> {
    const names = Array.from({ length: this.#config.num_hidden_layers }, (_, i) => [keyName(i), valueName(i)]).flat();
    const size = sizeOf(this.#cacheShape(batch, capacity));
    const cache = new Map(names.map((name) => [name, new Float32Array(size)]));
    if (layout.prompt === 0) return cache;
    const executable = await this.#programs.get(`prefill ${layoutKey(layout)}`, () => this.#prefillProgram(layout));
    const feeds = sequenceFeeds(this.#backend, this.#config, layout, []);
    const kept = await executable.run({ ...parameters, ...feeds });
    disposeAll(feeds);
    for (const [name, whole] of cache) spreadPrompts(kept[name], whole, capacity, owners);
    disposeAll(kept);
    return cache;
  }

  #stepFeeds({ batch, tokens, positions, cache }: Decoding, capacity: number): Record<string, DeviceTensor> {
    const mask = new Float32Array(batch * capacity).fill(masked);
    for (const [i, position] of positions.entries()) mask.fill(0, i * capacity, i * capacity + position);
    const shape = this.#cacheShape(batch, capacity);
    return {
      ...Object.fromEntries([...cache].map(([name, data]) => [past(name), this.#backend.tensor(data, shape)])),
      tokens: this.#backend.tensor(tokens, [batch]),
      positions: this.#backend.tensor(Int32Array.from(positions), [batch]),
      mask: this.#backend.tensor(mask, [batch, 1, 1, capacity]),
    };
  }

  #prefillProgram(sizes: Sizes): Program {
    const decoder = new Decoder(this.#architecture, parameterInputs(this.#architecture));
    const { kept, keep } = keeper();
    const inputs = sequenceInputs(this.#config, sizes);
    decoder.hidden(decoder.embed(inputs), causalAttention(this.#config, sizes, inputs, keep));
    return program(kept);
  }

  #decodeProgram(batch: number, capacity: number): Program {
    const decoder = new Decoder(this.#architecture, parameterInputs(this.#architecture));
    const shape = this.#cacheShape(batch, capacity);
    const cache = {
      key: (layer: number) => input(past(keyName(layer)), shape),
      value: (layer: number) => input(past(valueName(layer)), shape),
      positions: input('positions', [batch], 'int32'),
      mask: input('mask', [batch, 1, 1, capacity]),
    };
    const { kept, keep } = keeper();
    const attention = cachedAttention(this.#config, batch, capacity, cache, keep);
    const tokens = decoder.embed({ tokens: input('tokens', [batch], 'int32'), slots: null });
    return program({ logits: decoder.logits(decoder.hidden(tokens, attention)), ...kept });
  }

  #cacheShape(batch: number, capacity: number): number[] {
    return [batch, this.#config.num_key_value_heads, capacity, this.#config.head_dim];
  }
}

/** A batch that is being decoded: its first rows are the writers', the rest pads. */
interface Decoding {
  batch: number;
  writers: readonly Writer[];
  /** Of each row: its new token, and the position of that. */
  tokens: Int32Array;
  positions: Int32Array;
  /** [batch, keyValueHeads, capacity, size] by name. */
  cache: ReadonlyMap<string, Float32Array>;
}

/** The batch without its finished rows, as soon as that makes it half as large or less; empty when all are. */
function withoutFinished(decoding: Decoding): Decoding {
  const going = [...decoding.writers.keys()].filter((i) => !decoding.writers[i].done);
  const batch = bucketBatch(going.length);
  if (going.length > 0 && 2 * batch > decoding.batch) return decoding;
  const rows = <Data extends Float32Array | Int32Array>(all: Data, fewer: Data): Data => {
    const width = all.length / decoding.batch;
    for (const [to, from] of going.entries()) fewer.set(all.subarray(from * width, (from + 1) * width), to * width);
    return fewer;
  };
  const cache = [...decoding.cache].map(([name, whole]): [string, Float32Array] => {
    return [name, rows(whole, new Float32Array((whole.length / decoding.batch) * batch))];
  });
  return {
    batch,
    writers: going.map((i) => decoding.writers[i]),
    tokens: rows(decoding.tokens, new Int32Array(batch)),
    positions: rows(decoding.positions, new Int32Array(batch)),
    cache: new Map(cache),
  };
}

const keyName = (layer: number): string => `key/${layer}`;
const valueName = (layer: number): string => `value/${layer}`;
/** The name a cache is fed under. */
const past = (name: string): string => `past/${name}`;

/** Collects what attention keeps of each layer, by name. */
function keeper(): { kept: Record<string, Tensor>; keep: Keep } {
  const kept: Record<string, Tensor> = {};
  const keep: Keep = (layer, key, value) => {
    kept[keyName(layer)] = key;
    kept[valueName(layer)] = value;
  };
  return { kept, keep };
}

/** Copies each owner's prompt [contexts, heads, prompt, size] into its rows of a cache [batch, heads, capacity, size]. */
function spreadPrompts(prompts: DeviceTensor, cache: Float32Array, capacity: number, owners: readonly number[]): void {
  const [, heads, prompt, size] = prompts.shape;
  const data = prompts.data();
  for (const [i, owner] of owners.entries()) {
    for (let head = 0; head < heads; head += 1) {
      const from = (owner * heads + head) * prompt * size;
      cache.set(data.subarray(from, from + prompt * size), (i * heads + head) * capacity * size);
    }
  }
}

/** Writes each row's new key or value [batch, heads, 1, size] into a cache at the row's position. */
function place(cache: Float32Array, added: DeviceTensor, capacity: number, positions: Int32Array): void {
  const [batch, heads, , size] = added.shape;
  const data = added.data();
  for (let i = 0; i < batch * heads; i += 1) {
    const to = (i * capacity + positions[Math.floor(i / heads)]) * size;
    cache.set(data.subarray(i * size, (i + 1) * size), to);
  }
  added.dispose();
}

/** Row i of logits [batch, vocabulary]. */
function row(logits: DeviceTensor, i: number): Float32Array {
  const width = logits.shape[1];
  return (logits.data() as Float32Array).subarray(i * width, (i + 1) * width);
}

/** A completion being written. */
class Writer {
  readonly #random: Random;
  readonly #sampling: Sampling;
  readonly #ends: readonly number[];
  readonly #ids: number[] = [];
  readonly #logProbs: number[] = [];

  constructor(random: Random, sampling: Sampling, ends: readonly number[]) {
    this.#random = random;
    this.#sampling = sampling;
    this.#ends = ends;
  }

  get done(): boolean {
    const last = this.#ids.at(-1);
    return (last !== undefined && this.#ends.includes(last)) || this.#ids.length >= this.#sampling.maxNewTokens;
  }

  /** Draws the next token and gives its id. */
  write(logits: Float32Array): number {
    const { id, logProb } = draw(logits, this.#sampling, this.#random);
    this.#ids.push(id);
    this.#logProbs.push(logProb);
    return id;
  }

  completion(): Completion {
    return { ids: Int32Array.from(this.#ids), logProbs: Float32Array.from(this.#logProbs) };
  }
}
