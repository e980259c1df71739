/** Real checkpoints of each family, as transformers writes and computes them: test/golden/families.py. */
import { readFileSync, readdirSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/domain/random.ts';
import { OnnxBackend } from '../../../src/training/backends/onnxruntime.ts';
import { Generator } from '../../../src/training/policy/generator.ts';
import { Learner } from '../../../src/training/policy/learner.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { readSafetensors, writeSafetensors } from '../../../src/training/policy/safetensors.ts';
import { deviceParameters } from '../../../src/training/policy/scorer.ts';
import { distance, logitsOf } from './golden.ts';

const families = join(import.meta.dirname, '../../golden/families');
const backend = new OnnxBackend(2);

interface Golden {
  text: string;
  ids: number[];
  /** What greedy decoding adds to the first six ids. */
  greedy: number[];
  /** [ids, vocabulary]. */
  logits: number[][];
}
const goldenOf = (name: string): Golden =>
  JSON.parse(readFileSync(join(families, name, 'golden.json'), 'utf8')) as Golden;

describe.each(readdirSync(families))('a checkpoint of %s', (name) => {
  it('has the tokens and the logits that transformers gives, and the same greedy completion to its end', async () => {
    const golden = goldenOf(name);
    const policy = await Policy.load(join(families, name));
    const ids = policy.tokenizer.encode(golden.text);
    expect([...ids]).toEqual(golden.ids);
    expect(policy.tokenizer.decode(ids)).toBe(golden.text);
    expect(distance(await logitsOf(policy, ids, backend), golden.logits.flat())).toBeLessThan(1e-4);

    const sampling = { temperature: 0, topP: 1, topK: 0, maxNewTokens: 12 };
    const request = { promptIds: ids.slice(0, 6), prefix: null, random: Random.seeded(1) };
    const [completion] = await new Generator(policy, backend).generate(
      deviceParameters(policy, backend),
      [request],
      sampling,
    );
    expect([...completion.ids]).toEqual(golden.greedy);
  });

  it('learns, and is saved to a folder that loads as the same policy', async () => {
    const policy = await Policy.load(join(families, name));
    const ids = policy.tokenizer.encode(goldenOf(name).text);
    const row = { promptIds: ids.slice(0, 4), completionIds: ids.slice(4), prefix: null };
    const rows = [{ ...row, weights: new Float32Array(row.completionIds.length).fill(1) }];
    const learner = new Learner({ policy, backend, optimiser: { learningRate: 1e-3 } });
    const { loss } = await learner.imitate(rows);
    for (let i = 0; i < 3; i += 1) await learner.imitate(rows);
    expect((await learner.imitate(rows)).loss).toBeLessThan(loss);

    const folder = await mkdtemp(join(tmpdir(), 'family-'));
    await learner.policy().save(folder);
    const again = await Policy.load(folder);
    expect(again.config.eos_token_id).toEqual([1, 0]);
    expect([...again.parameters.keys()]).toEqual([...policy.parameters.keys()]);
    expect(distance(await logitsOf(again, ids, backend), await logitsOf(learner.policy(), ids, backend))).toBe(0);
    await learner.dispose();
  });
});

it('is saved so that every program reads the head that was trained', async () => {
  const written = async (name: string): Promise<{ tied: unknown; names: string[] }> => {
    const folder = await mkdtemp(join(tmpdir(), 'head-'));
    await (await Policy.load(join(families, name))).save(folder);
    const { tie_word_embeddings: tied } = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as {
      tie_word_embeddings: unknown;
    };
    return { tied, names: [...(await readSafetensors(join(folder, 'model.safetensors'))).keys()] };
  };
  const own = await written('llama-own-head');
  expect(own.tied).toBe(false);
  expect(own.names).toEqual(expect.arrayContaining(['lm_head.weight', 'model.embed_tokens.weight']));
  const alone = await written('qwen2-head-only');
  expect(alone.tied).toBe(true);
  expect(alone.names).toContain('model.embed_tokens.weight');
  expect(alone.names).not.toContain('lm_head.weight');
});

it('ties a head that is in the file, but the same as the embedding', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'head-'));
  await cp(join(families, 'qwen2'), folder, { recursive: true });
  const file = join(folder, 'model.safetensors');
  const weights = await readSafetensors(file);
  await writeSafetensors(file, new Map([...weights, ['lm_head.weight', weights.get('model.embed_tokens.weight')!]]));
  const { config, parameters } = await Policy.load(folder);
  expect(config.tie_word_embeddings).toBe(true);
  expect(parameters.has('lm_head.weight')).toBe(false);
});

it('does not take a head for an embedding where config.json does not tie them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'head-'));
  await cp(join(families, 'qwen2-head-only'), folder, { recursive: true });
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as object;
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, tie_word_embeddings: false }));
  await expect(Policy.load(folder)).rejects.toThrow('lacks model.embed_tokens.weight, which config.json asks for');
});

it('ends a completion at each of the tokens that generation_config.json names', async () => {
  const policy = await Policy.load(join(families, 'qwen2'));
  const promptIds = policy.tokenizer.encode('A blue');
  const requests = Array.from({ length: 64 }, (_, i) => ({ promptIds, prefix: null, random: Random.seeded(2, i) }));
  const sampling = { temperature: 1, topP: 1, topK: 0, maxNewTokens: 40 };
  const generator = new Generator(policy, backend);
  const completions = await generator.generate(deviceParameters(policy, backend), requests, sampling);
  const ended = completions.filter(({ ids }) => ids.length < sampling.maxNewTokens);
  expect(new Set(ended.map(({ ids }) => ids.at(-1)))).toEqual(new Set([0, 1]));
  for (const { ids } of completions) expect(ids.slice(0, -1).filter((id) => id < 2)).toHaveLength(0);
});

describe('a sharded checkpoint', () => {
  const copy = async (): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'shards-'));
    await cp(join(families, 'llama3'), folder, { recursive: true });
    return folder;
  };

  it('names the shard that is not there, the weight that no shard has, and a file outside the folder', async () => {
    const folder = await copy();
    const index = join(folder, 'model.safetensors.index.json');
    const { weight_map: map } = JSON.parse(await readFile(index, 'utf8')) as { weight_map: Record<string, string> };
    const [first, second] = [...new Set(Object.values(map))].sort();
    const left = Object.fromEntries(Object.entries(map).filter(([, file]) => file === first));
    await writeFile(index, JSON.stringify({ weight_map: left }));
    const lost = Object.keys(map).find((name) => map[name] === second)!;
    await expect(Policy.load(folder)).rejects.toThrow(
      /00001-of-00002.safetensors lacks \S+, which config.json asks for/,
    );
    expect(lost).not.toBe('');
    await writeFile(index, JSON.stringify({ weight_map: { ...map, [lost]: '../x.safetensors' } }));
    await expect(Policy.load(folder)).rejects.toThrow('index.json is not an index of weights');
    await writeFile(index, JSON.stringify({ weight_map: map }));
    await rm(join(folder, second));
    await expect(Policy.load(folder)).rejects.toThrow(`${second} is not there`);
  });

  it('says how to save weights that are not safetensors', async () => {
    const folder = await copy();
    for (const file of readdirSync(folder)) if (file.startsWith('model')) await rm(join(folder, file));
    await writeFile(join(folder, 'pytorch_model.bin'), '');
    await expect(Policy.load(folder)).rejects.toThrow(
      'pytorch_model.bin cannot be read here: save the policy with save_pretrained',
    );
  });
});
