/** AdamW with decoupled weight decay (Loshchilov & Hutter, arXiv 1711.05101) behind clipping by global norm, as a graph. */
import { add, div, input, minimum, mul, sqrt, sub, total } from '../graph/operators.ts';
import type { Tensor } from '../graph/tensor.ts';

export interface OptimiserOptions {
  learningRate: number;
  /** Of matrices only, as Hugging Face's trainer does: norms and biases are not decayed. */
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** The gradient's global norm is clipped to this. */
  maxGradNorm: number;
}

export const optimiserDefaults: OptimiserOptions = {
  learningRate: 1e-3,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  maxGradNorm: 1,
};

export const momentNames = (name: string): [string, string] => [`moment1/${name}`, `moment2/${name}`];

/** Values of the graph's scalar inputs at gradient step `step`, counted from 1. */
export function optimiserFeeds({ learningRate, beta1, beta2 }: OptimiserOptions, step: number): Record<string, number> {
  return {
    learning_rate: learningRate,
    // 1 / (1 − βᵗ): the moments start at zero and lean to it.
    correction1: 1 / (1 - beta1 ** step),
    correction2: 1 / (1 - beta2 ** step),
  };
}

/** The global norm of a gradient. */
export const globalNorm = (gradients: readonly Tensor[]): Tensor =>
  sqrt(gradients.map((g) => total(mul(g, g))).reduce((a, b) => add(a, b)));

/** New parameters and moments under the names of the old; `gradNorm` is that of the whole gradient, before clipping. */
export function adamW(
  parameters: ReadonlyMap<string, Tensor>,
  gradients: readonly Tensor[],
  gradNorm: Tensor,
  { weightDecay, beta1, beta2, epsilon, maxGradNorm }: OptimiserOptions,
): Record<string, Tensor> {
  const scale = minimum(1, div(maxGradNorm, add(gradNorm, 1e-6)));
  const learningRate = input('learning_rate', []);
  // The corrections go into scalars, not tensors: c₁ m / (√(c₂ v) + ε) = (c₁ / √c₂) m / (√v + ε / √c₂).
  const root = sqrt(input('correction2', []));
  const rate = div(mul(learningRate, input('correction1', [])), root);
  const least = div(epsilon, root);
  const [share1, share2] = [mul(scale, 1 - beta1), mul(mul(scale, scale), 1 - beta2)];
  const updated: Record<string, Tensor> = {};
  for (const [i, [name, parameter]] of [...parameters].entries()) {
    const [first, second] = momentNames(name);
    const g = gradients[i];
    const m = add(mul(input(first, parameter.shape), beta1), mul(g, share1));
    const v = add(mul(input(second, parameter.shape), beta2), mul(mul(g, g), share2));
    const decayed =
      parameter.shape.length > 1 && weightDecay > 0
        ? mul(parameter, sub(1, mul(learningRate, weightDecay)))
        : parameter;
    updated[name] = sub(decayed, mul(rate, div(m, add(sqrt(v), least))));
    updated[first] = m;
    updated[second] = v;
  }
  return updated;
}
