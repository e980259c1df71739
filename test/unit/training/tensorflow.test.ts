import { describe, expect, it } from 'vitest';
import { BackendUnavailableError } from '../../../src/training/backends/backend.ts';
import type { Backend } from '../../../src/training/backends/backend.ts';
import { chooseBackend, openBackend } from '../../../src/training/backends/choose.ts';
import { OnnxBackend } from '../../../src/training/backends/onnxruntime.ts';
import { gradient } from '../../../src/training/graph/gradient.ts';
import * as op from '../../../src/training/graph/operators.ts';
import { program } from '../../../src/training/graph/program.ts';
import { Generator } from '../../../src/training/policy/generator.ts';
import { Learner } from '../../../src/training/policy/learner.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { deviceParameters } from '../../../src/training/policy/scorer.ts';
import { Random } from '../../../src/domain/random.ts';
import { cases, values } from './cases.ts';
import { distance, golden, goldenFolder, goldenRows } from './golden.ts';

const onnxruntime = new OnnxBackend(1);
const opened = await openBackend('tensorflow', 1).catch((error: unknown) => error as Error);
const tensorflow = opened instanceof Error ? null : opened;
const reason = tensorflow ? '' : ' (skipped: no native addon here; see scripts/build-tensorflow-addon.mjs)';

describe.skipIf(!tensorflow)(`tensorflow agrees with onnxruntime${reason}`, () => {
  it.each(Object.entries(cases))('on %s and its gradient', async (name, { shapes, range = [-1.5, 1.5], build }) => {
    const inputs = shapes.map((shape, i) => op.input(`x${i}`, shape));
    const y = build(...inputs);
    const weights = op.constant(values(y.shape, [-1, 1], name), y.shape);
    const gradients = gradient(op.total(op.mul(y, weights)), inputs);
    const both = [onnxruntime, tensorflow!].map(async (backend) => {
      const executable = await backend.compile(
        program({ y, ...Object.fromEntries(gradients.map((g, i) => [`g${i}`, g])) }),
      );
      return executable.run(
        Object.fromEntries(shapes.map((shape, i) => [`x${i}`, backend.tensor(values(shape, range, `${i}`), shape)])),
      );
    });
    const [expected, actual] = await Promise.all(both);
    for (const key of Object.keys(expected)) {
      expect(actual[key].shape).toEqual(expected[key].shape);
      expect(distance(actual[key].data(), expected[key].data())).toBeLessThan(1e-5);
    }
  });

  it.each(Object.entries(golden.objectives))('on a whole step of the %s objective', async (_, { options }) => {
    const policy = await Policy.load(goldenFolder);
    const step = async (backend: Backend): Promise<number[]> => {
      const learner = new Learner({ policy, backend, optimiser: golden.optimiser });
      const run = () => (options ? learner.reinforce(goldenRows, options) : learner.imitate(goldenRows));
      await run();
      const { loss, gradNorm, entropy } = await run();
      return [loss, gradNorm, entropy];
    };
    const [expected, actual] = [await step(onnxruntime), await step(tensorflow!)];
    for (const [i, value] of expected.entries()) expect(Math.abs(actual[i] / value - 1)).toBeLessThan(1e-3);
  });

  it('on what it generates', async () => {
    const policy = await Policy.load(goldenFolder);
    const sampling = { temperature: 1, topP: 1, topK: 0, maxNewTokens: 10 };
    const [expected, actual] = await Promise.all(
      [onnxruntime, tensorflow!].map((backend) => {
        const requests = goldenRows.map((row, i) => ({ ...row, random: Random.seeded(i) }));
        return new Generator(policy, backend).generate(deviceParameters(policy, backend), requests, sampling);
      }),
    );
    expect(actual.map(({ ids }) => [...ids])).toEqual(expected.map(({ ids }) => [...ids]));
  });
});

describe('choosing a backend', () => {
  it('names the cure when the one asked for cannot run here', async () => {
    const folder = process.env.ROLLOUT_LAB_TENSORFLOW;
    process.env.ROLLOUT_LAB_TENSORFLOW = '/nowhere';
    try {
      const error = await openBackend('tensorflow', 1).catch((fault: unknown) => fault);
      expect(error).toBeInstanceOf(BackendUnavailableError);
      expect((error as Error).message).toContain('scripts/build-tensorflow-addon.mjs');
    } finally {
      if (folder === undefined) delete process.env.ROLLOUT_LAB_TENSORFLOW;
      else process.env.ROLLOUT_LAB_TENSORFLOW = folder;
    }
  });

  it('takes the fastest and says what it measured', async () => {
    const { backend, measurements } = await chooseBackend('auto', 1, async ({ name }) =>
      name === 'onnxruntime' ? 5 : 9,
    );
    expect(backend.name).toBe('onnxruntime');
    expect(measurements[0]).toEqual({ name: 'onnxruntime', milliseconds: 5 });
    expect(measurements[1]).toMatchObject(tensorflow ? { milliseconds: 9 } : { name: 'tensorflow' });
  });

  it('does not measure the one that is named', async () => {
    const { backend, measurements } = await chooseBackend('onnxruntime', 1, () =>
      Promise.reject(new Error('not asked')),
    );
    expect(backend.name).toBe('onnxruntime');
    expect(measurements).toEqual([]);
  });
});
