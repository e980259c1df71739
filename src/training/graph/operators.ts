/**
 * The operators. Each entry is the function that builds the node (with its shape rule) and, beside it, its vector-Jacobian
 * product written in the same operators: given the gradient g of the output, the gradient of each input (null where there is none).
 */
import type { Attributes, OperatorName } from './attributes.ts';
import { broadcastShape, sameShape, show, sizeOf } from './tensor.ts';
import type { DataType, Shape, Tensor } from './tensor.ts';

type Gradients = readonly (Tensor | null)[];
type Vjp<Name extends OperatorName> = (g: Tensor, node: Tensor<Name>, output: Tensor) => Gradients;

const vjps: { [Name in OperatorName]?: Vjp<Name> } = {};

/**
 * Gradients of a node's inputs given its output's gradient. `output` has the values of `node`, which may be a copy that would be computed
 * anew. Throws when the operator has none.
 */
export function vectorJacobian(g: Tensor, node: Tensor, output: Tensor): Gradients {
  const vjp = vjps[node.operator] as Vjp<OperatorName> | undefined;
  if (!vjp) throw new Error(`Operator ${node.operator} has no gradient.`);
  return vjp(g, node, output);
}

/** The operators that have a gradient. */
export const differentiable = (): OperatorName[] => Object.keys(vjps) as OperatorName[];

function node<Name extends OperatorName>(
  operator: Name,
  inputs: readonly Tensor[],
  attributes: Attributes[Name],
  shape: Shape,
  dataType: DataType = 'float32',
): Tensor<Name> {
  return { operator, inputs, attributes, shape, dataType };
}

// ── leaves ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A tensor fed by name at every run. */
export const input = (name: string, shape: Shape, dataType: DataType = 'float32'): Tensor =>
  node('input', [], { name }, shape, dataType);

/** A tensor known when the graph is built. */
export function constant(data: Float32Array | Int32Array, shape: Shape): Tensor {
  if (data.length !== sizeOf(shape)) throw new RangeError(`${data.length} values do not fill [${show(shape)}]`);
  return node('constant', [], { data }, shape, data instanceof Int32Array ? 'int32' : 'float32');
}

const scalars = new Map<number, Tensor>();
/** A float32 scalar; equal scalars are one node. */
export function scalar(value: number): Tensor {
  const known = scalars.get(value) ?? constant(Float32Array.of(value), []);
  scalars.set(value, known);
  return known;
}

/** Zeros of a shape. */
export const zeros = (shape: Shape): Tensor => expand(scalar(0), shape);
const isZero = (x: Tensor): boolean => x.operator === 'expand' && x.inputs[0] === scalar(0);

// ── elementwise, with NumPy broadcasting ────────────────────────────────────────────────────────────────────────────

type Operand = Tensor | number;
const tensor = (x: Operand): Tensor => (typeof x === 'number' ? scalar(x) : x);

type Binary = 'add' | 'sub' | 'mul' | 'div' | 'minimum' | 'maximum' | 'lessOrEqual';
function binary(name: Binary, vjp?: (g: Tensor, a: Tensor, b: Tensor) => readonly [Tensor, Tensor]) {
  if (vjp) {
    vjps[name] = (g, { inputs: [a, b] }) => {
      const [ga, gb] = vjp(g, a, b);
      return [sumTo(ga, a.shape), sumTo(gb, b.shape)];
    };
  }
  return (x: Operand, y: Operand): Tensor => {
    const [a, b] = [tensor(x), tensor(y)];
    return node(name, [a, b], {}, broadcastShape(a.shape, b.shape));
  };
}

export const add = binary('add', (g) => [g, g]);
export const sub = binary('sub', (g) => [g, neg(g)]);
export const mul = binary('mul', (g, a, b) => [mul(g, b), mul(g, a)]);
export const div = binary('div', (g, a, b) => [div(g, b), neg(div(mul(g, a), mul(b, b)))]);
/** 1 where a ≤ b, else 0. */
export const lessOrEqual = binary('lessOrEqual');
/** The smaller of both; a tie's gradient goes to a. */
export const minimum = binary('minimum', (g, a, b) => route(g, lessOrEqual(a, b)));
/** The larger of both; a tie's gradient goes to a. */
export const maximum = binary('maximum', (g, a, b) => route(g, lessOrEqual(b, a)));

/** g to the first where the mask is 1, to the second where it is 0. */
const route = (g: Tensor, mask: Tensor): [Tensor, Tensor] => [mul(g, mask), mul(g, sub(1, mask))];

type Unary = 'neg' | 'exp' | 'log' | 'sqrt' | 'sigmoid' | 'erf';
function unary(name: Unary, vjp: (g: Tensor, x: Tensor, y: Tensor) => Tensor) {
  vjps[name] = (g: Tensor, y: Tensor) => [vjp(g, y.inputs[0], y)];
  return (x: Tensor): Tensor => node(name, [x], {}, x.shape);
}

export const neg = unary('neg', (g) => neg(g));
export const exp = unary('exp', (g, _, y) => mul(g, y));
export const log = unary('log', (g, x) => div(g, x));
export const sqrt = unary('sqrt', (g, _, y) => div(mul(g, 0.5), y));
export const sigmoid = unary('sigmoid', (g, _, y) => mul(g, mul(y, sub(1, y))));
/** x · σ(x), the sigmoid linear unit (Elfwing et al., arXiv 1702.03118). Its derivative is σ(x) (1 + x − x σ(x)). */
export const silu = (x: Tensor): Tensor => node('silu', [x, sigmoid(x)], {}, x.shape);
vjps.silu = (g, y) => {
  const [x, s] = y.inputs;
  return [mul(g, mul(s, add(sub(x, y), 1))), null];
};
/** Gauss's error function. */
export const erf = unary('erf', (g, x) => mul(g, mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x, x))))));

/** x held in [low, high]; no gradient outside. */
export const clip = (x: Tensor, low: number, high: number): Tensor => node('clip', [x], { low, high }, x.shape);
vjps.clip = (g, { inputs: [x], attributes: { low, high } }) => [mul(g, mul(lessOrEqual(low, x), lessOrEqual(x, high)))];

// ── shapes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sizeOf(shape) !== sizeOf(x.shape)) throw new RangeError(`[${show(x.shape)}] cannot become [${show(shape)}]`);
  return sameShape(x.shape, shape) ? x : node('reshape', [x], {}, shape, x.dataType);
}
vjps.reshape = (g, { inputs: [x] }) => [reshape(g, x.shape)];

/** Output axis i is input axis `permutation[i]`. */
export const transpose = (x: Tensor, permutation: readonly number[]): Tensor =>
  node(
    'transpose',
    [x],
    { permutation },
    permutation.map((axis) => x.shape[axis]),
  );
vjps.transpose = (g, { attributes: { permutation } }) => [
  transpose(
    g,
    permutation.map((_, axis) => permutation.indexOf(axis)),
  ),
];

/** x broadcast to a larger shape. */
export const expand = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : node('expand', [x], {}, broadcastShape(x.shape, shape));
vjps.expand = (g, { inputs: [x] }) => [sumTo(g, x.shape)];

/** Sum over axes, which stay with size 1. */
export const sum = (x: Tensor, axes: readonly number[]): Tensor =>
  node(
    'sum',
    [x],
    { axes },
    x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
vjps.sum = (g, { inputs: [x] }) => [expand(g, x.shape)];

/** Sum of all values, a scalar. */
export const total = (x: Tensor): Tensor =>
  reshape(
    sum(
      x,
      x.shape.map((_, axis) => axis),
    ),
    [],
  );

/** Sums a broadcast result back to the shape it came from. */
function sumTo(g: Tensor, shape: Shape): Tensor {
  const missing = g.shape.length - shape.length;
  const axes = g.shape.flatMap((size, axis) =>
    axis < missing || (shape[axis - missing] === 1 && size > 1) ? axis : [],
  );
  return reshape(axes.length > 0 ? sum(g, axes) : g, shape);
}

export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  if (start === 0 && end === x.shape[axis]) return x;
  if (x.operator === 'dequantise' && axis === 0) return ofRows(x, (part) => slice(part, 0, start, end));
  return node('slice', [x], { axis, start, end }, x.shape.with(axis, end - start), x.dataType);
}
vjps.slice = (g, { inputs: [x], attributes: { axis, start, end } }) => [pad(g, axis, start, x.shape[axis] - end)];

/** Zeros before and after along an axis. */
export const pad = (x: Tensor, axis: number, before: number, after: number): Tensor =>
  before + after === 0
    ? x
    : node('pad', [x], { axis, before, after }, x.shape.with(axis, x.shape[axis] + before + after));
vjps.pad = (g, { inputs: [x], attributes: { axis, before } }) => [slice(g, axis, before, before + x.shape[axis])];

export function concat(parts: readonly Tensor[], axis: number): Tensor {
  if (parts.length === 1) return parts[0];
  const size = parts.reduce((length, part) => length + part.shape[axis], 0);
  return node('concat', parts, { axis }, parts[0].shape.with(axis, size), parts[0].dataType);
}
vjps.concat = (g, { inputs, attributes: { axis } }) => {
  let start = 0;
  return inputs.map(({ shape }) => slice(g, axis, start, (start += shape[axis])));
};

// ── products, norms, distributions ──────────────────────────────────────────────────────────────────────────────────

/** Matrix product over the last two axes; leading axes must agree. Either operand can be read transposed. */
export function matmul(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  const [rows, inner] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
  const [innerB, columns] = transposeB ? [b.shape.at(-1)!, b.shape.at(-2)!] : [b.shape.at(-2)!, b.shape.at(-1)!];
  const batch = a.shape.slice(0, -2);
  if (inner !== innerB || !sameShape(batch, b.shape.slice(0, -2))) {
    throw new RangeError(`matmul of [${show(a.shape)}] and [${show(b.shape)}]`);
  }
  return node('matmul', [a, b], { transposeA, transposeB }, [...batch, rows, columns]);
}
vjps.matmul = (g, { inputs: [a, b], attributes: { transposeA, transposeB } }) => [
  transposeA ? matmul(b, g, transposeB, true) : matmul(g, b, false, !transposeB),
  transposeB ? matmul(g, a, true, transposeA) : matmul(a, g, !transposeA, false),
];

const sumLast = (x: Tensor): Tensor => sum(x, [x.shape.length - 1]);

/** Softmax over the last axis. */
export const softmax = (x: Tensor): Tensor => node('softmax', [x], {}, x.shape);

/**
 * Rows of `values` […, m, width], mixed by the softmax of `scores` […, n, m]: […, n, width]. What the softmax's derivative takes from every
 * weight's own is Σ g y over a row of the result, which is much shorter (Dao et al., arXiv 2205.14135); a column of ones has the product take it.
 */
export const mix = (scores: Tensor, values: Tensor): Tensor =>
  node('mix', [scores, values, softmax(scores)], {}, matmul(scores, values).shape);
vjps.mix = (g, { inputs: [, values, weights] }, output) => {
  const last = g.shape.length - 1;
  const one = expand(scalar(1), values.shape.with(last, 1));
  const slopes = matmul(concat([g, neg(sumLast(mul(g, output)))], last), concat([values, one], last), false, true);
  return [mul(slopes, weights), matmul(weights, g, true), null];
};

/** Logarithm of the softmax over the last axis. */
export const logSoftmax = (x: Tensor): Tensor => node('logSoftmax', [x], {}, x.shape);
vjps.logSoftmax = (g, y) => {
  // The gradient of picked log-probs: values on rows of zeros, whose sums are the values.
  if (g.operator === 'place' && isZero(g.inputs[0])) {
    const [, ids, values] = g.inputs;
    return [placeOn(mul(exp(y), neg(values)), ids, values)];
  }
  return [sub(g, mul(exp(y), sumLast(g)))];
};

/** Root-mean-square norm over the last axis: x · (mean(x²) + ε)^(−1/2) · weight (Zhang & Sennrich, arXiv 1910.07467). */
export const rmsNorm = (x: Tensor, weight: Tensor, epsilon: number): Tensor =>
  node('rmsNorm', [x, weight], { epsilon }, x.shape);
vjps.rmsNorm = (g, { inputs: [x, weight], attributes: { epsilon } }) => {
  const mean = (y: Tensor): Tensor => mul(sumLast(y), 1 / x.shape.at(-1)!);
  const inverse = div(1, sqrt(add(mean(mul(x, x)), epsilon)));
  const normal = mul(x, inverse);
  const scaled = mul(g, weight);
  return [mul(inverse, sub(scaled, mul(normal, mean(mul(scaled, normal))))), sumTo(mul(g, normal), weight.shape)];
};

/**
 * Rotary position embedding (Su et al., arXiv 2104.09864): of each head [size] of x [B, S, heads·size], the pair (i, i + size/2) is
 * turned by the angle whose cosine and sine the tables [positions, size/2] hold at the row of `positions`, int32 [B, S].
 */
export const rotate = (x: Tensor, cosine: Tensor, sine: Tensor, positions: Tensor, heads: number): Tensor =>
  node('rotate', [x, cosine, sine, positions], { heads }, x.shape);
vjps.rotate = (g, { inputs: [, cosine, sine, positions], attributes: { heads } }) => [
  rotate(g, cosine, neg(sine), positions, heads),
  null,
  null,
  null,
];

// ── weights of eight bits ───────────────────────────────────────────────────────────────────────────────────────────

/** The values of `numbers` int8 [rows, width], each times the scale [rows, 1] of its row. Neither has a gradient. */
export const dequantise = (numbers: Tensor, scale: Tensor): Tensor =>
  node('dequantise', [numbers, scale], {}, numbers.shape);

/** Chosen rows of dequantised values: they are chosen first, so that the others are never float32. */
const ofRows = ({ inputs: [numbers, scale] }: Tensor, choose: (rows: Tensor) => Tensor): Tensor =>
  dequantise(choose(numbers), choose(scale));

// ── picking by index; the pairs are each other's adjoints ───────────────────────────────────────────────────────────

/** Rows of `table` [rows, width] at `ids` int32 [n]: [n, width]. */
export const gatherRows = (table: Tensor, ids: Tensor): Tensor =>
  table.operator === 'dequantise'
    ? ofRows(table, (part) => gatherRows(part, ids))
    : node('gatherRows', [table, ids], {}, [ids.shape[0], table.shape[1]], table.dataType);
vjps.gatherRows = (g, { inputs: [table, ids] }) => [scatterRows(g, ids, table.shape[0]), null];

/** A table [rows, width] with each row of `values` [n, width] added at its id. */
export const scatterRows = (values: Tensor, ids: Tensor, rows: number): Tensor =>
  node('scatterRows', [values, ids], { rows }, [rows, values.shape[1]]);
vjps.scatterRows = (g, { inputs: [, ids] }) => [gatherRows(g, ids), null];

/**
 * Rows of x [n, width] at `ids` int32 [m]; an id of n gives zeros. `places` int32 [n] is the way back: where in the result each row of x
 * is, or m where it is not, so that the gradient is a selection too. No row may be wanted twice.
 */
export const selectRows = (x: Tensor, ids: Tensor, places: Tensor): Tensor =>
  node('selectRows', [x, ids, places], {}, [ids.shape[0], x.shape[1]]);
vjps.selectRows = (g, { inputs: [, ids, places] }) => [selectRows(g, places, ids), null, null];

/** From each row of x [n, width] the value at its column `ids` int32 [n]: [n, 1]. */
export const pick = (x: Tensor, ids: Tensor): Tensor => node('pick', [x, ids], {}, [x.shape[0], 1]);
vjps.pick = (g, { inputs: [x, ids] }) => [place(g, ids, x.shape[1]), null];

/** x [n, width] with each of `values` [n, 1] added at its row's column `ids` int32 [n]. */
const placeOn = (x: Tensor, ids: Tensor, values: Tensor): Tensor => node('place', [x, ids, values], {}, x.shape);
vjps.place = (g, { inputs: [, ids] }) => [g, null, pick(g, ids)];

/** Rows of zeros [n, width] with each of `values` [n, 1] at its column. */
export const place = (values: Tensor, ids: Tensor, width: number): Tensor =>
  placeOn(zeros([values.shape[0], width]), ids, values);

// ── a derivative that is known ──────────────────────────────────────────────────────────────────────────────────────

/** y [n, 1], whose row has the derivative `slope` [n, width] by the row of x [n, width]: it is not derived from what made y. */
export const withSlope = (y: Tensor, x: Tensor, slope: Tensor): Tensor => node('withSlope', [y, x, slope], {}, y.shape);
vjps.withSlope = (g, { inputs: [, , slope] }) => [null, mul(g, slope), null];

/**
 * y [n, 1], the log-probs of `ids` int32 [n] under the softmax of x · headᵀ, of x [n, width] and a head [vocabulary, width]. By x its derivative
 * is `slope`; for that by the head the distributions are computed anew, of `rows` rows of x at a time.
 */
export const withSlopes = (y: Tensor, x: Tensor, slope: Tensor, head: Tensor, ids: Tensor, rows: number): Tensor =>
  node('withSlopes', [y, x, slope, head, ids], { rows }, y.shape);
vjps.withSlopes = (g, { inputs: [, x, slope, head, ids], attributes: { rows } }) => {
  const [count] = x.shape;
  let sum = scatterRows(mul(g, x), ids, head.shape[0]);
  for (let start = 0; start < count; start += rows) {
    const of = (all: Tensor): Tensor => slice(all, 0, start, Math.min(start + rows, count));
    const probabilities = softmax(matmul(of(x), head, false, true));
    sum = sub(sum, matmul(mul(probabilities, of(g)), of(x), true));
  }
  return [null, mul(g, slope), null, sum, null];
};
