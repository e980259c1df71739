/**
 * What is no number is never computed away. ONNX Runtime 1.30 does so on the CPU: ReduceMax of values with one NaN may give a number that is
 * not even the maximum, and Sigmoid is exactly 0 below −18.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { klEstimators } from '../../../src/domain/run.ts';
import { writeOnnx } from '../../../src/training/backends/onnx.ts';
import { OnnxBackend } from '../../../src/training/backends/onnxruntime.ts';
import { EmbeddedEngine } from '../../../src/training/engine/embedded.ts';
import { gradient } from '../../../src/training/graph/gradient.ts';
import * as op from '../../../src/training/graph/operators.ts';
import { program, topological } from '../../../src/training/graph/program.ts';
import type { Tensor } from '../../../src/training/graph/tensor.ts';
import { StepNotFiniteError, Learner } from '../../../src/training/policy/learner.ts';
import { policyLoss, type PolicyLossOptions } from '../../../src/training/policy/objective.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { readSafetensors, writeSafetensors } from '../../../src/training/policy/safetensors.ts';
import type { RolloutRow } from '../../../src/training/policy/row.ts';
import { layOut } from '../../../src/training/policy/layout.ts';
import { gradientProgram } from '../../../src/training/policy/step.ts';
import { cases, values } from './cases.ts';
import { goldenFolder, goldenRows } from './golden.ts';

const backend = new OnnxBackend(2);

async function run(output: Tensor, fed: Record<string, { data: Float32Array; shape: readonly number[] }>) {
  const executable = await backend.compile(program({ output }));
  return async (changed: typeof fed = fed): Promise<number[]> => {
    const feeds = Object.entries(changed).map(
      ([name, { data, shape }]) => [name, backend.tensor(data, shape)] as const,
    );
    return [...(await executable.run(Object.fromEntries(feeds))).output.data()];
  };
}

describe.each(Object.entries(cases))('%s', (_, { shapes, range = [-1.5, 1.5], build }) => {
  it('is NaN wherever a NaN is what it depends on', async () => {
    const output = build(...shapes.map((shape, i) => op.input(`x${i}`, shape)));
    const fed = Object.fromEntries(shapes.map((shape, i) => [`x${i}`, { shape, data: values(shape, range, `${i}`) }]));
    const compute = await run(output, fed);
    const plain = await compute();
    for (const [input, { shape, data }] of Object.entries(fed)) {
      for (const place of data.keys()) {
        const with_ = (value: number): Promise<number[]> =>
          compute({ ...fed, [input]: { shape, data: data.with(place, value) } });
        const [other, missing] = [await with_(data[place] * 0.9), await with_(NaN)];
        for (const [i, value] of plain.entries())
          if (other[i] !== value) expect([place, i, missing[i]]).toEqual([place, i, NaN]);
      }
    }
  });
});

describe.each([3, 8, 67])('in rows of %i, where the kernels compute many values at once,', (width) => {
  const clipped = (x: Tensor): Tensor => op.clip(x, -1, 1);
  const alone = { exp: op.exp, sigmoid: op.sigmoid, silu: op.silu, sqrt: op.sqrt, log: op.log, erf: op.erf, clipped };
  const pairs = {
    minimum: (x: Tensor): Tensor => op.minimum(x, 0.5),
    'minimum of a constant': (x: Tensor): Tensor => op.minimum(0.5, x),
    maximum: (x: Tensor): Tensor => op.maximum(x, 0.5),
    'maximum of a constant': (x: Tensor): Tensor => op.maximum(0.5, x),
  };
  const rows = {
    softmax: op.softmax,
    logSoftmax: op.logSoftmax,
    sum: (x: Tensor): Tensor => op.sum(x, [1]),
    rmsNorm: (x: Tensor): Tensor => op.rmsNorm(x, op.constant(new Float32Array(width).fill(1), [width]), 1e-6),
    matmul: (x: Tensor): Tensor => op.matmul(x, op.constant(new Float32Array(width).fill(1), [width, 1])),
  };
  const shape = [width, width];
  /** Numbers, but for a NaN in each row: on the diagonal. */
  const data = Float32Array.from({ length: width * width }, (_, i) =>
    i % (width + 1) === 0 ? NaN : 0.1 + (i % 7) / 5,
  );

  it.each(Object.entries({ ...alone, ...pairs }))(
    '%s of a NaN is one, and of its neighbours none',
    async (_, build) => {
      const found = await (await run(build(op.input('x', shape)), { x: { shape, data } }))();
      expect(found.map(Number.isNaN)).toEqual([...data].map(Number.isNaN));
    },
  );

  it.each(Object.entries(rows))('%s of a row with a NaN has no numbers', async (_, build) => {
    const found = await (await run(build(op.input('x', shape)), { x: { shape, data } }))();
    expect(found.filter((value) => !Number.isNaN(value))).toEqual([]);
  });
});

it('the unit x · σ(x), and its derivative, are right far from 0 too', async () => {
  const data = Float32Array.from({ length: 400 }, (_, i) => (i - 200) / 4);
  const x = op.input('x', [400]);
  const silu = await (await run(op.silu(x), { x: { shape: [400], data } }))();
  const slope = await (await run(gradient(op.total(op.silu(x)), [x])[0], { x: { shape: [400], data } }))();
  for (const [i, at] of data.entries()) {
    const sigmoid = 1 / (1 + Math.exp(-at));
    expect(Math.abs(silu[i] - at * sigmoid)).toBeLessThan(1e-6 * Math.max(1, Math.abs(at)));
    expect(Math.abs(slope[i] - sigmoid * (1 + at * (1 - sigmoid)))).toBeLessThan(3e-6);
  }
});

const plain: PolicyLossOptions = { clipLow: 0.2, clipHigh: 0.2, klWeight: 0.1, aggregation: 'token', ratio: 'token' };
const losses: PolicyLossOptions[] = [
  ...klEstimators.map((klEstimator) => ({ ...plain, klEstimator })),
  { ...plain, klWeight: 0, ratio: 'sequence' },
  { ...plain, klWeight: 0, ratioCap: 2, klEstimator: 'low_var_kl' },
];

it('a gradient asks for no ReduceMax, and takes no logarithm of a sigmoid', async () => {
  const policy = await Policy.load(goldenFolder);
  const [{ layout }] = layOut(goldenRows, policy.config);
  const whole = gradientProgram(policy, policyLoss(plain), layout, 2 ** 31);
  const model = Buffer.from(writeOnnx(whole));
  expect([model.includes('LogSoftmax'), model.includes('ReduceMax')]).toEqual([true, false]);
  expect(topological(Object.values(whole.outputs)).filter(({ operator }) => operator === 'log')).toEqual([]);
});

describe.each(losses)('the loss %o', (options) => {
  const changes: Record<string, (row: RolloutRow) => RolloutRow> = {
    'the advantage': (row) => ({ ...row, advantage: NaN }),
    'a weight': (row) => ({ ...row, weights: row.weights.with(1, NaN) }),
    'a log-prob of the behaviour policy': (row) => ({ ...row, oldLogProbs: row.oldLogProbs.with(1, NaN) }),
    'a log-prob of the reference': (row) => ({ ...row, refLogProbs: row.oldLogProbs.with(1, NaN) }),
  };

  it('that reads one NaN is no number, and the step is not taken', async () => {
    const policy = await Policy.load(goldenFolder);
    const learner = new Learner({ policy, backend });
    for (const [what, change] of Object.entries(changes)) {
      const rows = goldenRows.map((row, i) => (i === 1 ? change(row) : row));
      const taken = await learner.reinforce(rows, options).catch((error: unknown) => error);
      expect([what, taken]).toEqual([what, expect.any(StepNotFiniteError)]);
      expect([what, (taken as StepNotFiniteError).loss]).toEqual([what, NaN]);
    }
    await learner.dispose();
  });

  it('of a policy with one NaN among its weights is none either', async () => {
    const policy = await Policy.load(goldenFolder);
    for (const name of [
      // Of one token: the others' logits are numbers.
      'model.embed_tokens.weight',
      'model.norm.weight',
      'model.layers.0.mlp.up_proj.weight',
      'model.layers.1.self_attn.k_proj.weight',
    ]) {
      const weight = policy.trained.get(name)!;
      const broken = new Map(policy.parameters).set(name, { ...weight, data: weight.data.with(5, NaN) });
      const learner = new Learner({ policy: policy.with({ parameters: broken }), backend });
      await expect(learner.reinforce(goldenRows, options), name).rejects.toBeInstanceOf(StepNotFiniteError);
      await learner.dispose();
    }
  });
});

it('in the moments of a checkpoint is refused by name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'policy-'));
  const policy = await Policy.load(goldenFolder);
  const optimiser = { weightDecay: 0, beta2: 0.999, maxGradNorm: 1 };
  const engine = new EmbeddedEngine(policy, backend, { optimiser, base: goldenFolder });
  await engine.save(folder);
  const file = join(folder, 'optimiser.safetensors');
  for (const [name, value] of [
    ['moment1/model.norm.weight', NaN],
    ['moment2/model.norm.weight', Infinity],
  ] as const) {
    await engine.save(folder);
    await engine.restore(folder, 3);
    const moments = await readSafetensors(file);
    moments.get(name)!.data[1] = value;
    await writeSafetensors(file, moments);
    await expect(engine.restore(folder, 3)).rejects.toThrow(`${file}: ${name} holds ${value}`);
  }
  await engine.dispose();
});
