/** Teacher-forced log-probs of completions under any weights: the policy's, or a frozen reference's. */
import { disposeAll } from '../backends/backend.ts';
import type { Backend, DeviceTensor } from '../backends/backend.ts';
import { CompiledPrograms } from '../backends/compiled.ts';
import { exp, input, logSoftmax, mul, neg, pick, reshape, selectRows, sum } from '../graph/operators.ts';
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

/** The graph from weights to log-probs [contexts · members, completion] of completion tokens (0 elsewhere) and the entropies there. */
export function scoringGraph(
  architecture: Architecture,
  parameters: ReadonlyMap<string, Tensor>,
  sizes: Sizes,
): { logProbs: Tensor; entropies: Tensor } {
  const { config } = architecture;
  const { contexts, members, completion, completionTokens } = sizes;
  const decoder = new Decoder(architecture, parameters);
  const inputs = sequenceInputs(config, sizes);
  const attention = causalAttention(config, sizes, inputs);
  // Only positions that predict a completion's token have a distribution: the vocabulary is wide.
  const hidden = decoder.hidden(decoder.embed(inputs), attention, completionTokens);
  const distribution = logSoftmax(decoder.logits(hidden));
  const { from, back } = arrangement('tokens_of_rows', contexts * members * completion, completionTokens);
  const byRow = (x: Tensor): Tensor => reshape(selectRows(x, from, back), [contexts * members, completion]);
  return {
    logProbs: byRow(pick(distribution, input('targets', [completionTokens], 'int32'))),
    entropies: byRow(neg(sum(mul(exp(distribution), distribution), [1]))),
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

/** Values of the distributions over the vocabulary of rows that are scored at once: 256 MiB, which padding at most doubles. */
const distributionValues = 2 ** 26;

export class Scorer {
  readonly #architecture: Architecture;
  readonly #backend: Backend;
  readonly #programs: CompiledPrograms;

  constructor(architecture: Architecture, backend: Backend) {
    this.#architecture = architecture;
    this.#backend = backend;
    this.#programs = new CompiledPrograms(backend);
  }

  /** Log-probs [L] of each row's completion. */
  async logProbs(parameters: DeviceParameters, rows: readonly CompletionRow[]): Promise<Float32Array[]> {
    const { config } = this.#architecture;
    const scores: Float32Array[] = [];
    const fits = ({ completionTokens }: Sizes): boolean => completionTokens * config.vocab_size <= distributionValues;
    for (const { layout, indices } of layOut(rows, config, fits)) {
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
