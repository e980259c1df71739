import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/domain/random.ts';
import { OnnxBackend } from '../../../src/training/backends/onnxruntime.ts';
import { gradient } from '../../../src/training/graph/gradient.ts';
import * as op from '../../../src/training/graph/operators.ts';
import { program } from '../../../src/training/graph/program.ts';
import { sizeOf } from '../../../src/training/graph/tensor.ts';
import type { Shape, Tensor } from '../../../src/training/graph/tensor.ts';

const backend = new OnnxBackend(1);

/** Shapes of the differentiable inputs, the range their values come from, and the expression. */
interface Case {
  shapes: Shape[];
  range?: [number, number];
  build: (...x: Tensor[]) => Tensor;
}
const ids = (...values: number[]): Tensor => op.constant(Int32Array.from(values), [values.length]);

const cases: Record<string, Case> = {
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
  softmax: { shapes: [[2, 5]], build: op.softmax },
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
  gatherRows: { shapes: [[4, 3]], build: (table) => op.gatherRows(table, ids(2, 0, 2)) },
  scatterRows: { shapes: [[3, 2]], build: (values) => op.scatterRows(values, ids(2, 0, 2), 4) },
  pick: { shapes: [[3, 4]], build: (x) => op.pick(x, ids(1, 3, 1)) },
  place: { shapes: [[3, 1]], build: (values) => op.place(values, ids(1, 3, 1), 4) },
};

function values(shape: Shape, [low, high]: [number, number], stream: string): Float32Array {
  const random = Random.seeded(7, stream);
  return Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random.uniform());
}

describe.each(Object.entries(cases))('%s', (name, { shapes, range = [-1.5, 1.5], build }) => {
  const inputs = shapes.map((shape, i) => op.input(`x${i}`, shape));
  const output = build(...inputs);
  // A random projection to a scalar, so that every output's derivative counts.
  const loss = op.total(op.mul(output, op.constant(values(output.shape, [-1, 1], `${name} weights`), output.shape)));

  it('has the gradient that finite differences show', async () => {
    const data = shapes.map((shape, i) => values(shape, range, `${name} ${i}`));
    const forward = await backend.compile(program({ loss }));
    const evaluate = async (): Promise<number> => {
      const feeds = shapes.map((shape, i) => [`x${i}`, backend.tensor(Float32Array.from(data[i]), shape)] as const);
      return (await forward.run(Object.fromEntries(feeds))).loss.data()[0];
    };
    const gradients = gradient(loss, inputs);
    const backward = await backend.compile(program(Object.fromEntries(gradients.map((g, i) => [`g${i}`, g]))));
    const analytic = await backward.run(
      Object.fromEntries(shapes.map((shape, i) => [`x${i}`, backend.tensor(data[i], shape)])),
    );
    const step = 1e-2;
    for (const [i, x] of data.entries()) {
      expect(gradients[i].shape).toEqual(shapes[i]);
      for (let j = 0; j < x.length; j += 1) {
        const at = x[j];
        x[j] = at + step;
        const above = await evaluate();
        x[j] = at - step;
        const below = await evaluate();
        x[j] = at;
        expect(analytic[`g${i}`].data()[j]).toBeCloseTo((above - below) / (2 * step), 2);
      }
    }
  });
});

describe('the operators', () => {
  it('that have a gradient each have a case here', () => {
    const tested = Object.values(cases).map(({ shapes, build }) =>
      build(...shapes.map((s, i) => op.input(`x${i}`, s))),
    );
    const names = new Set(tested.map((node) => node.operator));
    expect(op.differentiable().filter((name) => !names.has(name))).toEqual([]);
  });

  it('refuse shapes that do not fit', () => {
    const [a, b] = [op.input('a', [2, 3]), op.input('b', [4, 5])];
    expect(() => op.add(a, b)).toThrow('do not broadcast');
    expect(() => op.matmul(a, b)).toThrow('matmul of [2, 3] and [4, 5]');
    expect(() => op.reshape(a, [7])).toThrow('cannot become');
    expect(() => gradient(a, [a])).toThrow('The gradient is of a scalar');
  });
});
