import { expect, it } from 'vitest';
import type { Executable } from '../../../src/training/backends/backend.ts';
import { CompiledPrograms } from '../../../src/training/backends/compiled.ts';
import { OnnxBackend } from '../../../src/training/backends/onnxruntime.ts';
import * as op from '../../../src/training/graph/operators.ts';
import { program, type Program } from '../../../src/training/graph/program.ts';

/** Counts what it compiles, and what of that is let go. */
class CountingBackend extends OnnxBackend {
  compiled = 0;
  released = 0;

  override async compile(of: Program): Promise<Executable> {
    this.compiled += 1;
    const executable = await super.compile(of);
    return {
      run: (feeds) => executable.run(feeds),
      dispose: () => {
        this.released += 1;
        executable.dispose();
      },
    };
  }
}

it('keeps the programs that were asked for last, and makes one that had to go anew, with the same values', async () => {
  const backend = new CountingBackend(1);
  const programs = new CompiledPrograms(backend, 2);
  const at = backend.tensor(Float32Array.from([1, 2, 3]), [3]);
  const times = async (factor: number): Promise<number[]> => {
    const executable = await programs.get(`${factor}`, () => program({ y: op.mul(op.input('x', [3]), factor) }));
    const { y } = await executable.run({ x: at });
    const values = [...y.data()];
    y.dispose();
    return values;
  };
  const steps: [factor: number, compiled: number][] = [
    ...([
      [2, 1],
      [3, 2],
      [2, 2],
      [5, 3],
      [2, 3],
    ] as [number, number][]),
    // Asked for longest ago, it had to go for the third one.
    ...([
      [3, 4],
      [5, 5],
    ] as [number, number][]),
  ];
  for (const [factor, compiled] of steps) {
    expect(await times(factor)).toEqual([factor, 2 * factor, 3 * factor]);
    expect([factor, backend.compiled, backend.released]).toEqual([factor, compiled, Math.max(compiled - 2, 0)]);
  }
  await programs.dispose();
  expect(backend.released).toBe(backend.compiled);
  at.dispose();
});
