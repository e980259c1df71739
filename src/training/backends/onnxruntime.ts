/** ONNX Runtime: on the CPU the embedded default. Compiles a program as one ONNX model; tensors live in its own memory format, unchanged. */
import { InferenceSession, Tensor as OrtTensor, env } from 'onnxruntime-node';
import { errorText } from '../../domain/error-text.ts';
import { add, input } from '../graph/operators.ts';
import { program } from '../graph/program.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { DataType, Shape } from '../graph/tensor.ts';
import type { Backend, DeviceTensor, Executable, Feeds, Results, TensorData } from './backend.ts';
import type { Program } from '../graph/program.ts';
import { writeOnnx } from './onnx.ts';
import { needProvider, providers, unavailable, type OnnxName } from './providers.ts';

class OnnxTensor implements DeviceTensor {
  readonly value: OrtTensor;
  /** Whether the memory is this tensor's own, as that of a result is; what was fed may be shared. */
  readonly #owned: boolean;

  constructor(value: OrtTensor, owned: boolean) {
    this.value = value;
    this.#owned = owned;
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
    // Detached, it is freed at once: until garbage is collected, results would pile up to several times a step's memory.
    if (this.#owned) (this.data().buffer as ArrayBuffer).transfer(0);
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
    return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, new OnnxTensor(value, true)]));
  }

  dispose(): void {
    void this.#session.release();
  }
}

export class OnnxBackend implements Backend {
  readonly name: OnnxName;
  readonly description: string;
  readonly #threads: number;

  constructor(threads: number, name: OnnxName = 'onnxruntime') {
    this.name = name;
    this.#threads = threads;
    this.description = `onnxruntime-node ${env.versions.node ?? ''}, ${providers[name].title}, ${threads} threads`;
  }

  tensor(data: TensorData, shape: Shape): DeviceTensor {
    if (data.length !== sizeOf(shape)) throw new RangeError(`${data.length} values do not fill [${shape.join(', ')}]`);
    return new OnnxTensor(new OrtTensor(data, shape), false);
  }

  async compile(program: Program): Promise<Executable> {
    const session = await InferenceSession.create(writeOnnx(program), {
      // What a provider lacks, ONNX Runtime computes on the CPU.
      executionProviders: [providers[this.name].id],
      intraOpNumThreads: this.#threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      // A session would keep the most a run ever took, and there is one for every shape: four times the memory, no faster.
      enableCpuMemArena: false,
      enableMemPattern: false,
      // Threads spin a moment between the operators of a run, which is quicker than to wake them. Longer spinning gains little on a
      // quiet machine and costs a busy one three times the step.
      extra: {
        // What a gradient computes anew would else be kept since it was computed first.
        optimization: { disable_specified_optimizers: 'CommonSubexpressionElimination' },
        session: { intra_op: { allow_spinning: '1', spin_duration_us: '20' }, force_spinning_stop: '1' },
      },
      // Errors alone: that some operators are the CPU's is no news, but said for every graph.
      logSeverityLevel: 3,
    });
    return new OnnxExecutable(session, program);
  }
}

/** ONNX Runtime with a provider that has computed something here. Throws BackendUnavailableError, with the cure, when it cannot. */
export async function openOnnx(name: OnnxName, threads: number): Promise<Backend> {
  const backend = new OnnxBackend(threads, name);
  if (name === 'onnxruntime') return backend;
  needProvider(name);
  try {
    const executable = await backend.compile(program({ y: add(input('x', [1]), 1) }));
    await executable.run({ x: backend.tensor(Float32Array.of(1), [1]) });
    executable.dispose();
    return backend;
  } catch (error) {
    throw unavailable(name, reasonOf(error), error);
  }
}

/** The last sentence of an error: before it ONNX Runtime names a line of its own source. */
function reasonOf(error: unknown): string {
  const message = errorText(error);
  return `${message.split('was false. ').at(-1)!.trim()}.`;
}
