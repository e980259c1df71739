/**
 * Scalars as TensorBoard's event files: TFRecords of Event messages (tensorflow/core/util/event.proto, summary.proto, lib/io/record_writer.cc).
 * The format is so small that its four fields are written here.
 */

export interface Scalars {
  /** Milliseconds since 1970. */
  at: number;
  step: number;
  values: Readonly<Record<string, number>>;
}

/** The records of a file: its version first, then one for each of `rows`. Values are float32, as TensorBoard keeps scalars. */
export function* eventRecords(rows: Iterable<Scalars>): Generator<Buffer> {
  let isFirst = true;
  for (const { at, step, values } of rows) {
    if (isFirst) yield record(Buffer.concat([double(1, at / 1000), bytes(3, Buffer.from('brain.Event:2'))]));
    isFirst = false;
    const scalars = Object.entries(values).map(([tag, value]) =>
      bytes(1, Buffer.concat([bytes(1, Buffer.from(tag)), float(2, value)])),
    );
    yield record(Buffer.concat([double(1, at / 1000), key(2, 0), varint(step), bytes(5, Buffer.concat(scalars))]));
  }
}

/** Length, its checksum, the data, its checksum. */
function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, masked(length), data, masked(data)]);
}

function masked(data: Buffer): Buffer {
  const crc = crc32c(data);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return sum;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (RFC 3720, appendix B.4), where Node has CRC-32 alone. */
function crc32c(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The field's number, and how its value is written: 0 a varint, 1 eight bytes, 2 bytes with their length, 5 four bytes. */
const key = (field: number, wire: number): Buffer => varint(field * 8 + wire);

function varint(value: number): Buffer {
  const made: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) made.push((rest % 0x80) + 0x80);
  return Buffer.from([...made, rest]);
}

function double(field: number, value: number): Buffer {
  const written = Buffer.alloc(8);
  written.writeDoubleLE(value);
  return Buffer.concat([key(field, 1), written]);
}

function float(field: number, value: number): Buffer {
  const written = Buffer.alloc(4);
  written.writeFloatLE(value);
  return Buffer.concat([key(field, 5), written]);
}

const bytes = (field: number, value: Buffer): Buffer => Buffer.concat([key(field, 2), varint(value.length), value]);
