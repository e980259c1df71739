import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/domain/random.ts';
import type { Backend } from '../../../src/training/backends/backend.ts';
import { OnnxBackend } from '../../../src/training/backends/onnxruntime.ts';
import type { Program } from '../../../src/training/graph/program.ts';
import { sizeOf } from '../../../src/training/graph/tensor.ts';
import { endIds } from '../../../src/training/policy/config.ts';
import { Generator } from '../../../src/training/policy/generator.ts';
import type { CompletionRequest } from '../../../src/training/policy/generator.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import type { Context } from '../../../src/training/policy/row.ts';
import { draw } from '../../../src/training/policy/sampler.ts';
import { Scorer, deviceParameters } from '../../../src/training/policy/scorer.ts';
import { distance, goldenFolder, goldenRows } from './golden.ts';

const backend = new OnnxBackend(2);
const policy = await Policy.load(goldenFolder);
const parameters = deviceParameters(policy, backend);
const generator = new Generator(policy, backend);
const sampling = { temperature: 1, topP: 1, topK: 0, maxNewTokens: 40 };

/** Three completions of each of the four contexts. */
const requests = (): CompletionRequest[] =>
  [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3].map((i, n) => {
    const { promptIds, prefix } = goldenRows[i];
    return { promptIds, prefix, random: Random.seeded(5, n) };
  });

describe('the generator', () => {
  it('records the log-probs that teacher forcing gives', async () => {
    const asked = requests();
    const completions = await generator.generate(parameters, asked, {
      ...sampling,
      temperature: 0.8,
      topK: 9,
      topP: 0.95,
    });
    const rows = asked.map((request, i) => ({ ...request, completionIds: completions[i].ids }));
    const scores = await new Scorer(policy, backend).logProbs(parameters, rows);
    for (const [i, { logProbs }] of completions.entries()) expect(distance(logProbs, scores[i])).toBeLessThan(1e-4);
  });

  it('records the entropy of the whole distribution, whatever is cut of it', async () => {
    const [{ promptIds, prefix }] = goldenRows;
    const cut = { ...sampling, temperature: 0.3, topK: 1, maxNewTokens: 1 };
    const asked = [{ promptIds, prefix, random: Random.seeded(1) }];
    const [{ entropies }] = await generator.generate(parameters, asked, cut);
    const each = Array.from({ length: policy.config.vocab_size }, (_, id) => Int32Array.of(id));
    const rows = each.map((completionIds) => ({ promptIds, prefix, completionIds }));
    const scores = await new Scorer(policy, backend).logProbs(parameters, rows);
    expect(entropies[0]).toBeCloseTo(-scores.reduce((sum, [logProb]) => sum + Math.exp(logProb) * logProb, 0), 4);
  });

  it('and teacher forcing that attends in blocks agree on a long sequence, whose cache grows', async () => {
    const config = { ...policy.config, max_position_embeddings: 400, audio_visual_prefix: null };
    const tokenizer = JSON.parse(readFileSync(join(goldenFolder, 'tokenizer.json'), 'utf8')) as object;
    const long = Policy.create(config, tokenizer, 7);
    const weights = deviceParameters(long, backend);
    const capacities: number[] = [];
    const watched = Object.assign(Object.create(backend) as OnnxBackend, {
      compile: (program: Program) => {
        const cache = program.inputs.find(({ attributes: { name } }) => name === 'own/key/0');
        if (cache) capacities.push(cache.shape[3]);
        return backend.compile(program);
      },
    });
    const asked = [0, 1].map((n) => ({ promptIds: Int32Array.of(3, 4 + n), prefix: null, random: Random.seeded(n) }));
    const completions = await new Generator(long, watched).generate(weights, asked, {
      ...sampling,
      temperature: 0,
      maxNewTokens: 350,
    });
    expect(capacities).toEqual([48, 96, 192, 352]);
    const rows = asked.map((request, i) => ({ ...request, completionIds: completions[i].ids }));
    const scores = await new Scorer(long, backend).logProbs(weights, rows);
    for (const [i, { logProbs }] of completions.entries()) {
      expect(logProbs).toHaveLength(350);
      expect(distance(logProbs, scores[i])).toBeLessThan(1e-4);
    }
  });

  it('draws a completion the same alone as in a batch', async () => {
    const together = await generator.generate(parameters, requests(), sampling);
    for (const [i, request] of requests().entries()) {
      const [alone] = await generator.generate(parameters, [request], sampling);
      expect([...alone.ids]).toEqual([...together[i].ids]);
      expect(distance(alone.logProbs, together[i].logProbs)).toBeLessThan(1e-5);
    }
  });

  it('reads the cache of a long prompt once for all its completions, and that of a short one with each', async () => {
    /** The most values that a run was fed beside the weights. */
    const fed = async (count: number, length: number): Promise<number> => {
      let most = 0;
      const watched: Backend = {
        name: backend.name,
        description: backend.description,
        tensor: (data, shape) => backend.tensor(data, shape),
        compile: (program) => {
          const inputs = program.inputs.filter(({ attributes: { name } }) => !weights.has(name));
          most = Math.max(most, ...inputs.map(({ shape }) => sizeOf(shape)));
          return backend.compile(program);
        },
      };
      const request = { promptIds: new Int32Array(length).fill(3), prefix: null };
      const requests = Array.from({ length: count }, (_, n) => ({ ...request, random: Random.seeded(n) }));
      const one = new Generator(long, watched);
      await one.generate(weights, requests, { ...sampling, maxNewTokens: 4 });
      await one.dispose();
      return most;
    };
    const config = { ...policy.config, max_position_embeddings: 1400, audio_visual_prefix: null };
    const tokenizer = JSON.parse(readFileSync(join(goldenFolder, 'tokenizer.json'), 'utf8')) as object;
    const long = Policy.create(config, tokenizer, 7);
    const weights = deviceParameters(long, backend);
    expect(await fed(8, 1200)).toBeLessThan(1.5 * (await fed(1, 1200)));
    expect(await fed(8, 100)).toBe(8 * (await fed(1, 100)));
  });

  it('ends at the end of sequence or at the limit', async () => {
    const completions = await generator.generate(parameters, requests(), sampling);
    const [end] = endIds(policy.config);
    for (const { ids } of completions) {
      expect(ids.indexOf(end)).toBe(ids.at(-1) === end ? ids.length - 1 : -1);
      if (ids.at(-1) !== end) expect(ids).toHaveLength(sampling.maxNewTokens);
    }
    expect(new Set(completions.map(({ ids }) => ids.length)).size).toBeGreaterThan(1);
  });

  it('is greedy at temperature 0, whatever the seed', async () => {
    const greedy = { ...sampling, temperature: 0 };
    const [a] = await generator.generate(parameters, [{ ...requests()[0], random: Random.seeded(1) }], greedy);
    const [b] = await generator.generate(parameters, [{ ...requests()[0], random: Random.seeded(2) }], greedy);
    expect([...a.ids]).toEqual([...b.ids]);
  });

  it('stops when it is aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(generator.generate(parameters, requests(), sampling, signal)).rejects.toThrow('enough');
  });
});

describe('groups of different sizes, which share their prompts’ caches and end one after the other', () => {
  const folder = (...names: string[]): string => join(goldenFolder, '..', ...names);

  async function expectSameAlone(policy: Policy, contexts: readonly Context[]): Promise<void> {
    const owners = [0, 1, 1, 2, 1, 2, 1, 3, 1, 1, 1, 1];
    const asked = (): CompletionRequest[] => owners.map((i, n) => ({ ...contexts[i], random: Random.seeded(9, n) }));
    const parameters = deviceParameters(policy, backend);
    const [sharing, plain] = [new Generator(policy, backend, 1), new Generator(policy, backend)];
    const together = await sharing.generate(parameters, asked(), sampling);
    expect(new Set(together.map(({ ids }) => ids.length)).size).toBeGreaterThan(1);
    for (const [i, request] of asked().entries()) {
      const [alone] = await plain.generate(parameters, [request], sampling);
      expect([...alone.ids]).toEqual([...together[i].ids]);
      expect(distance(alone.logProbs, together[i].logProbs)).toBeLessThan(1e-4);
    }
    await Promise.all([sharing.dispose(), plain.dispose()]);
  }
  const texts = (...lengths: number[]): Context[] =>
    lengths.map((length, i) => ({ promptIds: Int32Array.from({ length }, (_, t) => 2 + ((t + i) % 9)), prefix: null }));

  it('are drawn as each alone, with clips', () => expectSameAlone(policy, goldenRows));

  it.each(readdirSync(folder('families')))('are drawn as each alone by %s', async (name) =>
    expectSameAlone(await Policy.load(folder('families', name)), texts(7, 20, 1, 3)),
  );

  it.each(readdirSync(folder('lora')))('are drawn as each alone with the adapter %s', async (name) => {
    const { base } = JSON.parse(readFileSync(folder('lora', name, 'golden.json'), 'utf8')) as { base: string };
    await expectSameAlone(await Policy.load(folder('families', base), folder('lora', name)), texts(7, 20, 1, 3));
  });
});

describe('drawing', () => {
  /** Of the logits divided by the temperature. */
  const softmax = (temperature: number): number[] => {
    const weights = [0, 2, 1, -1].map((logit) => Math.exp(logit / temperature));
    return weights.map((weight) => weight / weights.reduce((a, b) => a + b));
  };
  const probabilities = Float32Array.from(softmax(1));
  const counts = (options: Partial<typeof sampling>): number[] => {
    const random = Random.seeded(3);
    const tally = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i += 1) tally[draw(probabilities, { ...sampling, ...options }, random)] += 1;
    return tally.map((count) => count / 4000);
  };

  it('follows the distribution at each temperature', () => {
    for (const temperature of [0.5, 1, 2])
      expect(distance(counts({ temperature }), softmax(temperature))).toBeLessThan(0.03);
  });

  it('keeps the top k, and the fewest that reach the top p', () => {
    expect(counts({ topK: 2 })[0]).toBe(0);
    expect(counts({ topK: 2 })[2]).toBeGreaterThan(0);
    // The most likely alone has 0.64.
    expect(counts({ topP: 0.6 })).toEqual([0, 1, 0, 0]);
    expect(counts({ topP: 0.7 })[2]).toBeGreaterThan(0);
    expect(counts({ topP: 0.7 })[0]).toBe(0);
  });

  it('takes the most likely, the first of equals, where it is greedy or as good as that', () => {
    for (const temperature of [0, 1e-3]) expect(counts({ temperature })).toEqual([0, 1, 0, 0]);
    expect(draw(Float32Array.of(0.2, 0.4, 0.4), { ...sampling, temperature: 0 }, Random.seeded(1))).toBe(1);
  });
});
