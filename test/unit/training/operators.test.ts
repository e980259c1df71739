import { describe, expect, it } from 'vitest';
import { OnnxBackend } from '../../../src/training/backends/onnxruntime.ts';
import { gradient } from '../../../src/training/graph/gradient.ts';
import * as op from '../../../src/training/graph/operators.ts';
import { forgetPeak, peakMemory } from '../../../src/bench/peer.ts';
import { program } from '../../../src/training/graph/program.ts';
import { cases, values } from './cases.ts';

const backend = new OnnxBackend(1);

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

describe('rows of 8 bits', () => {
  it('are their numbers times the scale of each, also where some are chosen', async () => {
    const table = op.dequantise(op.input('numbers', [3, 2], 'int8'), op.input('scale', [3, 1]));
    const ids = op.constant(Int32Array.of(2, 0, 2), [3]);
    const chosen = { all: table, gathered: op.gatherRows(table, ids), sliced: op.slice(table, 0, 1, 3) };
    const results = await (
      await backend.compile(program(chosen))
    ).run({
      numbers: backend.tensor(Int8Array.of(1, -127, 0, 3, 127, 5), [3, 2]),
      scale: backend.tensor(Float32Array.of(0.5, 2, 0.25), [3, 1]),
    });
    const values = [0.5, -63.5, 0, 6, 31.75, 1.25];
    expect([...results.all.data()]).toEqual(values);
    expect([...results.gathered.data()]).toEqual([31.75, 1.25, 0.5, -63.5, 31.75, 1.25]);
    expect([...results.sliced.data()]).toEqual(values.slice(2));
    expect(chosen.gathered.inputs[0].dataType).toBe('int8');
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

it.runIf(process.platform === 'linux')(
  'lets no weight of 8 bits stand as float32 until the gradient reads it',
  async () => {
    const [rows, width, layers] = [8, 1024, 16];
    const numbers = new Int8Array(width * width).fill(1);
    const scale = new Float32Array(width).fill(1 / width);
    const weights = Array.from({ length: layers }, (_, i) =>
      op.dequantise(op.input(`w${i}`, [width, width], 'int8'), op.input(`s${i}`, [width, 1])),
    );
    const x = op.input('x', [rows, width]);
    const [g] = gradient(op.total(weights.reduce((y, weight) => op.sigmoid(op.matmul(y, weight)), x)), [x]);
    const executable = await backend.compile(program({ g }));
    const feeds = Object.fromEntries([
      ['x', backend.tensor(new Float32Array(rows * width).fill(1), [rows, width])],
      ...weights.flatMap((_, i) => [
        [`w${i}`, backend.tensor(numbers, [width, width])],
        [`s${i}`, backend.tensor(scale, [width, 1])],
      ]),
    ]) as Record<string, ReturnType<typeof backend.tensor>>;
    await forgetPeak();
    const before = (await peakMemory())!;
    await executable.run(feeds);
    // One weight is 4 MiB; all of them would be 64.
    expect(((await peakMemory())! - before) / (numbers.length * Float32Array.BYTES_PER_ELEMENT)).toBeLessThan(
      layers / 2,
    );
  },
);

it.runIf(process.platform === 'linux')('lets no gate stand until the gradient reads it', async () => {
  const [rows, width, layers] = [8192, 128, 24];
  const weights = Array.from({ length: layers }, (_, i) => op.input(`w${i}`, [width, width]));
  const gated = weights.reduce((x, weight) => op.silu(op.matmul(x, weight)), op.input('x', [rows, width]));
  const gradients = gradient(op.total(gated), weights);
  const executable = await backend.compile(program(Object.fromEntries(gradients.map((g, i) => [`g${i}`, g]))));
  const feeds = Object.fromEntries([
    ['x', backend.tensor(new Float32Array(rows * width).fill(1), [rows, width])],
    ...weights.map((_, i) => [`w${i}`, backend.tensor(new Float32Array(width * width).fill(0.01), [width, width])]),
  ]) as Record<string, ReturnType<typeof backend.tensor>>;
  await forgetPeak();
  const before = (await peakMemory())!;
  await executable.run(feeds);
  // A layer's product, of 4 MiB, has to stand; its gate and what is in it would make that three.
  const product = rows * width * Float32Array.BYTES_PER_ELEMENT;
  expect(((await peakMemory())! - before) / (layers * product)).toBeLessThan(2);
});
