/** The graphs of a gradient step, and how many rows one takes at once. */
import { gradient } from '../graph/gradient.ts';
import { add, input, total } from '../graph/operators.ts';
import { program } from '../graph/program.ts';
import type { Program } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { PolicyConfig } from './config.ts';
import { parameterInputs } from './decoder.ts';
import type { Objective } from './objective.ts';
import { adamW } from './optimiser.ts';
import type { OptimiserOptions } from './optimiser.ts';
import type { Policy } from './policy.ts';
import type { CompletionRow } from './row.ts';
import { scoringGraph } from './scorer.ts';
import { floorBatch } from './sequence.ts';
import type { Layout } from './sequence.ts';

/** New weights and moments, and sums of gradients, leave a graph under their names with this before them. */
export const next = 'next/';
/** The gradient of a weight, summed over parts of a batch, is fed under this name. */
export const gradientName = (name: string): string => `gradient/${name}`;

/** Loss, gradient, clipping and AdamW on all rows: scalars, log-probs, and the next weights and moments. */
export function stepProgram<Row>(
  policy: Policy,
  objective: Objective<Row>,
  layout: Layout,
  optimiser: OptimiserOptions,
): Program {
  const { outcome, scores, trained, gradients } = lossGraph(policy, objective, layout);
  const { updated, gradNorm } = adamW(trained, gradients, optimiser);
  return program({ ...outcome, gradNorm, ...scores, ...nexts(updated) });
}

/** Loss and gradient on a part of the rows: scalars, log-probs, and the gradient added to that of the parts before. */
export function gradientProgram<Row>(policy: Policy, objective: Objective<Row>, layout: Layout): Program {
  const { outcome, scores, trained, gradients } = lossGraph(policy, objective, layout);
  const sums = [...trained].map(([name, { shape }], i) => [name, add(input(gradientName(name), shape), gradients[i])]);
  return program({ ...outcome, ...scores, ...nexts(Object.fromEntries(sums) as Record<string, Tensor>) });
}

/** Clipping and AdamW on a summed gradient. */
export function updateProgram({ trained }: Policy, optimiser: OptimiserOptions): Program {
  const weights = new Map([...trained].map(([name, { shape }]) => [name, input(name, shape)]));
  const gradients = [...trained].map(([name, { shape }]) => input(gradientName(name), shape));
  const { updated, gradNorm } = adamW(weights, gradients, optimiser);
  return program({ gradNorm, ...nexts(updated) });
}

function lossGraph<Row>(
  policy: Policy,
  objective: Objective<Row>,
  layout: Layout,
): {
  outcome: { loss: Tensor } & Record<string, Tensor>;
  scores: { logProbs: Tensor; entropySum: Tensor };
  trained: Map<string, Tensor>;
  gradients: Tensor[];
} {
  const parameters = parameterInputs(policy);
  const { logProbs, entropies } = scoringGraph(policy, parameters, layout);
  const outcome = objective.graph(logProbs, layout);
  const trained = new Map([...policy.trained.keys()].map((name) => [name, parameters.get(name)!]));
  const gradients = gradient(outcome.loss, [...trained.values()]);
  return { outcome, scores: { logProbs, entropySum: total(entropies) }, trained, gradients };
}

const nexts = (values: Record<string, Tensor>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [next + name, value]));

/**
 * Rows of `length` positions whose gradient fits in `memory` bytes beside the weights: what a step holds until its backward pass, as
 * counted from the graph: by layer the norms, products and gates, and attention's weights; the distributions over the vocabulary.
 */
export function rowsAtOnce(
  rows: readonly CompletionRow[],
  length: number,
  config: PolicyConfig,
  memory: number,
): number {
  const { hidden_size: hidden, intermediate_size: inner, num_attention_heads: heads, vocab_size: vocabulary } = config;
  const layer = 12 * hidden + 6 * inner + 3 * heads * length;
  const tokens = rows.reduce((most, { completionIds }) => Math.max(most, completionIds.length), 1);
  const values = length * config.num_hidden_layers * layer + 4 * tokens * vocabulary;
  return floorBatch(memory / (Float32Array.BYTES_PER_ELEMENT * values));
}
