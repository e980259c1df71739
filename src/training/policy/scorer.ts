/** Teacher-forced log-probs of completions under any weights: the policy's, or a frozen reference's. */
import { disposeAll } from '../backends/backend.ts';
import type { Backend, DeviceTensor } from '../backends/backend.ts';
import { CompiledPrograms } from '../backends/compiled.ts';
import { exp, input, logSoftmax, mul, neg, pick, reshape, selectRows, sum } from '../graph/operators.ts';
import { program } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { causalAttention } from './attention.ts';
import type { PolicyConfig } from './config.ts';
import { Decoder, parameterInputs, sequenceInputs } from './decoder.ts';
import type { Architecture } from './decoder.ts';
import type { Policy } from './policy.ts';
import type { CompletionRow } from './row.ts';
import type { HostTensors } from './safetensors.ts';
import { collect, layOut, layoutKey, sequenceFeeds } from './sequence.ts';
import type { Layout } from './sequence.ts';

/** Weights where a backend keeps them, by name. */
export type DeviceParameters = ReadonlyMap<string, DeviceTensor>;

/** Weights on a backend; they share the host's memory where the backend allows. */
export const onDevice = (tensors: HostTensors, backend: Backend): DeviceParameters =>
  new Map([...tensors].map(([name, { data, shape }]) => [name, backend.tensor(data, shape)]));

/** A policy's weights on a backend, its adapter's included. */
export const deviceParameters = ({ parameters, adapter }: Policy, backend: Backend): DeviceParameters =>
  onDevice(new Map([...parameters, ...(adapter?.parameters ?? [])]), backend);

/** The graph from weights to log-probs [B, S] of each position's target (0 outside completions) and the mean entropy over them. */
export function scoringGraph(
  architecture: Architecture,
  parameters: ReadonlyMap<string, Tensor>,
  { batch, length, tokens }: Layout,
): { logProbs: Tensor; entropies: Tensor } {
  const { config } = architecture;
  const decoder = new Decoder(architecture, parameters);
  const sequence = sequenceInputs(config, batch, length);
  // Only positions that predict a completion's token have a distribution: the vocabulary is wide.
  const places = input('places', [tokens], 'int32');
  const origins = input('origins', [batch * length], 'int32');
  const hidden = decoder.hidden(decoder.embed(sequence), causalAttention(config, batch, length));
  const distribution = logSoftmax(decoder.logits(selectRows(hidden, places, origins)));
  const everywhere = (x: Tensor): Tensor => reshape(selectRows(x, origins, places), [batch, length]);
  return {
    logProbs: everywhere(pick(distribution, input('targets', [tokens], 'int32'))),
    entropies: everywhere(neg(sum(mul(exp(distribution), distribution), [1]))),
  };
}

/** Feeds of `scoringGraph` beside the weights. */
export function scoringFeeds(
  backend: Backend,
  config: PolicyConfig,
  layout: Layout,
  rows: readonly CompletionRow[],
): Record<string, DeviceTensor> {
  const { batch, length, tokens } = layout;
  const positions = batch * length;
  const places = new Int32Array(tokens).fill(positions);
  const origins = new Int32Array(positions).fill(tokens);
  const targets = new Int32Array(tokens);
  let place = 0;
  for (const [i, { start, count }] of layout.rows.entries()) {
    targets.set(rows[i].completionIds, place);
    for (let t = 0; t < count; t += 1, place += 1) {
      places[place] = i * length + start + t;
      origins[i * length + start + t] = place;
    }
  }
  return {
    ...sequenceFeeds(backend, config, layout, rows),
    targets: backend.tensor(targets, [tokens]),
    places: backend.tensor(places, [tokens]),
    origins: backend.tensor(origins, [positions]),
  };
}

/** Rows scored at once, and values of their distributions over the vocabulary: 256 MiB, which padding at most doubles. */
const limits = { rows: 64, values: 2 ** 26 };

/** Rows to score at once where each has so many values. */
const rowsAtOnce = (values: number): number => Math.min(Math.max(Math.floor(limits.values / values), 1), limits.rows);

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
    const tokens = rows.reduce((most, { completionIds }) => Math.max(most, completionIds.length), 1);
    const chunk = rowsAtOnce(tokens * config.vocab_size);
    for (let start = 0; start < rows.length; start += chunk) {
      const part = rows.slice(start, start + chunk);
      const layout = layOut(part, config);
      const executable = await this.#programs.get(layoutKey(layout), () => {
        const { logProbs } = scoringGraph(this.#architecture, parameterInputs(this.#architecture), layout);
        return program({ logProbs });
      });
      const feeds = scoringFeeds(this.#backend, config, layout, part);
      const { logProbs } = await executable.run({ ...Object.fromEntries(parameters), ...feeds });
      scores.push(...collect(layout, logProbs.data()));
      disposeAll({ ...feeds, logProbs });
    }
    return scores;
  }

  dispose(): Promise<void> {
    return this.#programs.dispose();
  }
}
