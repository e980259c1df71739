/** TensorFlow's kernels through @tensorflow/tfjs-node-gpu: interprets a program operator by operator, on CUDA where the library has it. */
import { createRequire } from 'node:module';
import util from 'node:util';
import type * as TensorFlow from '@tensorflow/tfjs';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { errorText } from '../../domain/error-text.ts';
import type { OperatorName } from '../graph/attributes.ts';
import { topological } from '../graph/program.ts';
import type { Program } from '../graph/program.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { DataType, Shape, Tensor } from '../graph/tensor.ts';
import { BackendUnavailableError } from './backend.ts';
import type { Backend, DeviceTensor, Executable, Feeds, Results, TensorData } from './backend.ts';
import { findAddon, setUp, setUpAgain } from './tensorflow-addon.ts';

type Tf = typeof TensorFlow;
/** Under which tfjs knows TensorFlow's kernels. */
const kernelName = 'tensorflow';
type Kernel<Name extends OperatorName> = (tf: Tf, x: TensorFlow.Tensor[], node: Tensor<Name>) => TensorFlow.Tensor;

const dataTypeOf = (data: Float32Array | Int32Array) => (data instanceof Float32Array ? 'float32' : 'int32');
const mutable = (shape: Shape): number[] => [...shape];
const oneHot = (tf: Tf, ids: TensorFlow.Tensor, width: number): TensorFlow.Tensor =>
  tf.oneHot(ids.as1D().toInt(), width).toFloat();

const kernels: { [Name in Exclude<OperatorName, 'input' | 'constant'>]: Kernel<Name> } = {
  add: (tf, [a, b]) => tf.add(a, b),
  sub: (tf, [a, b]) => tf.sub(a, b),
  mul: (tf, [a, b]) => tf.mul(a, b),
  div: (tf, [a, b]) => tf.div(a, b),
  minimum: (tf, [a, b]) => tf.minimum(a, b),
  maximum: (tf, [a, b]) => tf.maximum(a, b),
  lessOrEqual: (tf, [a, b]) => tf.lessEqual(a, b).toFloat(),
  neg: (tf, [x]) => tf.neg(x),
  exp: (tf, [x]) => tf.exp(x),
  log: (tf, [x]) => tf.log(x),
  sqrt: (tf, [x]) => tf.sqrt(x),
  sigmoid: (tf, [x]) => tf.sigmoid(x),
  silu: (tf, [x, sigmoid]) => tf.mul(x, sigmoid),
  erf: (tf, [x]) => tf.erf(x),
  clip: (tf, [x], { attributes: { low, high } }) => tf.clipByValue(x, low, high),
  matmul: (tf, [a, b], { attributes: { transposeA, transposeB } }) => tf.matMul(a, b, transposeA, transposeB),
  reshape: (tf, [x], { shape }) => tf.reshape(x, mutable(shape)),
  transpose: (tf, [x], { attributes }) => tf.transpose(x, [...attributes.permutation]),
  expand: (tf, [x], { shape }) => tf.broadcastTo(x, mutable(shape)),
  sum: (tf, [x], { attributes }) => tf.sum(x, [...attributes.axes], true),
  softmax: (tf, [x]) => tf.softmax(x),
  logSoftmax: (tf, [x]) => tf.logSoftmax(x),
  mix: (tf, [, values, weights]) => tf.matMul(weights, values),
  rmsNorm: (tf, [x, weight], { attributes: { epsilon } }) =>
    x.mul(tf.rsqrt(tf.mean(tf.square(x), -1, true).add(epsilon))).mul(weight),
  rotate: (tf, [x, cosine, sine, positions], { attributes: { heads }, shape: [batch, length, width] }) => {
    const half = width / heads / 2;
    const angles = (table: TensorFlow.Tensor): TensorFlow.Tensor =>
      tf.gather(table, positions.toInt()).reshape([batch, length, 1, half]);
    const [first, second] = tf.split(x.reshape([batch, length, heads, 2 * half]), 2, 3);
    const [c, s] = [angles(cosine), angles(sine)];
    const turned = tf.concat([first.mul(c).sub(second.mul(s)), second.mul(c).add(first.mul(s))], 3);
    return turned.reshape([batch, length, width]);
  },
  slice: (tf, [x], { attributes: { axis, start }, shape }) =>
    tf.slice(
      x,
      shape.map((_, i) => (i === axis ? start : 0)),
      mutable(shape),
    ),
  pad: (tf, [x], { attributes: { axis, before, after }, shape }) =>
    tf.pad(
      x,
      shape.map((_, i): [number, number] => (i === axis ? [before, after] : [0, 0])),
    ),
  concat: (tf, x, { attributes }) => tf.concat(x, attributes.axis),
  dequantise: (_, [numbers, scale]) => numbers.toFloat().mul(scale),
  gatherRows: (tf, [table, ids]) => tf.gather(table, ids.toInt()),
  scatterRows: (tf, [values, ids], { attributes }) =>
    tf.unsortedSegmentSum(values, ids.as1D().toInt(), attributes.rows),
  selectRows: (tf, [x, ids], { shape: [, width] }) => tf.gather(tf.concat([x, tf.zeros([1, width])], 0), ids.toInt()),
  pick: (tf, [x, ids]) => tf.sum(x.mul(oneHot(tf, ids, x.shape[1]!)), 1, true),
  withSlope: (_, [y]) => y.clone(),
  withSlopes: (_, [y]) => y.clone(),
  place: (tf, [x, ids, values]) => x.add(oneHot(tf, ids, x.shape[1]!).mul(values)),
};

class TensorFlowTensor implements DeviceTensor {
  readonly value: TensorFlow.Tensor;

  constructor(value: TensorFlow.Tensor) {
    this.value = value;
  }

  get dataType(): DataType {
    return this.value.dtype as DataType;
  }

  get shape(): Shape {
    return this.value.shape;
  }

  data(): TensorData {
    return this.value.dataSync() as TensorData;
  }

  dispose(): void {
    this.value.dispose();
  }
}

class TensorFlowExecutable implements Executable {
  readonly #tf: Tf;
  readonly #program: Program;
  readonly #order: Tensor[];
  readonly #constants = new Map<Tensor, TensorFlow.Tensor>();
  /** The nodes nothing reads after each step: their memory is freed there. */
  readonly #done: Tensor[][];

  constructor(tf: Tf, program: Program) {
    this.#tf = tf;
    this.#program = program;
    this.#order = topological(Object.values(program.outputs));
    const last = new Map<Tensor, number>();
    for (const [i, node] of this.#order.entries()) for (const input of node.inputs) last.set(input, i);
    for (const output of Object.values(program.outputs)) last.delete(output);
    this.#done = this.#order.map(() => []);
    for (const [node, i] of last) if (node.inputs.length > 0) this.#done[i].push(node);
    for (const node of this.#order) {
      if (node.operator !== 'constant') continue;
      const { data } = (node as Tensor<'constant'>).attributes;
      this.#constants.set(node, tf.keep(tf.tensor(data, mutable(node.shape), dataTypeOf(data))));
    }
  }

  async run(feeds: Feeds): Promise<Results> {
    const outputs = Object.entries(this.#program.outputs);
    const results = this.#tf.tidy(() => {
      const values = new Map(this.#constants);
      for (const [i, node] of this.#order.entries()) {
        if (node.operator === 'input') {
          values.set(node, (feeds[(node as Tensor<'input'>).attributes.name] as TensorFlowTensor).value);
        } else if (node.operator !== 'constant') {
          const kernel = kernels[node.operator] as Kernel<OperatorName>;
          values.set(
            node,
            kernel(
              this.#tf,
              node.inputs.map((input) => values.get(input)!),
              node,
            ),
          );
        }
        for (const finished of this.#done[i]) values.get(finished)!.dispose();
      }
      // An output that is an input, or another output's node, is a tensor of its own, so that each can be disposed.
      return Object.fromEntries(outputs.map(([name, node]) => [name, values.get(node)!.clone()]));
    });
    return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, new TensorFlowTensor(value)]));
  }

  dispose(): void {
    for (const value of this.#constants.values()) value.dispose();
  }
}

export class TensorFlowBackend implements Backend {
  readonly name = 'tensorflow';
  readonly description: string;
  readonly #tf: Tf;

  constructor(tf: Tf, threads: number) {
    this.#tf = tf;
    const { binding, isUsingGpuDevice } = tf.backend() as NodeJSKernelBackend;
    const device = isUsingGpuDevice ? 'GPU' : 'CPU';
    this.description = `TensorFlow ${binding.TF_Version}, tfjs-node-gpu ${tf.version.tfjs}, ${device}, ${threads} threads`;
  }

  tensor(data: TensorData, shape: Shape): DeviceTensor {
    if (data.length !== sizeOf(shape)) throw new RangeError(`${data.length} values do not fill [${shape.join(', ')}]`);
    // It has no numbers of 8 bits.
    const values = data instanceof Int8Array ? Int32Array.from(data) : data;
    return new TensorFlowTensor(this.#tf.tensor(values, mutable(shape), dataTypeOf(values)));
  }

  async compile(program: Program): Promise<Executable> {
    return new TensorFlowExecutable(this.#tf, program);
  }
}

/**
 * Loads the addon that was set up on this machine. Throws BackendUnavailableError when there is none, and an error that names the cure
 * when it does not load.
 */
export async function openTensorFlow(threads: number): Promise<Backend> {
  const addon = findAddon();
  if (!addon) throw new BackendUnavailableError(`tensorflow is not set up here. ${setUp}`);
  // tfjs-node calls a function that Node 23 removed.
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  // Read by TensorFlow when its library is loaded.
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  try {
    const tf = await import('@tensorflow/tfjs');
    if (addon.package !== tf.version.tfjs)
      throw new Error(`it was compiled for ${addon.package}, and this is ${tf.version.tfjs}`);
    if (!tf.findBackend(kernelName)) await register(tf, addon.file);
    return new TensorFlowBackend(tf, threads);
  } catch (error) {
    const reason = errorText(error).split('\n')[0];
    throw new Error(`tensorflow was set up here, but does not load: ${reason}. ${setUpAgain}`, { cause: error });
  }
}

/** What the package's own entry does, but for looking for its addon in the package's folder, where only its own download would lie. */
async function register(tf: Tf, addon: string): Promise<void> {
  const { NodeJSKernelBackend } = await import('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js');
  await import('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
  const binding = createRequire(addon)(addon) as TFJSBinding;
  tf.registerBackend(kernelName, () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'));
  if (!(await tf.setBackend(kernelName))) throw new Error('its kernels do not start');
}
