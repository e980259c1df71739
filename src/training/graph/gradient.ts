/** Reverse-mode differentiation: a walk over the graph that gives a graph. */
import type { OperatorName } from './attributes.ts';
import { add, scalar, vectorJacobian, zeros } from './operators.ts';
import { topological } from './program.ts';
import { show } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/**
 * What costs little beside the products around it. A gradient that reads it has it computed anew, so that it need not stand from the forward
 * pass until then.
 */
const cheap: ReadonlySet<OperatorName> = new Set(['dequantise', 'mul', 'rmsNorm', 'sigmoid', 'silu', 'slice']);

/** Gradients of a scalar `loss` with respect to each of `targets`, as tensors of their shapes. */
export function gradient(loss: Tensor, targets: readonly Tensor[]): Tensor[] {
  if (loss.shape.length > 0) throw new RangeError(`The gradient is of a scalar; this is [${show(loss.shape)}].`);
  const order = topological([loss]);
  const relevant = new Set(targets);
  for (const node of order) if (node.inputs.some((input) => relevant.has(input))) relevant.add(node);

  const copies = new Map<Tensor, Tensor>();
  /** The node, or a copy where it is cheap, on inputs that are copies where they are. */
  const anew = (node: Tensor): Tensor => {
    const known = copies.get(node);
    if (known) return known;
    const inputs = node.inputs.map((input) => (cheap.has(input.operator) ? anew(input) : input));
    const same = !cheap.has(node.operator) && inputs.every((input, i) => input === node.inputs[i]);
    const copy = same ? node : { ...node, inputs };
    copies.set(node, copy);
    return copy;
  };

  const gradients = new Map<Tensor, Tensor>([[loss, scalar(1)]]);
  for (const node of order.reverse()) {
    const g = gradients.get(node);
    if (!g || !node.inputs.some((input) => relevant.has(input))) continue;
    const copy = anew(node);
    vectorJacobian(g, copy, cheap.has(node.operator) ? copy : node).forEach((contribution, i) => {
      const input = node.inputs[i];
      if (!contribution || !relevant.has(input)) return;
      const sum = gradients.get(input);
      gradients.set(input, sum ? add(sum, contribution) : contribution);
    });
  }
  return targets.map((target) => gradients.get(target) ?? zeros(target.shape));
}
