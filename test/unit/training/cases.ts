/** Every operator with a gradient, on small shapes. */
import { Random } from '../../../src/domain/random.ts';
import * as op from '../../../src/training/graph/operators.ts';
import { sizeOf } from '../../../src/training/graph/tensor.ts';
import type { Shape, Tensor } from '../../../src/training/graph/tensor.ts';

/** Shapes of the differentiable inputs, the range their values come from, and the expression. */
export interface Case {
  shapes: Shape[];
  range?: [number, number];
  build: (...x: Tensor[]) => Tensor;
}
const ids = (...values: number[]): Tensor => op.constant(Int32Array.from(values), [values.length]);

export const cases: Record<string, Case> = {
  add: { shapes: [[2, 3], [3]], build: op.add },
  'add to a scalar': { shapes: [[2, 3], []], build: op.add },
  sub: { shapes: [[2, 1], [3]], build: op.sub },
  mul: {
    shapes: [
      [2, 3],
      [2, 1],
    ],
    build: op.mul,
  },
  div: { shapes: [[2, 3], [3]], range: [0.5, 2], build: op.div },
  minimum: {
    shapes: [
      [3, 4],
      [3, 4],
    ],
    build: op.minimum,
  },
  maximum: { shapes: [[3, 4], [4]], build: op.maximum },
  neg: { shapes: [[4]], build: op.neg },
  exp: { shapes: [[2, 3]], build: op.exp },
  log: { shapes: [[2, 3]], range: [0.5, 2], build: op.log },
  sqrt: { shapes: [[2, 3]], range: [0.5, 2], build: op.sqrt },
  sigmoid: { shapes: [[2, 3]], build: op.sigmoid },
  silu: { shapes: [[2, 3]], build: op.silu },
  erf: { shapes: [[2, 3]], build: op.erf },
  clip: { shapes: [[12]], build: (x) => op.clip(x, -0.5, 0.5) },
  matmul: {
    shapes: [
      [2, 3],
      [3, 4],
    ],
    build: (a, b) => op.matmul(a, b),
  },
  'matmul aᵀb': {
    shapes: [
      [3, 2],
      [3, 4],
    ],
    build: (a, b) => op.matmul(a, b, true, false),
  },
  'matmul abᵀ': {
    shapes: [
      [2, 3],
      [4, 3],
    ],
    build: (a, b) => op.matmul(a, b, false, true),
  },
  'matmul aᵀbᵀ': {
    shapes: [
      [3, 2],
      [4, 3],
    ],
    build: (a, b) => op.matmul(a, b, true, true),
  },
  'matmul of batches': {
    shapes: [
      [2, 2, 2, 3],
      [2, 2, 4, 3],
    ],
    build: (a, b) => op.matmul(a, b, false, true),
  },
  'matmul of batches aᵀb': {
    shapes: [
      [2, 3, 2],
      [2, 3, 4],
    ],
    build: (a, b) => op.matmul(a, b, true),
  },
  reshape: { shapes: [[2, 6]], build: (x) => op.reshape(x, [3, 4]) },
  transpose: { shapes: [[2, 3, 4]], build: (x) => op.transpose(x, [2, 0, 1]) },
  expand: { shapes: [[2, 1, 3]], build: (x) => op.expand(x, [2, 4, 3]) },
  sum: { shapes: [[2, 3, 4]], build: (x) => op.sum(x, [0, 2]) },
  'sum of rows': { shapes: [[3, 4]], build: (x) => op.sum(x, [0]) },
  'logSoftmax, picked': { shapes: [[3, 4]], build: (x) => op.pick(op.logSoftmax(x), ids(1, 3, 1)) },
  mix: {
    shapes: [
      [2, 3, 4],
      [2, 4, 5],
    ],
    build: op.mix,
  },
  logSoftmax: { shapes: [[2, 5]], build: op.logSoftmax },
  rmsNorm: { shapes: [[3, 4], [4]], build: (x, weight) => op.rmsNorm(x, weight, 1e-6) },
  slice: { shapes: [[2, 5]], build: (x) => op.slice(x, 1, 1, 4) },
  pad: { shapes: [[2, 3]], build: (x) => op.pad(x, 1, 2, 1) },
  concat: {
    shapes: [
      [2, 3],
      [2, 2],
    ],
    build: (a, b) => op.concat([a, b], 1),
  },
  rotate: {
    shapes: [[2, 3, 8]],
    build: (x) => {
      const angles = Float32Array.from({ length: 8 }, (_, i) => 0.3 * i);
      const table = (of: (angle: number) => number): Tensor => op.constant(angles.map(of), [4, 2]);
      const positions = op.constant(Int32Array.of(0, 1, 2, 3, 1, 0), [2, 3]);
      return op.rotate(x, table(Math.cos), table(Math.sin), positions, 2);
    },
  },
  gatherRows: { shapes: [[4, 3]], build: (table) => op.gatherRows(table, ids(2, 0, 2)) },
  scatterRows: { shapes: [[3, 2]], build: (values) => op.scatterRows(values, ids(2, 0, 2), 4) },
  selectRows: { shapes: [[3, 2]], build: (x) => op.selectRows(x, ids(2, 3, 0, 3), ids(2, 4, 0)) },
  pick: { shapes: [[3, 4]], build: (x) => op.pick(x, ids(1, 3, 1)) },
  place: { shapes: [[3, 1]], build: (values) => op.place(values, ids(1, 3, 1), 4) },
  withSlope: {
    shapes: [[3, 2]],
    build: (x) => {
      const row = op.constant(Float32Array.of(0.5, -2), [1, 2]);
      return op.withSlope(op.matmul(x, row, false, true), x, op.expand(row, [3, 2]));
    },
  },
  withSlopes: {
    shapes: [
      [3, 2],
      [4, 2],
    ],
    build: (x, head) => {
      const of = ids(1, 3, 1);
      const distribution = op.logSoftmax(op.matmul(x, head, false, true));
      const slope = op.sub(op.gatherRows(head, of), op.matmul(op.exp(distribution), head));
      return op.withSlopes(op.pick(distribution, of), x, slope, head, of, 2);
    },
  },
};

/** Seeded values of a shape within a range. */
export function values(shape: Shape, [low, high]: [number, number], stream: string): Float32Array {
  const random = Random.seeded(7, stream);
  return Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random.uniform());
}
