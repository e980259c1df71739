/** Teacher-forced log-probs of completions under any weights: the policy's, or a frozen reference's. */
import { disposeAll } from '../backends/backend.ts';
import type { Backend, DeviceTensor } from '../backends/backend.ts';
import { CompiledPrograms, mostLayouts } from '../backends/compiled.ts';
import {
  add,
  concat,
  exp,
  gatherRows,
  input,
  logSoftmax,
  matmul,
  mul,
  neg,
  pick,
  reshape,
  selectRows,
  slice,
  sub,
  sum,
  withSlope,
  withSlopes,
} from '../graph/operators.ts';
import { program } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { causalAttention } from './attention.ts';
import type { PolicyConfig } from './config.ts';
import { Decoder, parameterInputs, vocabularyMemory } from './decoder.ts';
import type { Architecture } from './decoder.ts';
import { collect, layOut, layoutKey, placesOfCompletions } from './layout.ts';
import type { Layout, Sizes } from './layout.ts';
import type { Policy } from './policy.ts';
import type { CompletionRow } from './row.ts';
import { isQuantised, scaleName } from './quantised.ts';
import type { Weights } from './quantised.ts';
import { arrangement, arrangementFeeds, sequenceFeeds, sequenceInputs } from './sequence.ts';

/** Weights where a backend keeps them, by name. */
export type DeviceParameters = ReadonlyMap<string, DeviceTensor>;

/** Weights on a backend; they share the host's memory where the backend allows. */
export function onDevice(weights: Weights, backend: Backend): DeviceParameters {
  const tensors = new Map<string, DeviceTensor>();
  for (const [name, weight] of weights) {
    tensors.set(name, backend.tensor(weight.data, weight.shape));
    if (isQuantised(weight)) tensors.set(scaleName(name), backend.tensor(weight.scale, [weight.scale.length, 1]));
  }
  return tensors;
}

/** A policy's weights on a backend, its adapter's included. */
export const deviceParameters = ({ parameters, adapter }: Policy, backend: Backend): DeviceParameters =>
  onDevice(new Map([...parameters, ...(adapter?.parameters ?? [])]), backend);

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
  { learns = false, memory = vocabularyMemory } = {},
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
      : decoder.isQuantised
        ? scoreInBlocks(decoder, hidden, targets, learns, memory)
        : scoreInParts(decoder, hidden, targets, slopes, memory);
  const { from, back } = arrangement('tokens_of_rows', contexts * members * completion, completionTokens);
  const byRow = (x: Tensor): Tensor => reshape(selectRows(x, from, back), [contexts * members, completion]);
  return {
    logProbs: byRow(logProbs),
    entropies: byRow(entropies),
  };
}

interface Scores {
  /** [n, 1] each; of a whole distribution the log-probs are [n, vocabulary]. */
  logProbs: Tensor;
  entropies: Tensor;
}

/** What follows hidden states [n, hidden]: log-probs and probabilities [n, vocabulary], and their entropies [n, 1]. */
export function distributions(decoder: Decoder, hidden: Tensor): Scores & { probabilities: Tensor } {
  const logProbs = logSoftmax(decoder.logits(hidden));
  const probabilities = exp(logProbs);
  return { logProbs, entropies: entropyOf(logProbs, probabilities), probabilities };
}

/** Of the tokens `targets` int32 [n] that follow hidden states [n, hidden], with their probabilities [n, vocabulary]. */
function score(decoder: Decoder, hidden: Tensor, targets: Tensor): Scores & { probabilities: Tensor } {
  const { logProbs, ...rest } = distributions(decoder, hidden);
  return { logProbs: pick(logProbs, targets), ...rest };
}

/** [n, 1] of log-probs [n, vocabulary]. */
const entropyOf = (distribution: Tensor, probabilities: Tensor): Tensor =>
  neg(sum(mul(probabilities, distribution), [1]));

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

/**
 * The same with a frozen head that is read in blocks of the vocabulary, each once for all tokens. A distribution is that of the blocks, as of
 * outcomes, with one within each: its log-probs, entropy and mean row follow from theirs.
 */
function scoreInBlocks(decoder: Decoder, hidden: Tensor, targets: Tensor, learns: boolean, memory: number): Scores {
  const [tokens, width] = hidden.shape;
  const blocks = decoder.blocks(tokens, memory).map((block) => {
    const logits = matmul(hidden, block, false, true);
    const within = logSoftmax(logits);
    const probabilities = exp(within);
    // What the softmax took from each logit.
    const sumOfBlock = sub(slice(logits, 1, 0, 1), slice(within, 1, 0, 1));
    const mean = learns ? [matmul(probabilities, block)] : [];
    // As one tensor: a runtime then has done with one block before it begins the next.
    return concat([sumOfBlock, entropyOf(within, probabilities), ...mean], 1);
  });
  const column = (i: number): Tensor =>
    concat(
      blocks.map((block) => slice(block, 1, i, i + 1)),
      1,
    );
  const sums = column(0);
  const among = logSoftmax(sums);
  const shares = exp(among);
  const rows = gatherRows(decoder.head, targets);
  const logProbs = sub(sum(mul(hidden, rows), [1]), sub(slice(sums, 1, 0, 1), slice(among, 1, 0, 1)));
  const entropies = sum(mul(shares, sub(column(1), among)), [1]);
  if (!learns) return { logProbs, entropies };
  const means = blocks.map((block, i) => mul(slice(block, 1, 2, 2 + width), slice(shares, 1, i, i + 1)));
  return {
    logProbs: withSlope(
      logProbs,
      hidden,
      sub(
        rows,
        means.reduce((a, b) => add(a, b)),
      ),
    ),
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
