/** The graphs of a gradient step, and how many rows one takes at once. */
import { gradient } from '../graph/gradient.ts';
import { add, input, total } from '../graph/operators.ts';
import { program } from '../graph/program.ts';
import type { Program } from '../graph/program.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { Tensor } from '../graph/tensor.ts';
import { parameterInputs } from './decoder.ts';
import type { Architecture } from './decoder.ts';
import type { Sizes } from './layout.ts';
import type { Objective } from './objective.ts';
import { adamW, globalNorm } from './optimiser.ts';
import type { OptimiserOptions } from './optimiser.ts';
import type { Policy } from './policy.ts';
import { scoringGraph } from './scorer.ts';

/** Gradients, their sums, and new weights and moments leave a graph under the weights' names with this before them. */
export const next = 'next/';
/** The gradient of a weight, summed over parts of a batch, is fed under this name, and that of one more part under the other. */
export const gradientName = (name: string): string => `gradient/${name}`;
export const moreName = (name: string): string => `more/${name}`;

/** Loss and gradient on a part of the rows: scalars, log-probs, and the gradient. */
export function gradientProgram<Row>(policy: Policy, objective: Objective<Row>, sizes: Sizes, memory: number): Program {
  const { outcome, scores, parameters } = lossGraph(policy, objective, sizes, memory, true);
  const names = [...policy.trained.keys()];
  const gradients = gradient(
    outcome.loss,
    names.map((name) => parameters.get(name)!),
  );
  return program({ ...outcome, ...scores, ...nexts(names.map((name, i) => [name, gradients[i]])) });
}

/** The loss alone, of rows that have no gradient: scalars and log-probs. */
export function lossProgram<Row>(policy: Policy, objective: Objective<Row>, sizes: Sizes, memory: number): Program {
  const { outcome, scores } = lossGraph(policy, objective, sizes, memory, false);
  return program({ ...outcome, ...scores });
}

/** The gradient of weights of some names, summed over parts, with that of one more part. */
export function sumProgram({ trained }: Policy, names: readonly string[]): Program {
  const sum = (name: string): Tensor => {
    const { shape } = trained.get(name)!;
    return add(input(gradientName(name), shape), input(moreName(name), shape));
  };
  return program(nexts(names.map((name) => [name, sum(name)])));
}

/** The global norm of a summed gradient. */
export const normProgram = (policy: Policy): Program =>
  program({ gradNorm: globalNorm(gradientInputs(policy, [...policy.trained.keys()])) });

/** Clipping and AdamW of the weights of some names, on a summed gradient: the next weights and moments. */
export function updateProgram(policy: Policy, names: readonly string[], optimiser: OptimiserOptions): Program {
  const weights = new Map(names.map((name) => [name, input(name, policy.trained.get(name)!.shape)]));
  const updated = adamW(weights, gradientInputs(policy, names), input('grad_norm', []), optimiser);
  return program(nexts(Object.entries(updated)));
}

/** Of the memory of a step, what part distributions over the vocabulary take: all of them where that is enough, else a few tokens' at a time. */
const distributionShare = 1 / 32;

/** Of the memory of a step, what part the weights take that are summed or updated at once: old and new values then stand beside each other. */
const shareAtOnce = 1 / 128;

/** The names of the trained weights, in groups that take their share of `memory` bytes, or of one weight. */
export function weightGroups({ trained }: Policy, memory: number): string[][] {
  const groups: string[][] = [];
  let bytes = Infinity;
  for (const [name, { shape }] of trained) {
    const own = Float32Array.BYTES_PER_ELEMENT * sizeOf(shape);
    bytes += own;
    if (bytes <= memory * shareAtOnce) groups.at(-1)!.push(name);
    else {
      groups.push([name]);
      bytes = own;
    }
  }
  return groups;
}

const gradientInputs = ({ trained }: Policy, names: readonly string[]): Tensor[] =>
  names.map((name) => input(gradientName(name), trained.get(name)!.shape));

interface LossGraph {
  outcome: { loss: Tensor } & Record<string, Tensor>;
  scores: { logProbs: Tensor; entropySum: Tensor };
  parameters: Map<string, Tensor>;
}

function lossGraph<Row>(
  policy: Policy,
  objective: Objective<Row>,
  sizes: Sizes,
  memory: number,
  learns: boolean,
): LossGraph {
  const parameters = parameterInputs(policy);
  const head = { learns, memory: memory * distributionShare };
  const { logProbs, entropies } = scoringGraph(policy, parameters, sizes, head);
  return { outcome: objective.graph(logProbs), scores: { logProbs, entropySum: total(entropies) }, parameters };
}

const nexts = (values: readonly (readonly [string, Tensor])[]): Record<string, Tensor> =>
  Object.fromEntries(values.map(([name, value]) => [next + name, value]));

/**
 * Bytes that a gradient holds beside the weights until its backward pass, as counted from the graph: of each layer and token the residual
 * stream, what attention read and gave, and what gates read; of each completion's keys and values its context's; attention's weights; and
 * of one layer what the backward pass computes anew. Distributions over the vocabulary have a share of their own.
 */
export function gradientMemory(
  { contexts, members, prompt, completion, completionTokens, promptTokens }: Sizes,
  { config }: Architecture,
): number {
  const { hidden_size: hidden, intermediate_size: inner, num_attention_heads: heads } = config;
  const seen = prompt + completion;
  const tokens = completionTokens + promptTokens;
  const keys = 2 * contexts * members * seen * config.num_key_value_heads * config.head_dim;
  const weights = heads * contexts * (prompt * prompt + members * completion * seen);
  const kept = tokens * (6 * hidden + 2 * inner) + keys + weights;
  const atWork = tokens * (6 * hidden + 4 * inner) + 2 * weights;
  return Float32Array.BYTES_PER_ELEMENT * (config.num_hidden_layers * kept + atWork);
}
