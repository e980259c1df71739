/** A program: the outputs wanted of a graph, by name, with the inputs they need. */
import type { Tensor } from './tensor.ts';

export interface Program {
  inputs: readonly Tensor<'input'>[];
  outputs: Readonly<Record<string, Tensor>>;
}

/** The program that computes `outputs`; inputs are found by walking the graph. Throws when two inputs share a name. */
export function program(outputs: Readonly<Record<string, Tensor>>): Program {
  const inputs = topological(Object.values(outputs)).filter(
    (node): node is Tensor<'input'> => node.operator === 'input',
  );
  const names = new Set(inputs.map(({ attributes }) => attributes.name));
  if (names.size < inputs.length) throw new Error('Two inputs of a program have one name.');
  return { inputs, outputs };
}

/** Every node the roots need, each after its inputs. Iterative: a deep graph must not overflow the stack. */
export function topological(roots: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const seen = new Set<Tensor>();
  const pending: { node: Tensor; next: number }[] = [];
  const visit = (node: Tensor): void => {
    if (seen.has(node)) return;
    seen.add(node);
    pending.push({ node, next: 0 });
  };
  for (const root of roots) {
    visit(root);
    for (let top = pending.at(-1); top; top = pending.at(-1)) {
      if (top.next < top.node.inputs.length) {
        visit(top.node.inputs[top.next]);
        top.next += 1;
      } else {
        order.push(top.node);
        pending.pop();
      }
    }
  }
  return order;
}
