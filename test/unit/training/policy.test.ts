import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Policy } from '../../../src/training/policy/policy.ts';
import { readSafetensors, writeSafetensors } from '../../../src/training/policy/safetensors.ts';
import { goldenFolder } from './golden.ts';

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

  it('is created from a seed', async () => {
    const { config } = await Policy.load(goldenFolder);
    const weights = (policy: Policy): Float32Array => policy.parameters.get('model.layers.0.mlp.up_proj.weight')!.data;
    const tokenizer = await tokenizerJson();
    expect(weights(Policy.create(config, tokenizer, 1))).toEqual(weights(Policy.create(config, tokenizer, 1)));
    expect(weights(Policy.create(config, tokenizer, 1))).not.toEqual(weights(Policy.create(config, tokenizer, 2)));
  });

  it('names the file and the fault of a folder that is not one', async () => {
    const broken = await folder();
    const policy = await Policy.load(goldenFolder);
    await policy.save(broken);
    const weights = new Map(policy.parameters);
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
    await fault({ rope_scaling: { type: 'longrope' } }, 'rope_scaling.rope_type: "longrope" is not one of');
    await fault({ rope_parameters: { rope_type: 'linear' } }, 'rope_parameters.factor');
    await fault({ quantization_config: { bits: 4 } }, 'quantization_config: a quantised checkpoint');
    await fault({ use_sliding_window: true }, 'use_sliding_window: sliding windows');
    await fault({ eos_token_id: null }, 'eos_token_id: the id of the token that ends a text');
    await writeFile(join(broken, 'config.json'), '[');
    await expect(Policy.load(broken)).rejects.toThrow('config.json is not a JSON object');
  });
});

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
    const write = (dtype: string, end: number): Promise<void> => {
      const header = Buffer.from(JSON.stringify({ a: { dtype, shape: [2], data_offsets: [0, end] } }));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      return writeFile(file, Buffer.concat([length, header, Buffer.alloc(4)]));
    };
    await write('F32', 8);
    await expect(readSafetensors(file)).rejects.toThrow('a lies outside the file');
    await write('I32', 8);
    await expect(readSafetensors(file)).rejects.toThrow('a is I32; save the policy in float32, bfloat16 or float16');
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
