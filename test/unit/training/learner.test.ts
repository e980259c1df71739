import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/domain/random.ts';
import { OnnxBackend } from '../../../src/training/backends/onnxruntime.ts';
import { topological } from '../../../src/training/graph/program.ts';
import type { Program } from '../../../src/training/graph/program.ts';
import { Learner } from '../../../src/training/policy/learner.ts';
import type { LearnerState } from '../../../src/training/policy/learner.ts';
import { layOut } from '../../../src/training/policy/layout.ts';
import { policyLoss } from '../../../src/training/policy/objective.ts';
import type { PolicyLossOptions } from '../../../src/training/policy/objective.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import type { SupervisedRow } from '../../../src/training/policy/row.ts';
import { readSafetensors } from '../../../src/training/policy/safetensors.ts';
import { gradientMemory, gradientProgram, weightGroups } from '../../../src/training/policy/step.ts';
import { distance, golden, goldenFolder, goldenRows } from './golden.ts';

const backend = new OnnxBackend(2);
const policy = await Policy.load(goldenFolder);
const learner = (memory?: number): Learner => new Learner({ policy, backend, optimiser: golden.optimiser, memory });
const loss: PolicyLossOptions = { clipLow: 0.2, clipHigh: 0.2, klWeight: 0.1, aggregation: 'sequence', ratio: 'token' };

describe('the decoder', () => {
  it("gives transformers' log-probs of its Qwen2, with and without a prefix, padded in a batch", async () => {
    const scores = await learner().logProbs(goldenRows);
    for (const [i, row] of golden.rows.entries()) expect(distance(scores[i], row.logProbs)).toBeLessThan(2e-5);
  });

  it('gives a row the same log-probs whatever pads it', async () => {
    const together = await learner().logProbs([
      ...goldenRows,
      { ...goldenRows[0], completionIds: new Int32Array(40).fill(7) },
    ]);
    for (const [i, row] of goldenRows.entries()) {
      const [alone] = await learner().logProbs([row]);
      expect(distance(alone, together[i])).toBeLessThan(1e-5);
    }
  });

  it('gives an empty completion no log-probs', async () => {
    expect(await learner().logProbs([{ ...goldenRows[0], completionIds: new Int32Array(0) }])).toEqual([
      new Float32Array(0),
    ]);
  });

  it('reads the prefix', async () => {
    const [row] = goldenRows;
    const blank = (prefix: NonNullable<typeof row.prefix>): (typeof row.prefix)[] => [
      { ...prefix, frames: new Float32Array(prefix.frames.length) },
      { ...prefix, mels: new Float32Array(prefix.mels.length) },
      null,
    ];
    const [seen, ...blind] = await learner().logProbs([
      row,
      ...blank(row.prefix!).map((prefix) => ({ ...row, prefix })),
    ]);
    for (const scores of blind) expect(distance(seen, scores)).toBeGreaterThan(1e-2);
  });

  it('refuses rows it cannot read', async () => {
    const [row] = goldenRows;
    const long = { ...row.prefix!, slots: 7 };
    await expect(learner().logProbs([{ ...row, prefix: long }])).rejects.toThrow('at most 6');
    await expect(learner().logProbs([{ ...row, completionIds: new Int32Array(90) }])).rejects.toThrow(
      'the policy has 64',
    );
  });
});

describe.each(Object.entries(golden.objectives))('the %s objective', (name, { options, steps }) => {
  it.each([
    ['', undefined],
    [', its gradient summed over parts of two rows', 4 * 300_000],
    [', its gradient summed row by row', 1],
  ])("gives PyTorch's loss, gradient and AdamW steps%s", async (_, memory) => {
    const subject = learner(memory);
    const tensors = await readSafetensors(join(goldenFolder, `${name}.safetensors`));
    for (const expected of steps) {
      const stats = options ? await subject.reinforce(goldenRows, options) : await subject.imitate(goldenRows);
      for (const [key, value] of Object.entries(expected)) {
        expect((stats as unknown as Record<string, number>)[key], key).toBeCloseTo(value, 4);
      }
      if (subject.step > 1) continue;
      const state = subject.state().tensors;
      for (const parameter of policy.parameters.keys()) {
        // The first moment after one step is (1 − β1) of the clipped gradient.
        const gradient = state.get(`moment1/${parameter}`)!.data.map((moment) => moment / 0.1);
        expect(distance(gradient, tensors.get(`gradient/${parameter}`)!.data), parameter).toBeLessThan(2e-5);
      }
    }
    for (const [parameter, { data }] of subject.policy().parameters) {
      expect(distance(data, tensors.get(`after/${parameter}`)!.data), parameter).toBeLessThan(2e-3);
    }
  });
});

describe('attention in blocks', () => {
  // Tokens of one sequence whose last ones are learned: where its prompt ends makes no difference to loss and gradient, but to the blocks.
  const config = { ...policy.config, max_position_embeddings: 512, audio_visual_prefix: null };
  const tokenizer = JSON.parse(readFileSync(join(goldenFolder, 'tokenizer.json'), 'utf8')) as object;
  const long = Policy.create(config, tokenizer, 7);
  const random = Random.seeded(2);
  const ids = Int32Array.from({ length: 340 }, () => random.integer(config.vocab_size));
  const rowBehind = (prompt: number): SupervisedRow => ({
    promptIds: ids.slice(0, prompt),
    prefix: null,
    completionIds: ids.slice(prompt),
    weights: new Float32Array(ids.length - prompt).fill(1, -40),
  });
  /** As src/training/policy/attention.ts has it. */
  const isWhole = (prompt: number): boolean => {
    const [{ layout }] = layOut([rowBehind(prompt)], config);
    return Math.max(layout.prompt, layout.completion) <= 256;
  };
  const learned = async (prompt: number) => {
    const subject = new Learner({ policy: long, backend, optimiser: { maxGradNorm: 1e6 } });
    const { loss } = await subject.imitate([rowBehind(prompt)]);
    // The first moment after one step is (1 − β1) of the gradient.
    const gradients = new Map([...subject.state().tensors].filter(([name]) => name.startsWith('moment1/')));
    await subject.dispose();
    return { loss, gradients };
  };

  it.each([
    ['a completion', 1],
    ['a completion behind its context', 40],
    ['a context', 300],
  ])('has the gradient that it has at once: of %s', async (_, prompt) => {
    expect([241, prompt].map(isWhole)).toEqual([true, false]);
    const [whole, split] = [await learned(241), await learned(prompt)];
    expect(split.loss).toBeCloseTo(whole.loss, 5);
    for (const [name, { data }] of whole.gradients) {
      const largest = distance(data, new Float32Array(data.length));
      expect(largest, name).toBeGreaterThan(0);
      expect(distance(split.gradients.get(name)!.data, data) / largest, name).toBeLessThan(1e-3);
    }
  });
});

describe('the learner', () => {
  it('takes as many rows at once as its memory allows', () => {
    const partsIn = (memory: number) =>
      layOut(goldenRows, policy.config, (sizes) => gradientMemory(sizes, policy) <= memory).map(
        ({ indices }) => indices.length,
      );
    expect([1, 300_000, 700_000].map(partsIn)).toEqual([[1, 1, 1, 1], [2, 2], [4]]);
  });

  it('has distributions over the vocabulary of a few tokens at a time where all would not fit', () => {
    const [{ layout }] = layOut(goldenRows, policy.config);
    const { vocab_size: vocabulary } = policy.config;
    const most = (memory: number): number => {
      const { outputs } = gradientProgram(policy, policyLoss(loss), layout, memory);
      const wide = topological(Object.values(outputs)).filter(({ shape }) => shape.at(-1) === vocabulary);
      return Math.max(...wide.map(({ shape }) => shape[0]));
    };
    expect(most(2 ** 31)).toBe(layout.completionTokens);
    expect(most(32 * 4 * vocabulary * 5)).toBeLessThanOrEqual(5);
  });

  it('updates as many weights at once as a 128th of its memory holds', () => {
    const groups = weightGroups(policy, 128 * 8192);
    expect(groups.flat()).toEqual([...policy.trained.keys()]);
    expect(groups.length).toBeGreaterThan(1);
    for (const names of groups) {
      const bytes = names.reduce((sum, name) => sum + policy.trained.get(name)!.data.byteLength, 0);
      expect(names.length === 1 || bytes <= 8192).toBe(true);
    }
    expect(weightGroups(policy, 1).every((names) => names.length === 1)).toBe(true);
  });

  describe('where β is 0', () => {
    const plain = { ...loss, klWeight: 0 };
    const rows = goldenRows.map((row, i) => ({ ...row, advantage: i % 2 === 0 ? row.advantage : 0 }));

    it('gives rows without an advantage their share of all that is measured, and the same gradient', async () => {
      const [whole, subject] = [learner(), learner()];
      // As much as no β, but then every row has a gradient.
      const expected = await whole.reinforce(rows, { ...loss, klWeight: 1e-30 });
      const actual = await subject.reinforce(rows, plain);
      for (const key of [
        'loss',
        'policyLoss',
        'kl',
        'entropy',
        'gradNorm',
        'clipFraction',
        'effectiveSampleSize',
      ] as const)
        expect(actual[key], key).toBeCloseTo(expected[key], 5);
      for (const [i, row] of expected.logProbs.entries()) expect(distance(actual.logProbs[i], row)).toBeLessThan(1e-5);
      const [a, b] = [subject, whole].map((one) => one.state().tensors);
      for (const [name, { data }] of b)
        if (name.startsWith('moment1/')) expect(distance(a.get(name)!.data, data), name).toBeLessThan(1e-6);
    });

    it('takes no gradient of them', async () => {
      const outputs: string[][] = [];
      const watched = Object.assign(Object.create(backend) as OnnxBackend, {
        compile: (program: Program) => {
          outputs.push(Object.keys(program.outputs));
          return backend.compile(program);
        },
      });
      const subject = new Learner({ policy, backend: watched, optimiser: golden.optimiser });
      const idle = rows.map((row) => ({ ...row, advantage: 0 }));
      const { gradNorm } = await subject.reinforce(idle, plain);
      expect([gradNorm, subject.step]).toEqual([0, 1]);
      const [measured, norm, update] = outputs;
      expect(measured.toSorted()).toEqual(['entropySum', 'kl', 'logProbs', 'loss', 'policyLoss']);
      expect([outputs.length, norm, update.length]).toEqual([3, ['gradNorm'], 3 * policy.trained.size]);
    });
  });

  it('goes on from a saved state bit for bit', async () => {
    const whole = learner();
    const first = learner();
    for (const subject of [whole, first]) for (let i = 0; i < 2; i += 1) await subject.reinforce(goldenRows, loss);
    const resumed = learner();
    resumed.restore(first.state());
    for (const subject of [whole, resumed]) for (let i = 0; i < 2; i += 1) await subject.reinforce(goldenRows, loss);
    expect(bits(resumed.state())).toEqual(bits(whole.state()));
  });

  it('leaves out of the KL term a row without reference, and measures ratios', async () => {
    const rows = goldenRows.map((row) => ({ ...row, refLogProbs: null }));
    const { kl, tokens, effectiveSampleSize, clipFraction } = await learner().reinforce(rows, loss);
    expect(kl).toBe(0);
    expect(tokens).toBe(22);
    expect(effectiveSampleSize).toBeGreaterThan(1);
    expect(effectiveSampleSize).toBeLessThan(tokens);
    expect(clipFraction).toBeGreaterThan(0);
    expect(clipFraction).toBeLessThan(1);
  });

  it('has an effective sample size of every token on policy, and no clipping', async () => {
    const subject = learner();
    const scores = await subject.logProbs(goldenRows);
    const rows = goldenRows.map((row, i) => ({ ...row, oldLogProbs: scores[i] }));
    const stats = await subject.reinforce(rows, loss);
    expect(stats.effectiveSampleSize).toBeCloseTo(stats.tokens, 3);
    expect(stats.clipFraction).toBe(0);
  });

  it('says which step diverged, and keeps the state before it', async () => {
    const subject = learner();
    await subject.reinforce(goldenRows, loss);
    const before = bits(subject.state());
    const rows = goldenRows.map((row) => ({ ...row, advantage: NaN }));
    await expect(subject.reinforce(rows, loss)).rejects.toThrow('Gradient step 2 gave a loss of NaN');
    expect(bits(subject.state())).toEqual(before);
  });

  it('refuses the state of another policy', () => {
    expect(() => learner().restore({ step: 1, tensors: new Map() })).toThrow('The saved state lacks');
  });
});

/** A state as bytes, for comparing without tolerance. */
function bits({ step, tensors }: LearnerState): [number, [string, string][]] {
  return [step, [...tensors].map(([name, { data }]) => [name, Buffer.from(data.buffer).toString('base64')])];
}
