/** The graph: tensors are nodes, each the result of one operator on other tensors. Shapes are static; a graph is an immutable DAG. */
import type { Attributes, OperatorName } from './attributes.ts';

/** int32 carries ids and indices (what every runtime here takes for them), int8 frozen weights; masks are float32 zeros and ones. */
export type DataType = 'float32' | 'int32' | 'int8';
export type Shape = readonly number[];

/** A node: `operator` applied to `inputs` under `attributes`. */
export interface Tensor<Name extends OperatorName = OperatorName> {
  readonly operator: Name;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes[Name];
  readonly shape: Shape;
  readonly dataType: DataType;
}

export const sizeOf = (shape: Shape): number => shape.reduce((product, dimension) => product * dimension, 1);

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i]);

/** A shape as messages write it, without its brackets. */
export const show = (shape: Shape): string => shape.join(', ');

/** NumPy broadcasting of two shapes. Throws RangeError when they do not agree. */
export function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (left !== right && left !== 1 && right !== 1)
      throw new RangeError(`[${show(a)}] and [${show(b)}] do not broadcast`);
    return left === 1 ? right : left;
  });
}
