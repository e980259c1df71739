/** Samples completions from a policy: prompts are read once into a key/value cache, then a batch goes on one token a run. */
import type { Random } from '../../domain/random.ts';
import type { Backend, DeviceTensor, Executable, Results } from '../backends/backend.ts';
import { CompiledPrograms } from '../backends/compiled.ts';
import { cachedAttention, constant, gatherRows, input, reshape, zeros } from '../graph/operators.ts';
import { program } from '../graph/program.ts';
import type { Program } from '../graph/program.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { Tensor } from '../graph/tensor.ts';
import { headSize } from './config.ts';
import type { PolicyConfig } from './config.ts';
import { Decoder, parameterInputs, rotaryTables, sequenceInputs } from './decoder.ts';
import type { Attention } from './decoder.ts';
import type { Context } from './row.ts';
import { draw } from './sampler.ts';
import type { Sampling } from './sampler.ts';
import type { DeviceParameters } from './scorer.ts';
import { bucketBatch, bucketLength, contextLength, sequenceFeeds } from './sequence.ts';

/** One completion wanted. Its own generator makes it the same in whatever batch it is drawn. */
export interface CompletionRequest extends Context {
  random: Random;
}

export interface Completion {
  /** Sampled ids; the last is the end-of-sequence token unless `maxNewTokens` cut it. */
  ids: Int32Array;
  /** Log-prob of each id at temperature 1 under the full distribution, as the loss needs it. */
  logProbs: Float32Array;
}

/** Completions decoded at once. */
const chunk = 64;

/** The shapes of a decoding batch. */
interface Shapes {
  /** Different contexts, and completions. */
  contexts: number;
  batch: number;
  /** Positions the longest context is padded to, and those a cache holds. */
  prompt: number;
  capacity: number;
}

export class Generator {
  readonly #config: PolicyConfig;
  readonly #backend: Backend;
  readonly #programs: CompiledPrograms;

  constructor(config: PolicyConfig, backend: Backend) {
    this.#config = config;
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
    const prompt = Math.max(...lengths, this.#config.audio_visual_prefix?.max_slots ?? 0);
    const longest = Math.max(...lengths) + sampling.maxNewTokens;
    if (longest > this.#config.max_position_embeddings) {
      const limit = this.#config.max_position_embeddings;
      throw new RangeError(`A prompt and ${sampling.maxNewTokens} new tokens take ${longest} positions of ${limit}.`);
    }
    const shapes = {
      contexts: bucketBatch(contexts.length),
      batch: bucketBatch(requests.length),
      prompt: bucketLength(prompt),
      capacity: bucketLength(Math.max(longest, prompt)),
    };
    const writers = requests.map(({ random }) => new Writer(random, sampling, this.#config.eos_token_id));
    let { logits, ...cache } = await this.#prefill(parameters, shapes, contexts, lengths, owners);
    const key = `decode ${shapes.batch}×${shapes.capacity}`;
    const executable = await this.#programs.get(key, () => this.#decodeProgram(shapes));
    const last = Int32Array.from({ length: shapes.batch }, (_, i) => lengths[owners[i] ?? 0] - 1);
    for (;;) {
      signal?.throwIfAborted();
      const tokens = new Int32Array(shapes.batch);
      for (const [i, writer] of writers.entries()) if (!writer.done) tokens[i] = writer.write(row(logits, i));
      if (writers.every(({ done }) => done)) break;
      // A finished row decodes on at its last place until the batch is done; nothing reads what it says.
      for (const i of last.keys()) if (!(writers[i]?.done ?? true)) last[i] += 1;
      ({ logits, ...cache } = await this.#advance(executable, parameters, cache, tokens, last));
    }
    return writers.map((writer) => writer.completion());
  }

  /** Reads each context once and gives every request its logits [batch, vocabulary] and its cache. */
  async #prefill(
    parameters: Record<string, DeviceTensor>,
    shapes: Shapes,
    contexts: readonly Context[],
    lengths: readonly number[],
    owners: readonly number[],
  ): Promise<Results> {
    const { contexts: count, batch, prompt, capacity } = shapes;
    const key = `prefill ${count}→${batch}×${prompt}/${capacity}`;
    const executable = await this.#programs.get(key, () => this.#prefillProgram(shapes));
    const indices = (values: Int32Array): DeviceTensor => this.#backend.tensor(values, [values.length]);
    const last = Int32Array.from({ length: count }, (_, i) => (lengths[i] ?? 1) - 1);
    return executable.run({
      ...parameters,
      ...sequenceFeeds(this.#backend, this.#config, { batch: count, length: prompt }, contexts),
      last: indices(last),
      reach: indices(Int32Array.of(prompt)),
      ends: indices(last.map((end, i) => i * prompt + end)),
      owners: indices(Int32Array.from({ length: batch }, (_, i) => owners[i] ?? 0)),
    });
  }

  #advance(
    executable: Executable,
    parameters: Record<string, DeviceTensor>,
    cache: Results,
    tokens: Int32Array,
    last: Int32Array,
  ): Promise<Results> {
    const feeds = {
      ...parameters,
      ...Object.fromEntries(Object.entries(cache).map(([name, tensor]) => [past(name), tensor])),
      tokens: this.#backend.tensor(tokens, [tokens.length]),
      last: this.#backend.tensor(Int32Array.from(last), [last.length]),
      reach: this.#backend.tensor(Int32Array.of(Math.max(...last) + 1), [1]),
    };
    // The cache is written in place: cached attention allows it.
    return executable.run(feeds, cache);
  }

  #prefillProgram({ contexts, batch, prompt, capacity }: Shapes): Program {
    const decoder = new Decoder(this.#config, parameterInputs(this.#config));
    const shape = this.#cacheShape(contexts, capacity);
    const caches: Record<string, Tensor> = {};
    const attention = this.#attention(contexts, capacity, () => zeros(shape), caches);
    const hidden = decoder.hidden(decoder.embed(sequenceInputs(this.#config, contexts, prompt)), attention);
    const ends = gatherRows(hidden, input('ends', [contexts], 'int32'));
    const owners = input('owners', [batch], 'int32');
    const share = (x: Tensor): Tensor =>
      reshape(gatherRows(reshape(x, [contexts, sizeOf(x.shape) / contexts]), owners), x.shape.with(0, batch));
    const shared = Object.fromEntries(Object.entries(caches).map(([name, x]) => [name, share(x)]));
    return program({ logits: decoder.logits(share(ends)), ...shared });
  }

  #decodeProgram({ batch, capacity }: Shapes): Program {
    const decoder = new Decoder(this.#config, parameterInputs(this.#config));
    const caches: Record<string, Tensor> = {};
    const shape = this.#cacheShape(batch, capacity);
    const attention = this.#attention(batch, capacity, (name) => input(past(name), shape), caches);
    const tokens = decoder.embed({ batch, length: 1, tokens: input('tokens', [batch], 'int32'), slots: null });
    return program({ logits: decoder.logits(decoder.hidden(tokens, attention)), ...caches });
  }

  #cacheShape(batch: number, capacity: number): number[] {
    return [batch, this.#config.num_key_value_heads, capacity, headSize(this.#config)];
  }

  /** Attention over caches that `before` gives by name; those after it are put in `after`. */
  #attention(
    batch: number,
    capacity: number,
    before: (name: string) => Tensor,
    after: Record<string, Tensor>,
  ): Attention {
    const { num_attention_heads: heads, num_key_value_heads: keyValueHeads } = this.#config;
    const tables = rotaryTables(this.#config, capacity);
    const angles = [capacity, headSize(this.#config) / 2];
    const rotary = { cosine: constant(tables.cosine, angles), sine: constant(tables.sine, angles) };
    const last = input('last', [batch], 'int32');
    const reach = input('reach', [1], 'int32');
    return (query, key, value, layer) => {
      const rows = (x: Tensor): Tensor => reshape(x, [batch, x.shape[0] / batch, x.shape[1]]);
      const [keyName, valueName] = [`key/${layer}`, `value/${layer}`];
      const result = cachedAttention(
        {
          query: rows(query),
          key: rows(key),
          value: rows(value),
          keyCache: before(keyName),
          valueCache: before(valueName),
          last,
          reach,
        },
        rotary,
        heads,
        keyValueHeads,
      );
      after[keyName] = result.keyCache;
      after[valueName] = result.valueCache;
      return reshape(result.output, query.shape);
    };
  }
}

/** The name a cache is fed under. */
const past = (name: string): string => `past/${name}`;

/** Row i of logits [batch, vocabulary]. */
function row(logits: DeviceTensor, i: number): Float32Array {
  const width = logits.shape[1];
  return (logits.data() as Float32Array).subarray(i * width, (i + 1) * width);
}

/** The different contexts among requests, and for each request the index of its own. */
function distinct(requests: readonly Context[]): { contexts: Context[]; owners: number[] } {
  const contexts: Context[] = [];
  const owners = requests.map(({ promptIds, prefix }) => {
    const known = contexts.findIndex((context) => context.promptIds === promptIds && context.prefix === prefix);
    return known < 0 ? contexts.push({ promptIds, prefix }) - 1 : known;
  });
  return { contexts, owners };
}

/** A completion being written. */
class Writer {
  readonly #random: Random;
  readonly #sampling: Sampling;
  readonly #end: number;
  readonly #ids: number[] = [];
  readonly #logProbs: number[] = [];

  constructor(random: Random, sampling: Sampling, end: number) {
    this.#random = random;
    this.#sampling = sampling;
    this.#end = end;
  }

  get done(): boolean {
    return this.#ids.at(-1) === this.#end || this.#ids.length >= this.#sampling.maxNewTokens;
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
