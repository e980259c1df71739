import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { nativeFiles } from '../../../scripts/package.ts';

it('packs the library of ONNX Runtime once, under the name that its addon is linked against', () => {
  expect(
    nativeFiles('onnxruntime-node', 'darwin-arm64')
      .map((file) => basename(file))
      .sort(),
  ).toEqual(['libonnxruntime.1.dylib', 'onnxruntime_binding.node']);
  expect(
    nativeFiles('onnxruntime-node', 'linux-x64')
      .map((file) => basename(file))
      .sort(),
  ).toEqual(['libonnxruntime.so.1', 'onnxruntime_binding.node']);
});
