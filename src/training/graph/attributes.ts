/** The operators by name. */

/** What each operator knows beside its inputs. */
export interface Attributes {
  input: { name: string };
  constant: { data: Float32Array | Int32Array };
  add: object;
  sub: object;
  mul: object;
  div: object;
  minimum: object;
  maximum: object;
  lessOrEqual: object;
  neg: object;
  exp: object;
  log: object;
  sqrt: object;
  sigmoid: object;
  silu: object;
  erf: object;
  clip: { low: number; high: number };
  matmul: { transposeA: boolean; transposeB: boolean };
  reshape: object;
  transpose: { permutation: readonly number[] };
  expand: object;
  sum: { axes: readonly number[] };
  softmax: object;
  logSoftmax: object;
  mix: object;
  rmsNorm: { epsilon: number };
  rotate: { heads: number };
  slice: { axis: number; start: number; end: number };
  pad: { axis: number; before: number; after: number };
  concat: { axis: number };
  dequantise: object;
  gatherRows: object;
  scatterRows: { rows: number };
  selectRows: object;
  pick: object;
  place: object;
  withSlope: object;
  withSlopes: { rows: number };
}
export type OperatorName = keyof Attributes;
