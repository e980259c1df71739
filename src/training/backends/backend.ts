/** What computes tensors. A backend compiles a program (a static graph) once and runs it on fed tensors. */
import type { BackendName } from '../../domain/backend.ts';
import type { DataType, Shape } from '../graph/tensor.ts';
import type { Program } from '../graph/program.ts';

export type TensorData = Float32Array | Int32Array | Int8Array;

/** A tensor where the backend keeps it; between runs it is fed back without passing through JavaScript where the runtime allows. */
export interface DeviceTensor {
  readonly dataType: DataType;
  readonly shape: Shape;
  /** The values, row major; a view that lives as long as the tensor. */
  data(): TensorData;
  dispose(): void;
}

export type Feeds = Readonly<Record<string, DeviceTensor>>;
export type Results = Record<string, DeviceTensor>;

/** A compiled program. */
export interface Executable {
  /** Feeds every input by name and gives every output; the caller owns the outputs. Names the program does not know are ignored. */
  run(feeds: Feeds): Promise<Results>;
  dispose(): void;
}

export interface Backend {
  readonly name: BackendName;
  /** Library and version, where it computes and on how many threads, for the run's record. */
  readonly description: string;
  /** Makes a tensor of `data`, which must not change while the tensor lives: it may be shared, not copied. */
  tensor(data: TensorData, shape: Shape): DeviceTensor;
  compile(program: Program): Promise<Executable>;
}

/** A backend that was asked for by name and cannot run here; the message names the cure. */
export class BackendUnavailableError extends Error {
  override readonly name = 'BackendUnavailableError';
}

/** Median milliseconds of `runs` calls of `step` after one that warms up. */
export async function measure(step: () => Promise<unknown>, runs = 3): Promise<number> {
  await step();
  const times: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const start = performance.now();
    await step();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[runs >> 1];
}

export function disposeAll(tensors: Feeds): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}
