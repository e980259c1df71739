/** LoRA as PEFT reads, computes and writes it: test/golden/lora.py. */
import { readFileSync, readdirSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/domain/random.ts';
import { loraModules } from '../../../src/domain/run.ts';
import { OnnxBackend } from '../../../src/training/backends/onnxruntime.ts';
import { Adapter } from '../../../src/training/policy/adapter.ts';
import { Generator } from '../../../src/training/policy/generator.ts';
import { Learner } from '../../../src/training/policy/learner.ts';
import type { PolicyLossOptions } from '../../../src/training/policy/objective.ts';
import type { OptimiserOptions } from '../../../src/training/policy/optimiser.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import type { RolloutRow } from '../../../src/training/policy/row.ts';
import { readSafetensors, writeSafetensors } from '../../../src/training/policy/safetensors.ts';
import { deviceParameters, Scorer } from '../../../src/training/policy/scorer.ts';
import { distance, logitsOf } from './golden.ts';

const golden = join(import.meta.dirname, '../../golden');
const backend = new OnnxBackend(2);

interface Golden {
  base: string;
  ids: number[];
  /** What greedy decoding adds to the first six ids. */
  greedy: number[];
  /** [ids, vocabulary]. */
  logits: number[][];
  rows: (Record<'promptIds' | 'completionIds' | 'weights' | 'oldLogProbs' | 'refLogProbs', number[]> & {
    advantage: number;
  })[];
  steps: { loss: number; gradNorm: number }[];
  optimiser: Partial<OptimiserOptions>;
  loss: PolicyLossOptions;
}

async function open(name: string) {
  const folder = join(golden, 'lora', name);
  const values = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Golden;
  return { folder, values, policy: await Policy.load(join(golden, 'families', values.base), folder) };
}

const rowsOf = (values: Golden): RolloutRow[] =>
  values.rows.map((row) => ({
    prefix: null,
    promptIds: Int32Array.from(row.promptIds),
    completionIds: Int32Array.from(row.completionIds),
    weights: Float32Array.from(row.weights),
    advantage: row.advantage,
    oldLogProbs: Float32Array.from(row.oldLogProbs),
    refLogProbs: Float32Array.from(row.refLogProbs),
    dualClip: Infinity,
  }));

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'adapter-'));

describe.each(readdirSync(join(golden, 'lora')))('the adapter %s', (name) => {
  it("has PEFT's logits and greedy completion, and merged into its policy too", async () => {
    const { values, policy } = await open(name);
    const ids = Int32Array.from(values.ids);
    expect(distance(await logitsOf(policy, ids, backend), values.logits.flat())).toBeLessThan(1e-4);
    expect(
      distance(await logitsOf(policy.with({ adapter: null }), ids, backend), values.logits.flat()),
    ).toBeGreaterThan(1);

    const request = { promptIds: ids.slice(0, 6), prefix: null, random: Random.seeded(1) };
    const sampling = { temperature: 0, topP: 1, topK: 0, maxNewTokens: 12 };
    const generator = new Generator(policy, backend);
    const [completion] = await generator.generate(deviceParameters(policy, backend), [request], sampling);
    expect([...completion.ids]).toEqual(values.greedy);

    const folder = await temporary();
    await policy.save(folder);
    const merged = await Policy.load(folder);
    expect(merged.adapter).toBeNull();
    expect(distance(await logitsOf(merged, ids, backend), values.logits.flat())).toBeLessThan(1e-4);
  });

  it.each([
    ['', undefined],
    [', with the distribution of one token at a time', 1],
  ])(
    "learns as PyTorch's autograd and AdamW do, on the KL to the policy beneath it, which stays%s",
    async (_, memory) => {
      const { folder, values, policy } = await open(name);
      const rows = rowsOf(values);
      const learner = new Learner({ policy, backend, optimiser: values.optimiser, memory });
      const references = await new Scorer({ ...policy, adapter: null }, backend).logProbs(learner.frozen, rows);
      for (const [i, { refLogProbs }] of rows.entries())
        expect(distance(references[i], refLogProbs!)).toBeLessThan(1e-4);

      const tensors = await readSafetensors(join(folder, 'step.safetensors'));
      for (const [step, { loss, gradNorm }] of values.steps.entries()) {
        const stats = await learner.reinforce(rows, values.loss);
        expect(Math.abs(stats.loss - loss)).toBeLessThan(1e-4);
        expect(Math.abs(stats.gradNorm / gradNorm - 1)).toBeLessThan(1e-4);
        if (step > 0) continue;
        // The first moment after one step is (1 − β1) of the clipped gradient.
        for (const [weight, { data }] of learner.state().tensors) {
          if (!weight.startsWith('moment1/')) continue;
          const gradient = data.map((moment) => moment / 0.1);
          expect(distance(gradient, tensors.get(weight.replace('moment1', 'gradient'))!.data)).toBeLessThan(2e-5);
        }
      }
      const trained = learner.policy();
      for (const [weight, { data }] of trained.adapter!.parameters)
        expect(distance(data, tensors.get(`after/${weight}`)!.data), weight).toBeLessThan(5e-4);
      for (const [weight, tensor] of policy.parameters) {
        expect(trained.parameters.get(weight)).toBe(tensor);
        expect(learner.frozen.get(weight)!.data()).toBe(tensor.data);
      }
      const state = [...learner.state().tensors.keys()];
      expect(state.filter((key) => !key.includes('.lora_'))).toEqual([]);
      expect(state).toHaveLength(3 * policy.adapter!.parameters.size);
      await learner.dispose();
    },
  );

  it('is saved as it was read', async () => {
    const { folder, policy } = await open(name);
    const copy = await temporary();
    await policy.adapter!.save(copy, 'the-base');
    const again = await Adapter.load(copy, policy.config);
    expect(again.settings).toEqual(policy.adapter!.settings);
    for (const [weight, { data }] of again.parameters)
      expect(data).toEqual(policy.adapter!.parameters.get(weight)!.data);
    const names = async (from: string): Promise<string[]> => {
      return [...(await readSafetensors(join(from, 'adapter_model.safetensors'))).keys()].sort();
    };
    expect(await names(copy)).toEqual(await names(folder));
    const written = JSON.parse(await readFile(join(copy, 'adapter_config.json'), 'utf8')) as object;
    const theirs = JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as Record<string, unknown>;
    const excluded = (theirs.exclude_modules ?? []) as string[];
    const adapted = loraModules.filter((module) => {
      return (theirs.target_modules as string[]).includes(module) && !excluded.includes(module);
    });
    for (const [key, value] of Object.entries(written)) {
      if (key === 'base_model_name_or_path') expect(value).toBe('the-base');
      else if (key === 'target_modules') expect(value).toEqual(adapted);
      else expect([key, value]).toEqual([key, theirs[key]]);
    }
  });
});

describe('a fresh adapter', () => {
  it('is seeded, within ±1/√in, and changes nothing yet', async () => {
    const { values, policy } = await open('qwen2');
    const lora = { rank: 4, alpha: 8, modules: [...loraModules] };
    const fresh = Adapter.create(policy.config, lora, 1);
    expect(Adapter.create(policy.config, lora, 1)).toEqual(fresh);
    expect(Adapter.create(policy.config, lora, 2)).not.toEqual(fresh);
    const { data } = fresh.parameters.get('model.layers.1.mlp.down_proj.lora_A.weight')!;
    const largest = Math.max(...data.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(48 ** -0.5);
    expect(largest).toBeGreaterThan(0.9 * 48 ** -0.5);
    const ids = Int32Array.from(values.ids);
    const logits = await logitsOf(policy.with({ adapter: fresh }), ids, backend);
    expect(distance(logits, await logitsOf(policy.with({ adapter: null }), ids, backend))).toBe(0);
  });
});

describe('a folder that is not an adapter of the policy', () => {
  it('is refused with the file, the fault and the cure', async () => {
    const { folder, policy } = await open('qwen2');
    const broken = await temporary();
    await cp(folder, broken, { recursive: true });
    const config = JSON.parse(await readFile(join(broken, 'adapter_config.json'), 'utf8')) as object;
    const refused = (reason: string) => expect(Adapter.load(broken, policy.config)).rejects.toThrow(reason);
    const fault = async (change: object, reason: string): Promise<void> => {
      await writeFile(join(broken, 'adapter_config.json'), JSON.stringify({ ...config, ...change }));
      await refused(reason);
    };
    await fault({ peft_type: 'IA3' }, 'peft_type: "IA3" is not supported, LORA is');
    await fault({ use_dora: true }, 'use_dora is not supported');
    await fault({ rank_pattern: { q_proj: 2 } }, 'rank_pattern is not supported');
    await fault({ modules_to_save: ['lm_head'] }, 'modules_to_save is not supported');
    await fault({ bias: 'all' }, 'bias: trained biases are not supported');
    await fault({ init_lora_weights: 'pissa' }, 'init_lora_weights: only an adapter that leaves the base as it is');
    await fault({ r: 8 }, 'is [4, 32], this policy asks for [8, 32]');
    await writeFile(join(broken, 'adapter_config.json'), JSON.stringify(config));
    const file = join(broken, 'adapter_model.safetensors');
    const tensors = await readSafetensors(file);
    const [first] = tensors.keys();
    await writeSafetensors(file, new Map([...tensors].filter(([name]) => name !== first)));
    await refused(`adapter_model.safetensors lacks ${first.replace('base_model.model.', '')}`);
    await writeSafetensors(
      file,
      new Map([...tensors, ['base_model.model.lm_head.lora_A.weight', tensors.get(first)!]]),
    );
    await refused("lm_head.lora_A.weight is not an adapter's weight on a linear module");
    await rm(file);
    await refused('adapter_model.safetensors is not there');
    await expect(Adapter.load(join(broken, 'nowhere'), policy.config)).rejects.toThrow('is not an adapter');
  });
});
