/**
 * Safetensors files: an 8-byte little-endian header length, a JSON header, then raw little-endian tensors
 * (https://huggingface.co/docs/safetensors). float32 only; other types are an error that names the tensor.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import * as v from 'valibot';

export interface HostTensor {
  shape: readonly number[];
  data: Float32Array;
}
export type HostTensors = ReadonlyMap<string, HostTensor>;

const size = v.pipe(v.number(), v.integer(), v.minValue(0));
const entrySchema = v.object({ dtype: v.string(), shape: v.array(size), data_offsets: v.tuple([size, size]) });
const metadataKey = '__metadata__';
/** The reference reader's limit. */
const maximumHeader = 100_000_000;

export async function readSafetensors(file: string): Promise<Map<string, HostTensor>> {
  const bytes = await readFile(file);
  const fault = (reason: string): Error =>
    new Error(`${file} is not a safetensors file that can be read here: ${reason}`);
  if (bytes.length < 8) throw fault('it is shorter than its header length');
  const length = Number(bytes.readBigUInt64LE(0));
  if (length > maximumHeader || 8 + length > bytes.length) throw fault('its header is longer than the file');
  let header: unknown;
  try {
    header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  } catch {
    throw fault('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null) throw fault('its header is not an object');
  const tensors = new Map<string, HostTensor>();
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) continue;
    const entry = v.safeParse(entrySchema, value);
    if (!entry.success) throw fault(`the entry of ${name} is malformed`);
    const {
      dtype,
      shape,
      data_offsets: [start, end],
    } = entry.output;
    if (dtype !== 'F32') throw fault(`${name} is ${dtype}; convert the policy to float32`);
    const count = shape.reduce((product, dimension) => product * dimension, 1);
    if (end - start !== 4 * count || 8 + length + end > bytes.length) throw fault(`${name} lies outside the file`);
    const data = new Float32Array(count);
    new Uint8Array(data.buffer).set(bytes.subarray(8 + length + start, 8 + length + end));
    tensors.set(name, { shape, data });
  }
  return tensors;
}

/** Writes through a temporary file, so that a reader never sees half a checkpoint. The same tensors give the same bytes. */
export async function writeSafetensors(
  file: string,
  tensors: HostTensors,
  metadata: Record<string, string> = { format: 'pt' },
): Promise<void> {
  const names = [...tensors.keys()].sort();
  const header: Record<string, unknown> = { [metadataKey]: metadata };
  let offset = 0;
  for (const name of names) {
    const { shape, data } = tensors.get(name)!;
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, (offset += data.byteLength)] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const bodies = names.map((name) => {
    const { data } = tensors.get(name)!;
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  });
  await writeFile(`${file}.partial`, Buffer.concat([length, padded, ...bodies]));
  await rename(`${file}.partial`, file);
}
