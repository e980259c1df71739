/** ONNX Runtime: the embedded default. Compiles a program as one ONNX model; tensors live in its own memory format, unchanged. */
import { InferenceSession, Tensor as OrtTensor, env } from 'onnxruntime-node';
import { sizeOf } from '../graph/tensor.ts';
import type { DataType, Shape } from '../graph/tensor.ts';
import type { Backend, DeviceTensor, Executable, Feeds, Results, TensorData } from './backend.ts';
import type { Program } from '../graph/program.ts';
import { writeOnnx } from './onnx.ts';

class OnnxTensor implements DeviceTensor {
  readonly value: OrtTensor;

  constructor(value: OrtTensor) {
    this.value = value;
  }

  get dataType(): DataType {
    return this.value.type as DataType;
  }

  get shape(): Shape {
    return this.value.dims;
  }

  data(): TensorData {
    return this.value.data as TensorData;
  }

  dispose(): void {
    this.value.dispose();
  }
}

class OnnxExecutable implements Executable {
  readonly #session: InferenceSession;
  readonly #program: Program;

  constructor(session: InferenceSession, program: Program) {
    this.#session = session;
    this.#program = program;
  }

  async run(feeds: Feeds): Promise<Results> {
    const values = Object.fromEntries(
      this.#program.inputs.map(({ attributes: { name } }) => [name, (feeds[name] as OnnxTensor | undefined)?.value]),
    ) as Record<string, OrtTensor>;
    const results = await this.#session.run(values);
    return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, new OnnxTensor(value)]));
  }

  dispose(): void {
    void this.#session.release();
  }
}

export class OnnxBackend implements Backend {
  readonly name = 'onnxruntime';
  readonly description: string;
  readonly #threads: number;

  constructor(threads: number) {
    this.#threads = threads;
    this.description = `onnxruntime-node ${env.versions.node ?? ''}, CPU, ${threads} threads`;
  }

  tensor(data: TensorData, shape: Shape): DeviceTensor {
    if (data.length !== sizeOf(shape)) throw new RangeError(`${data.length} values do not fill [${shape.join(', ')}]`);
    return new OnnxTensor(
      data instanceof Float32Array ? new OrtTensor('float32', data, shape) : new OrtTensor('int32', data, shape),
    );
  }

  async compile(program: Program): Promise<Executable> {
    const session = await InferenceSession.create(writeOnnx(program), {
      executionProviders: ['cpu'],
      intraOpNumThreads: this.#threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      // A session would keep the most a run ever took, and there is one for every shape: four times the memory, no faster.
      enableCpuMemArena: false,
      enableMemPattern: false,
      // Threads spin between the operators of a run, which is quicker than to wake them, and stop when it ends.
      extra: { session: { intra_op: { allow_spinning: '1' }, force_spinning_stop: '1' } },
    });
    return new OnnxExecutable(session, program);
  }
}
