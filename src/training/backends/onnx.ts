/** Writes a program as an ONNX model (https://onnx.ai/onnx/intro/, operator set 23). */
import protobuf from 'protobufjs/light.js';
import type { OperatorName } from '../graph/attributes.ts';
import { topological } from '../graph/program.ts';
import type { Program } from '../graph/program.ts';
import type { DataType, Shape, Tensor } from '../graph/tensor.ts';

/** The part of onnx.proto3 that a model here needs: field names and numbers are the format's. */
const field = (type: string, id: number): protobuf.IField => ({ type, id });
const list = (type: string, id: number): protobuf.IField => ({ type, id, rule: 'repeated' });
const schema = protobuf.Root.fromJSON({
  nested: {
    Attribute: {
      fields: {
        name: field('string', 1),
        f: field('float', 2),
        i: field('int64', 3),
        s: field('bytes', 4),
        ints: list('int64', 8),
        type: field('int32', 20),
      },
    },
    Node: {
      fields: {
        input: list('string', 1),
        output: list('string', 2),
        opType: field('string', 4),
        attribute: list('Attribute', 5),
      },
    },
    Initializer: {
      fields: {
        dims: list('int64', 1),
        dataType: field('int32', 2),
        name: field('string', 8),
        rawData: field('bytes', 9),
      },
    },
    Dimension: { fields: { dimValue: field('int64', 1) } },
    TensorShape: { fields: { dim: list('Dimension', 1) } },
    TensorType: { fields: { elemType: field('int32', 1), shape: field('TensorShape', 2) } },
    Type: { fields: { tensorType: field('TensorType', 1) } },
    ValueInfo: { fields: { name: field('string', 1), type: field('Type', 2) } },
    Graph: {
      fields: {
        node: list('Node', 1),
        name: field('string', 2),
        initializer: list('Initializer', 5),
        input: list('ValueInfo', 11),
        output: list('ValueInfo', 12),
      },
    },
    OperatorSet: { fields: { domain: field('string', 1), version: field('int64', 2) } },
    Model: {
      fields: {
        irVersion: field('int64', 1),
        producerName: field('string', 2),
        graph: field('Graph', 7),
        opsetImport: list('OperatorSet', 8),
      },
    },
  },
});
const modelType = schema.lookupType('Model');

const attributeType = { float: 1, int: 2, string: 3, ints: 7 };
const elementType = { float32: 1, int8: 3, int32: 6, int64: 7 };

type AttributeValue = number | string | readonly number[] | { float: number };

/** Collects nodes and initialisers; names are given in order, so that one program always gives the same bytes. */
class Writer {
  readonly nodes: { opType: string; input: string[]; output: string[]; attribute: object[] }[] = [];
  readonly initializers: object[] = [];
  readonly #indices = new Map<string, string>();
  #count = 0;

  fresh(): string {
    this.#count += 1;
    return `t${this.#count}`;
  }

  /** Adds a node and gives the name of its output. */
  add(opType: string, input: string[], attributes: Record<string, AttributeValue> = {}, output = this.fresh()): string {
    const attribute = Object.entries(attributes).map(([name, value]) => {
      if (typeof value === 'number') return { name, i: value, type: attributeType.int };
      if (typeof value === 'string') return { name, s: Buffer.from(value), type: attributeType.string };
      if ('float' in value) return { name, f: value.float, type: attributeType.float };
      return { name, ints: value, type: attributeType.ints };
    });
    this.nodes.push({ opType, input, output: [output], attribute });
    return output;
  }

  /** Gives values the names of outputs. A value that is no node's, or has such a name already, is copied. */
  name(outputs: readonly (readonly [value: string, name: string])[]): void {
    const given = new Map(outputs.map(([value, name]) => [value, name]).reverse() as [string, string][]);
    const made = new Set(this.nodes.flatMap(({ output }) => output));
    for (const node of this.nodes) {
      node.input = node.input.map((value) => (made.has(value) && given.get(value)) || value);
      node.output = node.output.map((value) => given.get(value) ?? value);
    }
    for (const [value, name] of outputs) {
      const source = made.has(value) ? given.get(value)! : value;
      if (source !== name) this.add('Identity', [source], {}, name);
    }
  }

  initializer(data: Float32Array | Int32Array | BigInt64Array, dims: Shape): string {
    const name = this.fresh();
    const dataType =
      data instanceof Float32Array
        ? elementType.float32
        : data instanceof Int32Array
          ? elementType.int32
          : elementType.int64;
    this.initializers.push({
      name,
      dims,
      dataType,
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return name;
  }

  /** An int64 list, as shapes, axes and bounds are written; equal lists are one initialiser. */
  integers(values: readonly number[]): string {
    const key = values.join();
    const known = this.#indices.get(key) ?? this.initializer(BigInt64Array.from(values, BigInt), [values.length]);
    this.#indices.set(key, known);
    return known;
  }

  float(value: number): string {
    return this.initializer(Float32Array.of(value), []);
  }
}

type Emitter<Name extends OperatorName> = (w: Writer, x: string[], node: Tensor<Name>) => string;

const plain =
  (opType: string): Emitter<OperatorName> =>
  (w, x) =>
    w.add(opType, x);
const lastAxis =
  (opType: string): Emitter<OperatorName> =>
  (w, x) =>
    w.add(opType, x, { axis: -1 });
const toFloat = (w: Writer, mask: string): string => w.add('Cast', [mask], { to: elementType.float32 });
const upright = (w: Writer, ids: string): string => w.add('Reshape', [ids, w.integers([-1, 1])]);

const emitters: { [Name in OperatorName]: Emitter<Name> } = {
  input: (_, __, { attributes }) => attributes.name,
  constant: (w, _, { attributes, shape }) => w.initializer(attributes.data, shape),
  add: plain('Add'),
  sub: plain('Sub'),
  mul: plain('Mul'),
  div: plain('Div'),
  minimum: plain('Min'),
  maximum: plain('Max'),
  lessOrEqual: (w, x) => toFloat(w, w.add('LessOrEqual', x)),
  neg: plain('Neg'),
  exp: plain('Exp'),
  log: plain('Log'),
  sqrt: plain('Sqrt'),
  sigmoid: plain('Sigmoid'),
  silu: plain('Mul'),
  erf: plain('Erf'),
  clip: (w, x, { attributes: { low, high } }) => w.add('Clip', [...x, w.float(low), w.float(high)]),
  matmul: (w, [a, b], { attributes: { transposeA, transposeB }, shape }) => {
    if (shape.length === 2) return w.add('Gemm', [a, b], { transA: Number(transposeA), transB: Number(transposeB) });
    const swapped = [...shape.keys()].with(-1, shape.length - 2).with(-2, shape.length - 1);
    const read = (x: string, transposed: boolean): string =>
      transposed ? w.add('Transpose', [x], { perm: swapped }) : x;
    return w.add('MatMul', [read(a, transposeA), read(b, transposeB)]);
  },
  reshape: (w, [x], { shape }) => w.add('Reshape', [x, w.integers(shape)]),
  transpose: (w, x, { attributes }) => w.add('Transpose', x, { perm: attributes.permutation }),
  expand: (w, [x], { shape }) => w.add('Expand', [x, w.integers(shape)]),
  sum: (w, [x], { attributes: { axes }, inputs: [{ shape }] }) => {
    // Rows are summed by a product with ones, which is several times quicker.
    const rows = shape.length === 2 && axes.length === 1 && axes[0] === 0;
    if (rows) return w.add('Gemm', [w.initializer(new Float32Array(shape[0]).fill(1), [1, shape[0]]), x]);
    return w.add('ReduceSum', [x, w.integers(axes)], { keepdims: 1 });
  },
  softmax: lastAxis('Softmax'),
  logSoftmax: lastAxis('LogSoftmax'),
  mix: (w, [, values, weights]) => w.add('MatMul', [weights, values]),
  rmsNorm: (w, x, { attributes }) => w.add('RMSNormalization', x, { axis: -1, epsilon: { float: attributes.epsilon } }),
  rotate: (w, [x, cosine, sine, positions], { attributes: { heads } }) =>
    w.add('RotaryEmbedding', [x, cosine, sine, w.add('Cast', [positions], { to: elementType.int64 })], {
      num_heads: heads,
    }),
  slice: (w, [x], { attributes: { axis, start, end } }) =>
    w.add('Slice', [x, w.integers([start]), w.integers([end]), w.integers([axis])]),
  pad: (w, [x], { attributes: { axis, before, after }, shape }) => {
    const pads = Array.from({ length: 2 * shape.length }, () => 0);
    return w.add('Pad', [x, w.integers(pads.with(axis, before).with(shape.length + axis, after))]);
  },
  concat: (w, x, { attributes }) => w.add('Concat', x, { axis: attributes.axis }),
  dequantise: (w, [numbers, scale]) =>
    w.add('DequantizeLinear', [numbers, w.add('Reshape', [scale, w.integers([-1])])], { axis: 0 }),
  gatherRows: (w, x) => w.add('Gather', x, { axis: 0 }),
  scatterRows: (w, [values, ids], { shape, inputs: [{ shape: of }] }) => {
    const rows = w.add('Expand', [upright(w, ids), w.integers(of)]);
    const table = w.add('Expand', [w.float(0), w.integers(shape)]);
    return w.add('ScatterElements', [table, rows, values], { axis: 0, reduction: 'add' });
  },
  selectRows: (w, [x, ids], { shape: [, width] }) => {
    const withZeros = w.add('Concat', [x, w.initializer(new Float32Array(width), [1, width])], { axis: 0 });
    return w.add('Gather', [withZeros, ids], { axis: 0 });
  },
  pick: (w, [x, ids]) => w.add('GatherElements', [x, upright(w, ids)], { axis: 1 }),
  withSlope: (_, [y]) => y,
  withSlopes: (_, [y]) => y,
  place: (w, [x, ids, values]) => w.add('ScatterElements', [x, upright(w, ids), values], { axis: 1, reduction: 'add' }),
};

const value = (name: string, shape: Shape, dataType: DataType): object => ({
  name,
  type: { tensorType: { elemType: elementType[dataType], shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
});

/**
 * Every node after its inputs, near ones late. ONNX Runtime computes, of the nodes that nothing reads, the last that is written first, and so of
 * a node's inputs. So what is far from the graph's inputs is written last, and what is near is computed right before it is read, however early
 * it could be; and of the results the first ones, those of the first layers, are computed last.
 */
function inOrder({ outputs }: Program): Tensor[] {
  const order = topological(Object.values(outputs));
  const depths = new Map<Tensor, number>();
  const read = new Set<Tensor>();
  for (const node of order) {
    depths.set(node, 1 + Math.max(0, ...node.inputs.map((input) => depths.get(input)!)));
    for (const input of node.inputs) read.add(input);
  }
  const rank = (node: Tensor): number => (read.has(node) ? depths.get(node)! : order.length + 1);
  return order.toSorted((a, b) => rank(a) - rank(b));
}

/** The bytes of a program as an ONNX model whose inputs and outputs have the program's names. */
export function writeOnnx(program: Program): Uint8Array {
  const { inputs, outputs } = program;
  const w = new Writer();
  const names = new Map<Tensor, string>();
  for (const node of inOrder(program)) {
    const inputs = node.inputs.map((input) => names.get(input)!);
    names.set(node, (emitters[node.operator] as Emitter<OperatorName>)(w, inputs, node));
  }
  w.name(Object.entries(outputs).map(([name, node]) => [names.get(node)!, name]));
  const graph = {
    name: 'program',
    node: w.nodes,
    initializer: w.initializers,
    input: inputs.map((node) => value(node.attributes.name, node.shape, node.dataType)),
    output: Object.entries(outputs).map(([name, node]) => value(name, node.shape, node.dataType)),
  };
  const opsetImport = [{ domain: '', version: 23 }];
  return modelType
    .encode(modelType.create({ irVersion: 11, producerName: 'rollout-lab', graph, opsetImport }))
    .finish();
}
