#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (npm) writes an output into the tensor that `run` is given for it, and still returns another tensor with memory of
# its own: results that are fetched into one's own buffers, to save memory, take twice as much.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix . onnxruntime-node@1.30.0 >/dev/null
cat >run.cjs <<'JS'
const { InferenceSession, Tensor } = require('onnxruntime-node');
// The fields of ONNX's protocol buffers that a model of one sum, y = x + x, has.
const varint = (n) => (n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))]);
const part = (field, bytes) => [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
const text = (field, value) => part(field, [...Buffer.from(value)]);
const number = (field, value) => [...varint(field * 8), ...varint(value)];
const floats = (name) => [...text(1, name), ...part(2, part(1, [...number(1, 1), ...part(2, part(1, text(2, 'n')))]))];
const sum = [...text(1, 'x'), ...text(1, 'x'), ...text(2, 'y'), ...text(4, 'Add')];
const graph = [...part(1, sum), ...text(2, 'sum'), ...part(11, floats('x')), ...part(12, floats('y'))];
const model = Uint8Array.from([...number(1, 8), ...part(7, graph), ...part(8, [...text(1, ''), ...number(2, 13)])]);
(async () => {
  const session = await InferenceSession.create(model);
  const size = 16 * 2 ** 20;
  const x = new Tensor('float32', new Float32Array(size).fill(1), [size]);
  const given = new Tensor('float32', new Float32Array(size), [size]);
  globalThis.gc();
  const before = process.memoryUsage().arrayBuffers;
  const { y } = await session.run({ x }, { y: given });
  const more = Math.round((process.memoryUsage().arrayBuffers - before) / (4 * size));
  const isFilled = given.data.every((value) => value === 2);
  console.log(`filled ${isFilled}, returned ${y === given || y.data.buffer === given.data.buffer}, outputs more in memory ${more}`);
})();
JS
seen=$(node --expose-gc run.cjs)
echo "onnxruntime-node: $seen"
[ "$seen" = 'filled true, returned false, outputs more in memory 1' ]
