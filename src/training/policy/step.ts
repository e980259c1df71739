/** The graphs of a gradient step, and how many rows one takes at once. */
import { gradient } from '../graph/gradient.ts';
import { add, input, total } from '../graph/operators.ts';
import { program } from '../graph/program.ts';
import type { Program } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { PolicyConfig } from './config.ts';
import { parameterInputs } from './decoder.ts';
import type { Sizes } from './layout.ts';
import type { Objective } from './objective.ts';
import { adamW } from './optimiser.ts';
import type { OptimiserOptions } from './optimiser.ts';
import type { Policy } from './policy.ts';
import { scoringGraph } from './scorer.ts';

/** New weights and moments, and sums of gradients, leave a graph under their names with this before them. */
export const next = 'next/';
/** The gradient of a weight, summed over parts of a batch, is fed under this name. */
export const gradientName = (name: string): string => `gradient/${name}`;

/** Loss, gradient, clipping and AdamW on all rows: scalars, log-probs, and the next weights and moments. */
export function stepProgram<Row>(
  policy: Policy,
  objective: Objective<Row>,
  sizes: Sizes,
  optimiser: OptimiserOptions,
): Program {
  const { outcome, scores, trained, gradients } = gradientGraph(policy, objective, sizes);
  const { updated, gradNorm } = adamW(trained, gradients, optimiser);
  return program({ ...outcome, gradNorm, ...scores, ...nexts(updated) });
}

/** Loss and gradient on a part of the rows: scalars, log-probs, and the gradient added to that of the parts before. */
export function gradientProgram<Row>(policy: Policy, objective: Objective<Row>, sizes: Sizes): Program {
  const { outcome, scores, trained, gradients } = gradientGraph(policy, objective, sizes);
  const sums = [...trained].map(([name, { shape }], i) => [name, add(input(gradientName(name), shape), gradients[i])]);
  return program({ ...outcome, ...scores, ...nexts(Object.fromEntries(sums) as Record<string, Tensor>) });
}

/** The loss alone, of rows that have no gradient: scalars and log-probs. */
export function lossProgram<Row>(policy: Policy, objective: Objective<Row>, sizes: Sizes): Program {
  const { outcome, scores } = lossGraph(policy, objective, sizes);
  return program({ ...outcome, ...scores });
}

/** Clipping and AdamW on a summed gradient. */
export function updateProgram({ trained }: Policy, optimiser: OptimiserOptions): Program {
  const weights = new Map([...trained].map(([name, { shape }]) => [name, input(name, shape)]));
  const gradients = [...trained].map(([name, { shape }]) => input(gradientName(name), shape));
  const { updated, gradNorm } = adamW(weights, gradients, optimiser);
  return program({ gradNorm, ...nexts(updated) });
}

interface LossGraph {
  outcome: { loss: Tensor } & Record<string, Tensor>;
  scores: { logProbs: Tensor; entropySum: Tensor };
  parameters: Map<string, Tensor>;
}

function lossGraph<Row>(policy: Policy, objective: Objective<Row>, sizes: Sizes): LossGraph {
  const parameters = parameterInputs(policy);
  const { logProbs, entropies } = scoringGraph(policy, parameters, sizes);
  return { outcome: objective.graph(logProbs), scores: { logProbs, entropySum: total(entropies) }, parameters };
}

function gradientGraph<Row>(
  policy: Policy,
  objective: Objective<Row>,
  sizes: Sizes,
): LossGraph & { trained: Map<string, Tensor>; gradients: Tensor[] } {
  const graph = lossGraph(policy, objective, sizes);
  const trained = new Map([...policy.trained.keys()].map((name) => [name, graph.parameters.get(name)!]));
  return { ...graph, trained, gradients: gradient(graph.outcome.loss, [...trained.values()]) };
}

const nexts = (values: Record<string, Tensor>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [next + name, value]));

/**
 * Bytes that a gradient holds beside the weights until its backward pass, as counted from the graph: of each layer and token the norms,
 * products and gates, of each completion's keys and values its context's, and attention's weights; and the distributions over the vocabulary.
 */
export function gradientMemory(
  { contexts, members, prompt, completion, completionTokens, promptTokens }: Sizes,
  config: PolicyConfig,
): number {
  const { hidden_size: hidden, intermediate_size: inner, num_attention_heads: heads, vocab_size: vocabulary } = config;
  const seen = prompt + completion;
  const tokens = (completionTokens + promptTokens) * (12 * hidden + 6 * inner);
  const keys = 2 * contexts * members * seen * config.num_key_value_heads * config.head_dim;
  const weights = 3 * heads * contexts * (prompt * prompt + members * completion * seen);
  const values = config.num_hidden_layers * (tokens + keys + weights) + 4 * completionTokens * vocabulary;
  return Float32Array.BYTES_PER_ELEMENT * values;
}
