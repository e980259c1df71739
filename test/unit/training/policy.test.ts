import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Adapter } from '../../../src/training/policy/adapter.ts';
import { parsePolicyConfig, ropeOf } from '../../../src/training/policy/config.ts';
import type { PolicyConfig } from '../../../src/training/policy/config.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { readSafetensors, safetensorsShapes, writeSafetensors } from '../../../src/training/policy/safetensors.ts';
import { goldenFolder } from './golden.ts';

const families = join(import.meta.dirname, '../../golden/families');
const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'policy-'));
const tokenizerJson = async (): Promise<object> =>
  JSON.parse(await readFile(join(goldenFolder, 'tokenizer.json'), 'utf8')) as object;

describe('a policy', () => {
  it('is saved and loaded without loss, and to the same bytes', async () => {
    const [first, second] = [await folder(), await folder()];
    const policy = await Policy.load(goldenFolder);
    await policy.save(first);
    const again = await Policy.load(first);
    await again.save(second);
    for (const [name, { data }] of policy.parameters) expect(again.parameters.get(name)!.data).toEqual(data);
    for (const file of ['config.json', 'model.safetensors', 'tokenizer.json']) {
      expect(await readFile(join(first, file))).toEqual(await readFile(join(second, file)));
    }
  });

  it('is saved with all that its folder says it reads text, sound and pictures by', async () => {
    const [first, second] = [await folder(), await folder()];
    await cp(join(families, 'qwen2'), first, { recursive: true });
    await mkdir(join(first, 'additional_chat_templates'));
    const beside = {
      'additional_chat_templates/tool_use.jinja': Buffer.from('{{ tools }}'),
      'added_tokens.json': Buffer.from('{"<tool>": 119}'),
      'merges.txt': Buffer.from('#version: 0.2\n'),
      'preprocessor_config.json': Buffer.from('{"n_fft": 400}'),
      // Not text: half a character.
      'tokenizer.model': Buffer.from([10, 0xc3, 0, 0xff]),
    };
    for (const [name, content] of Object.entries(beside)) await writeFile(join(first, name), content);
    await writeFile(join(first, 'training_args.bin'), '');
    await (await Policy.load(first)).save(second);
    for (const [name, content] of Object.entries(beside)) expect(await readFile(join(second, name))).toEqual(content);
    const read = [
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ];
    expect(new Set(await readdir(second, { recursive: true }))).toEqual(
      new Set([...read, 'additional_chat_templates', ...Object.keys(beside)]),
    );
  });

  it('is created from a seed', async () => {
    const { config } = await Policy.load(goldenFolder);
    const weights = (policy: Policy): Float32Array => policy.trained.get('model.layers.0.mlp.up_proj.weight')!.data;
    const tokenizer = await tokenizerJson();
    expect(weights(Policy.create(config, tokenizer, 1))).toEqual(weights(Policy.create(config, tokenizer, 1)));
    expect(weights(Policy.create(config, tokenizer, 1))).not.toEqual(weights(Policy.create(config, tokenizer, 2)));
  });

  it('names the file and the fault of a folder that is not one', async () => {
    const broken = await folder();
    const policy = await Policy.load(goldenFolder);
    await policy.save(broken);
    const weights = new Map(policy.trained);
    weights.delete('model.norm.weight');
    await writeSafetensors(join(broken, 'model.safetensors'), weights);
    await expect(Policy.load(broken)).rejects.toThrow('model.safetensors lacks model.norm.weight');
    const fault = async (change: object, reason: string): Promise<void> => {
      await writeFile(join(broken, 'config.json'), JSON.stringify({ ...policy.config, ...change }));
      await expect(Policy.load(broken)).rejects.toThrow(reason);
    };
    await fault(
      { model_type: 'gpt2' },
      'config.json does not describe a policy that can be trained here: model_type: "gpt2"',
    );
    await fault({ rope_scaling: { type: 'longrope' } }, 'rope_scaling.rope_type: "longrope" is not a way of scaling');
    await fault({ rope_parameters: { rope_type: 'linear' } }, 'rope_parameters.factor');
    await fault({ quantization_config: { bits: 4 } }, 'quantization_config: a quantised checkpoint');
    await fault({ use_sliding_window: true }, 'use_sliding_window: sliding windows');
    await fault({ eos_token_id: null }, 'eos_token_id: the id of the token that ends a text');
    await writeFile(join(broken, 'config.json'), '[');
    await expect(Policy.load(broken)).rejects.toThrow('config.json is not a JSON object');
  });
});

it('is refused with a file that is too long to be what its name says, before that is read', async () => {
  const broken = await folder();
  await (await Policy.load(goldenFolder)).save(broken);
  await truncate(join(broken, 'tokenizer.json'), 64 * 1024 * 1024 + 1);
  await expect(Policy.load(broken)).rejects.toThrow('tokenizer.json is longer than 67108864 bytes');
});

describe('a config.json', () => {
  /** As the golden families have it, changed. */
  const parsed = (family: string, change: object): PolicyConfig => {
    const content = JSON.parse(readFileSync(join(families, family, 'config.json'), 'utf8')) as object;
    return parsePolicyConfig({ ...content, ...change }, 'config.json');
  };

  it.each([
    // What other families, and forks of these, compute otherwise.
    ['llama', { logits_scaling: 8 }, 'logits_scaling'],
    ['llama', { logit_scale: 0.0625 }, 'logit_scale'],
    ['llama', { final_logit_softcapping: 30 }, 'final_logit_softcapping'],
    ['llama', { attn_logit_softcapping: 50 }, 'attn_logit_softcapping'],
    ['llama', { embedding_multiplier: 12 }, 'embedding_multiplier'],
    ['llama', { residual_multiplier: 0.22 }, 'residual_multiplier'],
    ['llama', { attention_multiplier: 0.0078125 }, 'attention_multiplier'],
    ['llama', { scale_emb: 12, scale_depth: 1.4, dim_model_base: 256 }, 'dim_model_base'],
    ['llama', { use_mup: true }, 'use_mup'],
    ['llama', { use_qk_norm: true }, 'use_qk_norm'],
    ['llama', { attention_sinks: 4 }, 'attention_sinks'],
    ['llama', { no_rope_layers: [1, 0] }, 'no_rope_layers'],
    ['llama', { rope_interleaved: true }, 'rope_interleaved'],
    ['llama', { original_max_position_embeddings: 16 }, 'original_max_position_embeddings'],
    ['llama', { num_hidden_layers: 1001 }, 'more than 1000 layers are not read'],
    ['llama', { per_layer_config: { 0: { num_key_value_heads: 1 } } }, 'per_layer_config'],
    ['llama', { pruned_heads: { 0: [1] } }, 'pruned_heads'],
    ['llama', { sliding_window: 4096 }, 'sliding_window is not known for llama'],
    ['llama', { quantization: { bits: 4 } }, 'quantization is not known'],
    ['llama', { quantization_config: { bits: 4 } }, 'quantization_config: a quantised checkpoint'],
    ['llama', { hidden_act: 'gelu' }, 'hidden_act: only silu'],
    ['llama', { hidden_activation: 'gelu' }, 'hidden_activation'],
    ['llama', { partial_rotary_factor: 0.5 }, 'partial_rotary_factor: a partly rotated head'],
    ['llama', { rope_parameters: { rope_type: 'default', partial_rotary_factor: 0.5 } }, 'a partly rotated head'],
    [
      'llama',
      { rope_parameters: { rope_type: 'default', mrope_section: [1, 1, 2] } },
      'mrope_section: is not known for',
    ],
    [
      'llama',
      { rope_scaling: { type: 'linear', factor: 2, finetuned: true } },
      'rope_scaling.finetuned: is not known for',
    ],
    ['llama', { rope_parameters: { full_attention: { rope_type: 'default' } } }, 'full_attention: is not known for'],
    [
      'llama',
      { rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1] } },
      '"longrope" is not a way of scaling',
    ],
    ['qwen2', { attention_bias: true }, 'attention_bias is not known for qwen2'],
    ['qwen2', { mlp_bias: true }, 'mlp_bias is not known for qwen2'],
    ['qwen3', { mlp_bias: true }, 'mlp_bias is not known for qwen3'],
    ['qwen3', { layer_types: ['full_attention', 'sliding_attention'] }, 'only layers of full attention'],
    ['qwen3', { num_experts: 4 }, 'num_experts'],
  ])('of %s is refused for %o, by its name', (family, change, fault) => {
    const folder = family === 'llama' ? 'llama-bias' : family;
    expect(() => parsed(folder, {})).not.toThrow();
    expect(() => parsed(folder, change)).toThrow(fault);
  });

  it('may say what changes nothing', () => {
    const old = {
      _name_or_path: 'x',
      auto_map: { AutoModel: 'x' },
      diversity_penalty: 0,
      is_llama_config: true,
      label2id: { LABEL_0: 0 },
      logits_scaling: null,
      rope_interleaved: false,
      temperature: 1,
      task_specific_params: null,
      'transformers.js_config': { kv_cache_dtype: {} },
      unsloth_version: '2026.9.1',
      use_qk_norm: false,
      vision_start_token_id: 7,
    };
    expect(parsed('llama-bias', old)).toMatchObject(old);
    const window = { attention_bias: false, sliding_window: 4096, max_window_layers: 1 };
    expect(parsed('qwen2', window)).toMatchObject(window);
  });

  it('scales positions by rope_scaling where that says something, else by rope_parameters, as transformers does', () => {
    const rope_parameters = { rope_type: 'linear', factor: 4, rope_theta: 50 };
    const factor = (rope_scaling: object | null): unknown => {
      const { base, scaling } = ropeOf(parsed('qwen2', { rope_scaling, rope_parameters }));
      return [base, scaling.rope_type, 'factor' in scaling && scaling.factor];
    };
    for (const nothing of [null, {}]) expect(factor(nothing)).toEqual([50, 'linear', 4]);
    expect(factor({ type: 'linear', factor: 2, rope_theta: 70 })).toEqual([70, 'linear', 2]);
    expect(factor({ type: 'default', rope_theta: 70 })).toEqual([70, 'default', false]);
  });

  it('is written as it was read, without keys of the scaling that it left out', async () => {
    const broken = await folder();
    await cp(join(families, 'llama3'), broken, { recursive: true });
    const file = join(broken, 'config.json');
    const given = JSON.parse(await readFile(file, 'utf8')) as { rope_scaling: Record<string, unknown> };
    delete given.rope_scaling.original_max_position_embeddings;
    await writeFile(file, JSON.stringify(given));
    const copy = await folder();
    await (await Policy.load(broken)).save(copy);
    const written = JSON.parse(await readFile(join(copy, 'config.json'), 'utf8')) as typeof given & object;
    expect(written.rope_scaling).toEqual(given.rope_scaling);
    expect('bos_token_id' in written).toBe('bos_token_id' in given);
  });
});

/** A safetensors file with a header of one's own, and `bytes` zeros behind it. */
function writeTensors(file: string, tensors: object, bytes: number): Promise<void> {
  const header = Buffer.from(JSON.stringify(tensors));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return writeFile(file, Buffer.concat([length, header, Buffer.alloc(bytes)]));
}

describe('a safetensors file', () => {
  it.each([
    ['an empty file', Buffer.alloc(0), 'shorter than its header length'],
    ['a header past the end', Buffer.from([255, 0, 0, 0, 0, 0, 0, 0, 123]), 'header is longer than the file'],
    ['a header that is not JSON', Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 123, 123]), 'not JSON'],
  ])('is refused when it is %s', async (_, bytes, reason) => {
    const file = join(await folder(), 'x.safetensors');
    await writeFile(file, bytes);
    await expect(readSafetensors(file)).rejects.toThrow(reason);
  });

  it('is refused when a tensor lies outside it or has another type', async () => {
    const file = join(await folder(), 'x.safetensors');
    await writeTensors(file, { a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, 4);
    await expect(readSafetensors(file)).rejects.toThrow('a lies outside the file');
    await writeTensors(file, { a: { dtype: 'I32', shape: [2], data_offsets: [0, 8] } }, 8);
    await expect(readSafetensors(file)).rejects.toThrow('a is I32; save the policy in float32, bfloat16 or float16');
  });

  it('is refused when its tensors take one another’s bytes, are not as long as they say, or its header is too long', async () => {
    const file = join(await folder(), 'x.safetensors');
    const tensor = (begin: number, end: number, length: number) => ({
      ...{ dtype: 'F32', shape: [length], data_offsets: [begin, end] },
    });
    // Each is of good length and within the file: together they would be far longer than it.
    await writeTensors(file, { a: tensor(0, 16, 4), b: tensor(16, 32, 4), c: tensor(12, 28, 4) }, 32);
    for (const read of [readSafetensors, safetensorsShapes])
      await expect(read(file)).rejects.toThrow(
        'x.safetensors is not a safetensors file that can be read here: a and c overlap',
      );
    await writeTensors(file, { a: tensor(8, 4, 1) }, 32);
    await expect(readSafetensors(file)).rejects.toThrow('a ends before it begins');
    await writeTensors(file, { a: tensor(0, 16, 1e9) }, 32);
    await expect(readSafetensors(file)).rejects.toThrow('a is [1000000000] and has 16 bytes');
    await writeTensors(file, { a: tensor(0, 32, 8) }, 32);
    await expect(readSafetensors(file, new Map([['a', [2, 4]]]))).rejects.toThrow('config.json asks for [2, 4]');
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(25_000_001n);
    await writeFile(file, length);
    await truncate(file, 25_000_100);
    await expect(readSafetensors(file)).rejects.toThrow('its header is longer than 25000000 bytes');
  });

  it('with a weight that is no number fails the policy or the adapter that has it, by name', async () => {
    const broken = await folder();
    await (await Policy.load(goldenFolder)).save(broken);
    const file = join(broken, 'model.safetensors');
    const weights = await readSafetensors(file);
    weights.get('model.norm.weight')!.data[1] = Infinity;
    await writeSafetensors(file, weights);
    await expect(Policy.load(broken)).rejects.toThrow(`${file}: model.norm.weight holds Infinity`);
    const { config } = await Policy.load(goldenFolder);
    const adapter = Adapter.create(config, { rank: 2, alpha: 4, modules: ['q_proj'] }, 1);
    const name = [...adapter.parameters.keys()][0];
    adapter.parameters.get(name)!.data[0] = NaN;
    const beside = await folder();
    await adapter.save(beside, broken);
    await expect(Adapter.load(beside, config)).rejects.toThrow(`${name} holds NaN`);
  });

  it('gives half precision of both kinds as the float32 of the same value', async () => {
    const file = join(await folder(), 'x.safetensors');
    const read = async (dtype: string, bits: number[]): Promise<number[]> => {
      const header = Buffer.from(
        JSON.stringify({ a: { dtype, shape: [bits.length], data_offsets: [0, 2 * bits.length] } }),
      );
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      await writeFile(file, Buffer.concat([length, header, Buffer.from(Uint16Array.from(bits).buffer)]));
      return [...(await readSafetensors(file)).get('a')!.data];
    };
    const half = [0x3c00, 0xc000, 0x3555, 0x0001, 0x8400, 0x7bff, 0x7c00, 0xfc00, 0x8000];
    const thirds = 0.333251953125;
    expect(await read('F16', half)).toEqual([1, -2, thirds, 2 ** -24, -(2 ** -14), 65504, Infinity, -Infinity, -0]);
    expect(await read('F16', [0x7e00])).toEqual([NaN]);
    const brain = [0x3f80, 0xc000, 0x3eab, 0x0001, 0x7f80, 0x7fc0];
    expect(await read('BF16', brain)).toEqual([1, -2, 0.333984375, 2 ** -133, Infinity, NaN]);
  });
});
