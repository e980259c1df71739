/**
 * Whether what parquet says of itself in Thrift's compact protocol
 * (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md) is no longer than its bytes: hyparquet makes room for
 * a list as long as it says that it is.
 */

/** Where reading has come to. */
export interface ThriftReader {
  view: DataView;
  offset: number;
}

const deepest = 16;
/** Of one struct, with those within it: each takes hyparquet a hundred bytes or so. */
const mostFields = 4_000_000;

/** Goes past a struct. Throws when it is cut off, nested too deep, or has more fields than it may. */
export function checkStruct(reader: ThriftReader): void {
  let left = mostFields;
  const struct = (depth: number): void => {
    for (let byte = take(reader); (byte & 0x0f) !== 0; byte = take(reader)) {
      if (byte >> 4 === 0) varint(reader);
      value(byte & 0x0f, depth, false);
    }
  };
  const value = (type: number, depth: number, isElement: boolean): void => {
    left -= 1;
    if (depth > deepest || left < 0) throw new Error('the parquet file says more of itself than it may');
    // A flag is its type, but for one in a list.
    if (type === 1 || type === 2) reader.offset += Number(isElement);
    else if (type === 3) reader.offset += 1;
    else if (type >= 4 && type <= 6) varint(reader);
    else if (type === 7) reader.offset += 8;
    else if (type === 8) binary();
    else if (type === 9 || type === 10) list(depth);
    else if (type === 12) struct(depth + 1);
    else throw new Error(`the parquet file is damaged: it has a value of the type ${type}`);
  };
  const binary = (): void => {
    const length = varint(reader);
    reader.offset += length;
  };
  const list = (depth: number): void => {
    const head = take(reader);
    const length = head >> 4 === 15 ? varint(reader) : head >> 4;
    if (length > reader.view.byteLength - reader.offset)
      throw new Error(`the parquet file is damaged or cut off: a list of ${length}`);
    for (let i = 0; i < length; i += 1) value(head & 0x0f, depth + 1, true);
  };
  struct(0);
}

function take(reader: ThriftReader): number {
  if (reader.offset >= reader.view.byteLength) throw new Error('the parquet file is damaged or cut off');
  return reader.view.getUint8(reader.offset++);
}

/** A number of seven bits a byte, ten bytes at most. */
export function varint(reader: ThriftReader): number {
  let [result, scale] = [0, 1];
  for (let bytes = 0; bytes < 10; bytes += 1) {
    const byte = take(reader);
    result += (byte & 0x7f) * scale;
    if (byte < 0x80) return result;
    scale *= 128;
  }
  throw new Error('the parquet file is damaged: a number that does not end');
}
