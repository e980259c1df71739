/** Token arrays as SQLite keeps them: little-endian 32-bit values, whatever the machine. */
import { endianness } from 'node:os';

const swapped = endianness() === 'BE';

/** The array's bytes, little-endian; null stays null. */
export function toBlob(values: Int32Array | Float32Array | null | undefined): Buffer | null {
  if (!values) return null;
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return swapped ? Buffer.from(bytes).swap32() : bytes;
}

export function toInt32(blob: Buffer | null): Int32Array | null {
  return blob && new Int32Array(aligned(blob));
}

export function toFloat32(blob: Buffer | null): Float32Array | null {
  return blob && new Float32Array(aligned(blob));
}

/** A copy of its own: a pooled Buffer need not start on a multiple of four. */
function aligned(blob: Buffer): ArrayBuffer {
  const copy = new Uint8Array(blob);
  if (swapped) Buffer.from(copy.buffer).swap32();
  return copy.buffer;
}
