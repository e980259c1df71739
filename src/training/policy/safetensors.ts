/**
 * Safetensors files: an 8-byte little-endian header length, a JSON header, then raw little-endian tensors
 * (https://huggingface.co/docs/safetensors). float32, and half precision of both kinds, which becomes float32; other types are an
 * error that names the tensor.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import * as v from 'valibot';
import { parseJson } from '../../formats/json-records.ts';
import { writeWhole } from '../../formats/whole-file.ts';

export interface HostTensor {
  shape: readonly number[];
  data: Float32Array;
}
export type HostTensors = ReadonlyMap<string, HostTensor>;

const size = v.pipe(v.number(), v.integer(), v.minValue(0));
const entrySchema = v.object({ dtype: v.string(), shape: v.array(size), data_offsets: v.tuple([size, size]) });
const metadataKey = '__metadata__';
/** Bytes: a header of 100,000 tensors is half as long. The reference reader's limit is four times this. */
const maximumHeader = 25_000_000;

/** How the types that are read become float32. */
const decoders: Record<string, { width: number; decode: (raw: Uint8Array<ArrayBuffer>) => Float32Array }> = {
  F32: { width: 4, decode: (raw) => new Float32Array(raw.buffer) },
  // bfloat16 is the upper half of a float32.
  BF16: {
    width: 2,
    decode: (raw) => new Float32Array(Uint32Array.from(new Uint16Array(raw.buffer), (x) => x << 16).buffer),
  },
  F16: {
    width: 2,
    decode: (raw) => {
      const table = halfTable();
      return Float32Array.from(new Uint16Array(raw.buffer), (x) => table[x]);
    },
  },
};

let halves: Float32Array | null = null;
/** The value of each float16 (IEEE 754 binary16) by its bits. */
function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
    const [sign, exponent, fraction] = [bits >> 15, (bits >> 10) & 31, bits & 1023];
    const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
    const value = exponent === 31 ? (fraction === 0 ? Infinity : NaN) : size;
    return sign ? -value : value;
  });
  return halves;
}

/** All that `tensorsOf` gives at once. */
export async function readSafetensors(
  file: string,
  wanted?: ReadonlyMap<string, readonly number[]>,
): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for await (const [name, tensor] of tensorsOf(file, wanted)) tensors.set(name, tensor);
  return tensors;
}

/**
 * The tensors of a file as float32, one after the other: all of them, or those that `wanted` names, which must have its shapes. Nothing is
 * read of a file that is refused. Throws an error that names the file, and the tensor, where it cannot be read.
 */
export async function* tensorsOf(
  file: string,
  wanted?: ReadonlyMap<string, readonly number[]>,
): AsyncGenerator<[name: string, tensor: HostTensor]> {
  const fault = faultOf(file);
  const handle = await open(file);
  try {
    const { entries, start } = await readHeader(handle, fault);
    const chosen = [...entries].filter(([name]) => !wanted || wanted.has(name));
    const read = chosen.map(([name, { dtype, shape, data_offsets: offsets }]) => {
      const decoder = Object.hasOwn(decoders, dtype) ? decoders[dtype] : undefined;
      if (!decoder) throw fault(`${name} is ${dtype}; save the policy in float32, bfloat16 or float16`);
      const length = decoder.width * shape.reduce((product, dimension) => product * dimension, 1);
      if (offsets[1] - offsets[0] !== length)
        throw fault(`${name} is [${shape.join(', ')}] and has ${offsets[1] - offsets[0]} bytes`);
      const asked = wanted?.get(name) ?? shape;
      if (shape.join() !== asked.join())
        throw new Error(`${file}: ${name} is [${shape.join(', ')}], config.json asks for [${asked.join(', ')}]`);
      return { name, shape, position: start + offsets[0], length, decoder };
    });
    for (const { name, shape, position, length, decoder } of read)
      yield [name, { shape, data: decoder.decode(await readBytes(handle, position, length)) }];
  } finally {
    await handle.close();
  }
}

/** The shapes of a file's tensors by name, whatever their type; no tensor is read. Throws an error that names the file. */
export async function safetensorsShapes(file: string): Promise<Map<string, readonly number[]>> {
  const handle = await open(file);
  try {
    const { entries } = await readHeader(handle, faultOf(file));
    return new Map([...entries].map(([name, { shape }]) => [name, shape]));
  } finally {
    await handle.close();
  }
}

/** Throws an error that names the file, the tensor and the cure where a weight, or a moment of one, is no finite number. */
export function checkFinite(file: string, tensors: HostTensors): void {
  for (const [name, { data }] of tensors) {
    for (let i = 0; i < data.length; i += 1) {
      if (!Number.isFinite(data[i]))
        throw new Error(
          `${file}: ${name} holds ${data[i]}, and no policy learns from that: take a checkpoint from before it broke`,
        );
    }
  }
}

const faultOf =
  (file: string) =>
  (reason: string): Error =>
    new Error(`${file} is not a safetensors file that can be read here: ${reason}`);

type Entry = v.InferOutput<typeof entrySchema>;

/** What the JSON header says of each tensor, and where the tensors start. They lie within the file, and none in another. */
async function readHeader(
  handle: FileHandle,
  fault: (reason: string) => Error,
): Promise<{ entries: Map<string, Entry>; start: number }> {
  const { size: bytes } = await handle.stat();
  if (bytes < 8) throw fault('it is shorter than its header length');
  const length = Number(new DataView((await readBytes(handle, 0, 8)).buffer).getBigUint64(0, true));
  if (8 + length > bytes) throw fault('its header is longer than the file');
  if (length > maximumHeader) throw fault(`its header is longer than ${maximumHeader} bytes`);
  let header: unknown;
  try {
    header = parseJson(new TextDecoder().decode(await readBytes(handle, 8, length)));
  } catch {
    throw fault('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null) throw fault('its header is not an object');
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) continue;
    const entry = v.safeParse(entrySchema, value);
    if (!entry.success) throw fault(`the entry of ${name} is malformed`);
    if (8 + length + entry.output.data_offsets[1] > bytes) throw fault(`${name} lies outside the file`);
    entries.set(name, entry.output);
  }
  const inOrder = [...entries].sort(([, one], [, other]) => one.data_offsets[0] - other.data_offsets[0]);
  for (const [i, [name, { data_offsets: offsets }]] of inOrder.entries()) {
    if (offsets[0] > offsets[1]) throw fault(`${name} ends before it begins`);
    const [next, after] = inOrder[i + 1] ?? [];
    if (after && after.data_offsets[0] < offsets[1]) throw fault(`${name} and ${next} overlap`);
  }
  return { entries, start: 8 + length };
}

/** One read takes less than 2 GiB. */
const maximumRead = 2 ** 30;

async function readBytes(handle: FileHandle, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, maximumRead), position + done);
    if (bytesRead === 0) throw new Error('the file became shorter while it was read');
    done += bytesRead;
  }
  return bytes;
}

/** Writes the file whole or not at all: no reader sees half a checkpoint, nor two processes each other's. The same tensors give the same bytes. */
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
  await writeWhole(file, async (partial) => {
    const handle = await open(partial, 'w');
    try {
      await handle.writeFile(Buffer.concat([length, padded]));
      for (const name of names) {
        const { data } = tensors.get(name)!;
        await handle.writeFile(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      }
    } finally {
      await handle.close();
    }
  });
}
