/** A base of eight bits, beside one of float32 that holds the same values. */
import { readFileSync } from 'node:fs';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/domain/random.ts';
import { defaultLora } from '../../../src/domain/run.ts';
import { OnnxBackend } from '../../../src/training/backends/onnxruntime.ts';
import { input } from '../../../src/training/graph/operators.ts';
import { program, topological } from '../../../src/training/graph/program.ts';
import { Adapter } from '../../../src/training/policy/adapter.ts';
import { Decoder, parameterInputs } from '../../../src/training/policy/decoder.ts';
import { Generator } from '../../../src/training/policy/generator.ts';
import { Learner } from '../../../src/training/policy/learner.ts';
import { layOut } from '../../../src/training/policy/layout.ts';
import { policyLoss } from '../../../src/training/policy/objective.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { heldIn, isQuantised, valuesOf, type QuantisedTensor } from '../../../src/training/policy/quantised.ts';
import { readSafetensors, writeSafetensors } from '../../../src/training/policy/safetensors.ts';
import { deviceParameters, Scorer } from '../../../src/training/policy/scorer.ts';
import { shapedPolicy } from '../../../src/training/policy/shape.ts';
import { gradientProgram } from '../../../src/training/policy/step.ts';
import { distance, golden, goldenFolder, goldenRows } from './golden.ts';

const backend = new OnnxBackend(2);
const families = join(import.meta.dirname, '../../golden/families');
const loss = { clipLow: 0.2, clipHigh: 0.2, klWeight: 0.1, aggregation: 'sequence', ratio: 'token' } as const;
/** All rows at once and the head in one block; row by row and the head in blocks. */
const memories = [2 ** 31, 2 ** 16];

const narrow = (folder: string): Promise<Policy> => Policy.load(folder, null, undefined, 8);
/** The same values in float32. */
const wide = (policy: Policy): Policy =>
  policy.with({ parameters: new Map([...policy.parameters].map(([name, weight]) => [name, valuesOf(weight)])) });
/** With an adapter whose second matrices are no zeros, so that both have a gradient. */
function adapted(policy: Policy): Policy {
  const fresh = Adapter.create(policy.config, { ...defaultLora, rank: 2 }, 1);
  const parameters = [...fresh.parameters].map(([name, { shape, data }]) => {
    const values = Float32Array.from(data);
    if (name.includes('lora_B')) Random.seeded(1, name).fill(values, 0.1);
    return [name, { shape, data: values }] as const;
  });
  return policy.with({ adapter: fresh.with(new Map(parameters)) });
}
/** Rows without a clip, of a family's few tokens. */
const rows = goldenRows.map((row) => ({
  ...row,
  prefix: null,
  promptIds: row.promptIds.map((id) => id % 90),
  completionIds: row.completionIds.map((id) => id % 90),
}));

describe('a weight of eight bits', () => {
  const held = heldIn(8)('model.norm', { shape: [3, 4], data: Float32Array.of(1, -2, 0.5, 0, 0, 0, 0, 0, 3, 1, 1, 1) });
  const { data, scale } = held as QuantisedTensor;

  it('is off by half a step of its row at most, and exact at its largest value', () => {
    expect([...data.subarray(0, 4)]).toEqual([64, -127, 32, 0]);
    expect([...data.subarray(4, 8), scale[1]]).toEqual([0, 0, 0, 0, 0]);
    const { data: values } = valuesOf(held);
    expect(values[1]).toBeCloseTo(-2, 6);
    expect(Math.abs(values[2] - 0.5)).toBeLessThanOrEqual(scale[0] / 2);
  });

  it('is linear, an embedding or a head; the others stay', async () => {
    const policy = await narrow(goldenFolder);
    const whole = await Policy.load(goldenFolder);
    for (const [name, weight] of policy.parameters) {
      const { shape } = weight;
      expect(isQuantised(weight), name).toBe(shape.length === 2 && !name.startsWith('prefix.'));
      if (!isQuantised(weight)) expect(weight).toEqual(whole.parameters.get(name));
    }
  });

  it('does not train', async () => {
    const policy = await narrow(goldenFolder);
    expect(() => new Learner({ policy, backend })).toThrow('give the policy an adapter, or hold them in 32 bits');
  });

  it('is saved as the values that are computed with', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'quantised-'));
    const policy = await narrow(goldenFolder);
    await policy.save(folder);
    expect((await Policy.load(folder)).parameters).toEqual(wide(policy).parameters);
  });

  it('is made of a seed as it is read', () => {
    const [whole, made] = [shapedPolicy('tiny', 1), shapedPolicy('tiny', 1, 8)];
    const hold = heldIn(8);
    const expected = [...wide(whole).parameters].map(([name, weight]) => [name, hold(name, valuesOf(weight))]);
    expect([...made.parameters]).toEqual(expected);
  });

  it('of a head that the file holds twice is the embedding’s', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'quantised-'));
    await cp(join(families, 'qwen2'), folder, { recursive: true });
    const file = join(folder, 'model.safetensors');
    const weights = await readSafetensors(file);
    const words = weights.get('model.embed_tokens.weight')!;
    await writeSafetensors(file, new Map([...weights, ['lm_head.weight', words]]));
    const { tie_word_embeddings: tied } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as {
      tie_word_embeddings: boolean;
    };
    expect((await narrow(folder)).config.tie_word_embeddings).toBe(tied);
    const other = words.data.map((value, i) => (i === 0 ? 2 * value : value));
    await writeSafetensors(file, new Map([...weights, ['lm_head.weight', { ...words, data: other }]]));
    expect((await narrow(folder)).config.tie_word_embeddings).toBe(false);
  });
});

describe.each([
  ['the golden policy, which sees', goldenFolder, goldenRows],
  ...['qwen2', 'qwen3', 'llama3'].map((name) => [name, join(families, name), rows] as const),
] as const)('a base of eight bits of %s', (_, folder, batch) => {
  it.each(memories)('gives the loss and the gradient of its values in float32, in %i bytes', async (memory) => {
    const policy = adapted(await narrow(folder));
    const steps = [policy, wide(policy)].map(async (subject) => {
      const learner = new Learner({ policy: subject, backend, memory });
      const stats = await learner.reinforce(batch, loss);
      const { tensors } = learner.state();
      await learner.dispose();
      return { stats, tensors };
    });
    const [actual, expected] = await Promise.all(steps);
    for (const key of ['loss', 'gradNorm', 'entropy', 'kl'] as const)
      expect(Math.abs(actual.stats[key] / expected.stats[key] - 1), key).toBeLessThan(1e-5);
    for (const [i, scores] of expected.stats.logProbs.entries())
      expect(distance(actual.stats.logProbs[i], scores)).toBeLessThan(1e-5);
    for (const [name, { data }] of expected.tensors) {
      if (!name.startsWith('moment1/')) continue;
      const other = actual.tensors.get(name)!.data;
      expect(Math.hypot(...data.map((x, i) => x - other[i])) / Math.hypot(...data), name).toBeLessThan(1e-5);
    }
  });

  it('samples, and is scored as a reference, as its values in float32', async () => {
    const policy = adapted(await narrow(folder));
    const sampling = { temperature: 1, topP: 1, topK: 0, maxNewTokens: 10 };
    const [actual, expected] = await Promise.all(
      [policy, wide(policy)].map(async (subject) => {
        const requests = batch.map((row, i) => ({ ...row, random: Random.seeded(i) }));
        const completions = await new Generator(subject, backend, 1).generate(
          deviceParameters(subject, backend),
          requests,
          sampling,
        );
        const bare = subject.with({ adapter: null });
        const scores = await new Scorer(bare, backend).logProbs(deviceParameters(bare, backend), batch);
        return { completions, scores };
      }),
    );
    expect(actual.completions.map(({ ids }) => [...ids])).toEqual(expected.completions.map(({ ids }) => [...ids]));
    for (const [i, scores] of expected.scores.entries()) expect(distance(actual.scores[i], scores)).toBeLessThan(1e-5);
  });
});

it('reads a head block by block: at no time are all of its rows float32', async () => {
  const policy = adapted(await narrow(goldenFolder));
  const { vocab_size: vocabulary } = policy.config;
  const [{ layout }] = layOut(goldenRows, policy.config);
  const { outputs } = gradientProgram(policy, policyLoss(loss), layout, 2 ** 15);
  const decoder = new Decoder(policy, parameterInputs(policy));
  const hidden = input('hidden', [4, policy.config.hidden_size]);
  const logits = decoder.logits(hidden, 2 ** 9);
  for (const roots of [Object.values(outputs), [logits]]) {
    const read = topological(roots).filter(({ operator }) => operator === 'dequantise');
    expect(read.length).toBeGreaterThan(2);
    expect(read.filter(({ shape }) => shape[0] === vocabulary)).toEqual([]);
  }
  const values = new Float32Array(4 * policy.config.hidden_size);
  Random.seeded(1).fill(values, 1);
  const whole = wide(policy);
  const parts = [program({ logits }), program({ logits: new Decoder(whole, parameterInputs(whole)).logits(hidden) })];
  const [inBlocks, atOnce] = await Promise.all(
    parts.map(async (one, i) => {
      const parameters = deviceParameters([policy, whole][i], backend);
      const feeds = { ...Object.fromEntries(parameters), hidden: backend.tensor(values, hidden.shape) };
      return (await (await backend.compile(one)).run(feeds)).logits.data();
    }),
  );
  expect(distance(inBlocks, atOnce)).toBeLessThan(1e-6);
});

it('goes on from a saved state bit for bit, with an adapter in the form of any other', async () => {
  const [policy, whole] = [adapted(await narrow(goldenFolder)), adapted(await Policy.load(goldenFolder))];
  const learner = new Learner({ policy, backend, optimiser: golden.optimiser });
  await learner.reinforce(goldenRows, loss);
  const state = learner.state();
  const folders = [await mkdtemp(join(tmpdir(), 'quantised-')), await mkdtemp(join(tmpdir(), 'quantised-'))];
  await learner.policy().adapter!.save(folders[0], 'the-base');
  await whole.adapter!.save(folders[1], 'the-base');
  const [own, others] = folders.map((path) => readFileSync(join(path, 'adapter_config.json'), 'utf8'));
  expect(own).toBe(others);
  const shapes = async (path: string): Promise<string[]> =>
    [...(await readSafetensors(join(path, 'adapter_model.safetensors')))].map(
      ([name, { shape }]) => `${name} ${shape.join()}`,
    );
  expect(await shapes(folders[0])).toEqual(await shapes(folders[1]));

  await learner.reinforce(goldenRows, loss);
  const resumed = new Learner({ policy, backend, optimiser: golden.optimiser });
  resumed.restore(state);
  await resumed.reinforce(goldenRows, loss);
  expect(resumed.state()).toEqual(learner.state());
});
