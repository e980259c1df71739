/**
 * Weights of eight bits: of each value a whole number from −127 to 127, and of each row the scale that its largest value gives it (symmetric
 * absmax quantisation by rows; Dettmers et al., arXiv 2208.07339, section 2). Only what no gradient changes can be held so.
 */
import type { BaseBits } from '../../domain/run.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { HostTensor, HostTensors } from './safetensors.ts';

export interface QuantisedTensor {
  /** [rows, width]. */
  shape: readonly number[];
  data: Int8Array;
  /** [rows]: what the numbers of a row are multiplied with. */
  scale: Float32Array;
}

/** A weight as a policy holds it. */
export type Weight = HostTensor | QuantisedTensor;
export type Weights = ReadonlyMap<string, Weight>;

/** The name of a quantised weight's scale, beside that of its numbers. */
export const scaleName = (name: string): string => `${name}.scale`;

export const isQuantised = (weight: Weight): weight is QuantisedTensor => 'scale' in weight;

const largestNumber = 127;

/** The weight of a policy whose linear weights, embedding and head are to take so many bits. The others, and a prefix's, are few and stay. */
export const heldIn =
  (bits: BaseBits) =>
  (name: string, tensor: HostTensor): Weight =>
    bits === 8 && tensor.shape.length === 2 && !name.startsWith('prefix.') ? quantised(tensor) : tensor;

function quantised({ shape, data }: HostTensor): QuantisedTensor {
  const [rows, width] = shape;
  const result = { shape, data: new Int8Array(data.length), scale: new Float32Array(rows) };
  for (let row = 0; row < rows; row += 1) {
    const [from, to] = [row * width, (row + 1) * width];
    let largest = 0;
    for (let i = from; i < to; i += 1) largest = Math.max(largest, Math.abs(data[i]));
    const inverse = largest === 0 ? 0 : largestNumber / largest;
    for (let i = from; i < to; i += 1) result.data[i] = Math.round(data[i] * inverse);
    result.scale[row] = largest / largestNumber;
  }
  return result;
}

/** The float32 values of a weight, exactly those that a graph computes with. */
export function valuesOf(weight: Weight): HostTensor {
  if (!isQuantised(weight)) return weight;
  const { shape, data, scale } = weight;
  const values = new Float32Array(sizeOf(shape));
  const [, width] = shape;
  for (let i = 0; i < values.length; i += 1) values[i] = data[i] * scale[Math.floor(i / width)];
  return { shape, data: values };
}

/** The same weights where all are float32. Throws when one is quantised, which cannot train. */
export function trainable(weights: Weights): HostTensors {
  const isWhole = (all: Weights): all is HostTensors => ![...all.values()].some(isQuantised);
  if (isWhole(weights)) return weights;
  throw new Error('Weights of 8 bits do not train: give the policy an adapter, or hold them in 32 bits.');
}
