/** Samples completions from a policy: prompts are read once into a key/value cache, then a batch goes on one token a run. */
import type { Random } from '../../domain/random.ts';
import { disposeAll } from '../backends/backend.ts';
import type { Backend, DeviceTensor } from '../backends/backend.ts';
import { CompiledPrograms, mostDecoding } from '../backends/compiled.ts';
import { input } from '../graph/operators.ts';
import { program } from '../graph/program.ts';
import type { Program } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { cachedAttention, causalAttention } from './attention.ts';
import type { DecodingSizes, Keep } from './attention.ts';
import { endIds } from './config.ts';
import type { PolicyConfig } from './config.ts';
import { Decoder, parameterInputs } from './decoder.ts';
import type { Architecture } from './decoder.ts';
import {
  append,
  cacheInputs,
  grown,
  keyName,
  narrowed,
  standingFeeds,
  startDecoding,
  stepFeeds,
  valueName,
  worthSharing,
} from './decoding.ts';
import type { Caches, Decoding } from './decoding.ts';
import { contextLength, layoutKey, layOutContexts } from './layout.ts';
import type { Layout, Sizes } from './layout.ts';
import { distinct, type Context } from './row.ts';
import { draw } from './sampler.ts';
import type { Sampling } from './sampler.ts';
import { distributions } from './scorer.ts';
import type { DeviceParameters } from './scorer.ts';
import { sequenceFeeds, sequenceInputs } from './sequence.ts';

/** One completion wanted. Its own generator makes it the same in whatever batch it is drawn. */
export interface CompletionRequest extends Context {
  random: Random;
}

export interface Completion {
  /** Sampled ids; the last is one that ends a text unless `maxNewTokens` cut it. */
  ids: Int32Array;
  /** Log-prob of each id at temperature 1 under the full distribution, as the loss needs it. */
  logProbs: Float32Array;
  /** Entropy (nats) of the distribution of each, at temperature 1. */
  entropies: Float32Array;
}

/** Completions decoded at once. */
const chunk = 64;

export class Generator {
  readonly #architecture: Architecture;
  readonly #config: PolicyConfig;
  readonly #backend: Backend;
  readonly #programs: CompiledPrograms;
  readonly #worth: number;

  /** `worth`: how many values of a layer's keys a shared cache must spare to be used. */
  constructor(architecture: Architecture, backend: Backend, worth = worthSharing) {
    this.#architecture = architecture;
    this.#config = architecture.config;
    this.#backend = backend;
    this.#programs = new CompiledPrograms(backend, mostDecoding);
    this.#worth = worth;
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
    const layout = layOutContexts(contexts, this.#config);
    const writers = requests.map(({ random }) => new Writer(random, sampling, endIds(this.#config)));
    const goesOn = (writer: Writer): boolean => !writer.done;
    let decoding = startDecoding(this.#config, writers, {
      owners,
      lastTokens: contexts.map(({ promptIds }) => promptIds.at(-1)!),
      lengths: lengths.map((length) => length - 1),
      prompts: await this.#prefill(parameters, layout),
      prompt: layout.prompt,
      newTokens: sampling.maxNewTokens,
      worth: this.#worth,
    });
    let standing = standingFeeds(this.#backend, this.#config, decoding);
    while (decoding.rows.some(goesOn)) {
      signal?.throwIfAborted();
      const { probabilities, entropies } = await this.#advance(parameters, standing, decoding, goesOn);
      for (const [i, writer] of decoding.rows.entries()) {
        if (goesOn(writer)) decoding.tokens[i] = writer.write(row(probabilities, i), row(entropies, i)[0]);
      }
      disposeAll({ probabilities, entropies });
      const fitted = grown(this.#config, narrowed(this.#config, decoding, goesOn));
      if (fitted === decoding) continue;
      disposeAll(standing);
      decoding = fitted;
      standing = standingFeeds(this.#backend, this.#config, decoding);
    }
    disposeAll(standing);
    return writers.map((writer) => writer.completion());
  }

  /**
   * Reads each row's new token: adds its key and value to the cache, moves the row on and gives what follows: its probabilities
   * [batch, vocabulary], and their entropies [batch, 1].
   */
  async #advance(
    parameters: Record<string, DeviceTensor>,
    standing: Record<string, DeviceTensor>,
    decoding: Decoding<Writer>,
    goesOn: (writer: Writer) => boolean,
  ): Promise<Record<'probabilities' | 'entropies', DeviceTensor>> {
    const { batch, contexts, members, prompt, capacity } = decoding.sizes;
    const key = `decode ${[batch, contexts, members, prompt, capacity].join(' ')}`;
    const executable = await this.#programs.get(key, () => this.#decodeProgram(decoding.sizes));
    const feeds = stepFeeds(this.#backend, this.#config, decoding);
    const { probabilities, entropies, ...kept } = await executable.run({ ...parameters, ...standing, ...feeds });
    disposeAll(feeds);
    append(decoding, kept, goesOn);
    disposeAll(kept);
    return { probabilities, entropies };
  }

  /** The caches of contexts, without their last tokens. */
  async #prefill(parameters: Record<string, DeviceTensor>, layout: Layout): Promise<Caches> {
    if (layout.prompt === 0) return new Map();
    const executable = await this.#programs.get(`prefill ${layoutKey(layout)}`, () => this.#prefillProgram(layout));
    const feeds = sequenceFeeds(this.#backend, this.#config, layout, []);
    const kept = await executable.run({ ...parameters, ...feeds });
    disposeAll(feeds);
    const caches = Object.entries(kept).map(
      ([name, tensor]) => [name, (tensor.data() as Float32Array).slice()] as const,
    );
    disposeAll(kept);
    return new Map(caches);
  }

  #prefillProgram(sizes: Sizes): Program {
    const decoder = new Decoder(this.#architecture, parameterInputs(this.#architecture));
    const { kept, keep } = keeper();
    const inputs = sequenceInputs(this.#config, sizes);
    decoder.hidden(decoder.embed(inputs), causalAttention(this.#config, sizes, inputs, keep));
    return program(kept);
  }

  #decodeProgram(sizes: DecodingSizes): Program {
    const decoder = new Decoder(this.#architecture, parameterInputs(this.#architecture));
    const { kept, keep } = keeper();
    const attention = cachedAttention(this.#config, sizes, cacheInputs(this.#config, sizes), keep);
    const tokens = decoder.embed({ tokens: input('tokens', [sizes.batch], 'int32'), slots: null });
    const { probabilities, entropies } = distributions(decoder, decoder.hidden(tokens, attention));
    return program({ probabilities, entropies, ...kept });
  }
}

/** Collects what attention keeps of each layer, by name. */
function keeper(): { kept: Record<string, Tensor>; keep: Keep } {
  const kept: Record<string, Tensor> = {};
  const keep: Keep = (layer, key, value) => {
    kept[keyName(layer)] = key;
    kept[valueName(layer)] = value;
  };
  return { kept, keep };
}

/** Row i of a matrix. */
function row(matrix: DeviceTensor, i: number): Float32Array {
  const width = matrix.shape[1];
  return (matrix.data() as Float32Array).subarray(i * width, (i + 1) * width);
}

/** A completion being written. */
class Writer {
  readonly #random: Random;
  readonly #sampling: Sampling;
  readonly #ends: readonly number[];
  readonly #ids: number[] = [];
  readonly #logProbs: number[] = [];
  readonly #entropies: number[] = [];

  constructor(random: Random, sampling: Sampling, ends: readonly number[]) {
    this.#random = random;
    this.#sampling = sampling;
    this.#ends = ends;
  }

  get done(): boolean {
    const last = this.#ids.at(-1);
    return (last !== undefined && this.#ends.includes(last)) || this.#ids.length >= this.#sampling.maxNewTokens;
  }

  /** Draws the next token from probabilities [vocabulary], whose entropy is given, and gives its id. */
  write(probabilities: Float32Array, entropy: number): number {
    const id = draw(probabilities, this.#sampling, this.#random);
    this.#ids.push(id);
    this.#logProbs.push(Math.log(probabilities[id]));
    this.#entropies.push(entropy);
    return id;
  }

  completion(): Completion {
    return {
      ids: Int32Array.from(this.#ids),
      logProbs: Float32Array.from(this.#logProbs),
      entropies: Float32Array.from(this.#entropies),
    };
  }
}
