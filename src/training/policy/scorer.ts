/** Teacher-forced log-probs of completions under any weights: the policy's, or a frozen reference's. */
import { disposeAll } from '../backends/backend.ts';
import type { Backend, DeviceTensor } from '../backends/backend.ts';
import { CompiledPrograms, mostLayouts } from '../backends/compiled.ts';
import {
  concat,
  exp,
  input,
  logSoftmax,
  mul,
  neg,
  pick,
  reshape,
  selectRows,
  slice,
  sum,
  withSlope,
  withSlopes,
} from '../graph/operators.ts';
import { program } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { causalAttention } from './attention.ts';
import type { PolicyConfig } from './config.ts';
import { Decoder, parameterInputs } from './decoder.ts';
import type { Architecture } from './decoder.ts';
import { collect, layOut, layoutKey, placesOfCompletions } from './layout.ts';
import type { Layout, Sizes } from './layout.ts';
import type { Policy } from './policy.ts';
import type { CompletionRow } from './row.ts';
import type { HostTensors } from './safetensors.ts';
import { arrangement, arrangementFeeds, sequenceFeeds, sequenceInputs } from './sequence.ts';

/** Weights where a backend keeps them, by name. */
export type DeviceParameters = ReadonlyMap<string, DeviceTensor>;

/** Weights on a backend; they share the host's memory where the backend allows. */
export const onDevice = (tensors: HostTensors, backend: Backend): DeviceParameters =>
  new Map([...tensors].map(([name, { data, shape }]) => [name, backend.tensor(data, shape)]));

/** A policy's weights on a backend, its adapter's included. */
export const deviceParameters = ({ parameters, adapter }: Policy, backend: Backend): DeviceParameters =>
  onDevice(new Map([...parameters, ...(adapter?.parameters ?? [])]), backend);

/** Bytes of the distributions over the vocabulary that stand at once: some tokens', then the next ones'. */
const distributionMemory = 2 ** 26;

/** How many distributions a gradient keeps of each token, where it keeps them: logits, log-probs, probabilities and their derivative. */
const keptDistributions = 4;

/**
 * The graph from weights to log-probs [contexts · members, completion] of completion tokens (0 elsewhere) and the entropies there. A graph
 * that learns has the log-probs' derivatives: by hidden states and a head that trains. Distributions are kept for that where the head trains and
 * they take no more than `memory` bytes, for then they need not be computed again.
 */
export function scoringGraph(
  architecture: Architecture,
  parameters: ReadonlyMap<string, Tensor>,
  sizes: Sizes,
  { learns = false, memory = distributionMemory } = {},
): { logProbs: Tensor; entropies: Tensor } {
  const { config } = architecture;
  const { contexts, members, completion, completionTokens } = sizes;
  const decoder = new Decoder(architecture, parameters);
  const inputs = sequenceInputs(config, sizes);
  const attention = causalAttention(config, sizes, inputs);
  // Only positions that predict a completion's token have a distribution: the vocabulary is wide.
  const hidden = decoder.hidden(decoder.embed(inputs), attention, completionTokens);
  const targets = input('targets', [completionTokens], 'int32');
  const kept = keptDistributions * Float32Array.BYTES_PER_ELEMENT * completionTokens * config.vocab_size <= memory;
  const slopes = !learns ? null : architecture.adapter ? 'hidden' : 'head';
  const { logProbs, entropies } =
    slopes === 'head' && kept
      ? score(decoder, hidden, targets)
      : scoreInParts(decoder, hidden, targets, slopes, memory);
  const { from, back } = arrangement('tokens_of_rows', contexts * members * completion, completionTokens);
  const byRow = (x: Tensor): Tensor => reshape(selectRows(x, from, back), [contexts * members, completion]);
  return {
    logProbs: byRow(logProbs),
    entropies: byRow(entropies),
  };
}

interface Scores {
  /** [n, 1] each. */
  logProbs: Tensor;
  entropies: Tensor;
}

/** Of the tokens `targets` int32 [n] that follow hidden states [n, hidden], with their probabilities [n, vocabulary]. */
function score(decoder: Decoder, hidden: Tensor, targets: Tensor): Scores & { probabilities: Tensor } {
  const distribution = logSoftmax(decoder.logits(hidden));
  const probabilities = exp(distribution);
  const entropies = neg(sum(mul(probabilities, distribution), [1]));
  return { logProbs: pick(distribution, targets), entropies, probabilities };
}

/**
 * The same with distributions of at most `memory` bytes at a time, and with the log-probs' derivatives where wanted: by the hidden states alone,
 * or by the head too.
 */
function scoreInParts(
  decoder: Decoder,
  hidden: Tensor,
  targets: Tensor,
  slopes: 'hidden' | 'head' | null,
  memory: number,
): Scores {
  const [tokens, width] = hidden.shape;
  const most = Math.floor(memory / (Float32Array.BYTES_PER_ELEMENT * decoder.config.vocab_size));
  const count = Math.ceil(tokens / Math.ceil(tokens / Math.max(most, 1)));
  const parts = Array.from({ length: Math.ceil(tokens / count) }, (_, i) => {
    const [start, end] = [i * count, Math.min((i + 1) * count, tokens)];
    const ids = slice(targets, 0, start, end);
    const { logProbs, entropies, probabilities } = score(decoder, slice(hidden, 0, start, end), ids);
    // As one tensor: a runtime then has done with one part before it begins the next.
    return concat([logProbs, entropies, ...(slopes ? [decoder.slopes(probabilities, ids)] : [])], 1);
  });
  const scores = concat(parts, 0);
  const logProbs = slice(scores, 1, 0, 1);
  const entropies = slice(scores, 1, 1, 2);
  if (!slopes) return { logProbs, entropies };
  const slope = slice(scores, 1, 2, 2 + width);
  return {
    logProbs:
      slopes === 'head'
        ? withSlopes(logProbs, hidden, slope, decoder.head, targets, count)
        : withSlope(logProbs, hidden, slope),
    entropies,
  };
}

/** Feeds of `scoringGraph` beside the weights; `rows` are the layout's. */
export function scoringFeeds(
  backend: Backend,
  config: PolicyConfig,
  layout: Layout,
  rows: readonly CompletionRow[],
): Record<string, DeviceTensor> {
  const { completionTokens } = layout;
  const targets = new Int32Array(completionTokens);
  let at = 0;
  for (const { completionIds } of rows) {
    targets.set(completionIds, at);
    at += completionIds.length;
  }
  return {
    ...sequenceFeeds(backend, config, layout, rows),
    ...arrangementFeeds(backend, 'tokens_of_rows', placesOfCompletions(layout), completionTokens),
    targets: backend.tensor(targets, [completionTokens]),
  };
}

export class Scorer {
  readonly #architecture: Architecture;
  readonly #backend: Backend;
  readonly #programs: CompiledPrograms;

  constructor(architecture: Architecture, backend: Backend) {
    this.#architecture = architecture;
    this.#backend = backend;
    this.#programs = new CompiledPrograms(backend, mostLayouts);
  }

  /** Log-probs [L] of each row's completion. */
  async logProbs(parameters: DeviceParameters, rows: readonly CompletionRow[]): Promise<Float32Array[]> {
    const { config } = this.#architecture;
    const scores: Float32Array[] = [];
    for (const { layout, indices } of layOut(rows, config)) {
      const executable = await this.#programs.get(layoutKey(layout), () => {
        const { logProbs } = scoringGraph(this.#architecture, parameterInputs(this.#architecture), layout);
        return program({ logProbs });
      });
      const part = indices.map((index) => rows[index]);
      const feeds = scoringFeeds(this.#backend, config, layout, part);
      const { logProbs } = await executable.run({ ...Object.fromEntries(parameters), ...feeds });
      for (const [i, row] of collect(layout, logProbs.data()).entries()) scores[indices[i]] = row;
      disposeAll({ ...feeds, logProbs });
    }
    return scores;
  }

  dispose(): Promise<void> {
    return this.#programs.dispose();
  }
}
