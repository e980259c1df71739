/** Reverse-mode differentiation: a walk over the graph that gives a graph. */
import { add, scalar, vectorJacobian, zeros } from './operators.ts';
import { topological } from './program.ts';
import { show } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/** Gradients of a scalar `loss` with respect to each of `targets`, as tensors of their shapes. */
export function gradient(loss: Tensor, targets: readonly Tensor[]): Tensor[] {
  if (loss.shape.length > 0) throw new RangeError(`The gradient is of a scalar; this is [${show(loss.shape)}].`);
  const order = topological([loss]);
  const relevant = new Set(targets);
  for (const node of order) if (node.inputs.some((input) => relevant.has(input))) relevant.add(node);

  const gradients = new Map<Tensor, Tensor>([[loss, scalar(1)]]);
  for (const node of order.reverse()) {
    const g = gradients.get(node);
    if (!g || !node.inputs.some((input) => relevant.has(input))) continue;
    vectorJacobian(g, node).forEach((contribution, i) => {
      const input = node.inputs[i];
      if (!contribution || !relevant.has(input)) return;
      const sum = gradients.get(input);
      gradients.set(input, sum ? add(sum, contribution) : contribution);
    });
  }
  return targets.map((target) => gradients.get(target) ?? zeros(target.shape));
}
